"""The one thread that writes to a SQLite file: takes the most urgent job, commits it, answers, goes on."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from server.storage.turns import Turns

_LAST = 9


class Writer:
    """Runs jobs one after another on one connection, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns = Turns(engine.url.database)
        self._order = itertools.count()
        self._jobs: queue.PriorityQueue[tuple[int, int, Any]] = queue.PriorityQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def run(self, urgency: int, job: Callable[[Connection], Any]) -> "asyncio.Future[Any]":
        """Return what the job returns, once it is committed; 0 is the most urgent."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((urgency, next(self._order), (job, loop, future)))
        return future

    def stop(self) -> None:
        """Finish every job that was taken, then end the thread."""
        self._jobs.put((_LAST, next(self._order), None))
        self._thread.join()

    def _work(self) -> None:
        connection: Connection | None = None
        while (taken := self._jobs.get()[2]) is not None:
            job, loop, future = taken
            try:
                # Kept open between jobs: opening one and its events cost as much as a small batch.
                connection = connection or self._engine.connect()
                result = self._transact(connection, job)
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked, not to this thread
                connection = _recover(connection)
                _answer(loop, future, None, error)
            else:
                _answer(loop, future, result, None)
        if connection is not None:
            connection.close()
        self._turns.close()

    def _transact(self, connection: Connection, job: Callable[[Connection], Any]) -> Any:
        self._turns.begin(connection)
        result = job(connection)
        connection.commit()
        return result


def _recover(connection: Connection | None) -> Connection | None:
    """Roll back what a failed job left; a connection that cannot is replaced."""
    if connection is None:
        return None
    try:
        connection.rollback()
    except SQLAlchemyError:
        connection.invalidate()
        connection.close()
        return None
    return connection


def _answer(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]", result: Any, error: BaseException | None
) -> None:
    def settle() -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop that asked is gone; the commit stands and nobody is left to hear of it.
        return
