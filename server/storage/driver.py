"""A statement's way straight to the database's driver, for the batches of scans.

SQLAlchemy builds a context for every statement and a dictionary for every row, which was most of what a batch cost.
Here a statement is text that stays the same as long as the process lives, so that the driver keeps it prepared;
errors come out as SQLAlchemy's all the same.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

Values = Sequence[Any]


def fetch(connection: Connection, sql: str, values: Values) -> list[Values]:
    """Run a statement that answers, and return its rows as the driver gives them."""
    cursor = _run(connection, sql, values, many=False)
    rows: list[Values] = cursor.fetchall()
    cursor.close()
    return rows


def execute(connection: Connection, sql: str, values: Values) -> None:
    """Run a statement that answers nothing."""
    _run(connection, sql, values, many=False).close()


def execute_for_each(connection: Connection, sql: str, rows: Sequence[Values]) -> None:
    """Run a statement once for every row of values."""
    _run(connection, sql, rows, many=True).close()


def kind_of(dialect: Dialect, kind: TypeEngine[Any]) -> str:
    """Return PostgreSQL's type for a value on its way to a column.

    Text has no length there: a cast to one would cut what is too long, where the column itself refuses it.
    """
    named = dialect.type_compiler_instance.process(kind)
    return "TEXT" if named.startswith("VARCHAR") else named


def _run(connection: Connection, sql: str, values: Any, *, many: bool) -> Any:
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
    except dialect.loaded_dbapi.Error as error:
        is_gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_gone,
            dialect=dialect,
        ) from error
    return cursor
