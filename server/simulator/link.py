"""A simulated kiosk: one device on the live socket, with an outbox that survives a dead network.

As on the real kiosk a scan is put into the outbox first, under an id made here, and only its answer takes it
out. Whatever is unanswered when the socket comes back is sent again under the same ids.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from server.simulator.people import Direction, Post

# After so long without a socket the kiosk gives a verdict of its own, and the scan becomes an offline one.
_VERDICT_AFTER = 3.0
# A socket that leaves a scan unanswered for so long is dead.
_DEAD_AFTER = 15.0
_FRAME = 200
_SLOWEST_RETRY = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the kiosk was told. `local` is the kiosk's own verdict: nobody was asked."""

    answer: str
    code: str | None = None
    people: int = 0
    repeat: bool = False
    conflict: str | None = None
    most_people: int | None = None
    local: bool = False


@dataclass(slots=True)
class Entry:
    """A scan in the outbox, and who waits for its answer."""

    scan: dict[str, Any]
    waiting: asyncio.Future[Answer]
    meant: Direction = "auto"
    since: float = field(default_factory=time.monotonic)
    on_wire: bool = False


class Link:
    """A kiosk's connection. `run` it as a task; `scan` may be called at any time."""

    def __init__(
        self,
        post: Post,
        url: str,
        token: str,
        now: Callable[[], datetime],
        answered: Callable[[Answer, float | None], None],
    ) -> None:
        self.post = post
        self.attempts = 0
        self.problems: list[str] = []
        self.is_refused = False
        self._url = url
        self._token = token
        self._now = now
        self._answered = answered
        self._outbox: dict[str, Entry] = {}
        self._socket: ClientConnection | None = None
        self._lost_at = self._connected_at = time.monotonic()
        self.online = asyncio.Event()
        self._work = asyncio.Event()
        self._network = asyncio.Event()
        self._network.set()

    @property
    def pending(self) -> int:
        """Return how many scans wait in the outbox."""
        return len(self._outbox)

    def scan(self, pass_text: str, direction: Direction, meant: Direction, **more: Any) -> Entry:
        """Put a scan into the outbox and return its entry, whose `waiting` becomes the answer.

        `meant` is the way that the visitor is going: what an offline kiosk asks, and then sends.
        """
        scan = {"id": str(uuid4()), "pass": pass_text, "at": self._now().isoformat(), "direction": direction}
        entry = Entry(scan | more, asyncio.get_running_loop().create_future(), meant)
        self._outbox[scan["id"]] = entry
        if self._is_dead():
            self._decide_alone(entry)
        self._work.set()
        return entry

    async def lose_network(self) -> None:
        """Cut the connection without a word, and stay away until `regain_network`."""
        self._network.clear()
        if self._socket is not None:
            # What the server has sent by now is lost, as on a dead network: those scans are sent again.
            self._socket.transport.abort()
            await self._socket.wait_closed()

    def regain_network(self) -> None:
        """Let the kiosk connect again; it then flushes its outbox."""
        self._network.set()

    async def run(self) -> None:
        """Stay connected until cancelled, or until the server no longer knows this device."""
        pause = 0.2
        watch = asyncio.create_task(self._watch_outbox())
        try:
            while not self.is_refused:
                await self._network.wait()
                if await self._session():
                    pause = 0.2
                self._disconnect()
                # Full jitter: after a restart the kiosks must not come back all at once.
                await asyncio.sleep(random.uniform(0.05, pause))
                pause = min(pause * 2, _SLOWEST_RETRY)
        finally:
            watch.cancel()
            self._disconnect()

    async def _session(self) -> bool:
        """Hold one connection until it ends; tell whether there was one."""
        self.attempts += 1
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with connect(
                self._url, additional_headers=headers, compression=None, open_timeout=10, close_timeout=1,
                ping_interval=20, max_size=None, proxy=None,
            ) as socket:  # fmt: skip
                self._socket, self._connected_at = socket, time.monotonic()
                self.online.set()
                sender = asyncio.create_task(self._send())
                try:
                    async for frame in socket:
                        self._read(orjson.loads(frame))
                finally:
                    sender.cancel()
                    await socket.close()  # a stop is no failure: the server is told 1000, not 1011
                return True
        except InvalidStatus as refusal:
            self.is_refused = refusal.response.status_code in (401, 403)
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException):
            pass
        return self._socket is not None

    async def _send(self) -> None:
        """Send what is in the outbox and not yet on the wire: many scans in a frame if they have piled up."""
        for entry in self._outbox.values():
            entry.on_wire = False
        while self._socket is not None:
            waiting = [entry for entry in self._outbox.values() if not entry.on_wire][:_FRAME]
            if not waiting:
                self._work.clear()
                await self._work.wait()
                continue
            for entry in waiting:
                entry.on_wire = True
            frame = orjson.dumps({"type": "scan", "scans": [entry.scan for entry in waiting]})
            with contextlib.suppress(WebSocketException):
                await self._socket.send(frame.decode())

    def _read(self, message: dict[str, Any]) -> None:
        if message.get("type") == "answers":
            for item in message["answers"]:
                self._take_answer(item)
        elif message.get("type") == "problem":
            self.problems.append(str(message.get("code")))

    def _take_answer(self, item: dict[str, Any]) -> None:
        entry = self._outbox.pop(item.get("id", ""), None)
        if entry is None:
            return
        answer = Answer(
            answer=item["answer"],
            code=item.get("code"),
            people=item.get("people") or 0,
            repeat=bool(item.get("repeat")),
            conflict=item.get("conflict"),
            most_people=item.get("max_people"),
        )
        offline = entry.scan.get("offline", False)
        self._answered(answer, None if offline else time.monotonic() - entry.since)
        if not entry.waiting.done():
            entry.waiting.set_result(answer)

    async def _watch_outbox(self) -> None:
        """Decide alone once the socket has been dead for some seconds, and find out that it is."""
        while True:
            await asyncio.sleep(1)
            oldest = min((entry.since for entry in self._outbox.values()), default=None)
            if oldest is None:
                continue
            if self._socket is not None:
                if time.monotonic() - max(oldest, self._connected_at) > _DEAD_AFTER:
                    await self._socket.close()
            elif self._is_dead():
                for entry in self._outbox.values():
                    self._decide_alone(entry)

    def _is_dead(self) -> bool:
        if self._socket is not None:
            return False
        return not self._network.is_set() or time.monotonic() - self._lost_at >= _VERDICT_AFTER

    def _decide_alone(self, entry: Entry) -> None:
        """Let the visitor through on the signature alone: a fact, of which the server hears later."""
        if entry.waiting.done() and entry.scan.get("offline"):
            return
        entry.scan["offline"] = True
        if entry.scan["direction"] == "auto" and not self.post.inner:
            # An offline scan at an outer gate carries the direction that the kiosk was told.
            entry.scan["direction"] = entry.meant
        if not entry.waiting.done():
            entry.waiting.set_result(Answer("offline", local=True))

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._lost_at = time.monotonic()
        self._socket = None
        self.online.clear()
        self._work.set()
