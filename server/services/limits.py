"""How often somebody may try: sign-ins, typed codes, pairing."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.domain.errors import DomainError


class Limit:
    """A number of tries in a span, counted in this process, e.g. `Limit("10/minute")`."""

    def __init__(self, rule: str) -> None:
        self._item: RateLimitItem = parse(rule)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, *who: str) -> None:
        """Count one try of `who`, or raise `too_many_attempts` with `wait_seconds`."""
        if not self._limiter.hit(self._item, *who):
            opens_at = self._limiter.get_window_stats(self._item, *who).reset_time
            raise DomainError("too_many_attempts", wait_seconds=max(1, math.ceil(opens_at - time.time())))

    def forget(self, *who: str) -> None:
        """Start counting anew, after a try that was right."""
        self._limiter.clear(self._item, *who)
