"""Requests of the public: which delegation each became, its secret, and what was consented to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, RowMapping, select
from sqlmodel import Field, SQLModel

from server.storage.core import table


class VisitRequest(SQLModel, table=True):
    """A request. `id` comes from the form, so that one sent twice is one; `key_hash` opens its page.

    `consents` holds, by purpose, the version of the text and when it was agreed to.
    """

    __tablename__ = "visit_request"
    id: str = Field(primary_key=True, max_length=32)
    delegation: str = Field(unique=True, max_length=20)
    key_hash: str = Field(max_length=64)
    consents: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime


_REQUESTS: Any = table(VisitRequest)


def add_request(connection: Connection, values: dict[str, Any]) -> None:
    """Store a request."""
    connection.execute(_REQUESTS.insert().values(**values))


def find_request(connection: Connection, *, id_: str | None = None, delegation: str | None = None) -> RowMapping | None:
    """Return the request of a form, or else the one that became a delegation."""
    condition = _REQUESTS.c.id == id_ if id_ is not None else _REQUESTS.c.delegation == delegation
    return connection.execute(select(_REQUESTS).where(condition)).mappings().first()
