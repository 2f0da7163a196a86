"""Insert rows, or change those that are there already: the one statement whose words differ between engines."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, key: Sequence[str], change: Sequence[str]
) -> None:
    """Insert every row; where one with this key stands, set its columns in `change`. One statement for all."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    changes = {column: statement.excluded[column] for column in change}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changes), rows)
