"""The bare peers of a run: servers of their own process that do one thing with a well-known library and no more.

`python -m server.simulator.bench.bare sockets` serves an echo and a broadcast by `websockets`; `… web PORT` one
page by uvicorn. The first prints its port, and for each line `SECONDS RATE` of its input broadcasts for so long.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from server.simulator.bench.processes import cpu_seconds
from server.simulator.wire import Wire, open_wire

_BACKLOG = 4_096


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A rate, and the CPU that one of them took, in microseconds."""

    per_second: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class BareSockets:
    """A running bare `websockets` server."""

    process: asyncio.subprocess.Process
    url: str

    @classmethod
    @asynccontextmanager
    async def open(cls, message: bytes = b"{}") -> AsyncIterator["BareSockets"]:
        """Start one; `message` is what it broadcasts, with a new `seq` and time each."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server.simulator.bench.bare", "sockets",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(message + b"\n")
            yield cls(process, f"http://127.0.0.1:{int(await process.stdout.readline())}")
        finally:
            process.terminate()
            await process.wait()

    async def broadcast(self, seconds: float, rate: float) -> None:
        """Broadcast so often to everybody who has asked to watch."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds} {rate}\n".encode())
        await self.process.stdout.readline()


async def echo(seconds: float, sockets: int, in_flight: int, size: int) -> Ceiling:
    """Send messages of `size` bytes to a bare server and count what returns. The CPU is the server's."""
    async with BareSockets.open() as server:
        url = server.url.replace("http", "ws", 1) + "/"
        return await _count_echoes(url, server.process.pid, seconds, sockets, in_flight, b"x" * size)


async def _count_echoes(url: str, pid: int, seconds: float, sockets: int, in_flight: int, payload: bytes) -> Ceiling:
    echoes = 0
    wires: list[Wire] = []
    ends = time.perf_counter() + 3600

    def again(wire: Wire) -> None:
        nonlocal echoes
        echoes += 1
        if time.perf_counter() < ends:
            wire.send_text(payload)

    async with AsyncExitStack() as stack:
        for _ in range(sockets):
            wire = await open_wire(url, "", lambda _: None)
            wire.on_text = lambda _, wire=wire: again(wire)  # type: ignore[misc]
            stack.callback(wire.close)
            wires.append(wire)
        cpu, began = cpu_seconds((pid,)), time.perf_counter()
        ends = began + seconds
        for wire in wires:
            for _ in range(in_flight):
                wire.send_text(payload)
        await asyncio.sleep(seconds)
        spent = time.perf_counter() - began
        return Ceiling(echoes / spent, (cpu_seconds((pid,)) - cpu) / max(1, echoes) * 1e6)


class _Hall:
    """The bare server: it echoes, unless a connection asks to watch."""

    def __init__(self, message: dict[str, Any]) -> None:
        self._message = message
        self._watching: set[ServerConnection] = set()

    async def talk(self, socket: ServerConnection) -> None:
        # A screen that is simply gone is no failure.
        with contextlib.suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, str) and message.startswith('{"type":"watch"'):
                    self._watching.add(socket)
                    await socket.send(self._next())
                else:
                    await socket.send(message)
        self._watching.discard(socket)

    async def broadcast(self, seconds: float, rate: float) -> None:
        began = time.perf_counter()
        due = began
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            broadcast(self._watching, self._next())
            # A round that took longer than its share is not made up for: neither does a hub.
            due = max(due + 1 / rate, time.perf_counter())

    def _next(self) -> str:
        self._message["seq"] = self._message.get("seq", 0) + 1
        if isinstance(self._message.get("state"), dict):
            self._message["state"]["at"] = _now()
        return orjson.dumps(self._message).decode()


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def _serve_sockets() -> None:
    hall = _Hall(orjson.loads(sys.stdin.readline()))
    async with serve(hall.talk, "127.0.0.1", 0, compression=None, backlog=_BACKLOG) as server:
        _say(next(iter(server.sockets)).getsockname()[1])
        while line := await asyncio.to_thread(sys.stdin.readline):
            seconds, rate = map(float, line.split())
            await hall.broadcast(seconds, rate)
            _say("done")


def _serve_web(port: int) -> None:
    import uvicorn

    async def page(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})

    uvicorn.run(page, port=port, log_level="error", lifespan="off")


def _say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    if arguments[0] == "web":
        _serve_web(int(arguments[1]))
        return
    import uvloop

    from server.simulator.files import raise_open_files

    raise_open_files(65_536)
    uvloop.run(_serve_sockets())


if __name__ == "__main__":
    main(sys.argv[1:])
