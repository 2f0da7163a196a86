"""A visitor's day and history: visits, movements, and what was done with their record and passes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, or_, select

from server.storage.accounts import Account, ApiToken
from server.storage.audit import AuditLine
from server.storage.core import table
from server.storage.devices import Device
from server.storage.movements import Movement
from server.storage.visits import Visit

_VISITS: Any = table(Visit)
_MOVES: Any = table(Movement)
_DEVICES: Any = table(Device)
_LINES: Any = table(AuditLine)
_ACCOUNTS: Any = table(Account)
_TOKENS: Any = table(ApiToken)


class Done(NamedTuple):
    """A line of the audit log about one record, with the name of who did it."""

    at: datetime
    actor: str
    by: str | None
    action: str
    subject: str
    fields: tuple[str, ...]


def visits_of(connection: Connection, visitor_id: str, limit: int) -> list[RowMapping]:
    """Return a visitor's latest visits, newest first."""
    query = select(_VISITS).where(_VISITS.c.holder == f"v:{visitor_id}").order_by(_VISITS.c.day.desc()).limit(limit)
    return list(connection.execute(query).mappings())


def movements_of(connection: Connection, visitor_id: str, day: date, since: datetime) -> list[RowMapping]:
    """Return what a visitor did since a moment of a day on which they have a visit, with the devices' names."""
    holder = f"v:{visitor_id}"
    if connection.scalar(select(_VISITS.c.holder).where(_VISITS.c.holder == holder, _VISITS.c.day == day)) is None:
        return []
    query = (
        select(
            *(_MOVES.c[name] for name in ("at", "answer", "code", "from_zone", "to_zone", "offline", "assumed")),
            _MOVES.c.conflict,
            _DEVICES.c.name.label("device"),
        )
        .select_from(_MOVES.outerjoin(_DEVICES, _DEVICES.c.id == _MOVES.c.device_id))
        .where(_MOVES.c.at >= since, or_(_MOVES.c.from_holder == holder, _MOVES.c.to_holder == holder))
        .order_by(_MOVES.c.at.desc(), _MOVES.c.seq.desc())
        .limit(50)
    )
    return list(connection.execute(query).mappings())


def history_of(connection: Connection, subjects: Sequence[str], limit: int) -> list[Done]:
    """Return what was done with these subjects of the audit log, newest first."""
    query = (
        select(
            *(_LINES.c[name] for name in ("at", "actor", "action", "subject", "after")),
            _ACCOUNTS.c.name.label("account"),
            _TOKENS.c.name.label("program"),
        )
        .select_from(
            _LINES.outerjoin(_ACCOUNTS, "account:" + _ACCOUNTS.c.id == _LINES.c.actor).outerjoin(
                _TOKENS, "token:" + _TOKENS.c.id == _LINES.c.actor
            )
        )
        .where(_LINES.c.subject.in_(subjects))
        .order_by(_LINES.c.seq.desc())
        .limit(limit)
    )
    return [
        Done(row.at, row.actor, row.account or row.program, row.action, row.subject, tuple(row.after or ()))
        for row in connection.execute(query)
    ]
