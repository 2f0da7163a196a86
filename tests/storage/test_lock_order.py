"""Locks are taken in one order everywhere: delegations, standings, zones, space, each by id. Else scans stand still.

Each test holds the row that comes first and looks whether who waits for it holds one that comes later.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.domain.space import Zone, default_space
from server.services import imports
from server.services.day_end import close_day
from server.services.desk import Desk
from server.services.devices import Devices, Plan
from server.services.imports import import_files
from server.storage.database import Database
from server.storage.devices import add_misreads, live_devices
from server.storage.spaces import sync_space
from tests.cast import MORNING, fresh_database
from tests.services.spreadsheets import xlsx

pytestmark = pytest.mark.postgresql

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
SPACE = replace(default_space(), zones=(Zone("lobby", "Sảnh", "Lobby", 20), Zone("hall", "Hội trường", "Hall", 20)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with fresh_database(database_url, SPACE) as database:
        yield database


@contextlib.asynccontextmanager
async def waiting_behind(
    url: str, held: str, work: Coroutine[Any, Any, Any], change: str = "SELECT 1"
) -> AsyncIterator[asyncpg.Connection]:
    """Hold the rows of a query, have the work wait for them, and give a connection to look around with.

    A change is made to the rows while they are held.
    """
    async with asyncio.timeout(20), contextlib.AsyncExitStack() as stack:
        holder, other = [await asyncpg.connect(url) for _ in range(2)]
        stack.push_async_callback(holder.close)
        stack.push_async_callback(other.close)
        holding = holder.transaction()
        await holding.start()
        await holder.execute(f"{held} FOR UPDATE")
        await holder.execute(change)
        task = asyncio.create_task(work)
        while not await other.fetchval(_WAITING):
            assert not task.done(), "the work waits for nobody"
            await asyncio.sleep(0.01)
        try:
            yield other
        finally:
            await holding.commit()
            await task


async def is_free(connection: asyncpg.Connection, rows: str) -> bool:
    try:
        await connection.execute(f"{rows} FOR UPDATE NOWAIT")
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def test_who_ends_a_day_waits_for_the_zones_before_they_take_the_space(
    database: Database, database_url: str
) -> None:
    ending = close_day(database, SPACE, MORNING, MORNING)
    async with waiting_behind(database_url, "SELECT 1 FROM zone WHERE id = 'hall'", ending) as connection:
        assert await is_free(connection, "SELECT 1 FROM space")


async def test_a_start_takes_the_zones_in_the_order_of_scans(database: Database, database_url: str) -> None:
    starting = database.write(sync_space, SPACE)
    async with waiting_behind(database_url, "SELECT 1 FROM zone WHERE id = 'hall'", starting) as connection:
        assert await is_free(connection, "SELECT 1 FROM zone WHERE id = 'lobby'")


async def test_an_import_takes_delegations_in_the_order_of_scans_whatever_the_file_s(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SLICE_SECONDS", 60)
    desk = Desk(database, SPACE, actor="account:hoa", at=MORNING)
    file = tmp_path / "so.xlsx"

    def write(*rows: tuple[str, str, int]) -> list[Path]:
        file.write_bytes(xlsx(("Đoàn", [["Mã đoàn", "Đơn vị", "Số người"], *rows])))
        return [file]

    await import_files(desk, write(("D001", "Sở Y tế", 3), ("D002", "Sở Công Thương", 5)))
    importing = import_files(desk, write(("D002", "Sở Công Thương", 6), ("D001", "Sở Y tế", 4)))
    async with waiting_behind(database_url, "SELECT 1 FROM delegation WHERE code = 'D001'", importing) as connection:
        assert await is_free(connection, "SELECT 1 FROM delegation WHERE code = 'D002'")


async def test_misreads_that_two_processes_count_at_once_are_all_counted(database: Database, database_url: str) -> None:
    plan = Plan("Cổng chính", "gate", "lobby")
    device, _ = await Devices(database, SPACE).pair(plan, actor="hoa")
    adding = database.write(add_misreads, {(device.id, "invalid_pass"): 2})
    async with waiting_behind(
        database_url, "SELECT 1 FROM device", adding, "UPDATE device SET misreads = '{\"invalid_pass\": 1}'"
    ):
        pass
    async with asyncio.timeout(5):
        rows = await database.read(live_devices)
    assert rows[0]["misreads"] == {"invalid_pass": 3}
