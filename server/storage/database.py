"""The database: `read` and `write` run a plain function on a Core connection; one call is one transaction.

SQLite: all writes run one after another on one thread, urgent ones (scans) first; reads run on a few threads of
their own. PostgreSQL: the same functions run on an async connection by `run_sync`.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from server.domain.errors import DomainError
from server.storage.writer import Writer

READERS = 3
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "cache_size=-16000",
    # `tend` brings the log into the file beside the writes; a commit does so itself only where that falls behind.
    "wal_autocheckpoint=16000",
    "journal_size_limit=67108864",
)

P = ParamSpec("P")
T = TypeVar("T")
Query = Callable[Concatenate[Connection, P], T]


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class StorageUnavailableError(DomainError):
    """The store is locked, full, broken or gone: nothing was changed, and what was asked may be asked again.

    `why` is the driver's sentence, for operators only.
    """

    def __init__(self, why: str) -> None:
        super().__init__("storage_unavailable")
        self.why = why


class Database(ABC):
    """An opened database. Make one with `open_database`, end it with `close`.

    Reads and writes raise `storage_unavailable` where the store fails.
    """

    def __init__(self, url: URL) -> None:
        self.url = url

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @abstractmethod
    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query that changes nothing, on one consistent state."""

    @abstractmethod
    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in one transaction: committed when this returns, rolled back when it raises.

        A write must stay under 20 ms, since scans wait behind it: cut larger work into several.
        """

    @abstractmethod
    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, ahead of every other write that waits."""

    @abstractmethod
    async def tend(self) -> None:
        """Do what the engine wants done now and then, beside reads and writes."""

    @abstractmethod
    async def close(self) -> None:
        """Finish the writes that were taken, then let go of the connections."""


def open_database(url: str) -> Database:
    """Open the database at `sqlite:///file` or `postgresql://…`; a SQLite file's folder is made.

    Raise `storage_unavailable` when it cannot be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _SqliteDatabase(parsed.set(drivername="sqlite"))
    return _PostgresDatabase(parsed.set(drivername="postgresql+asyncpg"))


class _SqliteDatabase(Database):
    def __init__(self, url: URL) -> None:
        super().__init__(url)
        if url.database and url.database != ":memory:":
            _make_folder(Path(url.database).parent)
        self._file: tuple[int, int] | None = None
        self._writes = _sqlite_engine(url, connections=1)
        event.listen(self._writes, "connect", self._note_file)
        self._reads = _sqlite_engine(url, connections=READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = Writer(self._writes)

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def run() -> T:
            self._check_file()
            with self._reads.begin() as connection:
                connection.exec_driver_sql("BEGIN")
                return query(connection, *args, **kwargs)

        with _telling_failures():
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _telling_failures():
            return await self._write(1, lambda connection: query(connection, *args, **kwargs))

    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _telling_failures():
            return await self._write(0, lambda connection: query(connection, *args, **kwargs))

    async def tend(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._readers, self._checkpoint)

    async def _write(self, urgency: int, job: Callable[[Connection], T]) -> T:
        def checked(connection: Connection) -> T:
            self._check_file()
            return job(connection)

        result: T = await self._writer.run(urgency, checked)
        return result

    def _note_file(self, _connection: Any, _record: Any) -> None:
        if self._file is None:
            self._file = self._file_now()

    def _check_file(self) -> None:
        # SQLite would go on writing to a file that was deleted or replaced, and all of it be gone at the next start.
        if self._file is not None and self._file != self._file_now():
            raise StorageUnavailableError(f"{self.url.database} was deleted or replaced")

    def _file_now(self) -> tuple[int, int] | None:
        try:
            status = Path(self.url.database or "").stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _checkpoint(self) -> None:
        with self._reads.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.stop)
        self._readers.shutdown()
        self._reads.dispose()
        self._writes.dispose()


class _PostgresDatabase(Database):
    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._engine: AsyncEngine = create_async_engine(
            url, json_serializer=_dumps, json_deserializer=orjson.loads, pool_size=8, pool_pre_ping=True
        )

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write(query, *args, **kwargs)

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _telling_failures():
            async with self._engine.begin() as connection:
                return await connection.run_sync(query, *args, **kwargs)

    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write(query, *args, **kwargs)

    async def tend(self) -> None:
        # PostgreSQL tends itself.
        return

    async def close(self) -> None:
        await self._engine.dispose()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailableError(str(error)) from error


@contextmanager
def _telling_failures() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if _is_store_failure(error):
            raise StorageUnavailableError(str(error.orig)) from error
        raise


def _is_store_failure(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        # A statement that is wrong; SQLite's driver has the same class for it as for a full disk.
        return False
    # A file that is damaged or no database is a `DatabaseError` and none of its kinds.
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def _sqlite_engine(url: URL, *, connections: int) -> Engine:
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver's own transactions are off: it would begin them late and without IMMEDIATE.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine
