"""Imports of whatever stands in a sheet: counts that are true, no half rows, and nothing new the second time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, text

from server.domain.registry import Cell, Sheet, read_sheet
from server.domain.space import default_space
from server.services.desk import Desk
from server.services.imports import import_readings
from server.services.recount import recount
from tests.cast import fresh_database
from tests.fuzz import inputs

NOON = datetime(2020, 10, 12, 5, tzinfo=UTC)
_COUNTS = {
    "delegations": "SELECT count(*) FROM delegation",
    "visitors": "SELECT count(*) FROM visitor",
    "without a standing": "SELECT count(*) FROM visitor v WHERE NOT EXISTS "
    "(SELECT 1 FROM standing s WHERE s.holder = 'v:' || v.id)",
    "miscounted": "SELECT count(*) FROM delegation d WHERE named <> "
    "(SELECT count(*) FROM visitor v WHERE v.delegation_id = d.id)",
    "homeless": "SELECT count(*) FROM visitor WHERE delegation_id IS NULL",
    "nameless": "SELECT count(*) FROM visitor WHERE name IS NULL OR name = ''",
}


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with fresh_database(database_url) as database:
        yield Desk(database, default_space(), actor="account:hoa", at=NOON)


async def counts(desk: Desk) -> dict[str, int]:
    def count(connection: Connection) -> dict[str, int]:
        return {name: connection.scalar(text(query)) for name, query in _COUNTS.items()}

    return await desk.database.read(count)


async def forget_all(desk: Desk) -> None:
    def empty(connection: Connection) -> None:
        for name in ("standing", "visitor", "delegation", "organisation"):
            connection.execute(text(f"DELETE FROM {name}"))

    await desk.database.write(empty)


async def take(desk: Desk, sheet: Sheet) -> Any:
    return await import_readings(desk, [("f.xlsx", [read_sheet(sheet)])], breath_seconds=0)


@pytest.mark.slow
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(earlier=inputs.lists(), sheet=inputs.lists() | inputs.lists() | inputs.sheets)
async def test_an_import_counts_truly_and_changes_nothing_the_second_time(
    desk: Desk, earlier: Sheet, sheet: Sheet
) -> None:
    await forget_all(desk)
    await take(desk, earlier)
    before = await counts(desk)
    first = await take(desk, sheet)
    after = await counts(desk)
    assert after["delegations"] - before["delegations"] == first.delegations.new
    assert after["visitors"] - before["visitors"] == first.visitors.new
    assert {name: after[name] for name in ("without a standing", "miscounted", "homeless", "nameless")} == {
        "without a standing": 0,
        "miscounted": 0,
        "homeless": 0,
        "nameless": 0,
    }
    second = await take(desk, sheet)
    again = (second.delegations.new, second.delegations.changed, second.visitors.new, second.visitors.changed)
    assert again == (0, 0, 0, 0)
    assert await counts(desk) == after
    assert (await recount(desk.database)).is_equal


async def test_two_rows_that_only_their_headcount_tells_apart_keep_their_delegations(desk: Desk) -> None:
    # They changed places at every import, and each was changed every time.
    head, day = ["Đơn vị", "Số người", "Ngày", "Giờ"], "12/10/2020"
    await take(desk, Sheet("S", [head, ["Sở Y tế 6", 20, day, None], ["Sở Y tế 6", 21, day, "8h24"]]))
    both = Sheet("S", [head, ["Sở Y tế 6", 15, day, "8h24"], ["Sở Y tế 6", 3, day, "8h24"]])
    assert (await take(desk, both)).delegations.changed == 2
    assert (await take(desk, both)).delegations.unchanged == 2


async def test_a_person_of_an_unknown_delegation_is_put_into_none_that_gets_its_code(desk: Desk) -> None:
    # The first import gave D001 to the delegation without a code, the second put Minh into it.
    rows: list[list[Cell]] = [
        ["Mã đoàn", "Đơn vị", "Ngày", "Họ và tên"],
        [None, "Sở Y tế", "12/10/2020", "Nguyễn Thị Lan"],
    ]
    sheet = Sheet("S", [*rows, ["D001", None, None, "Trần Văn Minh"]])
    for _ in range(2):
        report = await take(desk, sheet)
        assert [placed.finding.code for placed in report.errors] == ["unknown_delegation"]
