"""A database for each test: a SQLite file, or one on the server that `SANH_TEST_DATABASE` names.

With that variable only the tests that use a database run, and those marked `sqlite` do not. A database is the copy
of one that was migrated once; the next copy is made, and the last one dropped, while a test runs.
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import make_url

from server.storage.database import open_database
from server.storage.migrate import upgrade

SERVER = os.environ.get("SANH_TEST_DATABASE", "")
T = TypeVar("T")
FIXTURES = frozenset(("database_url", "new_database_url", "module_database_url"))


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own: migrated, and empty."""
    with _lend(tmp_path / "sanh.db") as url:
        yield url


@pytest.fixture
def new_database_url(tmp_path: Path) -> Iterator[str]:
    """The address of a database which nobody has made yet: no file, or no table."""
    with _lend(tmp_path / "new.db", migrated=False) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database that the tests of a module share."""
    with _lend(tmp_path_factory.mktemp("database") / "sanh.db") as url:
        yield url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out what was seen on SQLite already and what is about SQLite alone."""
    if not SERVER:
        return
    kept = [item for item in items if _uses_database(item) and not item.get_closest_marker("sqlite")]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def pytest_sessionstart() -> None:
    if SERVER and (why := unreachable(SERVER)):
        pytest.exit(f"no PostgreSQL at {SERVER}: {why}", returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_sessionfinish() -> None:
    _shelf.close()


def unreachable(server: str) -> str | None:
    """Return why no database can be made there; None where one can."""

    async def ask() -> str | None:
        try:
            connection = await asyncpg.connect(server, timeout=5)
        except (OSError, asyncpg.PostgresError) as error:
            return str(error) or type(error).__name__
        try:
            may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            return None if await connection.fetchval(may) else "the account may not make databases"
        finally:
            await connection.close()

    return asyncio.run(ask())


class _Shelf:
    """Databases in store, made on a thread and a loop of their own: the loop of a test may be running.

    One statement at a time on one connection, so that many tests' connections leave room for one another.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: Future[str] | None = None
        self._dropped: list[Future[None]] = []

    def migrated_file(self) -> Path:
        """Return a SQLite file to copy."""
        if self._loop is None:
            self._start()
            self._folder = tempfile.TemporaryDirectory(prefix="sanh-test-")
            self._do(_migrate(f"sqlite:///{self._folder.name}/template.db")).result()
        return Path(self._folder.name) / "template.db"

    def take(self, *, migrated: bool) -> str:
        """Return the name of a database on the server."""
        if self._loop is None:
            self._start()
            self._do(self._open()).result()
        if not migrated:
            return self._do(self._create("template0")).result()
        name = (self._next or self._do(self._create(self._template))).result()
        self._next = self._do(self._create(self._template))
        return name

    def give_back(self, name: str) -> None:
        self._dropped.append(self._do(self._drop(name)))

    def close(self) -> None:
        """Drop what is left, and end the thread; raise what a drop has raised."""
        if self._loop is None:
            return
        if SERVER:
            self._do(self._close()).result()
        else:
            self._folder.cleanup()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None
        for drop in self._dropped:
            drop.result()

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test databases", daemon=True)
        self._thread.start()

    def _do(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _open(self) -> None:
        self._turn = asyncio.Lock()
        self._server = await asyncpg.connect(SERVER)
        for row in await self._server.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'sanh_test_%'"):
            # A run that was killed leaves its databases; others may be running at this moment.
            found = re.fullmatch(r"sanh_test_(\d+)_\d+", row["datname"])
            if found and not Path(f"/proc/{found[1]}").exists():
                await self._drop(row["datname"])
        self._template = await self._create("template0")
        await _migrate(_at(self._template))

    async def _create(self, template: str) -> str:
        name = f"sanh_test_{os.getpid()}_{next(self._numbers)}"
        async with self._turn:
            await self._server.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY WAL_LOG")
        return name

    async def _drop(self, name: str) -> None:
        async with self._turn:
            await self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _close(self) -> None:
        if self._next is not None:
            await self._drop(await asyncio.wrap_future(self._next))
        await self._drop(self._template)
        await self._server.close()


_shelf = _Shelf()


@contextlib.contextmanager
def _lend(file: Path, *, migrated: bool = True) -> Iterator[str]:
    if not SERVER:
        if migrated:
            shutil.copyfile(_shelf.migrated_file(), file)
        yield f"sqlite:///{file}"
        return
    name = _shelf.take(migrated=migrated)
    yield _at(name)
    _shelf.give_back(name)


def _at(name: str) -> str:
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _uses_database(item: pytest.Item) -> bool:
    return bool(FIXTURES.intersection(getattr(item, "fixturenames", ())))


async def _migrate(url: str) -> None:
    database = open_database(url)
    try:
        await database.write(upgrade)
    finally:
        await database.close()


if __name__ == "__main__":
    # For the Makefile: is there a server, and if not, why?
    sys.exit(unreachable(SERVER))
