"""The clock that the space lives by: the machine's, or a simulated one for training, demonstrations and replay."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time of the space. Tokens, pairing codes and back-off stay on `real_now`."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self._start = start.astimezone(UTC) if start else None
        self._began = time.monotonic()
        self.speed = speed if start else 1.0

    @property
    def is_simulated(self) -> bool:
        return self._start is not None

    def now(self) -> datetime:
        """Return the space's time, in UTC."""
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)

    def go_on_after(self, moment: datetime) -> None:
        """Bring a simulated clock that is behind a moment to just after it."""
        if self._start is not None and self.now() <= moment:
            self._start, self._began = moment + timedelta(seconds=1), time.monotonic()


def real_now() -> datetime:
    """Return the machine's time, in UTC, for what must not follow a simulated day."""
    return datetime.now(UTC)
