"""Thousands of watching screens in a process of their own, which note when each state reached each of them.

`python -m server.simulator.screens --url URL --count 5000 --seconds 10` prints one JSON object when all are open and
one when the time has passed. Without `--seconds` it takes orders from its standard input, a line each, and prints one
JSON object for each: `open 1000` so many more, `measure 5` seconds. It ends with its input.
"""

import argparse
import asyncio
import gc
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from server.simulator.api import live_url
from server.simulator.files import raise_open_files
from server.simulator.wire import Wire, open_wire

_OPENING = 64
_PER_SOURCE = 1_000
_FIRST_STATE_SECONDS = 30.0
_SPARE_FILES = 64


@dataclass(slots=True)
class Seen:
    """When one state reached which screens, by `time.perf_counter`; `at` is the server's time in it, on that clock."""

    at: float
    screens: "array[int]" = field(default_factory=lambda: array("I"))
    times: "array[float]" = field(default_factory=lambda: array("d"))


class Watch:
    """What all the screens of this process have received since `begin`."""

    def __init__(self, screens: int = 0) -> None:
        self.screens = screens
        self.closed = 0
        self.states: dict[tuple[str, int], Seen] = {}
        self._last = b""
        self._seen = Seen(0.0)
        self._clock_offset = time.time() - time.perf_counter()

    def take(self, screen: int, message: bytes) -> None:
        """Note a message that a screen got. Nearly always it is what the screen before got: no need to read it."""
        if message != self._last:
            self._last = message
            self._seen = self._find(message)
        seen = self._seen
        seen.screens.append(screen)
        seen.times.append(time.perf_counter())

    def begin(self) -> None:
        """Forget what was received."""
        self.states.clear()
        self._last = b""

    def received(self) -> int:
        return sum(len(seen.times) for seen in self.states.values())

    def _find(self, message: bytes) -> Seen:
        parsed = orjson.loads(message)
        key = (str(parsed.get("topic", parsed["type"])), int(parsed.get("seq", 0)))
        seen = self.states.get(key)
        if seen is None:
            seen = self.states[key] = Seen(self._moment(parsed))
        return seen

    def _moment(self, parsed: dict[str, Any]) -> float:
        now = time.perf_counter()
        try:
            told = datetime.fromisoformat(parsed["state"]["at"]).timestamp() - self._clock_offset
        except (KeyError, TypeError, ValueError):
            return now
        # A server on a simulated clock tells another time: then what counts begins with the first screen.
        return told if abs(now - told) < 60 else now


def report(watch: Watch, seconds: float, cpu: float) -> dict[str, Any]:
    """Return what was seen: counts, and in milliseconds how late.

    `delay` is of each delivery since the server's time in the state; `last` is when the last screen had the state or
    a later one, which may have overtaken it; `spread` lies between the first screen and the last.
    """
    delays = sorted(moment - seen.at for seen in watch.states.values() for moment in seen.times)
    received = len(delays)
    served = _when_all_were_served(watch)
    return {
        "screens": watch.screens,
        "closed": watch.closed,
        "seconds": round(seconds, 3),
        "received": received,
        "per_second": round(received / seconds, 1),
        "states": len(watch.states),
        "served_states": len(served),
        "cpu_us": round(cpu / received * 1e6, 2) if received else None,
        "delay_ms": _spread_of(delays),
        "last_ms": _spread_of(sorted(last - at for at, _, last in served)),
        "spread_ms": _spread_of(sorted(last - first for _, first, last in served)),
    }


def _when_all_were_served(watch: Watch) -> list[tuple[float, float, float]]:
    """Return, of each state that all screens have got or skipped, its time, and those of its first and last screen."""
    served: list[tuple[float, float, float]] = []
    for topic in {topic for topic, _ in watch.states}:
        since = dict[int, float]()  # per screen: the first time that it had this state or a later one
        for _, seq in sorted((key for key in watch.states if key[0] == topic), reverse=True):
            seen = watch.states[topic, seq]
            for screen, moment in zip(seen.screens, seen.times, strict=True):
                since[screen] = min(moment, since.get(screen, moment))
            if len(since) == watch.screens:
                served.append((seen.at, min(since.values()), max(since.values())))
    return served


async def open_screens(url: str, topics: Sequence[str], watch: Watch, count: int) -> list[Wire]:
    """Open so many more screens, each of which has got its first state when this returns. Raise ConnectionError."""
    request = orjson.dumps({"type": "watch", "topics": list(topics)})
    before, watch.screens = watch.screens, watch.screens + count
    watch.begin()
    room = asyncio.Semaphore(_OPENING)

    async def open_one(number: int) -> Wire:
        async with room:
            # An address of the loopback has 28,000 ports, and a closed connection keeps its own for a minute.
            source = f"127.0.{1 + int(time.time()) % 250}.{1 + number // _PER_SOURCE}" if _is_loopback(url) else None
            wire = await open_wire(url, "", partial(watch.take, number), source)
            wire.closed.add_done_callback(lambda _: _count_closed(watch))
            wire.send_text(request)
            return wire

    wires = list(await asyncio.gather(*(open_one(number) for number in range(before, watch.screens))))
    ends = time.perf_counter() + _FIRST_STATE_SECONDS
    while watch.received() < count * len(topics) and time.perf_counter() < ends:
        await asyncio.sleep(0.02)
    return wires


async def measure(watch: Watch, seconds: float) -> dict[str, Any]:
    """Watch for some seconds and return the report."""
    watch.begin()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    return report(watch, time.perf_counter() - began, time.process_time() - cpu)


def _count_closed(watch: Watch) -> None:
    watch.closed += 1


def _is_loopback(url: str) -> bool:
    return "//127." in url or "//localhost" in url


def _spread_of(ordered: Sequence[float]) -> dict[str, float] | None:
    if not ordered:
        return None
    most = len(ordered) - 1
    named = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(most, int(share * len(ordered)))] * 1e3, 2) for name, share in named.items()}


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(message).decode() + "\n")
    sys.stdout.flush()


class _Box:
    """All the screens of this process."""

    def __init__(self, url: str, topics: Sequence[str]) -> None:
        self._url = live_url(url)
        self._topics = topics
        self._watch = Watch()
        self._wires: list[Wire] = []

    async def open(self, count: int) -> dict[str, Any]:
        wanted = len(self._wires) + count + _SPARE_FILES
        files = raise_open_files(wanted)
        if files < wanted:
            return {"error": "too_few_files", "files": files, "wanted": wanted}
        began = time.perf_counter()
        try:
            self._wires += await open_screens(self._url, self._topics, self._watch, count)
        except (OSError, TimeoutError) as error:
            return {"error": "server_unreachable", "url": self._url, "why": str(error)}
        gc.collect()
        gc.freeze()
        return {"open": len(self._wires), "seconds": round(time.perf_counter() - began, 3)}

    async def obey(self, order: str) -> dict[str, Any]:
        """Do what one line asks for and return what to tell."""
        word, _, number = order.strip().partition(" ")
        if word == "open":
            return await self.open(int(number))
        return await measure(self._watch, float(number))

    async def close(self) -> None:
        for number, wire in enumerate(self._wires, 1):
            wire.close()
            if number % 100 == 0:
                await asyncio.sleep(0)


async def _run(args: argparse.Namespace) -> int:
    gc.disable()
    box = _Box(args.url, args.topics)
    told = await box.open(args.count)
    _tell(told)
    if args.seconds and "error" not in told:
        _tell(await box.obey(f"measure {args.seconds}"))
    while not args.seconds and "error" not in told and (line := await asyncio.to_thread(sys.stdin.readline)):
        told = await box.obey(line)
        _tell(told)
    await box.close()
    return int("error" in told)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m server.simulator.screens")
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--topics", nargs="+", default=["occupancy"])
    parser.add_argument("--json", action="store_true", help="it always prints JSON")
    args = parser.parse_args()
    import uvloop

    return uvloop.run(_run(args))


if __name__ == "__main__":
    raise SystemExit(main())
