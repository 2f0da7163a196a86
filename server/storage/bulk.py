"""One statement for many rows: inserts, upserts and updates, the way of a batch's writes.

All rows have the same keys, which are columns of the table. SQLite's driver runs one prepared statement for each row;
PostgreSQL gets a list for every column and takes them apart itself (`unnest`). No statement for no rows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from server.storage.driver import array_kind, execute, execute_for_each

Row = dict[str, Any]
Names = tuple[str, ...]
_Processor = Callable[[Any], Any]
_MARK = re.compile(r"\$(\d+)")


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


def update_rows(connection: Connection, table: Table, rows: Sequence[Row], *, key: Names) -> None:
    """Set all other columns of the rows that bear these keys."""
    writes = Writes(connection)
    writes.update(table, rows, key=key)
    writes.run()


class Writes:
    """Writes to several tables that go together: one message to PostgreSQL and back, where its locks are held.

    They see the state before them, and none of the others: no two may touch the same row.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._statements: list[_Statement] = []
        self._columns: list[list[list[Any]]] = []

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._add(_insert(self._dialect, table, tuple(rows[0])), rows)

    def upsert(self, table: Table, rows: Sequence[Row], *, key: Names, change: Names) -> None:
        if rows:
            self._add(_upsert(self._dialect, table, tuple(rows[0]), key, change), rows)

    def update(self, table: Table, rows: Sequence[Row], *, key: Names) -> None:
        if rows:
            self._add(_update(self._dialect, table, tuple(rows[0]), key), rows)

    def run(self) -> None:
        """Send what was added."""
        if self._dialect.name != "postgresql":
            for statement, columns in zip(self._statements, self._columns, strict=True):
                execute_for_each(self._connection, statement.sql, list(zip(*columns, strict=True)))
        elif self._statements:
            values = [column for columns in self._columns for column in columns]
            execute(self._connection, _together(tuple(statement.sql for statement in self._statements)), values)

    def _add(self, statement: "_Statement", rows: Sequence[Row]) -> None:
        columns: list[list[Any]] = [[row[name] for row in rows] for name in statement.names]
        for place, process in statement.processors:
            columns[place] = [None if value is None else process(value) for value in columns[place]]
        self._statements.append(statement)
        self._columns.append(columns)


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL for many rows, whose values stand in the order of `names`; those in `processors` go through them first."""

    sql: str
    names: Names
    processors: tuple[tuple[int, _Processor], ...]


@cache
def _together(statements: tuple[str, ...]) -> str:
    """Return one statement of PostgreSQL that does them all, its parameters numbered through."""
    parts: list[str] = []
    before = 0
    for number, sql in enumerate(statements):
        marks = _MARK.findall(sql)
        parts.append(f"w{number} AS ({_MARK.sub(lambda mark, first=before: f'${int(mark[1]) + first}', sql)})")  # type: ignore[misc]
        before += len(marks)
    return f"WITH {', '.join(parts)} SELECT" if len(parts) > 1 else statements[0]


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
        """Return PostgreSQL's table of the parameters, a list for each column."""
        kinds = (array_kind(self._dialect, self._columns[name].type) for name in names)
        lists = ", ".join(f"${number}::{kind}" for number, kind in enumerate(kinds, start=1))
        listed = ", ".join(self.column(name) for name in names)
        if numbered:
            return f"unnest({lists}) WITH ORDINALITY AS given ({listed}, given_order)"
        return f"unnest({lists}) AS given ({listed})"

    def processors(self, names: Names) -> tuple[tuple[int, _Processor], ...]:
        found = (
            (place, self._columns[name].type.dialect_impl(self._dialect).bind_processor(self._dialect))
            for place, name in enumerate(names)
        )
        return tuple((place, process) for place, process in found if process is not None)
