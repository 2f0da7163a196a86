"""Roll call: who is inside, and ticks of several tablets that come together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.domain.roll_call import Listed, Tick, merge_ticks, without_names
from server.services.desk import Desk
from server.services.roll_call import (
    Sent,
    end_roll_call,
    list_inside,
    merge_tablet,
    roll_call_state,
    start_roll_call,
)
from server.storage.database import Database
from tests.cast import MORNING, add_delegation, add_visitor


@pytest.fixture
async def lan(database: Database, sql: Callable[..., Any]) -> str:
    """Lan of D017 in the lobby, two unnamed people with her and one in another zone. Returns the key of her line."""

    def add(connection: Any) -> tuple[int, str]:
        group = add_delegation(connection, "D017", planned=4)
        return group, add_visitor(connection, delegation_id=group, needs="Xe lăn")

    group, id_ = await database.write(add)
    inside = "UPDATE standing SET inside = {n}, places = '{places}', since = :since WHERE holder = :holder"
    since = MORNING.isoformat(" ", "microseconds")[:26] if database.is_sqlite else MORNING
    await sql(inside.format(n=1, places='{"lobby":1}'), holder=f"v:{id_}", since=since)
    await sql(inside.format(n=3, places='{"lobby":2,"ekyc":1}'), holder=f"d:{group}", since=since)
    return f"v:{id_}"


async def test_people_are_listed_by_zone_and_unnamed_people_by_number(database: Database, lan: str) -> None:
    lines = await list_inside(database, named=True)

    assert sorted((line.zone, line.name, line.count) for line in lines if line.name) == [("lobby", "Nguyễn Thị Lan", 1)]
    assert sorted((line.zone, line.count) for line in lines if not line.name) == [("ekyc", 1), ("lobby", 2)]
    assert {line.delegation for line in lines} == {"D017"}
    assert next(line for line in lines if line.key == lan).needs_help


async def test_who_may_not_read_names_reads_numbers(database: Database, lan: str) -> None:
    lines = await list_inside(database, named=False)

    assert sorted((line.zone, line.name, line.count) for line in lines) == [("ekyc", None, 1), ("lobby", None, 3)]
    assert not any(lan in line.key for line in lines)


async def test_an_event_is_one_however_often_it_is_started(desk: Desk, lan: str) -> None:
    first, second = await start_roll_call(desk), await start_roll_call(replace(desk, actor="account:minh"))

    assert first == second
    assert first.started_by == "account:hoa"


async def test_who_leaves_after_the_beginning_stays_on_the_list(desk: Desk, lan: str, sql: Callable[..., Any]) -> None:
    await start_roll_call(desk)
    await sql("UPDATE standing SET inside = 0, places = '{}' WHERE holder = :holder", holder=lan)

    state = await roll_call_state(desk.database, named=True)

    assert sum(line.count for line in state.lines) == 4
    assert next(line for line in state.lines if line.key == lan).name == "Nguyễn Thị Lan"


def sent(tablet: str, event: str | None, desk: Desk, **ticks: int) -> Sent:
    return Sent(tablet, event, desk.at, [(key.replace("_", ":"), safe, desk.at) for key, safe in ticks.items()])


async def test_two_tablets_that_began_alone_end_in_one_event_with_the_ticks_of_both(desk: Desk, lan: str) -> None:
    one, two = str(uuid4()), str(uuid4())
    first = await merge_tablet(desk, sent("tablet-1", one, desk, v_lan=1))
    second = await merge_tablet(replace(desk, actor="account:minh"), sent("tablet-2", two, desk, d_1=2))

    assert first.event is not None
    assert second.event == first.event
    assert [(tick.key, tick.safe) for tick in second.others] == [("v:lan", 1)]
    state = await roll_call_state(desk.database, named=True)
    assert {key: tick.safe for key, tick in state.ticks.items()} == {"v:lan": 1, "d:1": 2}


async def test_a_tick_wins_over_no_tick_of_another_tablet_and_yields_to_ones_own_word(desk: Desk, lan: str) -> None:
    event = (await start_roll_call(desk)).id
    await merge_tablet(desk, sent("tablet-1", event, desk, v_lan=1))
    await merge_tablet(desk, sent("tablet-2", event, desk, v_lan=0))
    assert "v:lan" in (await roll_call_state(desk.database, named=True)).ticks

    await merge_tablet(desk, sent("tablet-1", event, desk, v_lan=0))

    assert (await roll_call_state(desk.database, named=True)).ticks == {}


async def test_ticks_that_come_after_the_end_are_kept_and_begin_nothing(desk: Desk, lan: str, sql: Any) -> None:
    event = (await start_roll_call(desk)).id
    await end_roll_call(desk, event)
    await end_roll_call(desk, event)

    merged = await merge_tablet(desk, sent("tablet-1", event, desk, v_lan=1))

    assert merged.event is None
    assert await sql("SELECT safe FROM roll_call_tick") == [(1,)]
    assert len(await sql("SELECT id FROM roll_call")) == 1
    assert [row[0] for row in await sql("SELECT action FROM audit_line ORDER BY seq")] == [
        "start_roll_call",
        "end_roll_call",
    ]


def test_of_several_tablets_the_largest_number_holds() -> None:
    ticks = [Tick("d:1", name, safe, MORNING + timedelta(minutes=safe), "a") for name, safe in (("t1", 2), ("t2", 5))]

    assert merge_ticks(ticks)["d:1"].safe == 5


def test_numbers_in_place_of_people_name_nobody() -> None:
    lines = [Listed(f"v:{n}", "visitor", "lobby", 1, MORNING, name=f"Khách {n}") for n in range(4)]
    summed = without_names([*lines, Listed("s:1", "staff", "lobby", 1, None, name="Minh", role="guide")])

    assert [(line.kind, line.count, line.name, line.role) for line in summed] == [
        ("unnamed", 4, None, None),
        ("staff", 1, None, None),
    ]
