"""The occupancy of the space and its zones: counters, kept up to date after each commit, never summed on request."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.domain.occupancy import WHOLE, Counts, levels_of, occupancy_error
from server.domain.space import Space
from server.services.bus import Bus
from server.services.clock import Clock
from server.services.hub import Hub
from server.storage.database import Database
from server.storage.residuals import read_residuals
from server.storage.spaces import lock_counts, read_counts, save_levels

OPEN_DAYS = 30
"""Over how many open days the error of the count is told."""

_NOTHING = Counts(-1, {}, {})


class OccupancyBoard:
    """Tells how many people are inside: every screen and every other process, when that changes.

    `error` is how many people the counter was off at closing time, in nine of ten of the last open days or fewer.
    """

    def __init__(self, database: Database, space: Space, clock: Clock, hub: Hub, bus: Bus) -> None:
        self._database = database
        self._space = space
        self._clock = clock
        self._hub = hub
        self._bus = bus
        self._counts = _NOTHING
        self._ended_at: datetime | None = None
        self.error = 0
        self.moved: Callable[[], None] = lambda: None
        bus.listen("occupancy", self._hear)
        bus.on_connect(self.refresh)

    async def refresh(self) -> None:
        """Reread the counters: another process may have moved people, a broadcast may have been lost."""
        counts, ended_at = await self._database.read(read_counts)
        if ended_at != self._ended_at:
            self.error = await self._database.read(read_error, self._space)
            self._ended_at = ended_at
        self._take(counts)

    def tell(self, counts: Counts) -> None:
        """Take the counters of a committed batch, and tell the screens and the other processes."""
        self._take(counts)
        self._bus.tell("occupancy", [counts.seq, counts.zones, counts.levels])

    def _hear(self, _speaker: str, state: Any) -> None:
        seq, zones, levels = state
        self._take(Counts(int(seq), {id_: (int(n), int(staff)) for id_, (n, staff) in zones.items()}, dict(levels)))

    def _take(self, counts: Counts) -> None:
        # A lower sequence is old news, whoever brings it.
        if counts.seq <= self._counts.seq:
            return
        self._counts = counts
        self._hub.publish("occupancy", counts.seq, self._describe(self._clock.now()))
        self.moved()

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
        return sum(inside - staff for inside, staff in self._counts.zones.values())

    def _describe(self, now: datetime) -> dict[str, Any]:
        space, levels = self._space, self._counts.levels
        return {
            "seq": max(self._counts.seq, 0),
            "at": space.local(now),
            "people": self.people,
            "capacity": space.capacity,
            "level": levels.get(WHOLE, "quiet"),
            "error": self.error,
            "zones": [
                {
                    "id": zone.id,
                    "name": zone.name,
                    "name_en": zone.name_en,
                    "people": self._people(zone.id),
                    "capacity": zone.capacity,
                    "level": levels.get(zone.id, "quiet"),
                    "glyph": zone.glyph,
                    "letter": zone.letter,
                }
                for zone in space.zones
            ],
        }

    def _people(self, zone: str) -> int:
        inside, staff = self._counts.zones.get(zone, (0, 0))
        return inside - staff


def read_error(connection: Connection, space: Space) -> int:
    """Return the 90th percentile of the occupancy error over the last open days, in people."""
    return occupancy_error(read_residuals(connection, space.day_of, OPEN_DAYS))[1]


def settle_levels(connection: Connection, space: Space) -> None:
    """Bring the levels up to what is counted, where that changed by other ways than a scan."""
    before = lock_counts(connection)
    levels = levels_of(space, before.zones, before.levels, error=read_error(connection, space))
    save_levels(connection, {id_: name for id_, name in levels.items() if name != before.levels.get(id_)})
