"""The long runs: `make soak`. Kills on both engines, then an hour of load while workers are killed.

SOAK_KILLS      how many kills on each engine (100)
SOAK_ENGINES    which ("sqlite postgresql")
SOAK_MINUTES    how long the steady load lasts (60)
SOAK_RATE       how many scans a second it tries (1000)
SOAK_SEED       what chance begins with (the clock); a run says its own
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from random import Random

from server.domain.errors import DomainError
from tests.crash.runs import Run, crash_run
from tests.crash.scene import Scene, Victim
from tests.crash.servers import Cluster, Redis
from tests.crash.stage import new_bed
from tests.crash.steady import Steady, load_steadily

RUNS_A_BED = 10
ONLINE_RUNS = 3

KILLS = int(os.environ.get("SOAK_KILLS", "100"))
ENGINES = os.environ.get("SOAK_ENGINES", "sqlite postgresql").split()
MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
RATE = float(os.environ.get("SOAK_RATE", "1000"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or time.time_ns() % 1_000_000


def main() -> int:
    """Run everything and return 1 if anything failed."""
    # Told to end, it ends what it has started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"soak: {KILLS} kills on each of {', '.join(ENGINES)}; {MINUTES:g} minutes of load; seed {SEED}", flush=True)
    needs_servers = "postgresql" in ENGINES or MINUTES
    with contextlib.ExitStack() as servers:
        cluster = servers.enter_context(Cluster()) if needs_servers else None
        redis = servers.enter_context(Redis()) if needs_servers else None
        return asyncio.run(_soak(cluster, redis))


async def _soak(cluster: Cluster | None, redis: Redis | None) -> int:
    results: dict[str, list[Run | str]] = {}
    for engine in ENGINES:
        results[engine] = [run async for run in _kill_often(engine, cluster, redis)]
    steady = None
    if MINUTES and cluster is not None and redis is not None:
        url = await cluster.make("steady")
        steady = await load_steadily(url, redis.url, MINUTES, RATE, Random(SEED))
    return _sum_up(results, steady)


async def _kill_often(engine: str, cluster: Cluster | None, redis: Redis | None) -> AsyncIterator[Run | str]:
    """Yield each run, or why there was none. A fresh house every ten runs, every other one with two workers."""
    for number in range(0, KILLS, RUNS_A_BED):
        seed, rng = SEED + number, Random(SEED + number)
        url, bus, workers = "", "", 1
        if engine == "postgresql" and cluster is not None and redis is not None:
            url = await cluster.make(f"kills_{number}")
            workers = 1 + number // RUNS_A_BED % 2
            bus = redis.url if workers > 1 else ""
        name = f"{engine}, {workers} workers" if workers > 1 else engine
        try:
            async with new_bed(url, workers=workers, bus_url=bus) as bed, Scene(bed, rng) as scene:
                for place in range(min(RUNS_A_BED, KILLS - number)):
                    scene.is_online = place < ONLINE_RUNS
                    victim: Victim = "worker" if workers > 1 and place % 2 else "server"
                    run = await crash_run(scene, name, seed + place, victims=(victim,))
                    print(run, flush=True)
                    yield run
        except (AssertionError, DomainError, OSError) as error:
            print(f"{name} seed {seed} and on: {type(error).__name__}: {error}", flush=True)
            yield str(error)


def _sum_up(results: dict[str, list[Run | str]], steady: Steady | None) -> int:
    """Print the table; return 1 where anything failed."""
    heads = ("engine", "runs", "good", "least", "acknowledged", "resent", "lost", "doubled", "negative", "other")
    rows: list[tuple[object, ...]] = []
    is_good = True
    for engine, listed in results.items():
        runs = [run for run in listed if isinstance(run, Run)]
        found = [run.found for run in runs]
        good = sum(run.is_good for run in runs)
        is_good &= good == len(listed) == KILLS
        named = tuple(sum(len(getattr(one, kind)) for one in found) for kind in ("lost", "doubled", "negative"))
        others = sum(len(list_) for one in found for list_ in one.by_kind().values()) - sum(named)
        least = min((run.acknowledged for run in runs), default=0)
        total, resent = sum(run.acknowledged for run in runs), sum(run.resent for run in runs)
        rows.append((engine, len(listed), good, least, total, resent, *named, others))
    print("\n" + " ".join(f"{head:>13}" for head in heads))
    for row in rows:
        print(" ".join(f"{cell:>13,}" if isinstance(cell, int) else f"{cell:>13}" for cell in row))
    if steady is not None:
        print(f"\n{steady}")
        is_good &= steady.is_good
    print("\nsoak: everything holds" if is_good else f"\nsoak: FAILED (seed {SEED})", flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
