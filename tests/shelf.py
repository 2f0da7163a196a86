"""Databases on a PostgreSQL server for tests to borrow: made from one that was migrated, emptied, lent again.

Emptying takes 3 ms. Making takes 30 ms and dropping 40 ms on a quiet machine, half a second each where others write:
both are checkpoints.
"""

import asyncio
import os
import re
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import make_url

from server.storage.database import open_database
from server.storage.migrate import upgrade

T = TypeVar("T")

# What a test may have changed beside rows: tables, columns, keys, settings of the database.
_SHAPE = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws(' ', c.relname, c.relkind, a.attnum, a.attname, a.atttypid) AS line
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', conrelid, conname) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', tgrelid, tgname) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT version_num FROM alembic_version
    ) AS lines"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_SEQUENCES = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()"""


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end on a thread and a loop of its own: the loop of a test may be running."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(asyncio.run(work))
        except BaseException as error:  # it belongs to whoever waits
            done.set_exception(error)

    thread = threading.Thread(target=run, name="test database")
    thread.start()
    thread.join()
    return done.result()


async def migrate_to_newest(url: str) -> None:
    database = open_database(url)
    try:
        await database.write(upgrade)
    finally:
        await database.close()


async def why_unusable(server: str) -> str | None:
    """Return why no database can be made there; None where one can."""
    try:
        connection = await asyncpg.connect(server, timeout=5)
    except (OSError, asyncpg.PostgresError) as error:
        return str(error) or type(error).__name__
    try:
        may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        return None if await connection.fetchval(may) else "the account may not make databases"
    finally:
        await connection.close()


class Shelf:
    """The databases of one run, on a server given by its address; each is lent to one test at a time."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._numbers = count(1)
        self._template = ""
        self._clean: list[str] = []
        self._connections: dict[str, asyncpg.Connection] = {}
        self._returns: list[Future[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test databases", daemon=True)
        self._thread.start()
        self._do(self._open()).result()

    def lend(self, *, migrated: bool) -> str:
        """Return the address of an empty database, migrated or without a table."""
        return self._url(self._do(self._take(migrated=migrated)).result())

    def take_back(self, url: str) -> None:
        """Have a database emptied, while the next test begins."""
        self._returns.append(self._do(self._put(make_url(url).database or "")))

    def close(self) -> None:
        """Drop every database; raise what taking one back has raised."""
        self._do(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for taken in self._returns:
            taken.result()

    def _do(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _url(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    async def _open(self) -> None:
        self._turn = asyncio.Lock()
        self._admin = await asyncpg.connect(self._server)
        for row in await self._admin.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'sanh_test_%'"):
            # A run that was killed leaves its databases; others may be running at this moment.
            found = re.fullmatch(r"sanh_test_(\d+)_\d+", row["datname"])
            if found and not Path(f"/proc/{found[1]}").exists():
                await self._admin.execute(f"DROP DATABASE IF EXISTS {row['datname']} WITH (FORCE)")
        self._template = await self._create("template0")
        await migrate_to_newest(self._url(self._template))
        template = await asyncpg.connect(self._url(self._template))
        self._shape = await template.fetchval(_SHAPE)
        tables = [row["relname"] for row in await template.fetch(_TABLES) if row["relname"] != "alembic_version"]
        # The order of keys between tables does not matter to a replica.
        self._empty = "BEGIN; SET LOCAL session_replication_role = replica;" + "".join(
            f'DELETE FROM "{table}";' for table in tables
        )
        await template.close()

    async def _take(self, *, migrated: bool) -> str:
        async with self._turn:
            if not migrated:
                return await self._create("template0")
            return self._clean.pop() if self._clean else await self._create(self._template)

    async def _put(self, name: str) -> None:
        async with self._turn:
            if await self._clear(name):
                self._clean.append(name)
            else:
                await self._drop(name)

    async def _clear(self, name: str) -> bool:
        """Empty a database; tell whether it is as new."""
        try:
            connection = self._connections.get(name) or await asyncpg.connect(self._url(name))
            self._connections[name] = connection
            await connection.execute(_OTHERS)
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await connection.execute(f"{self._empty} {_SEQUENCES}; COMMIT")
        except asyncpg.PostgresError:
            # Tables are missing, or this account may not empty them all at once.
            return False
        return True

    async def _create(self, template: str) -> str:
        name = f"sanh_test_{os.getpid()}_{next(self._numbers)}"
        await self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY WAL_LOG")
        return name

    async def _drop(self, name: str) -> None:
        if connection := self._connections.pop(name, None):
            await connection.close()
        await self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _close(self) -> None:
        async with self._turn:
            for name in [*self._clean, self._template]:
                await self._drop(name)
        await self._admin.close()
