"""Many rows by one statement, and selects that stay prepared: the same on both engines."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from server.storage import scans
from server.storage.bulk import Writes, insert_rows, upsert_rows
from server.storage.cases import Case
from server.storage.core import table
from server.storage.database import Database, open_database
from server.storage.driver import fetch
from server.storage.migrate import upgrade
from server.storage.prepared import Prepared, among
from server.storage.visits import Visit

NINE = datetime(2020, 10, 12, 2, 0, tzinfo=UTC)
CASES, VISITS = table(Case), table(Visit)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.write(upgrade)
    yield database
    await database.close()


def case(scan: str, **detail: object) -> dict[str, Any]:
    return {"kind": "forced", "scan_id": scan, "opened_at": NINE, "detail": detail}


def visit(holder: str, **values: Any) -> dict[str, Any]:
    first = {"day": date(2020, 10, 12), "delegation_id": None, "pass_id": None, "people": 1, "entered_at": NINE}
    return {"holder": holder, **first, "left_at": None, "is_assumed": False, **values}


def rows_of(connection: Connection, place: Table) -> list[Any]:
    return list(connection.execute(select(place).order_by(*place.primary_key.columns)).all())


async def test_rows_are_inserted_in_their_order_whatever_their_types(database: Database) -> None:
    rows = [case(f"scan {number:03}", people=number, name="Đặng Thị Ánh") for number in range(200)]
    await database.write(insert_rows, CASES, rows)
    stored = await database.read(rows_of, CASES)
    assert [(row.scan_id, row.detail["people"]) for row in stored] == [(f"scan {n:03}", n) for n in range(200)]
    assert (stored[0].opened_at, stored[0].detail["name"], stored[0].closed_at) == (NINE, "Đặng Thị Ánh", None)


async def test_an_upsert_changes_what_stands_and_only_the_columns_it_names(database: Database) -> None:
    async def upsert(*rows: dict[str, Any]) -> None:
        await database.write(upsert_rows, VISITS, rows, key=("holder", "day"), change=("left_at", "is_assumed"))

    await upsert(visit("v:lan"), visit("v:minh", people=3))
    await upsert(visit("v:hoa"), visit("v:lan", left_at=NINE, is_assumed=True, people=9))
    stored = {row.holder: row for row in await database.read(rows_of, VISITS)}
    assert list(stored) == ["v:hoa", "v:lan", "v:minh"]
    assert (stored["v:lan"].left_at, stored["v:lan"].is_assumed, stored["v:lan"].people) == (NINE, True, 1)
    assert stored["v:minh"].left_at is None


async def test_an_update_finds_its_rows_by_all_of_their_key(database: Database) -> None:
    rows = [visit("v:lan"), visit("v:lan", day=date(2020, 10, 13)), visit("v:minh")]
    await database.write(insert_rows, VISITS, rows)
    change = {"holder": "v:lan", "day": date(2020, 10, 13), "people": 7}

    def write(connection: Connection) -> None:
        writes = Writes(connection)
        writes.update(VISITS, [change], key=("holder", "day"))
        writes.insert(CASES, [case("scan")])
        writes.run()

    await database.write(write)
    assert len(await database.read(rows_of, CASES)) == 1
    assert [row.people for row in await database.read(rows_of, VISITS)] == [1, 7, 1]


async def test_no_rows_are_no_statement(database: Database) -> None:
    def nothing(connection: Connection) -> None:
        insert_rows(connection, CASES, [])
        upsert_rows(connection, CASES, [], key=("id",), change=())
        Writes(connection).run()

    await database.write(nothing)
    assert await database.read(rows_of, CASES) == []


async def test_the_drivers_errors_come_out_as_any_other_and_nothing_is_kept(database: Database) -> None:
    twice = [visit("v:lan"), visit("v:lan")]
    with pytest.raises(IntegrityError):
        await database.write(insert_rows, VISITS, twice)
    assert await database.read(rows_of, VISITS) == []
    with pytest.raises((OperationalError, ProgrammingError)):
        await database.read(fetch, "SELECT nothing FROM nowhere", ())


@pytest.mark.postgresql
async def test_a_text_that_is_too_long_for_its_column_is_refused_and_not_cut(database: Database) -> None:
    with pytest.raises(DBAPIError, match="too long"):
        await database.write(insert_rows, VISITS, [visit("v:" + 40 * "x")])


async def test_a_prepared_select_takes_any_number_of_keys(database: Database) -> None:
    by_scan = Prepared(select(CASES.c.scan_id, CASES.c.detail, CASES.c.opened_at).where(among(CASES.c.scan_id, "ids")))
    await database.write(insert_rows, CASES, [case(scan, n=1) for scan in "abc"])
    for ids in ([], ["a"], ["c", "a", "z"], [f"{n}" for n in range(3_000)] + ["b"]):
        rows = await database.read(partial(by_scan.all, ids=ids))
        assert {row.scan_id for row in rows} == set(ids) & {"a", "b", "c"}
        assert all(row.detail == {"n": 1} and row.opened_at == NINE for row in rows)


@pytest.mark.sqlite
async def test_the_batchs_selects_find_their_rows_by_an_index(database: Database) -> None:
    def plan(connection: Connection, prepared: Prepared) -> list[str]:
        compiled = prepared._compiled(connection.dialect)
        rows = fetch(connection, f"EXPLAIN QUERY PLAN {compiled.sql}", ["[]"] * len(compiled.names))
        return [str(row[3]) for row in rows if "json_each" not in str(row[3])]

    for prepared in (scans._PASSES, scans._GROUPS, scans._STANDINGS, scans._ANSWERED):
        steps = await database.read(plan, prepared)
        assert not [step for step in steps if step.startswith("SCAN")], steps
