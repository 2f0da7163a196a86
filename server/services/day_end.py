"""The day's end: at the last closing whoever is still inside leaves with an assumed exit."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from server.domain.space import Space
from server.services.cases import note_count_error, open_visits
from server.services.occupancy import settle_levels
from server.storage.database import Database
from server.storage.day_end import day_ended_at, end_day, holders_inside, leave_all, lock_inside

_SLICE = 60


def last_closing_before(space: Space, now: datetime) -> datetime | None:
    """Return the latest closing of a day that lies at or before `now`; None when the space never closes."""
    local = space.local(now)
    for back in range(8):
        day = local.date() - timedelta(days=back)
        closing = space.opening.last_closing(day)
        if closing is not None:
            moment = datetime.combine(day, closing, tzinfo=ZoneInfo(space.timezone)).astimezone(UTC)
            if moment <= now:
                return moment
    return None


async def close_day(database: Database, space: Space, at: datetime, now: datetime) -> int:
    """Let everybody who was inside at `at` and still is leave then, assumed; return how many people that were."""
    people = 0
    while (left := await database.write(_leave_slice, space, at, now)) is not None:
        people += left
    await database.write(_end_day, space, at, now)
    return people


async def close_due_day(database: Database, space: Space, now: datetime) -> int | None:
    """End the day whose last closing has passed, if it was not ended yet; return the people, None if none was due."""
    due = last_closing_before(space, now)
    if due is None:
        return None
    ended = await database.read(day_ended_at)
    if ended is not None and ended >= due:
        return None
    return await close_day(database, space, due, now)


def _leave_slice(connection: Connection, space: Space, at: datetime, now: datetime) -> int | None:
    """Let some of them leave and return how many; None when nobody is left who might."""
    holders = holders_inside(connection, at, _SLICE)
    if not holders:
        return None
    standings = lock_inside(connection, holders, at)
    movements = [row for standing in standings for row in _exits(standing, at, now)]
    leave_all(connection, standings, movements, at, space.day_of)
    open_visits(connection, movements, now)
    return sum(int(row["people"]) for row in movements)


def _end_day(connection: Connection, space: Space, at: datetime, now: datetime) -> None:
    note_count_error(connection, at, now)
    end_day(connection, at)
    settle_levels(connection, space)


def _exits(standing: Any, at: datetime, now: datetime) -> list[dict[str, Any]]:
    scan_id = str(uuid.uuid4())
    people = sum(standing.places.values())
    return [
        {
            "scan_id": scan_id,
            "part": part,
            "pass_id": None,
            "holder": standing.holder,
            "delegation_id": standing.delegation_id,
            "device_id": None,
            "account_id": None,
            "answer": "left",
            "code": None,
            "from_zone": zone,
            "to_zone": None,
            "people": count,
            "counted": people,
            "from_holder": standing.holder,
            "to_holder": standing.holder,
            "at": at,
            "received_at": now,
            "offline": False,
            "conflict": None,
            "assumed": True,
            "is_skewed": False,
            "reason": None,
            "reply": None,
        }
        for part, (zone, count) in enumerate(sorted(standing.places.items()))
    ]
