"""SQL by hand for tests, with the same values from both engines."""

import re
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text


def run_sql(connection: Connection, statement: str, **values: Any) -> Any:
    """Run a statement; return its rows if it has any, as SQLite keeps them. `":1` in it is JSON, no parameter."""
    result = connection.execute(text(re.sub(r'":(\d)', r'"\\:\1', statement)), values)
    return [tuple(_plain(value) for value in row) for row in result] if result.returns_rows else None


def _plain(value: Any) -> Any:
    """PostgreSQL has types where SQLite has texts and numbers."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return int(value) if isinstance(value, bool) else value
