"""The screens' client: a process of its own that notes when each state reached each screen."""

import asyncio
import resource
import sys
from datetime import UTC, datetime

import orjson
import pytest
from websockets.asyncio.server import broadcast, serve

from server.simulator.files import raise_open_files
from server.simulator.screens import Watch, report


class Stage:
    """A stand-in that greets each screen with a state and then broadcasts."""

    def __init__(self):
        self.sockets = set()
        self.seq = 1
        self.url = ""

    def state(self):
        body = {"at": datetime.now(UTC).isoformat(), "people": self.seq}
        return orjson.dumps({"type": "state", "topic": "occupancy", "seq": self.seq, "state": body}).decode()

    async def talk(self, socket):
        await socket.recv()
        await socket.send(self.state())
        self.sockets.add(socket)
        await socket.wait_closed()
        self.sockets.discard(socket)

    def broadcast(self):
        self.seq += 1
        broadcast(self.sockets, self.state())


@pytest.fixture
async def stage():
    stage = Stage()
    async with serve(stage.talk, "127.0.0.1", 0) as server:
        stage.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield stage


async def watching(stage, *more):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.simulator.screens", "--url", stage.url, *more,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def line_of(process):
    return orjson.loads(await asyncio.wait_for(process.stdout.readline(), 30))


@pytest.mark.slow
async def test_every_delivery_to_every_screen_is_counted_and_timed(stage):
    process = await watching(stage, "--count", "30")
    assert (await line_of(process))["open"] == 30
    for _ in range(2):
        process.stdin.write(b"measure 0.6\n")
        await asyncio.sleep(0.2)
        for _ in range(3):
            stage.broadcast()
            await asyncio.sleep(0.05)
        told = await line_of(process)
        assert (told["received"], told["states"], told["served_states"], told["closed"]) == (90, 3, 3, 0)
        assert 0 <= told["spread_ms"]["p50"] <= told["last_ms"]["max"]
        assert told["cpu_us"] > 0
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.mark.slow
async def test_a_server_that_is_not_there_is_told_as_an_error(stage):
    stage.url = "http://127.0.0.1:9"
    process = await watching(stage, "--count", "1", "--seconds", "1")
    assert (await line_of(process))["error"] == "server_unreachable"
    assert await process.wait() == 1


def state(seq, at=None):
    body = {"at": (at or datetime.now(UTC)).isoformat()}
    return orjson.dumps({"type": "state", "topic": "occupancy", "seq": seq, "state": body})


def test_a_state_that_a_later_one_overtook_on_some_screen_was_served_when_that_one_came():
    watch = Watch(2)
    first, second = state(1), state(2)
    for screen, message in ((0, first), (0, second), (1, second), (0, state(3))):
        watch.take(screen, message)
    told = report(watch, 1.0, 1e-3)
    assert (told["received"], told["states"], told["served_states"], told["cpu_us"]) == (4, 3, 2, 250)
    assert told["last_ms"]["max"] >= told["spread_ms"]["max"] > 0


def test_on_a_simulated_clock_the_delay_counts_from_the_first_screen():
    watch = Watch(2)
    message = state(1, datetime(2020, 10, 12, tzinfo=UTC))
    watch.take(0, message)
    watch.take(1, message)
    assert report(watch, 1.0, 0)["last_ms"]["max"] < 1_000


def test_the_soft_limit_of_open_files_is_raised_as_far_as_the_hard_one_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        assert raise_open_files(100) == 256
        assert raise_open_files(300) == 300
        assert raise_open_files(before[1] + 5) == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
