"""The database of a run, and what it can do bare: the server's own rows in a copy of the server's own table.

SQLite: one thread, WAL, `synchronous=FULL`. PostgreSQL: asyncpg, one `unnest` a commit, as many connections as the
server has workers. Nothing is decided, answered or even looked up.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from server.domain.errors import DomainError
from server.simulator.bench.bare import Ceiling
from server.simulator.bench.processes import backends_of, cpu_seconds

_COUNT = "update ceiling_zone set inside = inside + {}"
_COUNTER = "create table ceiling_zone (inside integer); insert into ceiling_zone values (0)"
_PRAGMAS = "pragma journal_mode=wal; pragma synchronous=full; pragma cache_size=-16000"
_TEMPLATES = 512


class Store(Protocol):
    """A database that the measured server uses."""

    url: str

    def backends(self) -> tuple[int, ...]:
        """Return the database's own processes, as far as they can be seen."""
        ...

    async def insert(self, table: str, key: str, batch: int, *, seconds: float = 0, rows: int = 0) -> Ceiling:
        """Insert rows as the server stored them last, under keys of their own, `batch` a commit.

        For so long, or so many. With each commit one counter is updated. The table must hold a row.
        """
        ...


class SqliteStore:
    """A file in the folder of the server measured."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "bench.db"
        self.url = f"sqlite:///{self._file}"

    def backends(self) -> tuple[int, ...]:
        return ()

    async def insert(self, table: str, key: str, batch: int, *, seconds: float = 0, rows: int = 0) -> Ceiling:
        return await asyncio.to_thread(self._insert, table, key, batch, seconds, rows)

    def _insert(self, table: str, key: str, batch: int, seconds: float, rows: int) -> Ceiling:
        schema, templates, names = self._read(table)
        place = self._file.with_name("ceiling.db")
        place.unlink(missing_ok=True)
        connection = sqlite3.connect(place, isolation_level=None)
        try:
            connection.executescript(";".join((_PRAGMAS, *schema, _COUNTER)))
            marks = ",".join("?" * len(names))
            statement = f"insert into {table} ({','.join(names)}) values ({marks})"  # noqa: S608 - the schema's names
            column, written = names.index(key), 0
            cpu, began = time.thread_time(), time.perf_counter()
            while _goes_on(began, seconds, rows, written):
                connection.execute("begin immediate")
                connection.executemany(statement, _fresh(templates, column, written, batch))
                connection.execute(_COUNT.format(batch))
                connection.execute("commit")
                written += batch
            return _ceiling(written, began, time.thread_time() - cpu)
        finally:
            connection.close()
            for suffix in ("", "-wal", "-shm"):
                place.with_name(place.name + suffix).unlink(missing_ok=True)

    def _read(self, table: str) -> tuple[list[str], list[tuple[Any, ...]], list[str]]:
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        try:
            rows = connection.execute("select sql from sqlite_master where tbl_name = ? and sql not null", (table,))
            schema = [row[0] for row in rows]
            # A key that the database counts up is left to it.
            columns = connection.execute("select name, type, pk from pragma_table_info(?)", (table,)).fetchall()
            names = [name for name, kind, pk in columns if not (pk and kind == "INTEGER")]
            wanted = f"select {','.join(names)} from {table} order by rowid desc limit {_TEMPLATES}"  # noqa: S608
            return schema, connection.execute(wanted).fetchall(), names
        finally:
            connection.close()


class PostgresStore:
    """A database of the run's own, dropped when it ends."""

    def __init__(self, url: str, name: str, connections: int) -> None:
        self.url = url
        self._name = name
        self._connections = connections

    def backends(self) -> tuple[int, ...]:
        return backends_of(self._name)

    async def insert(self, table: str, key: str, batch: int, *, seconds: float = 0, rows: int = 0) -> Ceiling:
        connections = [await asyncpg.connect(self.url) for _ in range(self._connections)]
        try:
            names, types, templates = await _read_postgres(connections[0], table)
            await _copy_tables(connections[0], table)
            arrays = ",".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
            statement = f"insert into ceiling_{table} ({','.join(names)}) select * from unnest({arrays})"  # noqa: S608
            writer = _Writer(statement, templates, names.index(key), batch)
            cpu, began = time.process_time() + cpu_seconds(self.backends()), time.perf_counter()
            share = -(-rows // self._connections)
            await asyncio.gather(*(writer.write(one, began, seconds, share) for one in connections))
            spent = time.process_time() + cpu_seconds(self.backends()) - cpu
            return _ceiling(writer.written, began, spent)
        finally:
            for connection in connections:
                await connection.close()


class _Writer:
    def __init__(self, statement: str, templates: Sequence[tuple[Any, ...]], column: int, batch: int) -> None:
        self.written = 0
        self._statement = statement
        self._templates = templates
        self._column = column
        self._batch = batch

    async def write(self, connection: Any, began: float, seconds: float, rows: int) -> None:
        written = 0
        while _goes_on(began, seconds, rows, written):
            fresh = _fresh(self._templates, self._column, self.written, self._batch)
            async with connection.transaction():
                await connection.execute(self._statement, *(list(values) for values in zip(*fresh, strict=True)))
                await connection.execute(_COUNT.format(self._batch))
            written += self._batch
            self.written += self._batch


@asynccontextmanager
async def open_store(database_url: str, folder: Path, connections: int) -> AsyncIterator[Store]:
    """Return a SQLite file in `folder`, or a fresh database on the PostgreSQL server of the address.

    Raise `bench_database` when that cannot be made.
    """
    if not database_url:
        yield SqliteStore(folder)
        return
    address = database_url.replace("postgresql+asyncpg", "postgresql", 1)
    name = f"sanh_bench_{os.getpid()}_{time.time_ns() % 1_000_000}"
    try:
        await _command(address, f"create database {name} encoding 'UTF8' template template0")
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        raise DomainError("bench_database", why=str(error)) from error
    try:
        base, _, query = address.partition("?")
        url = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
        yield PostgresStore(url, name, connections)
    finally:
        await _command(address, f"drop database if exists {name} with (force)")


async def _command(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _read_postgres(connection: Any, table: str) -> tuple[list[str], list[str], list[tuple[Any, ...]]]:
    columns = await connection.fetch(
        "select attname, format_type(atttypid, null) as kind from pg_attribute where attrelid = $1::regclass"
        " and attnum > 0 and not attisdropped and not atthasdef and attidentity = '' order by attnum",
        table,
    )
    names = [row["attname"] for row in columns]
    wanted = f"select {','.join(names)} from {table} limit {_TEMPLATES}"  # noqa: S608 - the schema's names
    return names, [row["kind"] for row in columns], [tuple(row) for row in await connection.fetch(wanted)]


async def _copy_tables(connection: Any, table: str) -> None:
    await connection.execute(
        f"drop table if exists ceiling_{table}; create table ceiling_{table} (like {table} including all);"
        f"drop table if exists ceiling_zone; {_COUNTER}"
    )


def _goes_on(began: float, seconds: float, rows: int, written: int) -> bool:
    return written < rows if rows else time.perf_counter() - began < seconds


def _fresh(templates: Sequence[tuple[Any, ...]], column: int, start: int, count: int) -> list[tuple[Any, ...]]:
    """Return `count` rows like the templates, each with a random key of a UUID's length without its dashes."""
    ids = os.urandom(16 * count).hex()
    most = len(templates)
    fresh = []
    for number in range(count):
        row = templates[(start + number) % most]
        fresh.append((*row[:column], ids[32 * number : 32 * number + 32], *row[column + 1 :]))
    return fresh


def _ceiling(written: int, began: float, cpu: float) -> Ceiling:
    return Ceiling(written / (time.perf_counter() - began), cpu / max(1, written) * 1e6)
