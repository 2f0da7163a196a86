"""Organisations: who sends delegations. Vietnam's units merge, so a row has a span and a successor."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlmodel import Field, SQLModel

from server.domain.text import clean, search_key
from server.storage.core import table
from server.storage.ids import new_id
from server.storage.locks import lock_word


class Organisation(SQLModel, table=True):
    """An organisation. A duplicate that was merged keeps its row: `merged_into` says under which it goes on."""

    __tablename__ = "organisation"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=300)
    search_key: str = Field(index=True, max_length=300)
    kind: str = Field(default="other", max_length=20)
    tax_code: str | None = Field(default=None, max_length=20)
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: str | None = Field(default=None, foreign_key="organisation.id", max_length=32)
    merged_into: str | None = Field(default=None, max_length=32)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


ORGANISATIONS: Any = table(Organisation)
_OF_NAME = (
    select(func.coalesce(ORGANISATIONS.c.merged_into, ORGANISATIONS.c.id))
    .where(
        ORGANISATIONS.c.search_key == bindparam("key"),
        or_(ORGANISATIONS.c.valid_from.is_(None), ORGANISATIONS.c.valid_from <= bindparam("day")),
        or_(ORGANISATIONS.c.valid_to.is_(None), ORGANISATIONS.c.valid_to >= bindparam("day")),
    )
    .order_by(ORGANISATIONS.c.id)
    .limit(1)
)
_ADD = ORGANISATIONS.insert()


def find_or_add_organisation(connection: Connection, name: str, *, kind: str, on: date) -> str:
    """Return the id of the organisation of this name on a day, accents and case aside; made if new."""
    lock_word(connection, "organisation")
    key = search_key(name)[:300]  # folding may lengthen a name
    found: str | None = connection.scalar(_OF_NAME, {"key": key, "day": on})
    if found is not None:
        return found
    id_ = new_id()
    connection.execute(_ADD, {"id": id_, "name": clean(name), "search_key": key, "kind": kind})
    return id_
