"""Which devices hold an open socket, in this process and in the others."""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any

from server.services.bus import Bus

EVERY_SECONDS = 2.0
_FORGOTTEN_SECONDS = 3 * EVERY_SECONDS


class Presence:
    """`here` gives the devices of this process; `run` tells them to the others."""

    def __init__(self, bus: Bus, here: Callable[[], Collection[str]]) -> None:
        self._bus = bus
        self._here = here
        self._elsewhere: dict[str, tuple[float, frozenset[str]]] = {}
        bus.listen("presence", self._hear)

    @property
    def devices(self) -> frozenset[str]:
        """Return the ids of all devices that are connected; a process that fell silent has none any more."""
        since = time.monotonic() - _FORGOTTEN_SECONDS
        elsewhere = [devices for heard_at, devices in self._elsewhere.values() if heard_at > since]
        return frozenset(self._here()).union(*elsewhere)

    async def run(self) -> None:
        """Tell the other processes who is here, until cancelled."""
        while True:
            self._bus.tell("presence", sorted(self._here()))
            await asyncio.sleep(EVERY_SECONDS)

    def _hear(self, speaker: str, devices: Any) -> None:
        self._elsewhere[speaker] = (time.monotonic(), frozenset(map(str, devices)))
