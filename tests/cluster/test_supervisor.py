"""`sanh serve --workers 2`: processes that are watched, replaced, asked as one and stopped together."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.simulator import testbed
from server.simulator.bench.processes import tree_of
from tests.stopping import open_kiosks, stop_under_load, stored_scans

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def bed(database_url: str, bus_url: str) -> AsyncIterator[testbed.Testbed]:
    async with testbed.Testbed(database_url, serving=("--workers", "2"), settings={"SANH_BUS_URL": bus_url}) as bed:
        yield bed


async def scrape(bed: testbed.Testbed) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    async with httpx2.AsyncClient(base_url=bed.url) as client:
        for family in text_string_to_metric_families((await client.get("/metrics")).text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def workers(bed: testbed.Testbed, but: frozenset[int] = frozenset()) -> frozenset[int]:
    """The two processes that tell their figures, without those that are gone."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx2.HTTPError, KeyError):
                found = frozenset(int(labels["worker"]) for labels, _ in (await scrape(bed))["sanh_build_info"]) - but
                if len(found) == 2:
                    return found
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("to_all", [False, True])
async def test_under_load_all_workers_answer_what_they_took_and_leave_with_0(bed: testbed.Testbed, to_all: bool):
    kiosks = await open_kiosks(bed, 2)
    theirs = await workers(bed)

    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGINT if to_all else signal.SIGTERM)
        if to_all:  # as Ctrl-C does
            for worker in theirs:
                os.kill(worker, signal.SIGINT)

    code = await stop_under_load(bed, kiosks, stop)
    answered = set().union(*(kiosk.answered for kiosk in kiosks))
    assert code == 0, bed.log_end()
    assert {kiosk.code for kiosk in kiosks} == {1012}
    assert await stored_scans(bed) == answered


async def test_a_scrape_of_any_worker_has_the_figures_of_all_and_the_house_s_once(bed: testbed.Testbed):
    await bed.start()
    pids = sorted(str(pid) for pid in await workers(bed))
    found = await scrape(bed)
    for name in (
        "sanh_build_info",
        "process_resident_memory_bytes",
        "sanh_loop_lag_seconds_count",
        "sanh_bus_connected",
    ):
        assert sorted(labels["worker"] for labels, _ in found[name]) == pids, name
    assert [labels for labels, _ in found["sanh_space_people"]] == [{}]


async def test_a_worker_that_is_killed_is_replaced_and_the_other_goes_on(bed: testbed.Testbed):
    await bed.start()
    killed, other = await workers(bed)
    os.kill(killed, signal.SIGKILL)
    assert other in await workers(bed, but=frozenset({killed}))


async def test_a_worker_that_dies_while_it_starts_holds_up_nobody(bed: testbed.Testbed):
    kiosks = await open_kiosks(bed, 2)
    killed, other = await workers(bed)
    known = set(tree_of(bed.pid))
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(10):
        while not (young := set(tree_of(bed.pid)) - known):
            await asyncio.sleep(0.01)
    for pid in young:
        os.kill(pid, signal.SIGKILL)
    code = await stop_under_load(bed, kiosks, lambda pid: os.kill(pid, signal.SIGTERM))
    assert code == 0, bed.log_end()
    assert not _lives(other)


async def test_a_frozen_worker_does_not_keep_a_dead_one_from_being_replaced(bed: testbed.Testbed):
    await bed.start()
    killed, frozen = await workers(bed)
    known = set(tree_of(bed.pid))
    os.kill(frozen, signal.SIGSTOP)
    await asyncio.sleep(1.2)
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(5):
        while not set(tree_of(bed.pid)) - known:
            await asyncio.sleep(0.05)
    os.kill(frozen, signal.SIGCONT)


async def test_told_twice_all_of_them_end_at_once(bed: testbed.Testbed):
    await bed.start()
    theirs = await workers(bed)
    assert bed.server is not None
    for worker in theirs:
        os.kill(worker, signal.SIGSTOP)
    for _ in range(2):
        bed.server.terminate()
        await asyncio.sleep(0.2)
    assert await asyncio.to_thread(bed.server.wait, 5) == 128 + signal.SIGTERM
    assert not [worker for worker in theirs if _lives(worker)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
