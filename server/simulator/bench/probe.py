"""Single scans that are looked at closely: how late the wall is, and who wins when many scan one pass."""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

import orjson

from server.simulator.api import Paired, live_url
from server.simulator.bench.plan import Ground
from server.simulator.wire import Wire, open_wire

_PROBE_SECONDS = 0.3
_PATIENCE_SECONDS = 10.0


async def watch_probe(here: Ground, seconds: float) -> list[float]:
    """Return how long after its answer each scan of the probe's own zone was on a watching screen."""
    pass_text = here.passes[-2]
    seen: dict[int, float] = {}
    answered: asyncio.Queue[float] = asyncio.Queue()

    def on_state(message: bytes) -> None:
        state = orjson.loads(message)
        if state["type"] == "state" and state["topic"] == "occupancy":
            people = next(zone["people"] for zone in state["state"]["zones"] if zone["id"] == "probe")
            seen.setdefault(people, time.perf_counter())

    def on_answer(message: bytes) -> None:
        for _ in orjson.loads(message).get("answers", ()):
            answered.put_nowait(time.perf_counter())

    screen = await open_wire(live_url(here.bed.url), "", on_state)
    gate = await open_wire(live_url(here.bed.url), here.probe.token, on_answer)
    screen.send_text(b'{"type":"watch","topics":["occupancy"]}')
    delays: list[float] = []
    ends = time.perf_counter() + seconds
    people = 0
    try:
        await asyncio.sleep(_PROBE_SECONDS)
        while time.perf_counter() < ends - 1 or people or not delays:
            people = 1 - people
            seen.clear()
            _scan(gate, pass_text, "in" if people else "out")
            at = await asyncio.wait_for(answered.get(), _PATIENCE_SECONDS)
            await asyncio.sleep(_PROBE_SECONDS)
            # A screen may be told before the kiosk: that is no delay.
            delays.append(max(0.0, seen.get(people, time.perf_counter()) - at))
    finally:
        screen.close()
        gate.close()
    return delays


async def admitted_rivals(url: str, kiosks: Sequence[Paired], pass_text: str) -> int:
    """Let many sockets scan one pass at the same moment, and return how many were told `admitted`."""
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def take(message: bytes) -> None:
        for answer in orjson.loads(message).get("answers", ()):
            answers.put_nowait(answer)

    wires = [await open_wire(live_url(url), kiosk.token, take) for kiosk in kiosks]
    try:
        for wire in wires:
            _scan(wire, pass_text, "in")
        told = [await asyncio.wait_for(answers.get(), _PATIENCE_SECONDS) for _ in wires]
    finally:
        for wire in wires:
            wire.close()
    return sum(answer["answer"] == "admitted" for answer in told)


def _scan(wire: Wire, pass_text: str, direction: str) -> None:
    scan = {
        "id": _uuid(),
        "pass": pass_text,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "direction": direction,
    }
    wire.send_text(orjson.dumps({"type": "scan", "scans": [scan]}))


def _uuid() -> str:
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
