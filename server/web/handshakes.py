"""Sockets are let in a few at a time: after a restart thousands of screens come back in the same second.

A handshake costs half a millisecond. Read as they come, a thousand of them are one turn of the event loop, half a
second long, and the scans of those who are in already wait for its end. Devices go before screens that only look.

Of uvicorn's HTTP protocol this rests on its being an `asyncio.Protocol` that keeps its `transport`, and its server's
state, of which there is one a server.
"""

import asyncio
from collections import deque
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.web.auth import DEVICE_COOKIE

AT_ONCE = 4
PAUSE_SECONDS = 0.004
_DOOR = b"GET /live"
_MARKS_OF_DEVICES = (b"authorization:", f"{DEVICE_COOKIE}=".encode())


class Waiting(Protocol):
    """A connection that waits; `go_on` reads what it has sent."""

    def go_on(self, data: bytes) -> None: ...


class Line:
    """Those who wait to be let in, in the order in which they came."""

    def __init__(self) -> None:
        self._devices: deque[tuple[Waiting, bytes]] = deque()
        self._others: deque[tuple[Waiting, bytes]] = deque()
        self._room = AT_ONCE
        self._is_pausing = False

    def enter(self, connection: Waiting, request: bytes) -> None:
        """Let a connection in when its turn comes: at once, if few came just before."""
        head = request.lower()
        is_device = any(mark in head for mark in _MARKS_OF_DEVICES)
        (self._devices if is_device else self._others).append((connection, request))
        self._let_in()

    def _let_in(self) -> None:
        while self._room and (waiting := self._devices or self._others):
            self._room -= 1
            if not self._is_pausing:
                # Before it is let in: should that fail, those behind it must not wait for ever.
                self._is_pausing = True
                asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._go_on)
            connection, request = waiting.popleft()
            connection.go_on(request)

    def _go_on(self) -> None:
        self._room, self._is_pausing = AT_ONCE, False
        self._let_in()


_lines: "WeakKeyDictionary[Any, Line]" = WeakKeyDictionary()


class PacedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, whose sockets stand in line before their first bytes are read."""

    is_new = True

    def data_received(self, data: bytes) -> None:
        is_new, self.is_new = self.is_new, False
        if is_new and data.startswith(_DOOR):
            self.transport.pause_reading()
            _lines.setdefault(self.server_state, Line()).enter(self, data)
        else:
            super().data_received(data)

    def go_on(self, data: bytes) -> None:
        """Read what was held back, unless the other side has gone meanwhile."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            super().data_received(data)
