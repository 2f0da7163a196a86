"""Guides and interpreters: who they are, when they work, which delegations they go with."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Row, delete, insert, select, update
from sqlmodel import Field, SQLModel

from server.domain.guides import Guide, guide_from
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.ids import new_id


class GuideRow(SQLModel, table=True):
    """A guide or an interpreter. `hours` is a list of spans for each weekday, `days_off` a list of first and last."""

    __tablename__ = "guide"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=200)
    kind: str = Field(default="guide", max_length=20)
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    hours: list[list[list[str]]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    days_off: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    note: str = Field(default="", max_length=200)
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=32)
    is_active: bool = True
    version: int = 1
    created_at: datetime


class Assignment(SQLModel, table=True):
    """Somebody who goes with a delegation; `reason` says why although something spoke against it."""

    __tablename__ = "assignment"
    delegation_id: int = Field(foreign_key="delegation.id", primary_key=True)
    guide_id: str = Field(foreign_key="guide.id", primary_key=True, index=True, max_length=32)
    reason: str = Field(default="", max_length=300)
    created_at: datetime


GUIDES: Any = table(GuideRow)
ASSIGNMENTS: Any = table(Assignment)


def list_guides(connection: Connection, *, active_only: bool = False) -> list[Guide]:
    """Return guides, then interpreters, each by name."""
    query = select(GUIDES).order_by(GUIDES.c.kind, GUIDES.c.name, GUIDES.c.id)
    rows = connection.execute(query.where(GUIDES.c.is_active) if active_only else query)
    return [guide_from(row._mapping) for row in rows]


def find_guide(connection: Connection, id_: str) -> Guide | None:
    row = connection.execute(select(GUIDES).where(GUIDES.c.id == id_)).first()
    return guide_from(row._mapping) if row else None


def hold_guide(connection: Connection, id_: str) -> Guide | None:
    """Return a guide whom nobody else changes or assigns until the commit."""
    connection.execute(select(GUIDES.c.id).where(GUIDES.c.id == id_).with_for_update())
    return find_guide(connection, id_)


def add_guide(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(GUIDES).values(**{"version": 1, "is_active": True, "note": ""} | dict(values)))


def change_guide(connection: Connection, id_: str, values: Mapping[str, Any]) -> None:
    """Change a guide; their version goes up."""
    connection.execute(update(GUIDES).where(GUIDES.c.id == id_).values(**values, version=GUIDES.c.version + 1))


def assign(connection: Connection, delegation_id: int, guide_id: str, reason: str, at: datetime) -> None:
    """Let somebody go with a delegation, once."""
    unassign(connection, delegation_id, guide_id)
    values = {"delegation_id": delegation_id, "guide_id": guide_id, "reason": reason, "created_at": at}
    connection.execute(insert(ASSIGNMENTS).values(**values))


def unassign(connection: Connection, delegation_id: int, guide_id: str) -> bool:
    """End an assignment; tell whether there was one."""
    ended = connection.execute(
        delete(ASSIGNMENTS).where(ASSIGNMENTS.c.delegation_id == delegation_id, ASSIGNMENTS.c.guide_id == guide_id)
    )
    return bool(ended.rowcount)


def assigned_to(connection: Connection, delegation_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return (delegation_id, guide_id, reason) of these delegations, in the order of assignment."""
    if not delegation_ids:
        return []
    columns = (ASSIGNMENTS.c.delegation_id, ASSIGNMENTS.c.guide_id, ASSIGNMENTS.c.reason)
    query = select(*columns).where(ASSIGNMENTS.c.delegation_id.in_(delegation_ids))
    return connection.execute(query.order_by(ASSIGNMENTS.c.created_at, ASSIGNMENTS.c.guide_id)).all()


def duties_of(connection: Connection, guide_id: str, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """Return (id, code, name, slot_at, minutes) of a guide's live delegations that begin between two moments."""
    columns = [DELEGATIONS.c[name] for name in ("id", "code", "name", "slot_at", "minutes")]
    query = select(*columns).join(ASSIGNMENTS, ASSIGNMENTS.c.delegation_id == DELEGATIONS.c.id)
    query = query.where(
        ASSIGNMENTS.c.guide_id == guide_id,
        DELEGATIONS.c.slot_at >= begins,
        DELEGATIONS.c.slot_at < ends,
        DELEGATIONS.c.status.notin_(("cancelled", "no_show")),
    )
    return connection.execute(query.order_by(DELEGATIONS.c.slot_at)).all()


def duties_between(connection: Connection, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """Return (guide_id, code, name, slot_at, minutes) of all live delegations that begin between two moments."""
    columns = [DELEGATIONS.c[name] for name in ("code", "name", "slot_at", "minutes")]
    query = select(ASSIGNMENTS.c.guide_id, *columns).join(DELEGATIONS, ASSIGNMENTS.c.delegation_id == DELEGATIONS.c.id)
    query = query.where(DELEGATIONS.c.slot_at >= begins, DELEGATIONS.c.slot_at < ends)
    return connection.execute(query.where(DELEGATIONS.c.status.notin_(("cancelled", "no_show")))).all()


def delegations_of(connection: Connection, guide_id: str, since: date) -> list[int]:
    """Return the delegations of a guide from a day on, in id order."""
    query = select(DELEGATIONS.c.id).join(ASSIGNMENTS, ASSIGNMENTS.c.delegation_id == DELEGATIONS.c.id)
    query = query.where(ASSIGNMENTS.c.guide_id == guide_id, DELEGATIONS.c.visit_date >= since)
    return list(connection.scalars(query.order_by(DELEGATIONS.c.id)))


def names_with(connection: Connection, delegation_id: int) -> str:
    """Return the names of the guides (not the interpreters) who go with a delegation."""
    query = select(GUIDES.c.name).join(ASSIGNMENTS, ASSIGNMENTS.c.guide_id == GUIDES.c.id)
    query = query.where(ASSIGNMENTS.c.delegation_id == delegation_id, GUIDES.c.kind == "guide")
    return ", ".join(connection.scalars(query.order_by(ASSIGNMENTS.c.created_at, GUIDES.c.id)))
