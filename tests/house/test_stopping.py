"""A server that is told to stop answers what it has taken, closes so that kiosks come back, and leaves with 0."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from server.simulator import testbed
from server.stopping import STOP_SECONDS
from tests.stopping import Kiosk, open_kiosks, stop_under_load, stored_scans

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
async def bed(database_url: str) -> AsyncIterator[testbed.Testbed]:
    async with testbed.Testbed(database_url) as bed:
        yield bed


class Hold:
    """Holds the table of movements, so that no scan can be committed."""

    def __init__(self, database_url: str) -> None:
        self._url = make_url(database_url)

    async def __aenter__(self) -> None:
        if self._url.get_backend_name() == "sqlite":
            self._file = sqlite3.connect(str(self._url.database))
            self._file.execute("BEGIN IMMEDIATE")
            return
        self._server = await asyncpg.connect(
            self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        await self._server.execute("BEGIN; LOCK TABLE movement IN ACCESS EXCLUSIVE MODE")

    async def __aexit__(self, *_: object) -> None:
        if self._url.get_backend_name() == "sqlite":
            self._file.close()
        else:
            await self._server.close()


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_what_was_taken_is_answered_and_stored_and_the_server_leaves_with_0(
    bed: testbed.Testbed, signal_: signal.Signals
):
    kiosks = await open_kiosks(bed, 2)
    code = await stop_under_load(bed, kiosks, lambda pid: os.kill(pid, signal_))
    answered = set().union(*(kiosk.answered for kiosk in kiosks))
    assert code == 0, bed.log_end()
    assert {kiosk.code for kiosk in kiosks} == {1012}
    assert await stored_scans(bed) == answered
    assert len(answered) >= 300


async def test_a_stop_ends_whatever_hangs(bed: testbed.Testbed, database_url: str):
    (kiosk,) = await open_kiosks(bed, 1)
    async with Hold(database_url):
        code, seconds = await _stop_while_stuck(bed, kiosk, times=1)
    assert code in (0, 1)
    assert seconds < STOP_SECONDS + 3


async def test_told_twice_it_ends_at_once(bed: testbed.Testbed, database_url: str):
    (kiosk,) = await open_kiosks(bed, 1)
    async with Hold(database_url):
        code, seconds = await _stop_while_stuck(bed, kiosk, times=2)
    assert (code, seconds < 3) == (128 + signal.SIGTERM, True)


async def _stop_while_stuck(bed: testbed.Testbed, kiosk: Kiosk, *, times: int) -> tuple[int, float]:
    scanning = asyncio.create_task(kiosk.run())
    while not kiosk.sent:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert bed.server is not None
    began = time.monotonic()
    for _ in range(times):
        os.kill(bed.server.pid, signal.SIGTERM)
        await asyncio.sleep(0.3)
    code = await asyncio.to_thread(bed.server.wait, 30)
    seconds = time.monotonic() - began
    scanning.cancel()
    await asyncio.gather(scanning, return_exceptions=True)
    return code, seconds


async def test_a_server_logs_json_lines_alone(bed: testbed.Testbed):
    await bed.fill(10)
    await bed.start()
    await bed.pair(1)
    await bed.stop()
    lines = (bed.folder / "server.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if not line.startswith("Sảnh ")]
    assert {"/api/v1/devices/codes"} <= {line.get("route") for line in told}
    assert all({"time", "level", "event"} <= set(line) for line in told)
