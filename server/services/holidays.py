"""Special days: the desk's own table beside the state's holidays."""

from datetime import date

from sqlalchemy import Connection

from server.domain.holidays import SpecialDay, official_holidays
from server.services.desk import Desk
from server.storage import holidays as storage
from server.storage.audit import append_line
from server.storage.database import Database


async def decided_days(database: Database, first: date, last: date) -> dict[date, SpecialDay]:
    """Return what the desk has decided about days, both ends included."""
    return await database.read(storage.special_days, first, last)


async def decide_day(desk: Desk, day: SpecialDay) -> None:
    """Close a day, or open it in its spans, whatever the weekday and the state say."""
    await desk.database.write(_decide, desk, [day])


async def forget_day(desk: Desk, day: date) -> None:
    """Let a day be as its weekday and the state say again."""
    await desk.database.write(_forget, desk, day)


async def import_official(desk: Desk, year: int) -> int:
    """Take the state's holidays of a year into the table; what was decided stays. Return how many are new."""
    return await desk.database.write(_import, desk, list(official_holidays(year).values()), year)


def _decide(connection: Connection, desk: Desk, days: list[SpecialDay]) -> None:
    storage.keep_special_days(connection, days, desk.at)
    for day in days:
        after: dict[str, object] = {"name": day.name, "spans": [[str(a), str(b)] for a, b in day.spans]}
        append_line(connection, desk.entry("decide_day", f"day:{day.day}", after=after))


def _forget(connection: Connection, desk: Desk, day: date) -> None:
    if storage.drop_special_day(connection, day):
        append_line(connection, desk.entry("forget_day", f"day:{day}"))


def _import(connection: Connection, desk: Desk, days: list[SpecialDay], year: int) -> int:
    decided = storage.special_days(connection, date(year, 1, 1), date(year, 12, 31))
    new = [day for day in days if day.day not in decided]
    storage.keep_special_days(connection, new, desk.at)
    if new:
        after: dict[str, object] = {"days": [str(day.day) for day in new]}
        append_line(connection, desk.entry("import_holidays", f"year:{year}", after=after))
    return len(new)
