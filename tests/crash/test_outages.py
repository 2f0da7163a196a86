"""Two workers over a PostgreSQL and a Redis of the test's own, which are stopped, started and cut off under load."""

import asyncio
from random import Random

import httpx2
import pytest
import pytest_asyncio

from tests.crash.runs import crash_run
from tests.crash.scene import Scene
from tests.crash.screens import Screens
from tests.crash.servers import Cluster, Redis
from tests.crash.stage import new_bed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def postgres():
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def redis():
    with Redis() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(postgres, redis):
    async with (
        new_bed(postgres.url, workers=2, bus_url=redis.url) as bed,
        Scene(bed, Random()) as scene,
    ):
        yield scene


@pytest.fixture
def sockets(scene):
    """How often each kiosk has connected up to now, but for connections that it gave up itself."""
    return lambda: [kiosk.connections - kiosk.gave_up for kiosk in scene.kiosks]


async def test_nothing_acknowledged_is_lost_when_workers_are_killed(scene):
    run = await crash_run(scene, "postgresql, 2 workers", scene.rng.randrange(10**6), victims=("worker",))
    print(run)
    assert run.is_good, run


async def test_scans_go_on_without_the_bus_and_every_screen_catches_up_with_one_message(scene, redis, sockets):
    scene.scan()
    await scene.acknowledge(200)
    before = sockets()
    async with Screens(scene.bed.url, 12) as screens:
        redis.stop()
        await scene.acknowledge(500)
        await scene.settle()
        shown = [screen.shown for screen in screens.all]
        redis.start()
        await screens.catch_up((await occupancy(scene))["seq"])
        assert max(screen.shown - known for screen, known in zip(screens.all, shown, strict=True)) <= 1
        # And from then on they are told at once again, wherever the scans arrive.
        scene.scan()
        await scene.acknowledge(500)
        await scene.settle()
        await screens.catch_up((await occupancy(scene))["seq"], 4.0)
    assert sockets() == before
    assert (await scene.check()).by_kind() == {}


async def test_scans_wait_while_postgresql_is_restarted_and_go_on_by_themselves(scene, postgres, sockets):
    scene.scan()
    await scene.acknowledge(200)
    before, workers = sockets(), scene.workers
    await asyncio.to_thread(postgres.control, "restart", "-m", "immediate")
    await scene.acknowledge(500)
    await scene.settle()
    assert (sockets(), scene.workers) == (before, workers)
    assert {code for kiosk in scene.kiosks for code in kiosk.problems} <= {"storage_unavailable"}
    assert (await scene.check()).by_kind() == {}


async def test_the_kiosks_are_told_honestly_while_postgresql_is_away(scene, postgres):
    scene.scan()
    await scene.acknowledge(200)
    await asyncio.to_thread(postgres.control, "stop", "-m", "fast")
    kiosk = scene.kiosks[0]
    known = kiosk.problems["storage_unavailable"]
    async with asyncio.timeout(60):
        while kiosk.problems["storage_unavailable"] == known:
            await asyncio.sleep(0.02)
    scan = {"id": "0190a000-0000-7000-8000-000000000001", "pass": "XYZ", "at": "2020-10-12T07:30:00+07:00"}
    async with httpx2.AsyncClient(base_url=scene.bed.url, timeout=30, trust_env=False) as client:
        token = {"Authorization": f"Bearer {scene.stage.kiosks[0][1].token}"}
        told = await client.post("/api/v1/scans", json={"scans": [scan]}, headers=token)
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")
    await asyncio.to_thread(postgres.control, "start")
    assert (told.status_code, told.json()["code"]) == (503, "storage_unavailable")
    assert (ready.status_code, alive.status_code) == (503, 200)
    await scene.acknowledge(200)
    await scene.settle()
    assert (await scene.check()).by_kind() == {}


async def test_nothing_acknowledged_is_lost_when_the_connections_to_postgresql_are_cut(scene, postgres, sockets):
    scene.scan()
    await scene.acknowledge(200)
    before = sockets()
    for _ in range(3):
        assert await postgres.cut_connections() > 0
        await scene.acknowledge(200)
    await scene.settle()
    assert sockets() == before
    assert (await scene.check()).by_kind() == {}


async def occupancy(scene):
    async with httpx2.AsyncClient(base_url=scene.bed.url, timeout=20, trust_env=False) as client:
        return (await client.get("/api/v1/occupancy")).raise_for_status().json()
