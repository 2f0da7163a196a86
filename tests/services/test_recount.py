"""Counting again from the movements."""

from typing import Any

import pytest

from server.services.recount import recount
from server.storage.core import table
from server.storage.movements import Movement

MOVES = [  # scan, from, to, people, whose number it takes from, whose it adds to
    ("s1", None, "lobby", 12, None, "d:1"),
    ("s2", "lobby", "ekyc", 5, "d:1", "d:1"),
    ("s3", "lobby", "lobby", 1, "d:1", "v:lan"),
    ("s4", "lobby", None, 1, "v:lan", None),
    ("s5", None, None, 0, None, None),
]


@pytest.fixture
async def moves(database, desk):
    def add(connection: Any) -> None:
        for scan, from_zone, to_zone, people, from_holder, to_holder in MOVES:
            connection.execute(
                table(Movement).insert().values(
                    scan_id=scan, part=0, answer="moved", from_zone=from_zone, to_zone=to_zone, people=people,
                    counted=people, from_holder=from_holder, to_holder=to_holder, at=desk.at, received_at=desk.at,
                    offline=False, assumed=False, is_skewed=False,
                )
            )  # fmt: skip

    await database.write(add)


@pytest.fixture
async def kept(sql):
    await sql("UPDATE zone SET inside = 6 WHERE id = 'lobby'")
    await sql("UPDATE zone SET inside = 5 WHERE id = 'ekyc'")
    await sql("UPDATE space SET inside = 11")
    await sql(
        "INSERT INTO standing (holder, inside, places, members_inside, reentries)"
        " VALUES ('d:1', 11, '{\"lobby\":6,\"ekyc\":5}', 0, 0), ('v:lan', 0, '{}', 0, 0)"
    )


async def test_an_empty_house_is_right(database):
    found = await recount(database)
    assert found.is_equal
    assert found.as_json()["zones"][0] == {"id": "lobby", "counter": 0, "recount": 0}


async def test_counters_that_are_the_sum_of_the_effects_are_right(database, moves, kept):
    found = await recount(database)
    assert found.is_equal, found
    assert {zone.id: zone.recount for zone in found.zones if zone.recount} == {"lobby": 6, "ekyc": 5}


async def test_a_zone_that_lost_somebody_is_told(database, moves, kept, sql):
    await sql("UPDATE zone SET inside = 5 WHERE id = 'lobby'")
    found = await recount(database)
    assert not found.is_equal
    assert {"id": "lobby", "counter": 5, "recount": 6} in found.as_json()["zones"]


async def test_a_standing_that_says_otherwise_is_told(database, moves, kept, sql):
    await sql("UPDATE standing SET inside = 1, places = '{\"lobby\":1}' WHERE holder = 'v:lan'")
    found = await recount(database)
    assert [(count.id, count.counter, count.recount) for count in found.differing] == [("v:lan@lobby", 1, 0)]


async def test_members_inside_that_are_not_there_are_told(database, moves, kept, sql):
    await sql("UPDATE standing SET members_inside = 2 WHERE holder = 'd:1'")
    assert [count.id for count in (await recount(database)).differing] == ["d:1 members"]


async def test_a_zone_that_only_the_movements_know_is_told(database, moves, kept, sql):
    await sql("DELETE FROM gate WHERE zone_id = 'ekyc'")
    await sql("DELETE FROM zone WHERE id = 'ekyc'")
    assert {"id": "ekyc", "counter": 0, "recount": 5} in (await recount(database)).as_json()["zones"]
