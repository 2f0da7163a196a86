"""One delegation as the desk sees it: its members with their passes and places, and its history."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, String, cast, func, literal, or_, select

from server.storage.accounts import Account
from server.storage.audit import AuditLine
from server.storage.core import table
from server.storage.passes import PASSES
from server.storage.people import VISITORS
from server.storage.standings import Standing
from server.storage.visits import Visit

_V: Any = VISITORS.c
_PLACE: Any = table(Standing)
_VISIT: Any = table(Visit)
_LINES: Any = table(AuditLine)
_ACCOUNTS: Any = table(Account)


class MemberRow(NamedTuple):
    """A member: their live pass's short code, where they are and since when, and when they left on the day."""

    id: str
    name: str | None
    title: str
    phone: str | None
    email: str | None
    language: str
    notes: str
    has_needs: bool
    version: int
    erased_at: datetime | None
    short: str | None
    inside: int
    since: datetime | None
    entered_at: datetime | None
    left_at: datetime | None


class HistoryRow(NamedTuple):
    """A line of the audit log about a delegation or one of its members; `name` is who did it, where known."""

    at: datetime
    actor: str
    name: str | None
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def members_of(
    connection: Connection,
    delegation_id: int,
    day: date,
    *,
    words: Sequence[str] = (),
    is_absent: bool = False,
    after: str = "",
    limit: int = 100,
) -> list[MemberRow]:
    """Return the members of a delegation in the order of their registration, from behind the id `after`."""
    query = _members(day).where(_V.delegation_id == delegation_id, _V.id > after)
    query = query.where(*(_V.search_key.contains(word, autoescape=True) for word in words))
    if is_absent:
        query = query.where(func.coalesce(_PLACE.c.inside, 0) == 0, _VISIT.c.entered_at.is_(None))
    return [MemberRow._make(row) for row in connection.execute(query.order_by(_V.id).limit(limit))]


def member_of(connection: Connection, delegation_id: int, visitor_id: str, day: date) -> MemberRow | None:
    """Return one member of a delegation."""
    query = _members(day).where(_V.delegation_id == delegation_id, _V.id == visitor_id)
    row = connection.execute(query).first()
    return MemberRow._make(row) if row else None


def needs_of(connection: Connection, visitor_id: str) -> str:
    """Return what a visitor needs."""
    return connection.scalar(select(_V.needs).where(_V.id == visitor_id)) or ""


def count_absent(connection: Connection, delegation_id: int, day: date) -> int:
    """Return how many members have neither come on a day nor are inside."""
    came = _PLACE.c.inside > 0
    query = (
        select(func.count())
        .select_from(_joined(day))
        .where(_V.delegation_id == delegation_id, _VISIT.c.entered_at.is_(None), or_(_PLACE.c.inside.is_(None), ~came))
    )
    return int(connection.scalar(query) or 0)


def history_of(connection: Connection, code: str, delegation_id: int, *, limit: int) -> list[HistoryRow]:
    """Return what was done to a delegation and to its members, the newest first."""
    members = select(literal("visitor:") + _V.id).where(_V.delegation_id == delegation_id)
    query = (
        select(
            *(_LINES.c.at, _LINES.c.actor, _ACCOUNTS.c.name, _LINES.c.action),
            *(_LINES.c.subject, _LINES.c.before, _LINES.c.after),
        )
        .outerjoin(_ACCOUNTS, _LINES.c.actor == literal("account:") + cast(_ACCOUNTS.c.id, String))
        .where(or_(_LINES.c.subject == f"delegation:{code}", _LINES.c.subject.in_(members)))
        .order_by(_LINES.c.seq.desc())
        .limit(limit)
    )
    return [HistoryRow._make(row) for row in connection.execute(query)]


def _members(day: date) -> Select[Any]:
    short = (
        select(PASSES.c.short)
        .where(PASSES.c.visitor_id == _V.id, PASSES.c.revoked_at.is_(None))
        .order_by(PASSES.c.issued_at.desc())
        .limit(1)
        .correlate(VISITORS)
        .scalar_subquery()
    )
    return select(
        *(_V.id, _V.name, _V.title, _V.phone, _V.email, _V.language, _V.notes),
        (_V.needs != "").label("has_needs"),
        *(_V.version, _V.erased_at, short.label("short")),
        func.coalesce(_PLACE.c.inside, 0).label("inside"),
        *(_PLACE.c.since, _VISIT.c.entered_at, _VISIT.c.left_at),
    ).select_from(_joined(day))


def _joined(day: date) -> Any:
    holder = literal("v:") + _V.id
    return VISITORS.outerjoin(_PLACE, _PLACE.c.holder == holder).outerjoin(
        _VISIT, (_VISIT.c.holder == holder) & (_VISIT.c.day == day)
    )
