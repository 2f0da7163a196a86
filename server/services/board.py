"""The board of appointments: who comes when, guides' duties, what is in conflict, and what waits for the desk."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from server.domain.appointments import Booking, Calendar, Rules, hours_against
from server.domain.board import Excess, over_capacity
from server.domain.delegations import Headcount, covers, status_of
from server.domain.guides import Against, Duty, Guide, objections_to
from server.domain.holidays import Span, SpecialDay, official_holidays
from server.domain.space import Space
from server.services.appointments import booking_of, rules_of
from server.storage import appointments as storage
from server.storage.database import Database
from server.storage.guides import assigned_to, list_guides

_MOST_WAITING = 6
_MOST_WITHOUT_TIME = 30


@dataclass(slots=True, kw_only=True)
class Entry:
    """A delegation on the board. `guide` is its guide as written, also of one who is in no list of ours."""

    id: int
    code: str
    name: str
    kind: str
    status: str
    people: int
    begins: datetime
    ends: datetime
    language: str
    guide: str
    version: int
    guides: list[Guide] = field(default_factory=list)
    excess: Excess | None = None
    hours: str | None = None
    against: list[tuple[Guide, Against]] = field(default_factory=list)

    @property
    def is_conflict(self) -> bool:
        return self.excess is not None or self.hours is not None or bool(self.against)

    @property
    def minutes(self) -> int:
        return int((self.ends - self.begins).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class BoardDay:
    """A day: when it is open, why it is special, who comes; `peak` is the most people at one moment."""

    day: date
    spans: tuple[Span, ...]
    special: SpecialDay | None
    entries: list[Entry]
    people: int
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delegation that waits for a time or for its confirmation."""

    code: str
    name: str
    people: int
    day: date | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Days in a row. `duties` are the guides' (by id); `waiting_count` counts all whose confirmation is due."""

    days: list[BoardDay]
    capacity: int
    guides: list[Guide]
    duties: Mapping[str, list[tuple[Entry, bool]]]
    waiting: list[Waiting]
    waiting_count: int
    without_time: list[Waiting]

    @property
    def entries(self) -> list[Entry]:
        return [entry for day in self.days for entry in day.entries]

    @property
    def conflicts(self) -> list[Entry]:
        """Return what is in conflict, what is above capacity first."""
        found = [entry for entry in self.entries if entry.is_conflict]
        return sorted(found, key=lambda entry: entry.excess is None)

    @property
    def unguided(self) -> list[Entry]:
        """Return those with whom nobody goes yet."""
        return [entry for entry in self.entries if not entry.guides and not entry.guide]


async def get_board(database: Database, space: Space, first: date, days: int, now: datetime) -> Board:
    """Return the board of `days` days from `first` on; what is over by `now` is in no conflict any more."""
    official_holidays(first.year)
    return await database.read(_board, space, first, days, now)


def _board(connection: Connection, space: Space, first: date, days: int, now: datetime) -> Board:
    zone = ZoneInfo(space.timezone)
    begins = datetime.combine(first, time.min, zone)
    rows = storage.booked_between(connection, begins, begins + timedelta(days=days))
    rules = rules_of(connection, space, first, first + timedelta(days=days), None)
    guides = {guide.id: guide for guide in list_guides(connection)}
    entries = _entries(connection, space, rows, guides)
    _weigh(space, rules, rows, entries, now)
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries.values():
        by_day[max(entry.begins.date(), first)].append(entry)
    count, waiting = storage.waiting(connection, now, _MOST_WAITING)
    timeless = storage.without_slot(connection, space.day_of(now), _MOST_WITHOUT_TIME)
    busy = {guide.id for entry in entries.values() for guide in entry.guides}
    return Board(
        days=[_day(rules, first + timedelta(days=n), by_day[first + timedelta(days=n)]) for n in range(days)],
        capacity=rules.capacity,
        guides=[guide for guide in guides.values() if guide.is_active or guide.id in busy],
        duties=_duties(entries),
        waiting=[_waiting(space, row) for row in waiting],
        waiting_count=count,
        without_time=[_waiting(space, row) for row in timeless],
    )


def _entries(
    connection: Connection, space: Space, rows: Sequence[Row[Any]], guides: Mapping[str, Guide]
) -> dict[str, Entry]:
    with_whom: dict[int, list[Guide]] = defaultdict(list)
    for one in assigned_to(connection, [row.id for row in rows]):
        with_whom[one.delegation_id].append(guides[one.guide_id])
    return {
        row.code: Entry(
            id=row.id,
            code=row.code,
            name=row.name,
            kind=row.kind,
            status=status_of(row.status, Headcount(row.planned, row.named, arrived=row.arrived)),
            people=covers(row.planned, row.named),
            begins=space.local(row.slot_at),
            ends=space.local(row.slot_at) + timedelta(minutes=row.minutes),
            language=row.language,
            guide=row.guide,
            version=row.version,
            guides=with_whom[row.id],
        )
        for row in rows
    }


def _weigh(space: Space, rules: Rules, rows: Sequence[Row[Any]], entries: Mapping[str, Entry], now: datetime) -> None:
    """Note what is in conflict. A confirmed delegation's claim goes before a request's, an earlier one's before."""
    bookings = [booking_of(space, row) for row in sorted(rows, key=lambda row: (row.status == "requested", row.id))]
    calendar = Calendar(bookings)
    by_day: dict[date, list[Booking]] = defaultdict(list)
    for booking in bookings:
        by_day[booking.begins.date()].append(booking)
    for of_day in by_day.values():
        if any(calendar.people_at(booking.begins) > rules.capacity for booking in of_day):
            for code, excess in over_capacity(of_day, rules.capacity).items():
                entries[code].excess = excess
    duties: dict[str, list[Duty]] = defaultdict(list)
    for booking in bookings:
        entry = entries[booking.whose]
        for guide in entry.guides:
            if entry.ends > now:
                spoken = [one for other in entry.guides if other.id != guide.id for one in other.languages]
                found = objections_to(guide, _duty(entry), duties[guide.id], language=entry.language, spoken=spoken)
                entry.against += [(guide, one) for one in found]
            duties[guide.id].append(_duty(entry))
        if entry.ends <= now:
            entry.excess = None
        elif reason := hours_against(rules.openings, entry.begins, entry.ends):
            entry.hours = str(reason)


def _duty(entry: Entry) -> Duty:
    return Duty(entry.code, entry.name, entry.begins, entry.ends)


def _duties(entries: Mapping[str, Entry]) -> dict[str, list[tuple[Entry, bool]]]:
    """Return each guide's delegations, and whether something speaks against the guide's going."""
    found: dict[str, list[tuple[Entry, bool]]] = defaultdict(list)
    for entry in entries.values():
        against = {guide.id for guide, _ in entry.against}
        for guide in entry.guides:
            found[guide.id].append((entry, guide.id in against))
    return found


def _day(rules: Rules, day: date, entries: list[Entry]) -> BoardDay:
    moments = [entry.begins for entry in entries]
    there = [sum(entry.people for entry in entries if entry.begins <= moment < entry.ends) for moment in set(moments)]
    people = sum(entry.people for entry in entries)
    openings = rules.openings
    return BoardDay(day, openings.on(day), openings.special(day), entries, people, max(there, default=0))


def _waiting(space: Space, row: Row[Any]) -> Waiting:
    return Waiting(
        code=row.code,
        name=row.name,
        people=covers(row.planned, row.named),
        day=row.visit_date,
        at=space.local(row.slot_at) if row.slot_at else None,
    )
