"""Turns at a SQLite file among processes: nobody is kept out by another's many writes, or by one that hangs."""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url

from server.storage import turns
from server.storage.database import Database, StorageUnavailableError, open_database

pytestmark = pytest.mark.sqlite


@pytest.fixture
async def importing(database_url: str) -> AsyncIterator[Database]:
    """The database as another process has it open."""
    database = open_database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def scanning(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    yield database
    await database.close()


@pytest.fixture
def turn_file(database_url: str) -> str:
    return f"{make_url(database_url).database}-turn"


def work(connection: Connection, order: list[str], name: str, *, seconds: float = 0.0) -> None:
    connection.exec_driver_sql("SELECT 1")
    time.sleep(seconds)
    order.append(name)


async def test_who_locks_the_file_again_and_again_lets_another_in(importing: Database, scanning: Database) -> None:
    order: list[str] = []
    await scanning.write(work, [], "opened")
    slices = [asyncio.ensure_future(importing.write(work, order, "slice", seconds=0.005)) for _ in range(150)]
    while len(order) < 5:
        await asyncio.sleep(0.002)
    before = len(order)
    await scanning.write_urgent(work, order, "scan")
    await asyncio.gather(*slices)
    # One slice is under way; a machine that is busy may lose a few more. Without turns it is nearly all of them.
    assert order.index("scan") - before <= 20


async def test_a_file_that_stays_locked_is_told_after_a_while_and_taken_up_again(
    scanning: Database, turn_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.1)
    other = sqlite3.connect(turn_file.removesuffix("-turn"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailableError):
        await scanning.write(work, [], "early")
    other.close()
    order: list[str] = []
    await scanning.write(work, order, "later")
    assert order == ["later"]


async def test_a_process_that_waits_and_never_wakes_holds_nobody_up(scanning: Database, turn_file: str) -> None:
    await scanning.write(work, [], "opened")
    hanging = os.open(turn_file, os.O_RDWR)
    fcntl.flock(hanging, fcntl.LOCK_SH)
    order: list[str] = []
    try:
        async with asyncio.timeout(5):
            for _ in range(20):
                await scanning.write(work, order, "write")
    finally:
        os.close(hanging)
    assert len(order) == 20


async def test_who_has_got_in_is_waited_for_no_more(importing: Database, scanning: Database, turn_file: str) -> None:
    held = asyncio.ensure_future(importing.write(work, [], "slice", seconds=0.05))
    await asyncio.sleep(0.01)
    await scanning.write(work, [], "scan")
    await held
    look = os.open(turn_file, os.O_RDWR)
    try:
        fcntl.flock(look, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(look)


async def test_where_no_file_can_be_made_writes_go_on_without_turns(database_url: str, turn_file: str) -> None:
    Path(turn_file).mkdir()
    database = open_database(database_url)
    order: list[str] = []
    await database.write(work, order, "write")
    await database.close()
    assert order == ["write"]
