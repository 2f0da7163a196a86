"""Load on the live socket: many kiosks that scan real passes, in and out in turn, as fast as asked.

Every pass belongs to one socket and every scan has an id of its own, so that each answer is a first answer.
At a rate, latency counts from the moment when the scan was due, not from when a busy client got round to it.
"""

import asyncio
import gc
import os
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from server.domain.errors import DomainError
from server.simulator.wire import Wire, open_wire

_TICK = 0.001
_IDS_AT_ONCE = 512
_LAST_ANSWERS = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """How to load: `rate` scans a second over all sockets, or 0 for as many as `in_flight` per socket allow."""

    url: str
    tokens: Sequence[str]
    passes: Sequence[str]
    seconds: float = 5.0
    rate: float = 0.0
    in_flight: int = 8
    per_frame: int = 1


@dataclass(slots=True)
class Outcome:
    """What a load got back. Latencies in seconds, unordered."""

    seconds: float = 0.0
    answered: int = 0
    repeats: int = 0
    lost: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    client_cpu: float = 0.0

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the latency in seconds below which a share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Turns:
    """Passes of one socket in turn: all go in, then all go out, and so on. Yields ready-made scans."""

    def __init__(self, passes: Sequence[str]) -> None:
        self._heads = [f'","pass":"{text}","direction":"'.encode() for text in passes]
        self._next = 0
        self._ids = _random_ids()
        self.way = b"in"
        self.at = _now()

    def scan(self) -> bytes:
        """Return the next scan as JSON."""
        if self._next == len(self._heads):
            self._next = 0
            self.way = b"out" if self.way == b"in" else b"in"
        head = self._heads[self._next]
        self._next += 1
        return b"".join((b'{"id":"', next(self._ids), head, self.way, b'","at":"', self.at, b'"}'))


class Gun:
    """One kiosk that fires scans over a wire and takes note of the answers."""

    def __init__(self, load: Load, turns: Turns, outcome: Outcome) -> None:
        self.wire: Wire | None = None
        self.is_firing = False
        self.pending: deque[float] = deque()
        self._load = load
        self._turns = turns
        self._outcome = outcome

    def fire(self, due: float) -> None:
        """Send one frame of scans that was due at a moment of `time.perf_counter`."""
        assert self.wire is not None
        count = self._load.per_frame
        scans = b",".join([self._turns.scan() for _ in range(count)])
        self.pending.extend([due] * count)
        self.wire.send_text(b'{"type":"scan","scans":[' + scans + b"]}")

    def take(self, message: bytes) -> None:
        """Count the answers of one frame; at full speed each frame answered makes room for the next."""
        now = time.perf_counter()
        parsed = orjson.loads(message)
        if parsed["type"] != "answers":
            self._outcome.answers[str(parsed.get("code", parsed["type"]))] += 1
            return
        outcome = self._outcome
        for item in parsed["answers"]:
            outcome.answered += 1
            outcome.answers[item["code"] or item["answer"]] += 1
            outcome.repeats += item["repeat"]
            outcome.latencies.append(now - self.pending.popleft())
        if self.is_firing:
            while len(self.pending) < self._load.in_flight * self._load.per_frame:
                self.fire(time.perf_counter())


def demand_first_answers(outcome: Outcome) -> None:
    """Raise `not_first_answers` or `answers_lost` unless every scan got one, and got in or out."""
    if outcome.repeats or set(outcome.answers) - {"admitted", "left"}:
        raise DomainError("not_first_answers", repeats=outcome.repeats, answers=dict(outcome.answers))
    if outcome.lost:
        raise DomainError("answers_lost", lost=outcome.lost)


async def run_load(load: Load, stop: asyncio.Event | None = None) -> Outcome:
    """Load a server and return what came back. The passes must be outside when it begins; they end in or out.

    At a rate, `stop` ends the load before its time.
    """
    outcome = Outcome()
    share = len(load.passes) // len(load.tokens)
    turns = [Turns(load.passes[n * share : (n + 1) * share]) for n in range(len(load.tokens))]
    guns = [Gun(load, turn, outcome) for turn in turns]
    for gun, token in zip(guns, load.tokens, strict=True):
        gun.wire = await open_wire(load.url, token, gun.take)
    gc.disable()
    cpu, began = time.process_time(), time.perf_counter()
    try:
        await (_at_rate(load, guns, turns, stop) if load.rate else _at_full_speed(load, guns, turns))
        await _last_answers(guns)
        outcome.seconds = time.perf_counter() - began
    finally:
        outcome.client_cpu = time.process_time() - cpu
        gc.enable()
        for gun in guns:
            if gun.wire is not None:
                gun.wire.close()
    outcome.lost = sum(len(gun.pending) for gun in guns)
    return outcome


async def bring_out(load: Load) -> None:
    """Scan every pass out once, so that the next load finds everybody outside."""
    done = asyncio.get_running_loop().create_future()
    left = len(load.passes)

    def count(message: bytes) -> None:
        nonlocal left
        left -= len(orjson.loads(message).get("answers", ()))
        if left <= 0 and not done.done():
            done.set_result(None)

    wire = await open_wire(load.url, load.tokens[0], count)
    turns = Turns(load.passes)
    turns.way = b"out"
    for start in range(0, len(load.passes), 200):
        scans = b",".join([turns.scan() for _ in load.passes[start : start + 200]])
        wire.send_text(b'{"type":"scan","scans":[' + scans + b"]}")
    try:
        await asyncio.wait_for(done, 60)
    finally:
        wire.close()


async def _at_full_speed(load: Load, guns: Sequence[Gun], turns: Iterable[Turns]) -> None:
    now = time.perf_counter()
    for gun in guns:
        gun.is_firing = True
        for _ in range(load.in_flight):
            gun.fire(now)
    ends = now + load.seconds
    while time.perf_counter() < ends:
        await asyncio.sleep(min(0.25, max(0.0, ends - time.perf_counter())))
        _set_clock(turns)
    for gun in guns:
        gun.is_firing = False


async def _at_rate(load: Load, guns: Sequence[Gun], turns: Iterable[Turns], stop: asyncio.Event | None) -> None:
    began = time.perf_counter()
    frames, gap, clock = 0, load.per_frame / load.rate, began
    while (now := time.perf_counter()) < began + load.seconds and not (stop and stop.is_set()):
        if now - clock > 0.25:
            _set_clock(turns)
            clock = now
        while (due := began + frames * gap) <= now:
            guns[frames % len(guns)].fire(due)
            frames += 1
        await asyncio.sleep(_TICK)


async def _last_answers(guns: Iterable[Gun]) -> None:
    ends = time.perf_counter() + _LAST_ANSWERS
    while any(gun.pending for gun in guns) and time.perf_counter() < ends:
        await asyncio.sleep(0.01)


def _set_clock(turns: Iterable[Turns]) -> None:
    at = _now()
    for turn in turns:
        turn.at = at


def _now() -> bytes:
    return datetime.now(UTC).isoformat(timespec="milliseconds").encode()


def _random_ids() -> Iterator[bytes]:
    """Yield random UUIDs (version 4), cheaply: a kiosk's ids are random as well."""
    while True:
        digits = os.urandom(16 * _IDS_AT_ONCE).hex().encode()
        for start in range(0, len(digits), 32):
            h = digits[start : start + 32]
            yield b"%b-%b-4%b-8%b-%b" % (h[:8], h[8:12], h[13:16], h[17:20], h[20:])
