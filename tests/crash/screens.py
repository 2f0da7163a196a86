"""Screens that watch the occupancy, and remember what they were shown last."""

import asyncio
import time
from typing import Self

import orjson

from server.simulator.api import live_url
from server.simulator.wire import Wire, open_wire


class Screen:
    """A public display: `seq` of the state that it shows, and how many states it was `shown`."""

    def __init__(self) -> None:
        self.seq = -1
        self.shown = 0
        self.wire: Wire | None = None

    def show(self, frame: bytes) -> None:
        """Take a message. A state that is older than the one before it is shown too: that is for tests to find."""
        message = orjson.loads(frame)
        if message["type"] == "state":
            self.seq = message["seq"]
            self.shown += 1


class Screens:
    """Use as `async with Screens(url, 8)`. With several workers the system spreads them over these."""

    def __init__(self, url: str, count: int) -> None:
        self._url = live_url(url)
        self.all = [Screen() for _ in range(count)]

    async def __aenter__(self) -> Self:
        for screen in self.all:
            screen.wire = await open_wire(self._url, "", screen.show)
            screen.wire.send_text(b'{"type":"watch","topics":["occupancy"]}')
        return self

    async def __aexit__(self, *_: object) -> None:
        for screen in self.all:
            if screen.wire is not None:
                screen.wire.close()
                await screen.wire.closed

    async def catch_up(self, seq: int, seconds: float = 30.0) -> None:
        """Wait until every screen shows the state with this number."""
        ends = time.monotonic() + seconds
        while any(screen.seq != seq for screen in self.all):
            assert time.monotonic() < ends, f"not {seq} on every screen: {[screen.seq for screen in self.all]}"
            await asyncio.sleep(0.01)
