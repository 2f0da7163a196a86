"""Which of a driver's errors are the store's own: locked, full, broken, gone, or too busy to say yes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.storage.base import StorageUnavailableError

_STORES_OWN = ("08", "25006", "40", "53", "55", "57", "58", "F0", "XX")
"""PostgreSQL's codes (appendix A), by their beginning: connection, read-only, deadlock, resources, locks,
operator's intervention, system, configuration, internal."""
_DEADLOCK = ("40001", "40P01")
_OF_VALUES = ("22", "23")


@contextmanager
def telling_failures() -> Iterator[None]:
    """Turn a failure of the store into `storage_unavailable`; a statement that is wrong stays what it is."""
    try:
        yield
    except DBAPIError as error:
        if is_store_failure(error):
            raise StorageUnavailableError(str(error.orig)) from error
        raise
    except (PoolTimeoutError, OSError) as error:
        # No connection to be had: the server is away, starts, or is out of reach.
        raise StorageUnavailableError(str(error) or type(error).__name__) from error


def is_store_failure(error: DBAPIError) -> bool:
    """Tell whether asking again may help, or somebody must mend the store; not whether the statement was wrong."""
    if (state := _state_of(error)) is not None:
        return state.startswith(_STORES_OWN)
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        # A statement that is wrong; SQLite's driver has the same class for it as for a full disk.
        return False
    # A file that is damaged or no database is a `DatabaseError` and none of its kinds.
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def is_of_values(error: DBAPIError) -> bool:
    """Tell whether a statement failed for a value in one of its rows; another row may go through."""
    if (state := _state_of(error)) is not None:
        return state.startswith(_OF_VALUES)
    return not isinstance(error, OperationalError)


def is_deadlock(error: DBAPIError) -> bool:
    """Tell whether the transaction was rolled back for another's sake, and would go through the next time."""
    return _state_of(error) in _DEADLOCK


def _state_of(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state
