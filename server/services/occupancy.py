"""The occupancy of the space and its zones: counters, kept up to date after each commit, never summed on request."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from server.domain.occupancy import level, occupancy_error
from server.domain.space import Space
from server.services.clock import Clock
from server.services.hub import Hub
from server.storage.core import table
from server.storage.database import Database
from server.storage.residuals import read_residuals
from server.storage.spaces import SpaceRow, ZoneRow

OPEN_DAYS = 30
"""Over how many open days the error of the count is told."""

Counts = dict[str, tuple[int, int]]
"""Per zone: everybody inside, and how many of them are staff."""


class OccupancyBoard:
    """Tells how many people are inside, and every screen when that changes.

    `error` is how many people the counter was off at closing time, in nine of ten of the last open days or fewer.
    """

    def __init__(self, database: Database, space: Space, clock: Clock, hub: Hub) -> None:
        self._database = database
        self._space = space
        self._clock = clock
        self._hub = hub
        self._seq = -1
        self._counts: Counts = {}
        self._levels: dict[str, str] = {}
        self._ended_at: datetime | None = None
        self.error = 0

    async def refresh(self) -> None:
        """Reread the counters: another process may have moved people, a broadcast may have been lost."""
        seq, counts, ended_at = await self._database.read(load_counts)
        if ended_at != self._ended_at:
            residuals = await self._database.read(read_residuals, self._space.day_of, OPEN_DAYS)
            self._ended_at, self.error = ended_at, occupancy_error(residuals)[1]
        self.set_counts(seq, counts)

    def set_counts(self, seq: int, counts: Counts) -> None:
        """Take the counters of a committed batch and publish them; older ones are dropped."""
        if seq <= self._seq:
            return
        self._seq, self._counts = seq, counts
        self._set_levels()
        self._hub.publish("occupancy", seq, self._describe(self._clock.now()))

    async def state(self) -> dict[str, Any]:
        """Return the occupancy, never older than the last answered scan."""
        await self.refresh()
        return self._describe(self._clock.now())

    def latest(self) -> dict[str, Any]:
        """Return the occupancy by the last counters known, without asking the database."""
        return self._describe(self._clock.now())

    @property
    def people(self) -> int:
        """Return the visitors inside, by the last counters known."""
        return sum(inside - staff for inside, staff in self._counts.values())

    def _describe(self, now: datetime) -> dict[str, Any]:
        space = self._space
        return {
            "seq": max(self._seq, 0),
            "at": space.local(now),
            "people": self.people,
            "capacity": space.capacity,
            "level": self._levels.get("", "quiet"),
            "error": self.error,
            "zones": [
                {
                    "id": zone.id,
                    "name": zone.name,
                    "name_en": zone.name_en,
                    "people": self._people(zone.id),
                    "capacity": zone.capacity,
                    "level": self._levels.get(zone.id, "quiet"),
                    "glyph": zone.glyph,
                    "letter": zone.letter,
                }
                for zone in space.zones
            ],
        }

    def _people(self, zone: str) -> int:
        inside, staff = self._counts.get(zone, (0, 0))
        return inside - staff

    def _set_levels(self) -> None:
        everyone = sum(inside for inside, _ in self._counts.values())
        self._levels[""] = level(everyone, self._space.capacity, self._levels.get(""), margin=self.error)
        for zone in self._space.zones:
            inside = self._counts.get(zone.id, (0, 0))[0]
            self._levels[zone.id] = level(inside, zone.capacity, self._levels.get(zone.id))


def load_counts(connection: Connection) -> tuple[int, Counts, datetime | None]:
    """Return the sequence of the space's state, the counters of its zones, and when its last day ended."""
    zones, space = table(ZoneRow), table(SpaceRow)
    row = connection.execute(select(space.c.seq, space.c.ended_at)).one_or_none()
    seq, ended_at = (row.seq, row.ended_at) if row else (0, None)
    rows = connection.execute(select(zones.c.id, zones.c.inside, zones.c.staff))
    return seq, {row.id: (row.inside, row.staff) for row in rows}, ended_at
