"""What is counted for operators: plain numbers on the way, made into metrics when somebody asks.

A scan's way has a few microseconds, and a metrics library's own counters cost one each.
"""

import asyncio
import gc
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

LAG_SECONDS = 0.25
"""How often the event loop is asked how late it is."""


class Histogram:
    """How often a value was at most so much."""

    __slots__ = ("_bounds", "_counts", "sum")

    def __init__(self, bounds: Sequence[float] = LATENCIES) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += times
        self.sum += value * times

    @property
    def count(self) -> int:
        """Return how many values were counted."""
        return sum(self._counts)

    def buckets(self) -> list[tuple[str, float]]:
        """Return the counts up to each bound, the bound as text, the last of them without one."""
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class ScanFigures:
    """What came of the scans of this process: by answer and code, how many were repeats, and what could not be read."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str | None]] = Counter()
        self.repeats = 0
        self.misreads: Counter[str] = Counter()

    def count(self, answers: Iterable[dict[str, Any]]) -> None:
        """Count the answers of a batch that is committed."""
        given = self.answers
        for answer in answers:
            given[answer["answer"], answer["code"]] += 1
            if answer["repeat"]:
                self.repeats += 1


class CommitFigures:
    """What a group commit did: the size and duration of batches, and the time from receipt to answer."""

    def __init__(self) -> None:
        self.sizes = Histogram(SIZES)
        self.durations = Histogram()
        self.waits = Histogram()
        self.failed = 0


class LoopFigures:
    """How late the event loop comes to its work, and how long garbage collection stops everything."""

    def __init__(self) -> None:
        self.lag = Histogram()
        self.pauses = Histogram()
        self._began = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        gc.callbacks.append(self._on_collection)
        try:
            while True:
                began = time.perf_counter()
                await asyncio.sleep(LAG_SECONDS)
                self.lag.add(max(0.0, time.perf_counter() - began - LAG_SECONDS))
        finally:
            gc.callbacks.remove(self._on_collection)

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._began = now
        else:
            self.pauses.add(now - self._began)
