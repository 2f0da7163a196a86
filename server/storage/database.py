"""The database: `read` and `write` run a plain function on a Core connection; one call is one transaction.

SQLite: all writes run one after another on one thread, urgent ones (scans) first; reads run on a few threads of
their own. PostgreSQL: the same functions run on an async connection by `run_sync`.
"""

from sqlalchemy import make_url

from server.storage.base import Database, Query, StorageUnavailableError
from server.storage.postgres import PostgresDatabase
from server.storage.sqlite import SqliteDatabase

__all__ = ["Database", "Query", "StorageUnavailableError", "open_database"]


def open_database(url: str) -> Database:
    """Open the database at `sqlite:///file` or `postgresql://…`; a SQLite file's folder is made.

    Raise `storage_unavailable` when it cannot be made.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed.set(drivername="sqlite"))
    return PostgresDatabase(parsed.set(drivername="postgresql+asyncpg"))
