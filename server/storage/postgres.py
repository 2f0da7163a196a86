"""PostgreSQL: the same functions run on an async connection, by `run_sync`.

Scans have connections of their own, so that no number of slow pages and imports keeps them waiting for one.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import orjson
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.storage.base import Database, P, Query, T, at_work, dump_json
from server.storage.failures import is_deadlock, telling_failures

POOL = 5
"""Connections for pages that a process keeps open; under load some more."""
URGENT = 2
_OVERFLOW = 10
_TRIES = 4
_SERVER_SETTINGS = {
    "application_name": "sanh",
    # A process that stops in the middle must not hold its locks for ever, nor wait for another's.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "jit": "off",
    "timezone": "UTC",
}
_BY_KEYS = {
    # A batch finds everything by its keys. A plan that is kept from when a table was empty would read all of it.
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
_CONNECT_SECONDS = 5.0
_STATEMENT_SECONDS = 60.0


class PostgresDatabase(Database):
    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._engine = _open_engine(url, _SERVER_SETTINGS, pool_size=POOL, is_tested=True)
        self._reads = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._urgent = _open_engine(url, _SERVER_SETTINGS | _BY_KEYS, pool_size=URGENT, is_tested=False)
        self._running: set[asyncio.Future[Any]] = set()

    @property
    def connections(self) -> tuple[int, int]:
        return at_work(self._engine.pool) + at_work(self._urgent.pool), POOL + URGENT

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._finish(_run(self._reads, query, *args, **kwargs))

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._finish(_run(self._engine, query, *args, **kwargs))

    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._finish(_run_twice(self._urgent, query, *args, **kwargs))

    async def tend(self) -> None:
        # PostgreSQL tends itself.
        return

    async def close(self) -> None:
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()
        await self._urgent.dispose()

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        # A task of its own: what was begun is finished, even if whoever asked for it is gone.
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._forget)
        with telling_failures():
            return await asyncio.shield(task)

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen by whoever asked, if anybody waits still


async def _run_twice(engine: AsyncEngine, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a query; once more, if its connection was cut, by an operator or by a server that came back."""
    try:
        return await _run(engine, query, *args, **kwargs)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    # The pool's other connections are as old, and as dead after a restart. Whether it was committed, its ids say.
    await engine.dispose()
    return await _run(engine, query, *args, **kwargs)


async def _run(engine: AsyncEngine, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a query in one transaction; again, if it was rolled back for another's sake."""
    for attempt in range(1, _TRIES):
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(query, *args, **kwargs)
        except DBAPIError as error:
            if not is_deadlock(error):
                raise
        await asyncio.sleep(0.005 * attempt)
    async with engine.begin() as connection:
        return await connection.run_sync(query, *args, **kwargs)


def _open_engine(url: URL, settings: dict[str, str], *, pool_size: int, is_tested: bool) -> AsyncEngine:
    return create_async_engine(
        url,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=_OVERFLOW if is_tested else 0,
        pool_pre_ping=is_tested,
        pool_timeout=_CONNECT_SECONDS,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": _STATEMENT_SECONDS,
            "server_settings": settings,
        },
    )
