"""Selects that are compiled once and stay prepared, however many keys they ask for.

SQLAlchemy's own `IN` is another text for every number of keys. `among` takes them all in one parameter: JSON with
SQLite, an array with PostgreSQL.
"""

from collections import namedtuple
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Connection, Dialect, Select, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from server.storage.driver import fetch, kind_of

_Processors = list[tuple[int, Callable[[Any], Any]]]


class among(FunctionElement[bool]):  # noqa: N801 - it stands in a statement, where SQL's words are small
    """The condition that a column's value is one of a list, which `Prepared.all` gets under a name."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Column[Any], name: str) -> None:
        super().__init__(column, bindparam(name, required=True))

    def self_group(self, against: Any = None) -> Any:
        # As a truth value it would be compared with 1 on SQLite, which keeps the index from being used.
        return self


@compiles(among, "sqlite")
def _in_json(element: Any, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    left, right = compiler.process(column, **options), compiler.process(values, **options)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608 - a column's name, a parameter's mark


@compiles(among, "postgresql")
def _any_of(element: Any, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    kind = kind_of(compiler.dialect, column.type)
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(values, **options)}::{kind}[])"


class Prepared:
    """A select that lives as long as the process. Rows are named tuples, in the order of its columns."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        names = [str(column.key) for column in statement.selected_columns]
        self._row: Any = namedtuple("Row", names)._make  # type: ignore[attr-defined]
        self._by_dialect: dict[str, _Compiled] = {}

    def all(self, connection: Connection, **lists: Collection[Any]) -> list[Any]:
        """Return the rows; every list is one that `among` names."""
        compiled = self._compiled(connection.dialect)
        rows = fetch(connection, compiled.sql, [_as_parameter(connection, lists[name]) for name in compiled.names])
        if not compiled.processors:
            return [self._row(row) for row in rows]
        return [self._row(_processed(row, compiled.processors)) for row in rows]

    def _compiled(self, dialect: Dialect) -> "_Compiled":
        known = self._by_dialect.get(dialect.name)
        if known is None:
            compiled = self._statement.compile(dialect=dialect)
            processors: _Processors = []
            for place, column in enumerate(self._statement.selected_columns):
                processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
                if processor is not None:
                    processors.append((place, processor))
            known = _Compiled(str(compiled), tuple(compiled.positiontup or ()), processors)
            self._by_dialect[dialect.name] = known
        return known


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    names: tuple[str, ...]
    processors: _Processors


def _as_parameter(connection: Connection, values: Collection[Any]) -> Any:
    return orjson.dumps(list(values)).decode() if connection.dialect.name == "sqlite" else list(values)


def _processed(row: Any, processors: _Processors) -> list[Any]:
    values = list(row)
    for place, processor in processors:
        if values[place] is not None:
            values[place] = processor(values[place])
    return values
