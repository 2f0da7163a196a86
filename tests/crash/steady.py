"""An hour of load on two workers: killed by chance in the first half, left alone and weighed in the second."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.crash.scene import Scene
from tests.crash.stage import new_bed

CHAPTER_SECONDS = 600.0
_BETWEEN_KILLS = (5.0, 25.0)
_MOST_GROWTH = 1.25
_SPARE_MIB = 20.0


@dataclass(slots=True)
class Steady:
    """What the hour was and what it found. Memory in MiB, all workers together: when left alone, and at the end."""

    seconds: float = 0.0
    acknowledged: int = 0
    kills: int = 0
    checks: int = 0
    before: float = 0.0
    after: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.wrong and self.acknowledged > 0 and self.after <= self.before * _MOST_GROWTH + _SPARE_MIB

    def __str__(self) -> str:
        line = (
            f"steady: {self.acknowledged:,} acknowledged in {self.seconds / 60:.1f} minutes, {self.kills} workers "
            f"killed, checked {self.checks} times; memory {self.before:.0f} MiB → {self.after:.0f} MiB"
        )
        return "\n".join((line, *self.wrong[:20]))


async def load_steadily(database_url: str, bus_url: str, minutes: float, rate: float, rng: Random) -> Steady:
    """Load two workers for so long and return what came of it."""
    outcome = Steady()
    began = time.monotonic()
    async with new_bed(database_url, workers=2, bus_url=bus_url) as bed, Scene(bed, rng, rate=rate) as scene:
        half = minutes * 30
        for has_kills in (True, False):
            ends = time.monotonic() + half
            while (left := ends - time.monotonic()) > 0:
                await _chapter(scene, outcome, min(left, CHAPTER_SECONDS), has_kills=has_kills)
        outcome.acknowledged = scene.ledger.acknowledged
    outcome.seconds = time.monotonic() - began
    return outcome


async def _chapter(scene: Scene, outcome: Steady, seconds: float, *, has_kills: bool) -> None:
    """Load for so many seconds, settle, check."""
    ends = time.monotonic() + seconds
    scene.scan()
    await scene.acknowledge(1)
    if not has_kills and not outcome.before:
        # The first minute fills caches and pools; what counts is whether it goes on.
        await asyncio.sleep(min(60.0, seconds / 2))
        outcome.before = memory_of(scene.workers)
    while (left := ends - time.monotonic()) > 0:
        await asyncio.sleep(min(left, scene.rng.uniform(*_BETWEEN_KILLS)))
        if has_kills:
            await scene.crash("worker")
            outcome.kills += 1
    await scene.settle()
    outcome.after = memory_of(scene.workers)
    found = (await scene.check()).by_kind()
    outcome.checks += 1
    outcome.wrong += [f"{kind}: {len(complaints)}; {'; '.join(complaints[:3])}" for kind, complaints in found.items()]
    print(f"steady: {scene.ledger.acknowledged:,} acknowledged, {outcome.after:.0f} MiB, wrong: {found}", flush=True)


def memory_of(pids: list[int]) -> float:
    """Return the resident memory of processes in MiB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * 4096 / 2**20
