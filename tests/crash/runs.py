"""One crash run: load, a kill at a random moment, a restart, and every invariant checked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.crash.invariants import Findings
from tests.crash.scene import Scene, Victim

LEAST = 2_000
"""The acknowledged scans of a run, at least."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was and what it found."""

    engine: str
    seed: int
    victims: tuple[Victim, ...]
    moments: tuple[float, ...]
    under_way: tuple[int, ...]
    down: tuple[float, ...]
    acknowledged: int
    resent: int
    found: Findings = field(repr=False)

    @property
    def is_good(self) -> bool:
        return not self.found.by_kind() and self.acknowledged >= LEAST

    def __str__(self) -> str:
        found = self.found
        kills = "; ".join(
            f"{victim} killed after {moment:.2f} s with {waiting} scans under way, back in {down:.1f} s"
            for victim, moment, waiting, down in zip(self.victims, self.moments, self.under_way, self.down, strict=True)
        )
        line = (
            f"{self.engine} seed {self.seed}: {kills}; {self.acknowledged:,} acknowledged, {self.resent} resent; "
            f"lost {len(found.lost)}, doubled {len(found.doubled)}, negative {len(found.negative)}"
        )
        for kind, complaints in found.by_kind().items():
            line += f"\n  {kind}: {len(complaints)}; " + "; ".join(complaints[:3])
        return line


async def crash_run(
    scene: Scene, engine: str, seed: int, *, victims: Sequence[Victim] = ("server",), least: int = LEAST
) -> Run:
    """Let people scan, kill each victim at a random moment and let it come back, let the kiosks settle, check."""
    scene.rng.seed(seed)
    acknowledged, resent = scene.ledger.acknowledged, scene.ledger.resent
    moments: list[float] = []
    under_way: list[int] = []
    down: list[float] = []
    scene.scan()
    for victim in victims:
        # What counts is a moment of real load: kiosks that are still connecting are no such thing.
        await scene.acknowledge(1)
        moments.append(scene.rng.uniform(0.05, 1.6))
        await asyncio.sleep(moments[-1])
        under_way.append(scene.waiting)
        down.append(await scene.crash(victim))
    done = scene.ledger.acknowledged - acknowledged
    await scene.acknowledge(max(100, least - done))
    await scene.settle()
    return Run(
        engine,
        seed,
        tuple(victims),
        tuple(moments),
        tuple(under_way),
        tuple(down),
        scene.ledger.acknowledged - acknowledged,
        scene.ledger.resent - resent,
        await scene.check(),
    )
