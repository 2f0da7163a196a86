"""Core statements on SQLModel's tables."""

from sqlalchemy import Table
from sqlmodel import SQLModel


def table(model: type[SQLModel]) -> Table:
    """Return the Core table of a model, for statements outside the ORM."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found
