"""What a booking of this would have been told: warnings only, since registries are also kept after the fact."""

from datetime import date, datetime

from server.domain.appointments import USUAL_VISIT, Booking, Calendar
from server.domain.holidays import Openings
from server.domain.registry.model import DelegationRow, Field
from server.domain.space import Space

__all__ = ["USUAL_VISIT", "Booking", "Calendar", "booking_of", "booking_warnings"]


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
        if not Openings(space.opening).on(row.day):  # a public holiday is closed too
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
