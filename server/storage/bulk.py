"""One statement for many rows: inserts, upserts and updates, the way of a batch's writes.

All rows have the same keys, which are columns of the table. SQLite's driver runs one prepared statement for each row;
PostgreSQL gets them as one text of JSON, which costs its driver a fifth of what lists for `unnest` do. No statement
for no rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Table

from server.storage.driver import execute, execute_for_each, kind_of

Row = dict[str, Any]
Names = tuple[str, ...]
_Processor = Callable[[Any], Any]
_GIVEN = "$1"


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert every row, in this order."""
    writes = Writes(connection)
    writes.insert(table, rows)
    writes.run()


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Row], *, key: Names, change: Names) -> None:
    """Insert every row; where one with this key stands, set its columns in `change`. No two rows have the same key."""
    writes = Writes(connection)
    writes.upsert(table, rows, key=key, change=change)
    writes.run()


class Writes:
    """Writes to several tables that go together: one message to PostgreSQL and back, where its locks are held.

    They see the state before them, and none of the others: no two may touch the same row.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._parts: list[tuple[_Statement, Sequence[Row]]] = []

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._parts.append((_insert(self._dialect, table, tuple(rows[0])), rows))

    def upsert(self, table: Table, rows: Sequence[Row], *, key: Names, change: Names) -> None:
        if rows:
            self._parts.append((_upsert(self._dialect, table, tuple(rows[0]), key, change), rows))

    def update(self, table: Table, rows: Sequence[Row], *, key: Names) -> None:
        if rows:
            self._parts.append((_update(self._dialect, table, tuple(rows[0]), key), rows))

    def run(self) -> None:
        """Send what was added."""
        if self._dialect.name != "postgresql":
            for statement, rows in self._parts:
                execute_for_each(self._connection, statement.sql, statement.values_of(rows))
        elif self._parts:
            sql = _together(tuple(statement.sql for statement, _ in self._parts))
            execute(self._connection, sql, [orjson.dumps(rows).decode() for _, rows in self._parts])


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL for many rows. With SQLite its values stand in the order of `names`; some go through a processor first."""

    sql: str
    names: Names
    processors: tuple[tuple[int, _Processor], ...]

    def values_of(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        columns: list[list[Any]] = [[row[name] for row in rows] for name in self.names]
        for place, process in self.processors:
            columns[place] = [None if value is None else process(value) for value in columns[place]]
        return list(zip(*columns, strict=True))


@cache
def _together(statements: tuple[str, ...]) -> str:
    """Return one statement of PostgreSQL that does them all, a parameter for each."""
    if len(statements) == 1:
        return statements[0]
    parts = (f"w{n} AS ({sql.replace(_GIVEN, f'${n}')})" for n, sql in enumerate(statements, start=1))
    return f"WITH {', '.join(parts)} SELECT"


@cache
def _insert(dialect: Dialect, table: Table, names: Names) -> _Statement:
    place = _Quoted(dialect, table)
    listed = ", ".join(place.column(name) for name in names)
    if dialect.name == "postgresql":
        # With an order, so that the sequence numbers follow it.
        values = f"SELECT {listed} FROM {place.given(names, numbered=True)} ORDER BY given_order"  # noqa: S608
    else:
        values = f"VALUES ({', '.join('?' * len(names))})"
    sql = f"INSERT INTO {place.table} ({listed}) {values}"
    return _Statement(sql, names, place.processors(names))


@cache
def _upsert(dialect: Dialect, table: Table, names: Names, key: Names, change: Names) -> _Statement:
    place, insert = _Quoted(dialect, table), _insert(dialect, table, names)
    keys = ", ".join(place.column(name) for name in key)
    changes = ", ".join(f"{place.column(name)} = excluded.{place.column(name)}" for name in change)
    done = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
    return _Statement(f"{insert.sql} ON CONFLICT ({keys}) {done}", names, insert.processors)


@cache
def _update(dialect: Dialect, table: Table, names: Names, key: Names) -> _Statement:
    place = _Quoted(dialect, table)
    changed = tuple(name for name in names if name not in key)
    ordered = (*changed, *key)
    if dialect.name == "postgresql":
        changes = ", ".join(f"{place.column(name)} = given.{place.column(name)}" for name in changed)
        same = " AND ".join(f"{place.table}.{place.column(name)} = given.{place.column(name)}" for name in key)
        sql = f"UPDATE {place.table} SET {changes} FROM {place.given(ordered)} WHERE {same}"  # noqa: S608
    else:
        changes = ", ".join(f"{place.column(name)} = ?" for name in changed)
        same = " AND ".join(f"{place.column(name)} = ?" for name in key)
        sql = f"UPDATE {place.table} SET {changes} WHERE {same}"  # noqa: S608
    return _Statement(sql, ordered, place.processors(ordered))


class _Quoted:
    """A table's names as this dialect writes them."""

    def __init__(self, dialect: Dialect, table: Table) -> None:
        self._dialect = dialect
        self._columns = table.c
        self._quote = dialect.identifier_preparer.quote
        self.table = dialect.identifier_preparer.format_table(table)

    def column(self, name: str) -> str:
        return self._quote(name)

    def given(self, names: Names, *, numbered: bool = False) -> str:
        """Return PostgreSQL's table of the parameter's rows."""
        kinds = (kind_of(self._dialect, self._columns[name].type) for name in names)
        listed = ", ".join(f"{self.column(name)} {kind}" for name, kind in zip(names, kinds, strict=True))
        rows = f"json_to_recordset({_GIVEN}::json)"
        if not numbered:
            return f"{rows} AS given ({listed})"
        plain = ", ".join(self.column(name) for name in names)
        return f"ROWS FROM ({rows} AS ({listed})) WITH ORDINALITY AS given ({plain}, given_order)"

    def processors(self, names: Names) -> tuple[tuple[int, _Processor], ...]:
        found = (
            (place, self._columns[name].type.dialect_impl(self._dialect).bind_processor(self._dialect))
            for place, name in enumerate(names)
        )
        return tuple((place, process) for place, process in found if process is not None)
