"""The one door to the database: durable, one writer, scans first, a failed write harms nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from server.storage.core import Moment
from server.storage.database import Database, StorageUnavailableError, open_database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.write(lambda connection: connection.execute(text("CREATE TABLE word (word TEXT)")))
    yield database
    await database.close()


def say(connection: Connection, word: str, *, seconds: float = 0.0) -> str:
    connection.execute(text("INSERT INTO word VALUES (:word)"), {"word": word})
    time.sleep(seconds)
    return word


def words(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT word FROM word ORDER BY rowid")))


async def test_sqlite_is_in_wal_mode_and_syncs_every_commit(database: Database) -> None:
    def modes(connection: Connection) -> tuple[object, object]:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        return journal, connection.exec_driver_sql("PRAGMA synchronous").scalar()

    assert await database.write(modes) == ("wal", 2)


async def test_a_write_that_fails_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def fail(connection: Connection) -> None:
        say(connection, "half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(fail)
    await database.write(say, "whole")
    assert await database.read(words) == ["whole"]


async def test_urgent_writes_go_ahead_of_those_that_wait(database: Database) -> None:
    first = asyncio.ensure_future(database.write(say, "first", seconds=0.1))
    await asyncio.sleep(0.02)
    waiting = [asyncio.ensure_future(database.write(say, f"import {n}")) for n in range(3)]
    await asyncio.sleep(0)
    scan = asyncio.ensure_future(database.write_urgent(say, "scan"))
    await asyncio.gather(first, scan, *waiting)
    assert (await database.read(words))[:2] == ["first", "scan"]


async def test_a_reader_never_sees_half_a_write(database: Database) -> None:
    def two(connection: Connection) -> None:
        say(connection, "one", seconds=0.1)
        say(connection, "two")

    writing = asyncio.ensure_future(database.write(two))
    await asyncio.sleep(0.05)
    assert await database.read(words) == []
    await writing
    assert await database.read(words) == ["one", "two"]


async def test_another_process_that_holds_the_file_is_waited_for(database: Database, database_url: str) -> None:
    other = open_database(database_url)
    held = asyncio.ensure_future(other.write(say, "other", seconds=0.3))
    await asyncio.sleep(0.05)
    assert await database.write(say, "ours") == "ours"
    await held
    await other.close()
    assert await database.read(words) == ["other", "ours"]


async def test_closing_finishes_the_writes_that_were_taken(database_url: str) -> None:
    database = open_database(database_url)
    await database.write(lambda connection: connection.execute(text("CREATE TABLE word (word TEXT)")))
    writes = [asyncio.ensure_future(database.write(say, f"{n}", seconds=0.02)) for n in range(5)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == ["0", "1", "2", "3", "4"]


async def test_a_statement_that_is_wrong_is_an_error_of_its_own(database: Database) -> None:
    with pytest.raises(OperationalError):
        await database.read(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))
    assert await database.read(words) == []


async def test_a_store_that_fails_is_told_apart_by_its_code(database: Database, database_url: str) -> None:
    def cannot_write(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        try:
            say(connection, "word")
        finally:
            connection.exec_driver_sql("PRAGMA query_only=OFF")

    with pytest.raises(StorageUnavailableError) as failed:
        await database.write(cannot_write)
    assert (failed.value.code, failed.value.why) == ("storage_unavailable", "attempt to write a readonly database")
    Path(database_url.removeprefix("sqlite:///")).with_suffix(".other").write_bytes(b"no database at all" * 100)
    other = open_database(database_url.replace(".db", ".other"))
    with pytest.raises(StorageUnavailableError):
        await other.read(words)
    await other.close()


async def test_a_file_that_was_deleted_takes_nothing_more(database: Database, database_url: str) -> None:
    file = Path(database_url.removeprefix("sqlite:///"))
    file.rename(file.with_suffix(".away"))
    for failing in (database.write(say, "lost"), database.read(words)):
        with pytest.raises(StorageUnavailableError, match="storage_unavailable"):
            await failing
    file.with_suffix(".away").rename(file)
    await database.write(say, "kept")
    assert await database.read(words) == ["kept"]


async def test_the_log_is_brought_into_the_file_beside_the_writes(database: Database) -> None:
    await database.write(say, "word")
    await database.tend()
    assert await database.read(words) == ["word"]


class TestMoment:
    """The type of the hot tables' times."""

    HANOI = timezone(timedelta(hours=7))

    async def test_it_keeps_the_text_that_sqlite_keeps_for_any_moment(self, database: Database) -> None:
        dialect = await database.read(lambda connection: connection.dialect)
        moment = datetime(2020, 10, 12, 9, 30, tzinfo=self.HANOI)
        assert Moment().process_bind_param(moment, dialect) == "2020-10-12 02:30:00.000000"
        kept = Moment().process_result_value("2020-10-12 02:30:00.000000", dialect)
        assert kept == moment
        assert kept.tzinfo is UTC

    async def test_a_moment_without_a_zone_is_refused(self, database: Database) -> None:
        dialect = await database.read(lambda connection: connection.dialect)
        with pytest.raises(ValueError, match="time zone"):
            Moment().process_bind_param(datetime(2020, 10, 12), dialect)
