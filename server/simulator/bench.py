"""`sanh bench`: the figures of the house, each beside what the machine could do at most, in interleaved rounds."""

import asyncio
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson

from server.domain.errors import DomainError
from server.simulator import ceilings
from server.simulator.api import Paired, live_url
from server.simulator.load import Load, Outcome, bring_out, run_load
from server.simulator.testbed import Testbed
from server.simulator.wire import Wire, open_wire

_REGISTRY = Path(__file__).parent.parent / "demo" / "so-dang-ky-doan-2020.xlsx"
_FRAME_BYTES = 290
_RIVALS = 50
_PROBE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure. `rates` are scans a second; full speed is measured as well."""

    sockets: int = 32
    in_flight: int = 8
    per_frame: int = 1
    people: int = 2_000
    seconds: float = 5.0
    rounds: int = 3
    rates: tuple[float, ...] = (1_000.0, 3_000.0)
    starts: int = 3
    database_url: str = ""
    ceilings: bool = True


@dataclass(slots=True)
class Figure:
    """One measured figure over the rounds. `goal` is a bound: at least, or with `is_ceiling` at most."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    goal: float | None = None
    at_most: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def row(self) -> dict[str, Any]:
        return {
            "name": self.name, "unit": self.unit, "median": round(self.median, 2), "low": round(min(self.values), 2),
            "high": round(max(self.values), 2), "goal": self.goal, "at_most": self.at_most, "met": self.is_met,
        }  # fmt: skip


class Figures:
    """The figures of a run, in the order in which they were first measured."""

    def __init__(self) -> None:
        self._by_name: dict[str, Figure] = {}

    def add(self, name: str, unit: str, value: float, goal: float | None = None, *, at_most: bool = True) -> None:
        """Note one round's value."""
        self._by_name.setdefault(name, Figure(name, unit, [], goal, at_most)).values.append(value)

    def rows(self) -> list[dict[str, Any]]:
        return [figure.row() for figure in self._by_name.values()]


async def measure(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything and return it.

    Raise `command_failed`, `not_first_answers`, `answers_lost`, `rivals_admitted`.
    """
    figures = Figures()
    async with Testbed(plan.database_url) as bed:
        passes = await bed.fill(plan.people)
        for _ in range(plan.starts):
            await bed.stop()
            figures.add("start on an existing database", "s", await bed.start(), 1.5)
        assert bed.server is not None
        pid = bed.server.pid
        kiosks = await bed.pair(max(plan.sockets, _RIVALS))
        probe = (await bed.pair(1, "probe"))[0]
        for number in range(1, plan.rounds + 1):
            tell(f"{number}/{plan.rounds}")
            await _round(_Round(plan, bed.url, pid, kiosks, probe, passes, figures))
        admitted = await _rivals(bed.url, kiosks, passes[-1])
        if admitted != 1:
            raise DomainError("rivals_admitted", admitted=admitted)
        figures.add(f"of {_RIVALS} sockets with one pass admitted", "", admitted, 1)
        figures.add("memory after the load", "MiB", ceilings.resident_mib(pid))
    figures.add("memory with the reference data", "MiB", await _memory_with_reference_data(), 150)
    return {
        "at": time.strftime("%Y-%m-%d %H:%M"),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "parameters": {"sockets": plan.sockets, "in_flight": plan.in_flight, "per_frame": plan.per_frame,
                       "passes": len(passes), "seconds": plan.seconds, "rounds": plan.rounds},
        "figures": figures.rows(),
    }  # fmt: skip


async def _memory_with_reference_data() -> float:
    """Return what a server holds that serves the reference period's registry and has shown its pages."""
    async with Testbed() as bed:
        await bed.sanh("migrate")
        await bed.sanh("import", str(_REGISTRY), "--json")
        await bed.sanh("passes", "--all", "--json")
        await bed.start()
        assert bed.server is not None
        async with httpx2.AsyncClient(base_url=bed.url, trust_env=False) as client:
            for page in ("/", "/wall", "/kiosk", "/api/v1/occupancy"):
                await client.get(page)
        return ceilings.resident_mib(bed.server.pid)


@dataclass(frozen=True, slots=True)
class _Round:
    plan: Plan
    url: str
    pid: int
    kiosks: Sequence[Paired]
    probe: Paired
    passes: Sequence[str]
    figures: Figures

    def load(self, rate: float) -> Load:
        """Return a load of this rate; two passes are kept for the probe and the rivals."""
        plan = self.plan
        tokens = [kiosk.token for kiosk in self.kiosks[: plan.sockets]]
        return Load(live_url(self.url), tokens, self.passes[:-2], plan.seconds, rate, plan.in_flight, plan.per_frame)


async def _round(here: _Round) -> None:
    if here.plan.ceilings:
        await _ceilings(here)
    for rate in (*here.plan.rates, 0.0):
        load = here.load(rate)
        cpu = ceilings.cpu_seconds(here.pid)
        watching = asyncio.create_task(_watch_probe(here, load.seconds)) if rate else None
        outcome = await run_load(load)
        cpu = ceilings.cpu_seconds(here.pid) - cpu
        to_wall = await watching if watching else []
        _demand_first_answers(outcome)
        _note(here.figures, rate, outcome, cpu, to_wall)
        await bring_out(load)


def _note(figures: Figures, rate: float, outcome: Outcome, cpu: float, to_wall: list[float]) -> None:
    name = f"at {rate:.0f}/s" if rate else "at full speed"
    figures.add(f"scans {name}", "/s", outcome.per_second, None if rate else 5_000, at_most=False)
    figures.add(f"server's CPU per scan {name}", "µs", cpu / outcome.answered * 1e6, 300 if rate == 3_000 else None)
    figures.add(f"client's CPU per scan {name}", "µs", outcome.client_cpu / outcome.answered * 1e6)
    figures.add(f"answer p50 {name}", "ms", outcome.percentile(0.50) * 1e3)
    figures.add(f"answer p99 {name}", "ms", outcome.percentile(0.99) * 1e3, 15 if rate == 1_000 else None)
    if to_wall:
        worst = sorted(to_wall)[min(len(to_wall) - 1, int(0.99 * len(to_wall)))]
        figures.add(f"answer to wall p99 {name}", "ms", worst * 1e3, 200)


async def _ceilings(here: _Round) -> None:
    plan, figures = here.plan, here.figures
    commit = await asyncio.to_thread(ceilings.group_commit, plan.seconds / 2)
    figures.add(f"ceiling: bare SQLite, {ceilings.BATCH} rows a commit", "/s", commit.per_second)
    figures.add("ceiling: bare SQLite, CPU per row", "µs", commit.cpu_us)
    echo = await ceilings.echo(plan.seconds / 2, plan.sockets, plan.in_flight, _FRAME_BYTES)
    figures.add(f"ceiling: bare websockets echo, {_FRAME_BYTES} bytes", "/s", echo.per_second)
    figures.add("ceiling: bare websockets echo, CPU each", "µs", echo.cpu_us)


def _demand_first_answers(outcome: Outcome) -> None:
    if outcome.repeats or set(outcome.answers) - {"admitted", "left"}:
        raise DomainError("not_first_answers", repeats=outcome.repeats, answers=dict(outcome.answers))
    if outcome.lost:
        raise DomainError("answers_lost", lost=outcome.lost)


async def _watch_probe(here: _Round, seconds: float) -> list[float]:
    """Return how long after its answer each scan of the probe's own zone was on a watching screen."""
    pass_text = here.passes[-2]
    seen: dict[int, float] = {}
    answered: asyncio.Queue[tuple[str, float]] = asyncio.Queue()

    def on_state(message: bytes) -> None:
        state = orjson.loads(message)
        if state["type"] == "state" and state["topic"] == "occupancy":
            people = next(zone["people"] for zone in state["state"]["zones"] if zone["id"] == "probe")
            seen.setdefault(people, time.perf_counter())

    def on_answer(message: bytes) -> None:
        for answer in orjson.loads(message).get("answers", ()):
            answered.put_nowait((answer["answer"], time.perf_counter()))

    screen = await open_wire(live_url(here.url), "", on_state)
    gate = await open_wire(live_url(here.url), here.probe.token, on_answer)
    screen.send_text(b'{"type":"watch","topics":["occupancy"]}')
    delays: list[float] = []
    ends = time.perf_counter() + seconds
    people = 0
    try:
        await asyncio.sleep(_PROBE_SECONDS)
        while time.perf_counter() < ends - 1 or people:
            people = 1 - people
            seen.clear()
            _scan(gate, pass_text, "in" if people else "out")
            _, at = await asyncio.wait_for(answered.get(), 10)
            await asyncio.sleep(_PROBE_SECONDS)
            # A screen may be told before the kiosk: that is no delay.
            delays.append(max(0.0, seen.get(people, time.perf_counter()) - at))
    finally:
        screen.close()
        gate.close()
    return delays


async def _rivals(url: str, kiosks: Sequence[Paired], pass_text: str) -> int:
    """Let many sockets scan one pass at the same moment, and return how many were told `admitted`."""
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def take(message: bytes) -> None:
        for answer in orjson.loads(message).get("answers", ()):
            answers.put_nowait(answer)

    wires = [await open_wire(live_url(url), kiosk.token, take) for kiosk in kiosks[:_RIVALS]]
    try:
        for wire in wires:
            _scan(wire, pass_text, "in")
        told = [await asyncio.wait_for(answers.get(), 10) for _ in wires]
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
