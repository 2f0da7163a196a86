"""What speaks against the times of an import's delegations, among each other and beside those booked already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from server.domain.registry import DelegationRow, Finding, Placed
from server.domain.registry.booking import Booking, Calendar, booking_of, booking_warnings
from server.domain.registry.matching import Target, organisation_key
from server.services.desk import Desk
from server.storage.registry import RegisteredRow


def time_warnings(desk: Desk, targets: Sequence[Target], booked: Sequence[RegisteredRow]) -> list[Placed]:
    """Return the warnings of booking rules; a row's own entry in the register counts as what the row now says."""
    timezone = ZoneInfo(desk.space.timezone)
    bookings = {row.code: booking for row in booked if (booking := _booking(row, timezone)) is not None}
    own: list[tuple[Placed, DelegationRow, Booking | None]] = []
    for number, target in enumerate(targets):
        row = target.group.row
        if row is None:
            continue
        whose = target.known.code if target.known else f"new {number}"
        booking = booking_of(row, whose, organisation_key(row))
        if booking is not None:
            bookings[whose] = booking
        day = f"{row.day:%d/%m/%Y}" if row.day else ""
        own.append((Placed(target.group.file, target.group.sheet, Finding("", row.row, value=day)), row, booking))
    calendar, today = Calendar(bookings.values()), desk.space.day_of(desk.at)
    return [
        replace(placed, finding=replace(placed.finding, code=code, field=held))
        for placed, row, booking in own
        for code, held in booking_warnings(row, booking, calendar, desk.space, today)
    ]


def _booking(row: RegisteredRow, timezone: ZoneInfo) -> Booking | None:
    if row.slot_at is None:
        return None
    begins = row.slot_at.astimezone(timezone).replace(tzinfo=None)
    return Booking(row.code, row.key, begins, begins + timedelta(minutes=row.minutes), row.people)
