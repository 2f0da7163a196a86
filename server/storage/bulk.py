"""One statement for many rows, and upserts: the way of a batch's writes.

SQLAlchemy would build a dictionary and a context for every row of an `executemany`. Here a statement is compiled once
for its dialect, the rows become tuples by its own types' processors, and the driver gets them as they are.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

Row = dict[str, Any]
_Processor = Callable[[Any], Any] | None


def execute_many(connection: Connection, statement: UpdateBase, rows: Sequence[Row]) -> None:
    """Run a statement for every row; all rows have the same keys. No statement for no rows.

    The statement must be one that lives as long as the process: its compiled form is kept.
    """
    if not rows:
        return
    sql, parameters, constants = _compile(statement, connection.dialect)
    full = rows if not constants else [constants | row for row in rows]
    values = [tuple([process(row[name]) if process else row[name] for name, process in parameters]) for row in full]
    connection.exec_driver_sql(sql, values)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], *, key: tuple[str, ...], change: tuple[str, ...]
) -> None:
    """Insert every row; where one with this key stands, set its columns in `change`. One statement for all."""
    if rows:
        columns = tuple(rows[0])
        execute_many(connection, _upsert(connection.dialect.name, table, columns, key, change), rows)


@cache
def insert_into(table: Table, columns: tuple[str, ...]) -> UpdateBase:
    """Return the statement that inserts rows with these columns."""
    return table.insert().values(dict.fromkeys(columns))


@cache
def _upsert(
    dialect_name: str, table: Table, columns: tuple[str, ...], key: tuple[str, ...], change: tuple[str, ...]
) -> UpdateBase:
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    statement = dialect.insert(table).values(dict.fromkeys(columns))
    changes = {column: statement.excluded[column] for column in change}
    built: UpdateBase = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    return built


@cache
def _compile(statement: UpdateBase, dialect: Dialect) -> tuple[str, list[tuple[str, _Processor]], Row]:
    compiled = statement.compile(dialect=dialect)
    parameters: list[tuple[str, _Processor]] = []
    for name in compiled.positiontup or ():
        kind = compiled.binds[name].type.dialect_impl(dialect)
        parameters.append((name, kind.bind_processor(dialect)))
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return str(compiled), parameters, constants
