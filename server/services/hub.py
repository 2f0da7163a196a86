"""The hub: the latest state of each topic goes to every screen that watches it.

What is sent is a state with a sequence, never a change, so a screen may miss any number of them. Each screen has
one slot per topic: a slow screen skips, a broken one is let go, and neither holds up the rest. A state is encoded
once for all screens, and a topic is sent at most `RATE` times a second, less
often where the sending itself takes long.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

RATE = 10
PAUSE_SHARE = 1.5
MOST_PAUSE_SECONDS = 0.3
BUFFER_LIMIT = 64 * 1024
STUCK_SECONDS = 20.0
YIELD_EVERY = 100
MOST_WAY_SECONDS = 0.01


class Wire(Protocol):
    """A screen's connection. `write` takes a text message and must not wait."""

    @property
    def is_open(self) -> bool: ...

    @property
    def waiting(self) -> int:
        """Return how many bytes the connection has not taken yet."""
        ...

    def write(self, message: bytes) -> None: ...

    def encode(self, message: bytes) -> bytes:
        """Return what `write` takes for a message, the same for every wire of this kind."""
        ...

    def drop(self) -> None: ...


@dataclass(slots=True, eq=False)
class Screen:
    """A connection that watches topics; `slots` are the topics whose latest state it still has to get."""

    wire: Wire
    topics: set[str] = field(default_factory=set)
    slots: set[str] = field(default_factory=set)
    stuck_since: float | None = None


@dataclass(slots=True)
class _Topic:
    seq: int = -1
    state: Any = None
    frames: dict[type, bytes] = field(default_factory=dict)
    screens: set[Screen] = field(default_factory=set)
    is_dirty: bool = False


class Hub:
    """Keeps the latest state of each topic and brings it to the screens. Use it from the event loop only.

    `screens` is how many watch at least one topic. `scans_at_work` returns what ends with a batch of scans, if one
    is being committed: many screens wait for it.
    """

    def __init__(self, scans_at_work: Callable[[], "asyncio.Future[None] | None"] = lambda: None) -> None:
        self._scans_at_work = scans_at_work
        self._waited_for: asyncio.Future[None] | None = None
        self._topics: dict[str, _Topic] = {}
        self._waiting: set[Screen] = set()
        self._wake = asyncio.Event()
        self.screens = 0
        self.deliveries = 0
        self.dropped = 0

    def publish(self, topic: str, seq: int, state: Any) -> None:
        """Set a topic's state; one with a lower sequence than the last is old news and is dropped."""
        entry = self._topic(topic)
        if seq < entry.seq:
            return
        entry.seq, entry.state = seq, state
        entry.frames.clear()
        entry.is_dirty = True
        self._wake.set()

    def watch(self, screen: Screen, topics: Iterable[str]) -> None:
        """Make a screen watch these topics and no others; their states are sent to it at once."""
        wanted = set(topics)
        for topic in screen.topics - wanted:
            self._topics[topic].screens.discard(screen)
        self.screens += bool(wanted) - bool(screen.topics)
        screen.topics = wanted
        for topic in wanted:
            self._topic(topic).screens.add(screen)
        for topic in wanted:
            # A connection that turns out to be gone has left all its topics.
            if topic in screen.topics and (entry := self._topics[topic]).seq >= 0:
                self._send(screen, topic, entry)

    def leave(self, screen: Screen) -> None:
        """Forget a screen."""
        for topic in screen.topics:
            self._topics[topic].screens.discard(screen)
        self.screens -= bool(screen.topics)
        screen.topics = set()
        self._waiting.discard(screen)

    def is_watched(self, topic: str) -> bool:
        """Tell whether any screen watches a topic."""
        return bool(self._topic(topic).screens)

    def screens_by_topic(self) -> dict[str, int]:
        """Return how many screens watch each topic."""
        return {name: len(entry.screens) for name, entry in self._topics.items()}

    async def run(self) -> None:
        """Bring states to screens until cancelled."""
        while True:
            if not self._waiting:
                await self._wake.wait()
            self._wake.clear()
            began = asyncio.get_running_loop().time()
            for topic, entry in list(self._topics.items()):
                if entry.is_dirty:
                    entry.is_dirty = False
                    await self._deliver(topic, entry)
            self._retry()
            took = asyncio.get_running_loop().time() - began
            # Thousands of screens take their time: scans get as much again, and more.
            await asyncio.sleep(max(1 / RATE, min(MOST_PAUSE_SECONDS, PAUSE_SHARE * took)))

    async def _deliver(self, topic: str, entry: _Topic) -> None:
        for number, screen in enumerate(list(entry.screens), start=1):
            if topic in screen.topics:  # while others were served it may have left
                self._send(screen, topic, entry)
            if number % YIELD_EVERY == 0:
                await self._give_way()

    async def _give_way(self) -> None:
        """Let a batch of scans end first: its thread would get the interpreter once a millisecond only."""
        await asyncio.sleep(0)
        batch = self._scans_at_work()
        if batch is not None and batch is not self._waited_for:
            # Once a batch: a store that stalls holds up no screen for longer.
            self._waited_for = batch
            await asyncio.wait([batch], timeout=MOST_WAY_SECONDS)

    def _send(self, screen: Screen, topic: str, entry: _Topic) -> None:
        wire = screen.wire
        if not wire.is_open:
            self.leave(screen)
            return
        if wire.waiting > BUFFER_LIMIT:
            self._hold(screen, topic)
            return
        kind = type(wire)
        frame = entry.frames.get(kind)
        if frame is None:
            message = {"type": "state", "topic": topic, "seq": entry.seq, "state": entry.state}
            frame = entry.frames[kind] = wire.encode(orjson.dumps(message))
        try:
            wire.write(frame)
        except Exception:  # noqa: BLE001 - one screen's broken connection is no other screen's business
            self._drop(screen)
            return
        screen.slots.discard(topic)
        self.deliveries += 1

    def _hold(self, screen: Screen, topic: str) -> None:
        now = asyncio.get_running_loop().time()
        screen.slots.add(topic)
        if screen.stuck_since is None:
            screen.stuck_since = now
        elif now - screen.stuck_since > STUCK_SECONDS:
            self._drop(screen)
            return
        self._waiting.add(screen)

    def _retry(self) -> None:
        for screen in list(self._waiting):
            for topic in list(screen.slots):
                self._send(screen, topic, self._topics[topic])
            if not screen.slots:
                screen.stuck_since = None
                self._waiting.discard(screen)

    def _drop(self, screen: Screen) -> None:
        self.leave(screen)
        self.dropped += 1
        screen.wire.drop()

    def _topic(self, name: str) -> _Topic:
        entry = self._topics.get(name)
        if entry is None:
            entry = self._topics[name] = _Topic()
        return entry
