"""What a booking of this would have been told: warnings only, since registries are also kept after the fact."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from server.domain.registry.model import DelegationRow, Field
from server.domain.space import Space

USUAL_VISIT = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Booking:
    """A delegation's time in the space, on its own clock; `whose` tells one delegation from another."""

    whose: str
    organisation_key: str
    begins: datetime
    ends: datetime
    people: int


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


def booking_of(row: DelegationRow, whose: str, key: str) -> Booking | None:
    """Return a row's time in the space, None when it does not say it."""
    if row.day is None or row.begins is None:
        return None
    begins = datetime.combine(row.day, row.begins)
    ends = datetime.combine(row.day, row.ends) if row.ends is not None else begins + USUAL_VISIT
    return Booking(whose, key, begins, ends, row.size or 1)


def booking_warnings(
    row: DelegationRow, booking: Booking | None, calendar: Calendar, space: Space, today: date
) -> list[tuple[str, Field]]:
    """Return (code, field) of what speaks against the visit.

    The codes: `past_date`, `closed_day`, `outside_hours`, `over_capacity`, and `overlap`: its organisation has another
    delegation there at that time. The booking is in the calendar itself.
    """
    found: list[tuple[str, Field]] = []
    if row.day is None:
        return found
    if row.day < today:
        found.append(("past_date", Field.DATE))
    if not space.opening.always:
        if not space.opening.on(row.day):
            found.append(("closed_day", Field.DATE))
        elif booking is not None and not space.opening.is_open(booking.begins):
            found.append(("outside_hours", Field.TIME))
    people = row.size or 0
    if booking is not None:
        people = calendar.people_at(booking.begins)
        if calendar.has_another(booking):
            found.append(("overlap", Field.TIME))
    if people > space.capacity:
        found.append(("over_capacity", Field.SIZE))
    return found
