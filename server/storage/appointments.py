"""Appointments: which delegations come when, found by their slot."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from server.storage.delegations import DELEGATIONS
from server.storage.locks import lock_word

_LONGEST = timedelta(minutes=1_440)
_DEAD = ("cancelled", "no_show")
_COLUMNS = ("id code name kind status planned named arrived visit_date slot_at minutes language guide version").split()
_SLIM = ("code", "planned", "named", "slot_at", "minutes")


def lock_appointments(connection: Connection) -> None:
    """Wait until nobody else books, to the end of this transaction. After delegations and their words, before audit."""
    lock_word(connection, "appointment")


def booked_between(connection: Connection, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """Return the delegations that are booked at some moment between two, by their begin.

    Requested ones are among them; cancelled ones and those that never came are not.
    """
    query = _rows().where(DELEGATIONS.c.slot_at > begins - _LONGEST, DELEGATIONS.c.slot_at < ends)
    query = query.where(DELEGATIONS.c.status.notin_(_DEAD))
    rows = connection.execute(query.order_by(DELEGATIONS.c.slot_at, DELEGATIONS.c.id)).all()
    return [row for row in rows if row.slot_at + timedelta(minutes=row.minutes) > begins]


def places_between(connection: Connection, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """Return (code, planned, named, slot_at, minutes) of what `booked_between` returns, some that end before too."""
    query = select(*(DELEGATIONS.c[name] for name in _SLIM))
    query = query.where(DELEGATIONS.c.slot_at > begins - _LONGEST, DELEGATIONS.c.slot_at < ends)
    return connection.execute(query.where(DELEGATIONS.c.status.notin_(_DEAD))).all()


def without_slot(connection: Connection, since: date, limit: int) -> Sequence[Row[Any]]:
    """Return live delegations that have no time yet: those of a day from `since` on, then those without a day."""
    query = _rows().where(
        DELEGATIONS.c.slot_at.is_(None),
        DELEGATIONS.c.status.in_(("requested", "confirmed")),
        DELEGATIONS.c.arrived == 0,
        or_(DELEGATIONS.c.visit_date >= since, DELEGATIONS.c.visit_date.is_(None)),
    )
    order = (DELEGATIONS.c.visit_date.is_(None), DELEGATIONS.c.visit_date, DELEGATIONS.c.id)
    return connection.execute(query.order_by(*order).limit(limit)).all()


def waiting(connection: Connection, since: datetime, limit: int) -> tuple[int, Sequence[Row[Any]]]:
    """Return how many requests with a time wait for their confirmation, and the first of them."""
    are = and_(DELEGATIONS.c.status == "requested", DELEGATIONS.c.slot_at >= since)
    rows = connection.execute(_rows().where(are).order_by(DELEGATIONS.c.slot_at, DELEGATIONS.c.id).limit(limit)).all()
    if len(rows) < limit:
        return len(rows), rows
    return connection.scalar(select(func.count()).select_from(DELEGATIONS).where(are)) or 0, rows


def _rows() -> Select[Any]:
    return select(*(DELEGATIONS.c[name] for name in _COLUMNS))
