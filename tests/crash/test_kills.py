"""`kill -9` under load: nothing acknowledged is lost, and every invariant of the domain holds. `make soak` is longer."""

import time
from random import Random

import pytest

from tests.crash.runs import crash_run
from tests.crash.scene import Scene
from tests.crash.stage import new_bed

# A bound, not an expectation: a busy machine may take its time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_nothing_acknowledged_is_lost_and_every_invariant_holds_when_the_server_is_killed(database_url):
    seed = time.time_ns() % 1_000_000
    engine = database_url.partition(":")[0]
    async with new_bed(database_url) as bed, Scene(bed, Random(seed)) as scene:
        # Capacities are exact while everybody asks: so first without offline scans and overrides.
        scene.is_online = True
        online = await crash_run(scene, engine, seed)
        print(online)
        assert online.is_good, online
        scene.is_online = False
        mixed = await crash_run(scene, engine, seed + 1, victims=("server", "server"))
        print(mixed)
        assert mixed.is_good, mixed
        await bed.stop()
        assert (await scene.check()).by_kind() == {}
