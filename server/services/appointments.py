"""When a delegation may come: the free times of a day, and the one door through which a time is taken."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from server.domain.appointments import (
    SEARCH_DAYS,
    Booking,
    Calendar,
    Rules,
    Slot,
    Wish,
    nearest_slots,
    slots_of,
    weigh,
)
from server.domain.delegations import covers
from server.domain.errors import DomainError
from server.domain.holidays import Openings, official_holidays
from server.domain.space import Space
from server.storage.appointments import lock_appointments, places_between
from server.storage.database import Database
from server.storage.holidays import special_days

_MOST = 3
_NEAR_BY = 2

__all__ = ["Slot", "Wish", "demand_slot", "free_slots", "near_slots", "take_slot"]


async def free_slots(
    database: Database,
    space: Space,
    day: date,
    people: int,
    *,
    minutes: int = 60,
    leaving_out: str | None = None,
    now: datetime | None = None,
) -> list[Slot]:
    """Return the times of a day at which the space is open, local; those with a `reason` cannot be had.

    `leaving_out` is the code of a delegation that is to be moved. Without `now` the past may be booked as well.
    """
    official_holidays(day.year)
    wish = Wish(datetime.combine(day, time.min, ZoneInfo(space.timezone)), people, minutes)
    return await database.read(_free_slots, space, wish, leaving_out, now)


async def near_slots(
    database: Database, space: Space, wish: Wish, *, leaving_out: str | None = None, now: datetime | None = None
) -> list[Slot]:
    """Return the three free times nearest to a wish, its own day first."""
    official_holidays(wish.at.year)
    return await database.read(_near_slots, space, _local(space, wish), leaving_out, now)


async def demand_slot(
    database: Database, space: Space, wish: Wish, *, leaving_out: str | None = None, now: datetime | None = None
) -> None:
    """Raise `slot_taken` when a wish does not fit, as `take_slot` does. It holds nothing: ask it before a form."""
    official_holidays(wish.at.year)
    await database.read(_demand, space, _local(space, wish), leaving_out, now)


def take_slot(
    connection: Connection, space: Space, wish: Wish, *, leaving_out: str | None = None, now: datetime | None = None
) -> None:
    """Hold the calendar until this transaction ends and raise `slot_taken` when a wish does not fit.

    The error bears `reason` (past, holiday, closed, outside_hours, too_many, full), `at`, `people`, `capacity`,
    `left` (places) and `free`, the nearest free times as ISO texts. Call it behind the delegation's own lock and
    before the audit line: of two who take the last places at once, the second gets the error.
    """
    lock_appointments(connection)
    _demand(connection, space, _local(space, wish), leaving_out, now)


def rules_of(connection: Connection, space: Space, first: date, last: date, now: datetime | None) -> Rules:
    """Return what binds appointments from a day to another, the desk's own days included."""
    openings = Openings(space.opening, special_days(connection, first, last))
    capacity = min(space.capacity, space.booking.capacity or space.capacity)
    local_now = space.local(now) if now else None
    return Rules(capacity, openings, local_now, timedelta(minutes=space.booking.grid_minutes))


def booking_of(space: Space, row: Row[Any]) -> Booking:
    """Return the time and people of a delegation that has a slot."""
    begins = space.local(row.slot_at)
    return Booking(row.code, "", begins, begins + timedelta(minutes=row.minutes), covers(row.planned, row.named))


def _free_slots(
    connection: Connection, space: Space, wish: Wish, leaving_out: str | None, now: datetime | None
) -> list[Slot]:
    day = wish.at.date()
    rules = rules_of(connection, space, day, day, now)
    return slots_of(rules, _calendar(connection, space, day, day, leaving_out), day, wish)


def _near_slots(
    connection: Connection, space: Space, wish: Wish, leaving_out: str | None, now: datetime | None
) -> list[Slot]:
    """Look near by first: only where two days each way have too few free times does it read four weeks."""
    found: list[Slot] = []
    for reach in (_NEAR_BY, SEARCH_DAYS):
        first, last = (wish.at.date() + timedelta(days=n) for n in (-reach, reach))
        rules = rules_of(connection, space, first, last, now)
        found = nearest_slots(rules, _calendar(connection, space, first, last, leaving_out), wish, days=reach)
        if len(found) == _MOST and all(abs(slot.at - wish.at) <= timedelta(days=reach) for slot in found):
            break
    return found


def _demand(connection: Connection, space: Space, wish: Wish, leaving_out: str | None, now: datetime | None) -> None:
    day, last = wish.at.date(), wish.ends.date()
    rules = rules_of(connection, space, day, last, now)
    slot = weigh(rules, _calendar(connection, space, day, last, leaving_out), wish)
    if slot.reason is None:
        return
    raise DomainError(
        "slot_taken",
        reason=str(slot.reason),
        at=wish.at.isoformat(),
        people=wish.people,
        capacity=slot.capacity,
        left=slot.free,
        free=[one.at.isoformat() for one in _near_slots(connection, space, wish, leaving_out, now)],
    )


def _calendar(connection: Connection, space: Space, first: date, last: date, leaving_out: str | None) -> Calendar:
    zone = ZoneInfo(space.timezone)
    begins = datetime.combine(first, time.min, zone)
    rows: Iterable[Row[Any]] = places_between(connection, begins, datetime.combine(last, time.max, zone))
    return Calendar(booking_of(space, row) for row in rows if row.code != leaving_out)


def _local(space: Space, wish: Wish) -> Wish:
    return replace(wish, at=space.local(wish.at))
