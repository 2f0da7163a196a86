"""With CI=true a test that skips itself has failed: nothing may be left out unseen."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = "from tests.skipping import *  # noqa: F403\n"
A_SKIP = """
import pytest

def test_that_gives_up():
    pytest.skip("no browser here")

@pytest.mark.skip(reason="not today")
def test_that_is_marked():
    pass
"""


@pytest.mark.parametrize(("ci", "outcome"), [("true", {"failed": 1, "errors": 2}), ("", {"skipped": 3})])
def test_a_skip_fails_in_ci_only(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: dict[str, int]
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(A_SKIP, test_whole_file="import pytest\npytest.importorskip('no_such_module')\n")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--continue-on-collection-errors")

    result.assert_outcomes(**outcome)
