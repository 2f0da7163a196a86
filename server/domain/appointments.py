"""Appointments: whether the space can take how many people when, why not, and which free time is nearest.

Moments are on the space's own clock, all with its time zone or all without one.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import accumulate

from server.domain.holidays import Openings, moment_of

USUAL_VISIT = timedelta(minutes=60)
SEARCH_DAYS = 14
"""How far from the wished day a free time is looked for, in days."""


class Reason(StrEnum):
    """Why an appointment cannot be."""

    PAST = "past"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    OUTSIDE_HOURS = "outside_hours"
    TOO_MANY = "too_many"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Booking:
    """A delegation's time in the space; `whose` tells one delegation from another."""

    whose: str
    organisation_key: str
    begins: datetime
    ends: datetime
    people: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: how many people, from when, for how long."""

    at: datetime
    people: int
    minutes: int = 60

    @property
    def ends(self) -> datetime:
        return self.at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds appointments. `capacity` is in people; without `now` the past may be booked as well."""

    capacity: int
    openings: Openings
    now: datetime | None = None
    grid: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to come at, for so many `minutes`; `taken` and `free` are people at its fullest moment."""

    at: datetime
    minutes: int
    capacity: int
    taken: int
    free: int
    reason: str | None = None
    """Why it cannot be had, a `Reason`; None when it can."""


class Calendar:
    """Who is booked when. Asked for a moment, it answers in the time of a search, however many are booked."""

    def __init__(self, bookings: Iterable[Booking]) -> None:
        self._by_organisation: dict[str, list[Booking]] = defaultdict(list)
        comings: list[tuple[datetime, int]] = []
        goings: list[tuple[datetime, int]] = []
        for booking in bookings:
            self._by_organisation[booking.organisation_key].append(booking)
            comings.append((booking.begins, booking.people))
            goings.append((booking.ends, booking.people))
        self._came, self._gone = _Sum(comings), _Sum(goings)

    def people_at(self, moment: datetime) -> int:
        """Return how many people are booked to be there at a moment."""
        return self._came.until(moment) - self._gone.until(moment)

    def peak(self, begins: datetime, ends: datetime) -> int:
        """Return the most people that are booked at any moment from `begins` until just before `ends`."""
        moments = self._came.between(begins, ends)
        return max((self.people_at(moment) for moment in (begins, *moments)), default=0)

    def has_another(self, booking: Booking) -> bool:
        """Tell whether another delegation of the same organisation is there when this one comes."""
        return any(
            other.whose != booking.whose and other.begins <= booking.begins < other.ends
            for other in self._by_organisation[booking.organisation_key]
        )


class _Sum:
    """How many people up to a moment."""

    def __init__(self, changes: list[tuple[datetime, int]]) -> None:
        changes.sort()
        self._moments = [moment for moment, _ in changes]
        self._totals = [0, *accumulate(people for _, people in changes)]

    def until(self, moment: datetime) -> int:
        return self._totals[bisect_right(self._moments, moment)]

    def between(self, begins: datetime, ends: datetime) -> Sequence[datetime]:
        return self._moments[bisect_right(self._moments, begins) : bisect_left(self._moments, ends)]


def hours_against(openings: Openings, begins: datetime, ends: datetime) -> Reason | None:
    """Return what the opening hours have against a visit: `holiday`, `closed`, `outside_hours`, or nothing."""
    day = begins.date()
    if not openings.on(day):
        return Reason.HOLIDAY if openings.special(day) else Reason.CLOSED
    if openings.covers(begins, ends) or (openings.opening.always and openings.special(day) is None):
        return None
    return Reason.OUTSIDE_HOURS


def weigh(rules: Rules, calendar: Calendar, wish: Wish) -> Slot:
    """Return how a wish fits: its fullest moment, and the first reason against it if there is one."""
    taken = calendar.peak(wish.at, wish.ends)
    free = max(0, rules.capacity - taken)
    reason: Reason | None
    if rules.now is not None and wish.at < rules.now:
        reason = Reason.PAST
    elif (reason := hours_against(rules.openings, wish.at, wish.ends)) is not None:
        pass
    elif wish.people > rules.capacity:
        reason = Reason.TOO_MANY
    elif wish.people > free:
        reason = Reason.FULL
    return Slot(wish.at, wish.minutes, rules.capacity, taken, free, reason)


def slots_of(rules: Rules, calendar: Calendar, day: date, wish: Wish) -> list[Slot]:
    """Return the times of a day on the grid at which the space is open, full ones too."""
    slots = []
    for opens, closes in rules.openings.on(day):
        at, end = _grid_from(rules, day, opens, wish.at.tzinfo), moment_of(_midnight(day, wish.at.tzinfo), closes)
        while at + timedelta(minutes=wish.minutes) <= end:
            slots.append(weigh(rules, calendar, replace(wish, at=at)))
            at += rules.grid
    return slots


def nearest_slots(
    rules: Rules, calendar: Calendar, wish: Wish, *, most: int = 3, days: int = SEARCH_DAYS
) -> list[Slot]:
    """Return the free times nearest to a wish, before and after it: those of its own day first, then by distance.

    They lie within so many days of the wish.
    """
    if wish.people > rules.capacity:
        return []
    found = _free_on(rules, calendar, wish.at.date(), wish)
    for away in range(1, days + 1):
        # A slot two days off is never nearer than any of the days between.
        if len(found) >= most and away > 2 and _is_settled(found, most, wish, away):
            break
        for day in (wish.at.date() - timedelta(days=away), wish.at.date() + timedelta(days=away)):
            found += _free_on(rules, calendar, day, wish)
    return sorted(found, key=lambda slot: _distance(slot, wish))[:most]


def _is_settled(found: list[Slot], most: int, wish: Wish, away: int) -> bool:
    farthest = sorted(_distance(slot, wish) for slot in found)[most - 1]
    return not farthest[0] or farthest[1] <= timedelta(days=away - 1)


def _distance(slot: Slot, wish: Wish) -> tuple[bool, timedelta, datetime]:
    return slot.at.date() != wish.at.date(), abs(slot.at - wish.at), slot.at


def _free_on(rules: Rules, calendar: Calendar, day: date, wish: Wish) -> list[Slot]:
    return [slot for slot in slots_of(rules, calendar, day, wish) if slot.reason is None and slot.at != wish.at]


def _grid_from(rules: Rules, day: date, opens: time, zone: tzinfo | None) -> datetime:
    """Return the first time on the day's grid at or after an opening."""
    midnight = _midnight(day, zone)
    since = moment_of(midnight, opens) - midnight
    return midnight + -(-since // rules.grid) * rules.grid


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time.min, zone)
