"""The day on the wall: delegations that are here and those to come, and the latest arrivals."""

import asyncio
import contextlib
from datetime import UTC, datetime, time, timedelta
from time import time_ns
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from server.domain.short_names import short_name
from server.domain.space import Space
from server.services.clock import Clock
from server.services.hub import Hub
from server.storage.arrivals import DayRows, load_day
from server.storage.database import Database

_log = structlog.get_logger()

RECENT = 4
NEXT = 12
SETTLE_SECONDS = 1.0
"""How long changes are gathered before the day is read again: the wall's list need not follow every scan."""


class ArrivalsBoard:
    """Reads the day again after changes, and tells the screens."""

    def __init__(self, database: Database, space: Space, clock: Clock, hub: Hub) -> None:
        self._database = database
        self._space = space
        self._clock = clock
        self._hub = hub
        self._last: dict[str, Any] = {}
        self._changed = asyncio.Event()

    def mark_changed(self) -> None:
        """Have the day read again soon."""
        self._changed.set()

    async def state(self) -> dict[str, Any]:
        """Return the day as it is now. Delegations' names only, never a person's."""
        now = self._space.local(self._clock.now())
        zone = ZoneInfo(self._space.timezone)
        begins = datetime.combine(now.date(), time(), tzinfo=zone)
        ends = begins + timedelta(days=1)
        rows = await self._database.read(load_day, now.date(), begins.astimezone(UTC), ends.astimezone(UTC), RECENT)
        return _describe(self._space, rows, now)

    async def refresh(self) -> None:
        """Read the day and publish it if anything but the time has changed.

        The sequence is the moment of reading, in milliseconds, so that it goes on when a screen comes to another
        process or to one that was started anew.
        """
        seq = time_ns() // 1_000_000
        state = await self.state()
        if {**state, "at": None} != {**self._last, "at": None}:
            self._last = state
            self._hub.publish("arrivals", seq, state)

    async def run(self, every_seconds: float = 2.0) -> None:
        """Refresh after changes, and now and then for those that other processes made, until cancelled."""
        while True:
            # Not wait_for: until Python 3.12 it may swallow a cancellation that comes as the event does.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_seconds):
                    await self._changed.wait()
            if not self._hub.is_watched("arrivals"):
                # Read again when somebody looks; the first look gets what was known, and within a second what is.
                await asyncio.sleep(SETTLE_SECONDS)
                continue
            self._changed.clear()
            try:
                await self.refresh()
            except Exception:  # noqa: BLE001 - read again in a moment, whatever it was
                _log.exception("arrivals_failed")
                self._changed.set()
            await asyncio.sleep(SETTLE_SECONDS)


def _describe(space: Space, rows: DayRows, now: datetime) -> dict[str, Any]:
    today = [row for row in rows.delegations if row.visit_date == now.date() and row.status == "confirmed"]
    came = [row for row in today if row.arrived_day == now.date()]
    coming = [row for row in today if row.arrived_day != now.date() and row.inside == 0]
    inside = [row for row in rows.delegations if row.inside > 0]
    inside.sort(key=lambda row: row.since or row.slot_at or now)
    spans = space.opening.on(now.date())
    return {
        "at": now,
        "admissions": rows.admissions,
        "arrived": len(came),
        "expected": len(coming),
        "inside": [
            {
                "code": row.code,
                "name": short_name(row.name),
                "people": row.inside,
                "covers": max(row.planned, row.named),
            }
            for row in reversed(inside)
        ],
        "next": [
            {
                "at": space.local(row.slot_at) if row.slot_at else None,
                "code": row.code,
                "name": short_name(row.name),
                "people": max(row.planned, row.named),
            }
            for row in coming[:NEXT]
        ],
        "recent": [
            {"at": space.local(row.at), "people": row.people, "name": row.name and short_name(row.name)}
            for row in rows.recent
        ],
        "opens_at": _moment(now, _span_ahead(spans, now)[0]) if spans else None,
        "closes_at": _moment(now, spans[-1][1]) if spans else None,
        "is_open": space.opening.is_open(now),
        "hours": [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in spans],
    }


def _span_ahead(spans: tuple[tuple[time, time], ...], now: datetime) -> tuple[time, time]:
    """Return the opening span that is under way or comes next today, else the last one."""
    return next((span for span in spans if now.time() < span[1]), spans[-1])


def _moment(now: datetime, at: time) -> datetime:
    return datetime.combine(now.date(), at, tzinfo=now.tzinfo)
