"""The one door to the database: durable, one writer, scans first, a failed write harms nobody."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from server.storage.core import Moment
from server.storage.database import Database, StorageUnavailableError, open_database

WORDS = Table("word", MetaData(), Column("number", Integer, primary_key=True), Column("word", String))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.write(WORDS.create)
    yield database
    await database.close()


def say(connection: Connection, word: str, *, seconds: float = 0.0) -> str:
    connection.execute(WORDS.insert().values(word=word))
    pause(connection, seconds)
    return word


def pause(connection: Connection, seconds: float) -> None:
    """Keep a transaction open: SQLite's runs on a thread, PostgreSQL's in the loop."""
    if connection.dialect.name == "sqlite":
        time.sleep(seconds)
    elif seconds:
        connection.execute(select(func.pg_sleep(seconds)))


def words(connection: Connection) -> list[str]:
    return list(connection.scalars(select(WORDS.c.word).order_by(WORDS.c.number)))


@pytest.mark.sqlite
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


@pytest.mark.sqlite
async def test_urgent_writes_go_ahead_of_those_that_wait(database: Database) -> None:
    first = asyncio.ensure_future(database.write(say, "first", seconds=0.1))
    await asyncio.sleep(0.02)
    waiting = [asyncio.ensure_future(database.write(say, f"import {n}")) for n in range(3)]
    await asyncio.sleep(0)
    scan = asyncio.ensure_future(database.write_urgent(say, "scan"))
    await asyncio.gather(first, scan, *waiting)
    assert (await database.read(words))[:2] == ["first", "scan"]


@pytest.mark.postgresql
async def test_urgent_writes_have_connections_of_their_own(database: Database) -> None:
    slow = [asyncio.ensure_future(database.write(say, f"import {n}", seconds=1.0)) for n in range(20)]
    await asyncio.sleep(0.2)
    await asyncio.wait_for(database.write_urgent(say, "scan"), 0.5)
    assert await asyncio.gather(*slow) == [f"import {n}" for n in range(20)]


async def test_a_reader_never_sees_half_a_write(database: Database) -> None:
    def two(connection: Connection) -> None:
        say(connection, "one", seconds=0.3)
        say(connection, "two")

    await database.read(words)
    writing = asyncio.ensure_future(database.write(two))
    await asyncio.sleep(0.1)
    assert await database.read(words) == []
    assert not writing.done()
    await writing
    assert await database.read(words) == ["one", "two"]


async def test_another_process_that_holds_what_is_wanted_is_waited_for(database: Database, database_url: str) -> None:
    def take(connection: Connection, word: str, *, seconds: float = 0.0) -> None:
        connection.execute(WORDS.update().values(word=WORDS.c.word + word))
        pause(connection, seconds)

    await database.write(say, "word")
    other = open_database(database_url)
    await other.read(words)
    held = asyncio.ensure_future(other.write(take, " other", seconds=0.3))
    await asyncio.sleep(0.1)
    await database.write(take, " ours")
    await held
    await other.close()
    assert await database.read(words) == ["word other ours"]


async def test_closing_finishes_the_writes_that_were_taken(database_url: str) -> None:
    database = open_database(database_url)
    await database.write(WORDS.create)
    writes = [asyncio.ensure_future(database.write(say, f"{n}", seconds=0.02)) for n in range(5)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == ["0", "1", "2", "3", "4"]


async def test_a_statement_that_is_wrong_is_an_error_of_its_own(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)):
        await database.read(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))
    assert await database.read(words) == []


async def test_a_store_that_takes_no_writes_is_told_apart_by_its_code(database: Database) -> None:
    def cannot_write(connection: Connection) -> None:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("PRAGMA query_only=ON" if is_sqlite else "SET TRANSACTION READ ONLY")
        try:
            say(connection, "word")
        finally:
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA query_only=OFF")

    with pytest.raises(StorageUnavailableError, match="storage_unavailable") as failed:
        await database.write(cannot_write)
    assert re.search("read-?only", failed.value.why)
    await database.write(say, "kept")
    assert await database.read(words) == ["kept"]


@pytest.mark.sqlite
async def test_a_file_that_is_no_database_is_told_apart_by_its_code(database_url: str) -> None:
    Path(database_url.removeprefix("sqlite:///")).with_suffix(".other").write_bytes(b"no database at all" * 100)
    other = open_database(database_url.replace(".db", ".other"))
    with pytest.raises(StorageUnavailableError):
        await other.read(words)
    await other.close()


@pytest.mark.sqlite
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

    @pytest.mark.sqlite
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
