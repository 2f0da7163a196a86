"""The targets of the long runs work: what they begin with holds, and so do workbooks with parts that were changed."""

import pytest

from tests.fuzz.soak import TARGETS as NAMES
from tests.fuzz.soak import main
from tests.fuzz.targets import TARGETS, mutate_parts

OWN_SERVERS = {"door", "socket"}


def test_every_target_is_named() -> None:
    assert list(TARGETS) == list(NAMES)


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - OWN_SERVERS))
def test_what_a_target_begins_with_holds(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


@pytest.mark.slow
@pytest.mark.parametrize("which", range(3))
def test_a_workbook_with_changed_parts_is_sheets_or_a_code(which: int) -> None:
    (seed, *_) = list(TARGETS["workbooks"].seeds)[which:]
    for number in range(8):
        TARGETS["workbooks"].run(mutate_parts(seed, 20_000, number))


def test_an_unknown_target_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["weather"])
    assert "weather" in capsys.readouterr().err
