"""The time that a simulated day follows: the server's own clock, or the day played on a clock of ours."""

import asyncio
import time
from datetime import datetime, timedelta

# A sleeper looks at the clock again this often: a restarted server may have gone on from another moment.
_LONGEST_SLEEP = 5.0


class Timeline:
    """Tells the day's time. `set` it again whenever the server says what time it is."""

    def __init__(self, now: datetime, speed: float) -> None:
        self.speed = speed
        self._base = now
        self._read = time.monotonic()

    def set(self, now: datetime) -> None:
        """Go on from this moment."""
        self._base = now
        self._read = time.monotonic()

    def now(self) -> datetime:
        """Return the time in the simulated day."""
        return self._base + timedelta(seconds=(time.monotonic() - self._read) * self.speed)

    async def until(self, moment: datetime) -> None:
        """Return when the day has reached a moment."""
        while (left := (moment - self.now()).total_seconds() / self.speed) > 0:
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
