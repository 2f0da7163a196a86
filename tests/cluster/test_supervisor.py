"""`sanh serve --workers 2`: processes that are watched, replaced, asked as one and stopped together."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.simulator import testbed
from server.supervisor import BEAT_SECONDS, Supervisor
from tests.stopping import open_kiosks, stop_under_load, stored_scans

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def _kept_signals() -> Iterator[None]:
    kept = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for sig, handler in kept.items():
        signal.signal(sig, handler)


@pytest.fixture
async def bed(database_url: str, bus_url: str) -> AsyncIterator[testbed.Testbed]:
    async with testbed.Testbed(database_url, serving=("--workers", "2"), settings={"SANH_BUS_URL": bus_url}) as bed:
        yield bed


def told(bed: testbed.Testbed) -> list[dict[str, Any]]:
    lines = (bed.folder / "server.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def workers(bed: testbed.Testbed) -> dict[int, int]:
    """The process of each worker that was started last under its number."""
    return {line["worker"]: line["pid"] for line in told(bed) if line["event"] == "worker_started"}


async def scrape(bed: testbed.Testbed) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    async with httpx2.AsyncClient(base_url=bed.url) as client:
        for family in text_string_to_metric_families((await client.get("/metrics")).text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@pytest.mark.parametrize("to_all", [False, True])
async def test_under_load_all_workers_answer_what_they_took_and_leave_with_0(bed: testbed.Testbed, to_all: bool):
    kiosks = await open_kiosks(bed, 2)

    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGINT if to_all else signal.SIGTERM)
        if to_all:  # as Ctrl-C does
            for worker in workers(bed).values():
                os.kill(worker, signal.SIGINT)

    code = await stop_under_load(bed, kiosks, stop)
    answered = set().union(*(kiosk.answered for kiosk in kiosks))
    assert code == 0, bed.log_end()
    assert {kiosk.code for kiosk in kiosks} == {1012}
    assert await stored_scans(bed) == answered


async def test_a_scrape_of_any_worker_has_the_figures_of_all_and_the_house_s_once(bed: testbed.Testbed):
    await bed.start()
    async with asyncio.timeout(10 * BEAT_SECONDS):
        while len((found := await scrape(bed))["sanh_build_info"]) < 2:
            await asyncio.sleep(0.1)
    for name in (
        "sanh_build_info",
        "process_resident_memory_bytes",
        "sanh_loop_lag_seconds_count",
        "sanh_bus_connected",
    ):
        assert sorted(labels["worker"] for labels, _ in found[name]) == ["1", "2"], name
    assert [labels for labels, _ in found["sanh_space_people"]] == [{}]


async def test_a_worker_that_is_killed_is_replaced_under_its_number(bed: testbed.Testbed):
    await bed.start()
    before = workers(bed)
    os.kill(before[2], signal.SIGKILL)
    async with asyncio.timeout(30):
        while workers(bed)[2] == before[2]:
            await asyncio.sleep(0.05)
    assert workers(bed)[1] == before[1]
    ended = [line for line in told(bed) if line["event"] == "worker_ended"]
    assert [(line["worker"], line["code"]) for line in ended] == [(2, -signal.SIGKILL)]


@pytest.mark.usefixtures("_kept_signals")
def test_workers_that_end_before_they_ever_served_end_it_all_with_1():
    assert Supervisor(print, [], 2).run() == 1
