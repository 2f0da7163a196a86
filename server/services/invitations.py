"""Invitations as iCalendar: a request, its update, its cancelling, all under one UID."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

from server.domain.delegations import DelegationRecord
from server.domain.text import clean


def invitation(  # noqa: PLR0913 - the parts of an invitation
    record: DelegationRecord,
    *,
    method: Literal["REQUEST", "CANCEL", "PUBLISH"] | str,
    sequence: int,
    title: str,
    place: str,
    organizer: str,
    attendee: str = "",
    stamp: datetime,
) -> bytes:
    """Return the calendar file of a delegation that has a slot; a higher `sequence` takes the place of a lower."""
    assert record.slot_at is not None
    event = Event()
    event.add("uid", f"{record.code}@{organizer.rpartition('@')[2] or 'sanh'}")
    event.add("sequence", sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", record.slot_at.astimezone(UTC))
    event.add("dtend", (record.slot_at + timedelta(minutes=record.minutes)).astimezone(UTC))
    event.add("summary", clean(title))
    event.add("location", clean(place))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if method != "PUBLISH":
        event["organizer"] = vCalAddress(f"mailto:{organizer}")
        guest = vCalAddress(f"mailto:{attendee}")
        guest.params["ROLE"] = vText("REQ-PARTICIPANT")
        event.add("attendee", guest, encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//Sanh//VN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
