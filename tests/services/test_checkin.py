"""Check-in on a real database: what is answered is stored, once, and only then."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from server.app import build_house
from server.domain.kiosk import Kiosk
from server.services import checkin
from server.services.checkin import CheckIn
from server.services.clock import Clock
from server.services.day_end import close_day, close_due_day
from server.services.devices import Plan
from server.services.house import House
from server.services.queueing import call_waiting
from server.services.recount import recount
from server.settings import Settings
from server.storage import driver
from server.storage.database import StorageUnavailableError
from server.storage.day_end import day_ended_at
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space
from tests.cast import add_delegation, add_visitor
from tests.statements import run_sql

NOW = datetime(2020, 10, 12, 2, 0, tzinfo=UTC)  # 09:00 at the space, a Monday in opening hours
GATE = Kiosk("gate", "Cổng chính", "gate", "lobby")
IN = Kiosk("in", "Cổng vào", "gate", "lobby", direction="in")
OUT = Kiosk("out", "Cổng ra", "gate", "lobby", direction="out")
HOME = Kiosk("home", "Nhà thông minh", "exhibit", "smart_home", inner=True)
DESK = Kiosk("desk", "Bàn lễ tân", "desk", "lobby")


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
    """The text of the pass of Lan, a member of D017."""

    def add(connection: Any) -> str:
        return add_visitor(connection, delegation_id=add_delegation(connection, named=1))

    row, _ = await house.passes.of_visitor(await house.database.write(add))
    return row.text


@pytest.fixture
async def d017(house: House, lan: str) -> str:
    """The text of the pass of the delegation D017, which covers three."""
    row, _ = await house.passes.of_delegation_itself("D017")
    return row.text


def scan(pass_text: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "pass": pass_text, "at": NOW.isoformat(), "direction": "auto", **fields}


async def one(house: House, kiosk: Kiosk, pass_text: str, **fields: Any) -> dict[str, Any]:
    return (await house.checkin.answer([scan(pass_text, **fields)], kiosk))[0]


async def rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = await house.database.read(partial(run_sql, statement=statement))
    return found


async def test_lan_comes_in_and_the_answer_says_so(house: House, lan: str) -> None:
    answer = await one(house, GATE, lan)
    assert (answer["answer"], answer["code"], answer["people"], answer["zone"]) == ("admitted", None, 1, "lobby")
    assert answer["visitor"] == {"display": "Nguyễn Thị Lan", "delegation": "D017"}
    assert (await house.occupancy.state())["people"] == 1


async def test_an_answered_scan_is_on_disk(house: House, lan: str) -> None:
    answer = await one(house, GATE, lan)
    assert await rows(house, "SELECT scan_id, answer, to_zone, people FROM movement") == [
        (answer["id"], "admitted", "lobby", 1)
    ]


async def test_a_scan_sent_twice_is_counted_once_and_answered_alike(house: House, lan: str) -> None:
    sent = scan(lan)
    first = (await house.checkin.answer([sent], IN))[0]
    again = (await house.checkin.answer([sent], IN))[0]
    assert again == {**first, "repeat": True, "at": again["at"], "delegation": again["delegation"]}
    assert len(await rows(house, "SELECT seq FROM movement")) == 1


async def test_the_same_scan_twice_in_one_call_is_counted_once(house: House, lan: str) -> None:
    sent = scan(lan)
    first, again = await house.checkin.answer([sent, sent], IN)
    assert (first["answer"], first["repeat"]) == ("admitted", False)
    assert (again["answer"], again["repeat"], again["people"]) == ("admitted", True, 1)
    assert len(await rows(house, "SELECT seq FROM movement")) == 1


async def test_a_repeat_keeps_its_answer_whatever_has_changed_since(house: House, lan: str) -> None:
    sent = scan(lan)
    first = (await house.checkin.answer([sent], IN))[0]
    await one(house, OUT, lan)
    again = (await house.checkin.answer([sent], IN))[0]
    assert (again["answer"], again["zone"], again["since"]) == (first["answer"], first["zone"], first["since"])


async def test_a_repeat_asked_by_another_device_names_nobody(house: House, lan: str) -> None:
    sent = scan(lan)
    await house.checkin.answer([sent], IN)
    again = (await house.checkin.answer([sent], GATE))[0]
    assert (again["answer"], again["visitor"], again["delegation"]) == ("admitted", None, None)


async def test_the_same_id_with_another_pass_is_refused(house: House, lan: str, d017: str) -> None:
    sent = scan(lan)
    await house.checkin.answer([sent], IN)
    answer = (await house.checkin.answer([{**sent, "pass": d017}], IN))[0]
    assert (answer["answer"], answer["code"]) == ("refused", "scan_id_reused")


async def test_an_id_of_an_answer_with_a_text_that_is_no_pass_is_refused_as_reused(house: House, lan: str) -> None:
    sent = scan(lan)
    await house.checkin.answer([sent], IN)
    answer = (await house.checkin.answer([{**sent, "pass": "xin chào"}], IN))[0]
    assert answer["code"] == "scan_id_reused"


async def test_a_garbled_scan_among_good_ones_is_answered_alone(house: House, lan: str) -> None:
    bad = {"id": str(uuid.uuid4()), "pass": lan, "at": "hôm qua", "direction": "auto"}
    answers = await house.checkin.answer([scan("x"), bad, scan(lan), 7, scan(lan, people=0)], IN)
    assert [answer["code"] for answer in answers] == ["invalid_pass", "malformed", None, "malformed", "malformed"]
    assert answers[1]["id"] == bad["id"]
    assert len(await rows(house, "SELECT seq FROM movement")) == 1


async def test_texts_that_are_no_pass_are_invalid_and_not_remembered(house: House, lan: str) -> None:
    texts = ["", "x" * 10_000, lan[:-1], lan + "A", lan[:-3] + "AAA", "😀", "\0"]
    answers = await house.checkin.answer([scan(content) for content in texts], IN)
    assert {answer["code"] for answer in answers} == {"invalid_pass"}
    assert await rows(house, "SELECT seq FROM movement") == []


async def test_a_well_signed_pass_that_was_not_issued_here_is_unknown(house: House) -> None:
    from server.domain.passes import PassKind, new_pass_id, pass_text

    signed = house.keys.ring.issue(new_pass_id(), PassKind.VISITOR, valid_until=None)
    answer = await one(house, IN, pass_text("http://hall.example", signed.token))
    assert answer["code"] == "unknown_pass"


async def test_of_fifty_kiosks_that_scan_one_pass_at_once_exactly_one_admits(house: House, lan: str) -> None:
    kiosks = [Kiosk(f"k{number}", "", "gate", "lobby", direction="in") for number in range(50)]
    answers = await asyncio.gather(*(one(house, kiosk, lan) for kiosk in kiosks))
    assert sorted(answer["answer"] for answer in answers) == ["admitted"] + ["refused"] * 49
    assert {answer["code"] for answer in answers} == {None, "already_inside"}
    assert (await recount(house.database)).is_equal


async def test_a_delegation_comes_in_parts_moves_and_leaves_together(house: House, lan: str, d017: str) -> None:
    two = await one(house, GATE, d017, direction="in", people=2)
    assert (two["answer"], two["people"], two["delegation"]["inside"]) == ("admitted", 2, 2)
    member = await one(house, HOME, lan)
    assert (member["answer"], member["people"]) == ("moved", 1)
    rest = await one(house, GATE, d017, direction="in")
    assert (rest["people"], rest["delegation"]["arrived"]) == (1, 3)
    gone = await one(house, GATE, d017, direction="out")
    assert (gone["answer"], gone["people"]) == ("left", 3)
    assert (await house.occupancy.state())["people"] == 0
    assert (await recount(house.database)).is_equal
    assert await rows(house, "SELECT arrived FROM delegation") == [(3,)]


async def test_an_offline_scan_after_a_refusal_that_never_arrived_has_its_effect_once(house: House, lan: str) -> None:
    sent = scan(lan)
    await one(house, OUT, lan)
    refused = (await house.checkin.answer([{**sent, "direction": "out"}], GATE))[0]
    assert refused["code"] == "not_inside"
    await one(house, IN, lan)
    offline = {**sent, "direction": "out", "offline": True, "at": (NOW + timedelta(minutes=1)).isoformat()}
    told = (await house.checkin.answer([offline], GATE))[0]
    assert (told["answer"], told["code"], told["conflict"], told["repeat"]) == (
        "refused",
        "not_inside",
        "not_inside",
        True,
    )
    assert (await house.checkin.answer([offline], GATE))[0]["conflict"] == "not_inside"
    assert (await house.occupancy.state())["people"] == 0
    assert await rows(house, 'SELECT kind FROM "case"') == [("not_inside",)]
    assert (await recount(house.database)).is_equal


async def test_a_refusal_that_never_arrived_does_not_supersede_the_scan_that_it_refused(house: House, lan: str) -> None:
    await one(house, HOME, lan)
    sent = scan(lan, direction="in")
    assert (await house.checkin.answer([sent], GATE))[0]["code"] == "already_inside"
    offline = {**sent, "offline": True, "at": (NOW - timedelta(seconds=5)).isoformat()}
    told = (await house.checkin.answer([offline], GATE))[0]
    assert (told["code"], told["conflict"]) == ("already_inside", "already_inside")
    inside = {zone["id"]: zone["people"] for zone in (await house.occupancy.state())["zones"]}
    assert (inside["lobby"], inside["smart_home"]) == (1, 0)
    assert (await recount(house.database)).is_equal


async def test_a_full_space_gives_the_free_places_and_a_number(house: House, d017: str) -> None:
    def fill(connection: Any) -> int:
        return add_delegation(connection, "D900", planned=59)

    await house.database.write(fill)
    big, _ = await house.passes.of_delegation_itself("D900")
    await one(house, GATE, big.text, direction="in")
    answer = await one(house, GATE, d017, direction="in")
    assert (answer["code"], answer["free"], answer["queue"]["number"]) == ("zone_full", 1, 1)
    assert (await one(house, GATE, d017, direction="in"))["queue"]["number"] == 1


async def test_the_statements_of_a_batch_are_constant(
    house: House, d017: str, lan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(connection: Any) -> list[str]:
        return [add_visitor(connection, f"Khách {number}") for number in range(40)]

    ids = await house.database.write(fill)
    texts = [(await house.passes.of_visitor(id_))[0].text for id_ in ids]
    statements: list[str] = []
    run = driver._run

    def note(connection: Any, statement: str, *rest: Any, **options: Any) -> Any:
        statements.append(statement)
        return run(connection, statement, *rest, **options)

    monkeypatch.setattr(driver, "_run", note)
    await house.checkin.answer([scan(texts[0])], IN)
    few = len(statements)
    statements.clear()
    await house.checkin.answer([scan(content) for content in texts[1:]], IN)
    assert 4 < len(statements) == few <= 15


async def test_who_comes_in_and_leaves_within_one_batch_has_one_visit(house: House, lan: str) -> None:
    entry, leave, again = scan(lan, direction="in"), scan(lan, direction="out"), scan(lan, direction="in")
    with structlog.testing.capture_logs() as logged:
        answers = await house.checkin.answer([entry, leave, again, scan(lan, direction="out")], GATE)
    assert [answer["answer"] for answer in answers] == ["admitted", "left", "admitted", "left"]
    assert not [line for line in logged if line["event"] == "batch_retried_item_by_item"]
    assert len(await rows(house, "SELECT left_at FROM visit WHERE left_at IS NOT NULL")) == 1


async def test_one_row_that_cannot_be_stored_does_not_fail_its_batch(house: House, lan: str) -> None:
    def break_standing(connection: Any) -> str:
        id_ = add_visitor(connection, "Khách hỏng")
        connection.execute(
            text("UPDATE standing SET places = '{\"mars\": 1}', inside = 1 WHERE holder = :h"), {"h": f"v:{id_}"}
        )
        return id_

    broken, _ = await house.passes.of_visitor(await house.database.write(break_standing))
    answers = await asyncio.gather(one(house, OUT, broken.text), one(house, IN, lan))
    assert [answer["code"] for answer in answers] == ["malformed", None]
    assert len(await rows(house, "SELECT seq FROM movement")) == 1


async def test_what_is_not_remembered_is_counted_per_kiosk(house: House) -> None:
    device, _ = await house.devices.pair(Plan("Cổng", "gate", "lobby", "in"), actor="hoa")
    gate = replace(IN, id=device.id)
    await house.checkin.answer([scan("x"), scan("y"), {"id": "1"}], gate)
    await house.checkin.drain()
    assert await rows(house, "SELECT misreads FROM device") == [('{"invalid_pass":2,"malformed":1}',)]


@pytest.mark.parametrize(
    "fault",
    ["ALTER TABLE movement RENAME TO elsewhere", "ALTER TABLE movement DROP COLUMN reason", "DELETE FROM space"],
)
async def test_a_store_that_is_not_whole_throws_no_scan_away(house: House, lan: str, fault: str) -> None:
    # Answered as malformed, its kiosk would forget it.
    await house.database.write(partial(run_sql, statement=fault))
    with pytest.raises(StorageUnavailableError):
        await one(house, IN, lan)


async def test_misreads_that_could_not_be_saved_are_saved_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[dict[tuple[str, str], int]] = []
    failures = [StorageUnavailableError("database is locked")]

    def add(_connection: Any, counts: dict[tuple[str, str], int]) -> None:
        if failures:
            raise failures.pop()
        saved.append(counts)

    monkeypatch.setattr(checkin, "add_misreads", add)
    await house.checkin.answer([scan("x")], IN)
    await house.checkin.drain()
    assert saved == []
    await house.checkin.drain()
    assert saved == [{("in", "invalid_pass"): 1}]


async def test_staff_force_a_refused_scan_at_the_desk_with_a_reason(house: House, lan: str) -> None:
    await one(house, IN, lan)
    answer = await one(house, DESK, lan, direction="in", force={"reason": "Thẻ bị quét nhầm"})
    assert (answer["answer"], answer["conflict"], answer["people"]) == ("present", "already_inside", 0)
    assert await rows(house, 'SELECT kind FROM "case"') == [("forced",)]
    assert (await one(house, IN, lan, force={"reason": "Không phải bàn"}))["code"] == "malformed"


async def test_at_the_days_end_everybody_leaves_assumed(house: House, lan: str, d017: str) -> None:
    await one(house, IN, lan)
    await one(house, GATE, d017, direction="in", people=2)
    closing = NOW + timedelta(hours=8)
    assert await close_day(house.database, house.space, closing, closing) == 3
    state = await house.occupancy.state()
    assert state["people"] == 0
    assert await rows(house, "SELECT people, assumed FROM movement WHERE answer = 'left' ORDER BY people") == [
        (1, 1),
        (2, 1),
    ]
    assert (await recount(house.database)).is_equal
    assert await close_due_day(house.database, house.space, closing + timedelta(minutes=1)) is None


async def test_who_came_in_after_a_closing_stays_when_it_is_found_due(house: House, lan: str) -> None:
    await one(house, IN, lan)
    yesterday = NOW - timedelta(hours=16)
    assert await close_day(house.database, house.space, yesterday, NOW) == 0
    assert (await house.occupancy.state())["people"] == 1


async def test_a_visit_over_midnight_ends_on_the_day_that_it_began(house: House, lan: str) -> None:
    await one(house, IN, lan)
    tomorrow = NOW + timedelta(days=1)
    await close_day(house.database, house.space, tomorrow, tomorrow)
    assert await rows(house, "SELECT day, left_at, is_assumed FROM visit") == [
        ("2020-10-12", "2020-10-13 02:00:00.000000", 1)
    ]


async def test_an_earlier_end_takes_nothing_back_from_a_later_one(house: House) -> None:
    await close_day(house.database, house.space, NOW, NOW)
    await close_day(house.database, house.space, NOW - timedelta(hours=1), NOW)
    assert await house.database.read(day_ended_at) == NOW


async def test_an_exit_dated_before_its_visit_began_is_no_end_of_it(house: House, lan: str) -> None:
    await one(house, IN, lan)
    end = NOW + timedelta(hours=1)
    await close_day(house.database, house.space, end, end)
    at = NOW - timedelta(minutes=30)
    await one(house, OUT, lan, direction="out", offline=True, at=at.isoformat())
    assert await rows(house, "SELECT is_assumed, left_at FROM visit") == [(1, "2020-10-12 03:00:00.000000")]


async def test_an_exit_dated_before_the_days_end_gives_the_visit_its_measured_end(house: House, lan: str) -> None:
    await one(house, IN, lan)
    await close_day(house.database, house.space, NOW + timedelta(hours=1), NOW + timedelta(hours=1))
    house.clock.go_on_after(NOW + timedelta(hours=2))
    at = NOW + timedelta(minutes=30)
    answer = await one(house, OUT, lan, direction="out", offline=True, at=at.isoformat())
    assert (answer["answer"], answer["people"], answer["conflict"]) == ("left", 0, "superseded")
    assert await rows(house, "SELECT is_assumed, left_at FROM visit") == [(0, "2020-10-12 02:30:00.000000")]


async def test_a_zone_that_the_space_file_has_no_more_lets_everybody_out_and_nobody_in(house: House, lan: str) -> None:
    await one(house, HOME, lan)
    house.space = replace(house.space, zones=tuple(zone for zone in house.space.zones if zone.id != "smart_home"))
    await house.database.write(sync_space, house.space)
    house.checkin = CheckIn(house.database, house.space, house.clock, house.keys, house.occupancy)
    running = asyncio.create_task(house.checkin.run())
    assert (await one(house, Kiosk("ekyc", "eKYC", "exhibit", "ekyc"), lan))["answer"] == "moved"
    assert (await one(house, HOME, lan))["code"] == "wrong_gate"
    walked_in = await one(house, HOME, lan, offline=True, at=(NOW + timedelta(minutes=1)).isoformat())
    assert (walked_in["answer"], walked_in["conflict"]) == ("moved", "wrong_gate")
    assert (await one(house, HOME, lan, direction="out"))["answer"] == "moved"
    assert (await one(house, OUT, lan))["answer"] == "left"
    assert (await recount(house.database)).is_equal
    running.cancel()


async def test_an_answer_bears_the_id_as_it_was_sent(house: House, lan: str) -> None:
    sent = scan(lan)
    shouted = {**sent, "id": sent["id"].upper()}
    first, again = await house.checkin.answer([shouted, sent], IN)
    assert (first["id"], again["id"], again["repeat"]) == (shouted["id"], sent["id"], True)


async def test_a_number_is_called_between_scans_and_lapses_after_five_minutes(house: House, d017: str) -> None:
    def fill(connection: Any) -> int:
        return add_delegation(connection, "D900", planned=59)

    await house.database.write(fill)
    big, _ = await house.passes.of_delegation_itself("D900")
    await one(house, GATE, big.text, direction="in")
    assert (await one(house, GATE, d017, direction="in"))["queue"]["number"] == 1
    closing = NOW + timedelta(minutes=1)
    await close_day(house.database, house.space, closing, closing)
    assert await rows(house, "SELECT outcome FROM queue_place") == [("lapsed",)]

    await house.database.write(
        lambda connection: connection.execute(text("UPDATE queue_place SET over_at = NULL, outcome = NULL"))
    )
    await call_waiting(house.database, house.space, NOW)
    assert await rows(house, "SELECT called_at IS NOT NULL, outcome FROM queue_place") == [(1, None)]
    await call_waiting(house.database, house.space, NOW + timedelta(minutes=6))
    assert await rows(house, "SELECT outcome FROM queue_place") == [("lapsed",)]


async def test_the_error_of_the_count_is_what_days_ends_had_to_assume(house: House, lan: str, d017: str) -> None:
    await one(house, GATE, d017, direction="in", people=2)
    await one(house, IN, lan)
    assert (await house.occupancy.state())["error"] == 0
    await close_day(house.database, house.space, NOW + timedelta(hours=1), NOW + timedelta(hours=1))
    assert (await house.occupancy.state())["error"] == 3
