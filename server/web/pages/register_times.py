"""The times that the public request offers: six days beside each other, a row for each time of day."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date as babel_date
from starlette.requests import Request

from server.services.appointments import Slot, free_slots
from server.web.i18n import language
from server.web.slot_words import reason_words
from server.web.templating import house_of

_DAYS = 6
_FARTHEST = 180


async def offer(request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    """Return what the step of the times shows: the days, the rows of their times, and the ways to other days."""
    house = house_of(request)
    today = house.space.day_of(house.clock.now())
    days = _days(form, today, house.space)
    people = int(form.get("planned", "1"))
    found = {
        day: await free_slots(house.database, house.space, day, people, now=house.clock.now()) for day in days
    }  # fmt: skip
    wanted = _wanted(form, today, house.space)
    is_open = {day: any(slot.reason in (None, "full", "too_many") for slot in found[day]) for day in days}
    chosen = wanted if wanted in days else next((day for day in days if is_open[day]), days[0])
    starts = sorted({house.space.local(slot.at).time() for slots in found.values() for slot in slots})
    by_time = {house.space.local(slot.at): slot for slots in found.values() for slot in slots}
    rows = [
        [_cell(day, next((at for at in by_time if at.date() == day and at.time() == start), None), by_time)
         for day in days]
        for start in starts
    ]  # fmt: skip
    before = max(days[0] - timedelta(_DAYS), today + timedelta(1))
    return {
        "days": [(day, _weekday(day, "EEEEE"), _weekday(day, "EEEE"), is_open[day]) for day in days],
        "rows": rows, "day": chosen, "people": people,
        "before": before if days[0] > today + timedelta(1) else None,
        "after": days[-1] + timedelta(1) if days[-1] < today + timedelta(_FARTHEST) else None,
    }  # fmt: skip


def moment_of(space: Any, text: str) -> datetime | None:
    """Return the local moment that a form names; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return space.local(at) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _wanted(form: Mapping[str, str], today: date, space: Any) -> date | None:
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        at = moment_of(space, form.get("slot", ""))
        if at is None:
            return None
        day = at.date()
    return day if today <= day <= today + timedelta(_FARTHEST) else None


def _days(form: Mapping[str, str], today: date, space: Any) -> list[date]:
    tomorrow = today + timedelta(1)
    wanted = _wanted(form, today, space)
    first = tomorrow
    if wanted and wanted > tomorrow:
        # Days stay in the sixes in which they were shown, so that a click on one moves nothing.
        first = tomorrow + timedelta((wanted - tomorrow).days // _DAYS * _DAYS)
    return [first + timedelta(ahead) for ahead in range(_DAYS)]


def _cell(day: date, at: datetime | None, slots: Mapping[datetime, Slot]) -> dict[str, Any]:
    if at is None:
        return {"day": day, "slot": None}
    slot = slots[at]
    return {
        "day": day, "slot": slot, "at": at, "ends": at + timedelta(minutes=slot.minutes),
        "value": slot.at.isoformat(), "why": reason_words(slot.reason) if slot.reason else "",
    }  # fmt: skip


def _weekday(day: date, width: str) -> str:
    if language() == "vi":
        return str(babel_date(day, width, locale="vi"))
    return str(babel_date(day, "EEE", locale="en_GB"))
