"""`sanh serve --workers`: real processes on one address."""

import asyncio
import os
import signal
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.simulator import testbed
from server.simulator.api import live_url
from server.simulator.wire import open_wire

pytestmark = pytest.mark.timeout(180)  # five processes that start on two busy cores


@pytest.fixture
async def bed(database_url: str, bus_url: str) -> AsyncIterator[testbed.Testbed]:
    async with testbed.Testbed(database_url, serving=("--workers", "4"), settings={"SANH_BUS_URL": bus_url}) as bed:
        yield bed


def health(bed: testbed.Testbed) -> dict[str, Any]:
    with urllib.request.urlopen(f"{bed.url}/healthz", timeout=20) as answer:
        body: dict[str, Any] = orjson.loads(answer.read())
        return body


async def workers(bed: testbed.Testbed) -> set[int]:
    """Ask until four processes have answered, and return their pids."""
    seen: set[int] = set()
    ends = time.monotonic() + 40
    while len(seen) < 4:
        assert time.monotonic() < ends, seen
        seen.add((await asyncio.to_thread(health, bed))["pid"])
        await asyncio.sleep(0.01)
    return seen


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_fifty_sockets_over_four_workers_admit_one_pass_once(bed: testbed.Testbed) -> None:
    lan = (await bed.fill(10))[0]
    await bed.start()
    await workers(bed)
    answers: list[dict[str, Any]] = []
    kiosks = await bed.pair(5)
    wires = [
        await open_wire(live_url(bed.url), kiosk.token, lambda m: answers.extend(orjson.loads(m)["answers"]))
        for kiosk in kiosks * 10
    ]
    for wire in wires:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        scan = {"id": str(uuid.uuid4()), "pass": lan, "at": at, "direction": "in"}
        wire.send_text(orjson.dumps({"type": "scan", "scans": [scan]}))
    ends = time.monotonic() + 30
    while len(answers) < 50 and time.monotonic() < ends:
        await asyncio.sleep(0.05)
    for wire in wires:
        wire.close()
    assert Counter(answer["answer"] for answer in answers) == {"admitted": 1, "refused": 49}
    assert orjson.loads(await bed.sanh("recount", "--json"))["equal"]


async def test_a_worker_that_is_killed_is_replaced_and_they_end_with_their_parent(bed: testbed.Testbed) -> None:
    await bed.start()
    before = await workers(bed)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    ends = time.monotonic() + 40
    while is_running(killed):
        assert time.monotonic() < ends
        await asyncio.sleep(0.05)
    after = await workers(bed)
    assert len(after - before) == 1
    os.kill(bed.pid, signal.SIGKILL)
    ends = time.monotonic() + 20
    while any(is_running(pid) for pid in after):
        assert time.monotonic() < ends, "the workers hold the address although nobody looks after them"
        await asyncio.sleep(0.1)
