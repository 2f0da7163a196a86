"""Cases: what opens them, what closes them, and that corrections are counted once."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from server.app import build_house
from server.domain.cases import CaseWish
from server.domain.errors import DomainError
from server.domain.kiosk import Kiosk
from server.services.cases import list_cases, note_recount, open_case, open_cases
from server.services.clock import Clock
from server.services.corrections import Closing, close_case, finish_corrections
from server.services.day_end import close_day
from server.services.desk import Desk
from server.services.house import House
from server.services.recount import recount
from server.settings import Settings
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space
from tests.cast import add_delegation, add_visitor
from tests.statements import run_sql

NOW = datetime(2020, 10, 12, 2, 0, tzinfo=UTC)  # 09:00 at the space, a Monday in opening hours
IN = Kiosk("in", "Cổng vào", "gate", "lobby", direction="in")
OUT = Kiosk("out", "Cổng ra", "gate", "lobby", direction="out")
HOME = Kiosk("home", "Nhà thông minh", "exhibit", "smart_home", inner=True)


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    settings = Settings(database_url=database_url, secret_file=tmp_path / "secret.json", _env_file=None)
    house = build_house(settings, Clock(NOW, speed=0.0001))
    await house.database.write(upgrade)
    await house.database.write(sync_space, house.space)
    task = asyncio.create_task(house.checkin.run())
    yield house
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await house.database.close()


@pytest.fixture
async def lan(house: House) -> str:
    """The text of the pass of Lan, a walk-in."""
    row, _ = await house.passes.of_visitor(await house.database.write(add_visitor))
    return row.text


@pytest.fixture
async def d017(house: House) -> str:
    await house.database.write(partial(add_delegation, code="D017"))
    row, _ = await house.passes.of_delegation_itself("D017")
    return row.text


async def scan(house: House, kiosk: Kiosk, text: str, **fields: Any) -> dict[str, Any]:
    sent = {"id": str(uuid.uuid4()), "pass": text, "at": NOW.isoformat(), "direction": "auto", **fields}
    return (await house.checkin.answer([sent], kiosk))[0]


async def offline(house: House, kiosk: Kiosk, text: str, *, before: int = 0, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=before)).isoformat()
    return await scan(house, kiosk, text, at=at, offline=True, **fields)


def desk_of(house: House, actor: str = "account:hoa") -> Desk:
    return Desk(house.database, house.space, actor, house.clock.now())


async def only_case(house: House) -> int:
    found = await list_cases(house.database, CaseWish())
    assert len(found.lines) == 1, found.lines
    return found.lines[0].id


async def choices(house: House) -> dict[str, int]:
    sheet = await open_case(house.database, await only_case(house))
    return {choice.code: choice.change for choice in sheet.choices}


async def close(house: House, choice: str, actor: str = "account:hoa", **fields: Any) -> Any:
    return await close_case(house, desk_of(house, actor), await only_case(house), Closing(choice, **fields))


async def rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = await house.database.read(partial(run_sql, statement=statement))
    return found


async def still_right(house: House) -> int:
    """Return how many people are counted inside; the counters are the sums of the movements' effects."""
    found = await recount(house.database)
    assert found.is_equal, found
    return int((await house.occupancy.state())["people"])


@pytest.fixture
async def twice(house: House, lan: str) -> None:
    """Lan comes in; a minute later her pass is read at another gate that is offline."""
    await offline(house, IN, lan, before=10)
    await offline(house, IN, lan, before=8)


async def test_an_offline_scan_of_someone_inside_is_a_case_with_its_evidence(house: House, twice: None) -> None:
    sheet = await open_case(house.database, await only_case(house))

    assert (sheet.line.kind, sheet.line.who.name, sheet.people) == ("already_inside", "Nguyễn Thị Lan", 1)
    assert [move["conflict"] for move in sheet.movements] == [None, "already_inside"]
    assert await choices(house) == {"another_person": 1, "left_unscanned": -1, "scanned_twice": 0, "other": 0}


async def test_another_person_with_the_pass_is_one_more_inside(house: House, twice: None) -> None:
    sheet = await close(house, "another_person", name="Minh Thư")

    assert await still_right(house) == 2
    assert (sheet.line.choice, sheet.line.is_pending, await open_cases(house.database)) == ("another_person", False, 0)
    assert await rows(house, "SELECT name FROM visitor ORDER BY created_at") == [("Nguyễn Thị Lan",), ("Minh Thư",)]


async def test_a_pass_held_up_twice_changes_no_count(house: House, twice: None) -> None:
    await close(house, "scanned_twice")

    assert await still_right(house) == 1
    assert len(await rows(house, "SELECT seq FROM movement")) == 2


async def test_who_left_without_scanning_leaves_at_the_time_that_is_told(house: House, twice: None) -> None:
    at = NOW - timedelta(minutes=3)
    await close(house, "left_unscanned", at=at)

    assert await still_right(house) == 0
    assert (await rows(house, "SELECT answer, offline, account_id FROM movement ORDER BY seq DESC LIMIT 1"))[0] == (
        "left",
        True,
        "hoa",
    )
    assert (await rows(house, "SELECT left_at, is_assumed FROM visit"))[0][1] in (0, False)


@pytest.mark.parametrize("minutes", [9, -5])
async def test_a_time_that_no_exit_can_have_is_refused_with_those_that_can(
    house: House, twice: None, minutes: int
) -> None:
    with pytest.raises(DomainError) as refused:
        await close(house, "left_unscanned", at=NOW - timedelta(minutes=minutes))

    assert refused.value.code == "bad_time"
    assert refused.value.arguments["earliest"] == (NOW - timedelta(minutes=8)).isoformat()
    assert await open_cases(house.database) == 1


async def test_the_same_closing_twice_counts_once(house: House, twice: None) -> None:
    id_ = await only_case(house)
    closing = Closing("another_person", name="Minh Thư")
    await asyncio.gather(*(close_case(house, desk_of(house), id_, closing) for _ in range(4)))

    assert await still_right(house) == 2
    assert len(await rows(house, "SELECT id FROM visitor")) == 2
    assert len(await rows(house, "SELECT seq FROM audit_line WHERE action = 'close_case'")) == 1


async def test_two_who_close_one_case_differently_leave_one_closing(house: House, twice: None) -> None:
    id_ = await only_case(house)
    results = await asyncio.gather(
        close_case(house, desk_of(house), id_, Closing("another_person")),
        close_case(house, desk_of(house, "account:minh"), id_, Closing("scanned_twice")),
        return_exceptions=True,
    )

    lost = [result for result in results if isinstance(result, DomainError)]
    assert [error.code for error in lost] == ["case_closed"]
    assert lost[0].arguments["by"]
    sheet = await open_case(house.database, id_)
    assert await still_right(house) == (2 if sheet.line.choice == "another_person" else 1)


async def test_a_stop_between_closing_and_correcting_is_made_up_for_once(house: House, twice: None) -> None:
    id_ = await only_case(house)

    async def fails(*_: object) -> None:
        raise DomainError("storage_unavailable")

    whole, house.checkin.answer_by_hand = house.checkin.answer_by_hand, fails  # type: ignore[method-assign, assignment]
    with pytest.raises(DomainError):
        await close_case(house, desk_of(house), id_, Closing("another_person"))
    assert (await open_case(house.database, id_)).line.is_pending
    house.checkin.answer_by_hand = whole  # type: ignore[method-assign]

    assert await finish_corrections(house) == 1
    assert await finish_corrections(house) == 0

    assert await still_right(house) == 2


async def test_a_forced_scan_is_as_recorded_or_of_another_person_or_of_nobody(house: House, lan: str) -> None:
    await house.database.write(partial(run_sql, statement="UPDATE zone SET capacity = 0 WHERE id = 'lobby'"))
    desk = Kiosk("desk", "Bàn lễ tân", "desk", "lobby")
    await scan(house, desk, lan, force={"reason": "trưởng đoàn"})

    assert await choices(house) == {
        "as_recorded": 0, "left_unscanned": -1, "another_person": 0, "nobody_came": -1, "other": 0,
    }  # fmt: skip
    await close(house, "another_person", name="Trần Văn Bình")

    assert await still_right(house) == 1
    assert await rows(house, "SELECT holder FROM standing WHERE inside > 0") != []
    assert await open_cases(house.database) == 0


async def test_a_correction_opens_no_case_that_stays(house: House, lan: str) -> None:
    """At night the space is closed: coming in then is against the rules, too."""
    await offline(house, OUT, lan, before=180)
    assert (await choices(house))["still_inside"] == 1

    await close(house, "still_inside")

    assert await still_right(house) == 1
    assert await open_cases(house.database) == 0


async def test_a_missed_gate_is_a_case(house: House, lan: str) -> None:
    await scan(house, HOME, lan)

    assert "as_recorded" in await choices(house)
    await close(house, "as_recorded")
    assert await still_right(house) == 1


async def test_an_exit_that_was_assumed_is_an_open_visit_and_gets_its_measured_end(house: House, lan: str) -> None:
    await scan(house, IN, lan)
    closing = NOW + timedelta(hours=8)
    await close_day(house.database, house.space, closing, closing)
    found = await list_cases(house.database, CaseWish())
    assert sorted(line.kind for line in found.lines) == ["count_error", "open_visit"]
    visit = next(line for line in found.lines if line.kind == "open_visit")
    left = NOW + timedelta(hours=2)
    later = Desk(house.database, house.space, "account:hoa", closing + timedelta(hours=1))
    house.clock.go_on_after(later.at)

    await close_case(house, later, visit.id, Closing("left_at", at=left))

    assert await still_right(house) == 0
    assert len(await rows(house, "SELECT holder FROM visit WHERE NOT is_assumed")) == 1


async def test_a_day_that_ends_twice_is_one_count_error(house: House, lan: str) -> None:
    await scan(house, IN, lan)
    closing = NOW + timedelta(hours=8)
    await close_day(house.database, house.space, closing, closing)
    await close_day(house.database, house.space, closing, closing)

    assert await rows(house, "SELECT kind FROM \"case\" WHERE kind = 'count_error'") == [("count_error",)]


async def test_a_day_that_ends_empty_is_no_case(house: House) -> None:
    await close_day(house.database, house.space, NOW, NOW)

    assert await open_cases(house.database) == 0


async def test_a_recount_that_does_not_agree_is_a_case_once(house: House, lan: str) -> None:
    await scan(house, IN, lan)
    await house.database.write(partial(run_sql, statement="UPDATE zone SET inside = 4 WHERE id = 'lobby'"))
    found = await recount(house.database)

    assert [await note_recount(house.database, found, NOW) for _ in range(2)] == [True, False]
    assert await choices(house) == {"explained": 0, "other": 0}


async def test_a_group_of_whom_too_many_came_offline_keeps_its_case(house: House, d017: str) -> None:
    await offline(house, IN, d017, before=10, people=5)
    assert await still_right(house) == 3
    assert (await choices(house))["left_unscanned"] == -3

    await close(house, "nobody_came")

    assert await still_right(house) == 0


async def test_another_reason_wants_words(house: House, twice: None) -> None:
    with pytest.raises(DomainError, match="note_needed"):
        await close(house, "other")
    await close(house, "other", note="Khách mượn thẻ của bạn")
    assert (await rows(house, 'SELECT reason FROM "case"'))[0] == ("Khách mượn thẻ của bạn",)


async def test_a_choice_that_is_not_offered_is_refused(house: House, twice: None) -> None:
    with pytest.raises(DomainError, match="unknown_choice"):
        await close(house, "nobody_came")
    with pytest.raises(DomainError, match="unknown_case"):
        await open_case(house.database, 404)
