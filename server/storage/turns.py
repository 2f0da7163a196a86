"""Turns among the processes that write to one SQLite file: a server that stores scans, and the command line beside it.

SQLite has no queue. Who finds the file locked sleeps and looks again, longer each time, up to a tenth of a second;
a process that locks it again and again then keeps the others out for seconds. Here everybody looks every half
millisecond, says meanwhile that they wait, and leaves who waits a gap after their own transaction. Nobody waits for
another's word: a process that dies or stops in the middle costs the others nothing.
"""

import fcntl
import os
import sqlite3
import time
from contextlib import suppress

from sqlalchemy import Connection

LOOK_SECONDS = 0.0005
GAP_SECONDS = 0.0015
PATIENCE_SECONDS = 5.0
_BEGIN = "BEGIN IMMEDIATE"


class Turns:
    """The turns at a SQLite file, for one thread. Its connection must not wait itself (`busy_timeout=0`).

    Who waits holds a shared lock on a file beside the database, `<file>-turn`; the file itself stays empty.
    """

    def __init__(self, database: str | None) -> None:
        self._file: int | None = None
        if database and database != ":memory:":
            with suppress(OSError):
                # Where it cannot be made, turns are not as fair, and that is all.
                self._file = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def begin(self, connection: Connection) -> None:
        """Begin a transaction that writes, as soon as it is our turn. Raise OperationalError after five seconds."""
        if self._is_awaited():
            time.sleep(GAP_SECONDS)
        # SQLAlchemy's own note of it; the driver is asked directly, since a refusal would cost as much as a batch.
        connection.begin()
        if not self._try(connection):
            self._wait(connection)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _wait(self, connection: Connection) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        try:
            while time.monotonic() < ends:
                self._lock(fcntl.LOCK_SH)
                time.sleep(LOOK_SECONDS)
                if self._try(connection):
                    return
        finally:
            self._lock(fcntl.LOCK_UN)
        connection.exec_driver_sql(_BEGIN)

    def _try(self, connection: Connection) -> bool:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        try:
            driver.execute(_BEGIN)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                # Said again, by way of SQLAlchemy, whose errors the rest of the house knows.
                connection.exec_driver_sql(_BEGIN)
                return True
            return False
        return True

    def _is_awaited(self) -> bool:
        is_free = self._lock(fcntl.LOCK_EX)
        if is_free:
            self._lock(fcntl.LOCK_UN)
        return not is_free

    def _lock(self, kind: int) -> bool:
        if self._file is None:
            return True
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
