"""Cases: scans that the rules would have refused, missed gates, open visits, count errors. A person closes them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Index, RowMapping, func, select, text, update
from sqlmodel import Field, SQLModel

from server.domain.cases import CaseWish
from server.storage.core import table

_PENDING = "correction IS NOT NULL AND corrected_at IS NULL"


class Case(SQLModel, table=True):
    """`kind` is `missed_gate`, `reentry`, `forced`, the refusal code that an offline scan met, `open_visit` (an exit
    was assumed), `count_error` (the day ended with people counted inside) or `recount` (it did not agree).

    `choice` names what the closing person found, `reason` is their note. `correction` lists the scans that the
    closing adds, `corrected_at` tells when they were answered.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_pending", "id", sqlite_where=text(_PENDING), postgresql_where=text(_PENDING)),
        Index("ix_case_opened_at", "opened_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True, max_length=24)
    scan_id: str = Field(index=True, max_length=36)
    holder: str | None = Field(default=None, max_length=36)
    delegation_id: int | None = None
    device_id: str | None = Field(default=None, max_length=32)
    opened_at: datetime
    detail: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: str | None = Field(default=None, max_length=100)
    reason: str | None = None
    choice: str | None = Field(default=None, max_length=24)
    correction: list[dict[str, object]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    corrected_at: datetime | None = None


CASES: Any = table(Case)


def open_cases(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open cases: rows of kind, scan_id, holder, delegation_id, device_id, opened_at, detail."""
    if rows:
        connection.execute(CASES.insert(), list(rows))


def count_cases(connection: Connection, *, closed: bool = False) -> int:
    """Return how many cases are open, or how many are closed."""
    state = CASES.c.closed_at.is_not(None) if closed else CASES.c.closed_at.is_(None)
    return int(connection.scalar(select(func.count()).select_from(CASES).where(state)) or 0)


def list_cases(connection: Connection, wish: CaseWish, *, before: int = 0, limit: int = 100) -> list[RowMapping]:
    """Return the cases that fit, newest first, with ids below `before` if that is not 0."""
    query = select(CASES).order_by(CASES.c.id.desc()).limit(limit)
    if before:
        query = query.where(CASES.c.id < before)
    if wish.is_closed is not None:
        query = query.where(CASES.c.closed_at.is_not(None) if wish.is_closed else CASES.c.closed_at.is_(None))
    if wish.kind:
        query = query.where(CASES.c.kind == wish.kind)
    if wish.since is not None:
        query = query.where(CASES.c.opened_at >= wish.since)
    if wish.until is not None:
        query = query.where(CASES.c.opened_at < wish.until)
    return list(connection.execute(query).mappings())


def kinds_of_cases(connection: Connection) -> list[str]:
    """Return every kind of which there is a case."""
    return list(connection.scalars(select(CASES.c.kind).distinct().order_by(CASES.c.kind)))


def find_case(connection: Connection, id_: int) -> RowMapping | None:
    """Return the case with this number."""
    return connection.execute(select(CASES).where(CASES.c.id == id_)).mappings().first()


def last_closed(connection: Connection) -> RowMapping | None:
    """Return the case that was closed last."""
    query = select(CASES).where(CASES.c.closed_at.is_not(None)).order_by(CASES.c.closed_at.desc()).limit(1)
    return connection.execute(query).mappings().first()


def lock_case(connection: Connection, id_: int) -> None:
    """Hold a case until the commit."""
    connection.execute(select(CASES.c.id).where(CASES.c.id == id_).with_for_update())


def close_case(connection: Connection, id_: int, values: Mapping[str, Any]) -> None:
    """Close a case that is held."""
    connection.execute(update(CASES).where(CASES.c.id == id_).values(**values))


def pending_corrections(connection: Connection, limit: int = 20) -> list[RowMapping]:
    """Return closed cases whose corrections are not known to be answered, oldest first."""
    query = select(CASES).where(text(_PENDING)).order_by(CASES.c.id).limit(limit)
    return list(connection.execute(query).mappings())


def settle_correction(connection: Connection, case: Mapping[Any, Any], scans: Collection[str], at: datetime) -> None:
    """Note that a case's corrections were answered; cases that they opened are closed with it."""
    same = {"closed_at": at, "closed_by": case["closed_by"], "choice": "correction"}
    connection.execute(
        update(CASES).where(CASES.c.scan_id.in_(sorted(scans)), CASES.c.closed_at.is_(None)).values(**same)
    )
    connection.execute(update(CASES).where(CASES.c.id == case["id"]).values(corrected_at=at))


def has_open(connection: Connection, kind: str) -> RowMapping | None:
    """Return an open case of this kind, the newest."""
    query = select(CASES).where(CASES.c.kind == kind, CASES.c.closed_at.is_(None)).order_by(CASES.c.id.desc())
    return connection.execute(query.limit(1)).mappings().first()


def find_by_scan(connection: Connection, scan_id: str) -> RowMapping | None:
    """Return the first case about a scan."""
    query = select(CASES).where(CASES.c.scan_id == scan_id).order_by(CASES.c.id).limit(1)
    return connection.execute(query).mappings().first()


def texts_of_cases(connection: Connection, holder: str, delegation_id: int | None) -> list[RowMapping]:
    """Return id, holder, reason and detail of the cases of a holder, and of those of a delegation."""
    whose = CASES.c.holder == holder
    if delegation_id is not None:
        whose |= CASES.c.delegation_id == delegation_id
    query = select(CASES.c.id, CASES.c.holder, CASES.c.reason, CASES.c.detail).where(whose).order_by(CASES.c.id)
    return list(connection.execute(query.with_for_update()).mappings())


def replace_texts(connection: Connection, id_: int, reason: str | None, detail: Mapping[str, object]) -> None:
    """Replace what people wrote about a case."""
    connection.execute(update(CASES).where(CASES.c.id == id_).values(reason=reason, detail=dict(detail)))
