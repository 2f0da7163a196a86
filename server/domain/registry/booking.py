"""What a booking of this would have been told: warnings only, since registries are also kept after the fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server.domain.registry.model import DelegationRow, Field
from server.domain.space import Space

USUAL_VISIT = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Booking:
    """A delegation's time in the space, on its own clock; `whose` tells one delegation from another."""

    whose: str
    organisation_key: str
    day: date
    begins: time
    minutes: int
    people: int

    def covers(self, day: date, moment: time) -> bool:
        """Tell whether it is there at a moment."""
        start = datetime.combine(self.day, self.begins)
        return day == self.day and start <= datetime.combine(day, moment) < start + timedelta(minutes=self.minutes)


def booking_of(row: DelegationRow, whose: str, key: str) -> Booking | None:
    """Return a row's time in the space, None when it does not say it."""
    if row.day is None or row.begins is None:
        return None
    length = USUAL_VISIT
    if row.ends is not None:
        length = datetime.combine(row.day, row.ends) - datetime.combine(row.day, row.begins)
    return Booking(whose, key, row.day, row.begins, int(length.total_seconds() // 60), row.size or 1)


def booking_warnings(
    row: DelegationRow, booking: Booking | None, others: Sequence[Booking], space: Space, today: date
) -> list[tuple[str, Field]]:
    """Return (code, field) of what speaks against the visit: `past_date`, `holiday`, `closed_day`, `outside_hours`,
    `over_capacity`, `overlap` (its organisation is there already at that time)."""
    found: list[tuple[str, Field]] = []
    if row.day is None:
        return found
    if row.day < today:
        found.append(("past_date", Field.DATE))
    if not space.opening.always:
        if not space.opening.on(row.day):
            found.append(("closed_day", Field.DATE))
        elif row.begins is not None and not space.opening.is_open(datetime.combine(row.day, row.begins)):
            found.append(("outside_hours", Field.TIME))
    people = row.size or 0
    if booking is not None:
        there = [
            other for other in others if other.whose != booking.whose and other.covers(booking.day, booking.begins)
        ]
        people += sum(other.people for other in there)
        if any(other.organisation_key == booking.organisation_key for other in there):
            found.append(("overlap", Field.TIME))
    if people > space.capacity:
        found.append(("over_capacity", Field.SIZE))
    return found
