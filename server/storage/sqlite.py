"""SQLite: all writes run one after another on one thread, urgent ones first; reads on a few threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from server.storage.base import Database, P, Query, StorageUnavailableError, T, at_work, dump_json
from server.storage.failures import telling_failures
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


class SqliteDatabase(Database):
    def __init__(self, url: URL) -> None:
        super().__init__(url)
        if url.database and url.database != ":memory:":
            _make_folder(Path(url.database).parent)
        self._file: tuple[int, int] | None = None
        self._writes = _open_engine(url, connections=1)
        event.listen(self._writes, "connect", self._note_file)
        event.listen(self._writes, "connect", _leave_waiting_to_turns)
        self._reads = _open_engine(url, connections=READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = Writer(self._writes)

    @property
    def connections(self) -> tuple[int, int]:
        return at_work(self._writes.pool) + at_work(self._reads.pool), 1 + READERS

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def run() -> T:
            self._check_file()
            with self._reads.begin() as connection:
                connection.exec_driver_sql("BEGIN")
                return query(connection, *args, **kwargs)

        with telling_failures():
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with telling_failures():
            return await self._write(1, lambda connection: query(connection, *args, **kwargs))

    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with telling_failures():
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


def _leave_waiting_to_turns(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout=0")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailableError(str(error)) from error


def _open_engine(url: URL, *, connections: int) -> Engine:
    engine = create_engine(
        url,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
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
