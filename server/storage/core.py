"""Core statements on SQLModel's tables, and the type of their moments."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Table
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel


def table(model: type[SQLModel]) -> Table:
    """Return the Core table of a model, for statements outside the ORM."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, for the tables in a scan's way; naive ones raise `ValueError`.

    SQLite keeps the same text as for any other moment, but Python's C code writes and reads it: SQLAlchemy's own
    type formats each in Python, which was a tenth of a scan's cost.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = String(32) if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return _text_of(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return _moment_of(value) if dialect.name == "sqlite" else value


@lru_cache(maxsize=1024)
def _text_of(moment: datetime) -> str:
    # The rows of a batch share a few moments.
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=4096)
def _moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
