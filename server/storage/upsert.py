"""Insert rows, or change those that are there already: the one statement whose words differ between engines."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    key: tuple[str, ...],
    change: tuple[str, ...],
) -> None:
    """Insert every row; where one with this key stands, set its columns in `change`. One statement for all."""
    if rows:
        connection.execute(_statement(connection.dialect.name, table, key, change), rows)


@cache
def _statement(dialect_name: str, table: Table, key: tuple[str, ...], change: tuple[str, ...]) -> Executable:
    # Built once: building one anew costs as much as running it.
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    statement = dialect.insert(table)
    changes = {column: statement.excluded[column] for column in change}
    built: Executable = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    return built
