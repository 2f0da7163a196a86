"""Fan-out: states delivered to thousands of screens, beside `websockets.broadcast` of the same message to as many."""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from server.domain.errors import DomainError
from server.simulator.api import live_url, read_message
from server.simulator.bench.bare import BareSockets
from server.simulator.bench.plan import Ground
from server.simulator.bench.processes import cpu_seconds, resident_bytes, tree_of
from server.simulator.load import Load, bring_out, demand_first_answers, run_load

_STATES_A_SECOND = 10.0
_SCANS_A_SECOND = 12.0
"""So many change the state often enough for the hub's ten a second, and cost little beside what is measured."""
_SETTLE_SECONDS = 0.5
_STIRRING = 100
"""So many passes go in and out to change the state."""


@dataclass(frozen=True, slots=True)
class Screens:
    """A process of screens, told what to do by lines on its standard input."""

    process: asyncio.subprocess.Process

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Screens"]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server.simulator.screens", "--url", url, "--count", "0",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        screens = cls(process)
        try:
            await screens.read()
            yield screens
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    async def tell(self, order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())
        await self.process.stdin.drain()

    async def read(self) -> dict[str, Any]:
        """Return the next report. Raise `screens_failed`."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        told: dict[str, Any] = orjson.loads(line) if line else {"error": "ended"}
        if "error" in told:
            raise DomainError("screens_failed", why=" ".join(str(value) for value in told.values()))
        return told

    async def add(self, count: int) -> dict[str, Any]:
        """Open so many more screens."""
        await self.tell(f"open {count}")
        return await self.read()


async def measure_screens(here: Ground) -> None:
    """Measure each number of screens in turn; ours and the bare ones stay open side by side, and take turns."""
    plan, bed, figures = here.plan, here.bed, here.figures
    await bed.restart()
    pids = tree_of(bed.pid)
    empty = resident_bytes(pids)
    message = await read_message(live_url(bed.url), "occupancy")
    alone = [await _scans_alone(here, pids) for _ in range(plan.rounds)]
    async with Screens.open(bed.url) as ours, BareSockets.open(message) as bare, Screens.open(bare.url) as theirs:
        opened, bare_empty = 0, resident_bytes((bare.process.pid,))
        for count in plan.screens:
            before = cpu_seconds(pids)
            await ours.add(count - opened)
            cost = (cpu_seconds(pids) - before) / (count - opened)
            figures.add(f"{count} screens: server's CPU for opening one", "µs", cost * 1e6)
            if plan.ceilings:
                await theirs.add(count - opened)
            opened = count
            side = _Side(here, count, pids, statistics.median(alone), ours, bare, theirs)
            for _ in range(plan.rounds):
                await side.round()
                if count == plan.scanned_screens:
                    await side.scan()
            held = resident_bytes(pids)
            goal = plan.goals.memory_mb_of_screens if count == 10_000 else None
            figures.add(f"{count} screens: server's memory", "MB", held / 1e6, goal)
            figures.add(f"{count} screens: memory for one", "KiB", (held - empty) / 1024 / count)
            if plan.ceilings:
                bare_held = resident_bytes((bare.process.pid,)) - bare_empty
                figures.add(f"{count} screens: memory for one, bare websockets", "KiB", bare_held / 1024 / count)


async def _scans_alone(here: Ground, pids: tuple[int, ...]) -> float:
    """Return the CPU, of a core, of the few scans that change the state, without a screen that watches."""
    cpu, began = cpu_seconds(pids), time.perf_counter()
    await _stir(here)
    await asyncio.sleep(_SETTLE_SECONDS)
    spent = (cpu_seconds(pids) - cpu) / (time.perf_counter() - began)
    here.figures.add(f"server's CPU at {_SCANS_A_SECOND:.0f} scans/s without screens", "of a core", spent)
    return spent


async def _stir(here: Ground) -> None:
    load = _load_of(here, _SCANS_A_SECOND, here.plan.seconds, 1)
    demand_first_answers(await run_load(load))
    await bring_out(load)


def _load_of(here: Ground, rate: float, seconds: float, sockets: int) -> Load:
    tokens = [kiosk.token for kiosk in here.kiosks[:sockets]]
    passes = here.passes[: -2 if sockets > 1 else _STIRRING]
    return Load(live_url(here.bed.url), tokens, passes, seconds, rate)


@dataclass(frozen=True, slots=True)
class _Side:
    """So many screens of ours, and of the bare server. `alone` is the CPU of the scans between, of a core."""

    here: Ground
    count: int
    pids: tuple[int, ...]
    alone: float
    ours: Screens
    bare: BareSockets
    theirs: Screens

    async def round(self) -> None:
        """Ours, then the ceiling."""
        mine = await self._ours()
        if not self.here.plan.ceilings:
            return
        theirs = await self._bare()
        if theirs:  # a few screens may take less CPU than the clock can tell
            name = f"{self.count} screens: CPU a delivery, ours / bare websockets.broadcast"
            self.here.figures.add(name, "×", mine / theirs, 1.0)

    async def scan(self) -> None:
        """Scan while the screens watch."""
        plan = self.here.plan
        load = _load_of(self.here, plan.disturbed_rate, plan.seconds, plan.sockets)
        cpu = cpu_seconds(self.pids)
        outcome = await run_load(load)
        cpu = cpu_seconds(self.pids) - cpu
        demand_first_answers(outcome)
        name = f"at {plan.disturbed_rate:.0f} scans/s with {self.count} screens"
        add = self.here.figures.add
        add(f"answer p50 {name}", "ms", outcome.percentile(0.50) * 1e3)
        add(f"answer p99 {name}", "ms", outcome.percentile(0.99) * 1e3, plan.goals.p99_ms_disturbed)
        add(f"server's CPU {name}", "of a core", cpu / outcome.seconds)
        await bring_out(load)

    async def _ours(self) -> float:
        seconds = self.here.plan.seconds
        cpu, began = cpu_seconds(self.pids), time.perf_counter()
        await self.ours.tell(f"measure {seconds + _SETTLE_SECONDS}")
        await _stir(self.here)
        told = await self.ours.read()
        # What the scans cost is no delivery's: it was measured without screens.
        cpu = cpu_seconds(self.pids) - cpu - self.alone * (time.perf_counter() - began)
        return self._note("", told, max(0.0, cpu), seconds)

    async def _bare(self) -> float:
        seconds, pids = self.here.plan.seconds, (self.bare.process.pid,)
        cpu = cpu_seconds(pids)
        await self.theirs.tell(f"measure {seconds + _SETTLE_SECONDS}")
        await self.bare.broadcast(seconds, _STATES_A_SECOND)
        told = await self.theirs.read()
        return self._note(", bare websockets.broadcast", told, cpu_seconds(pids) - cpu, seconds)

    def _note(self, whose: str, told: dict[str, Any], cpu: float, seconds: float) -> float:
        if told["closed"] or not told["received"]:
            why = f"{self.count} screens{whose}: {told['closed']} closed, {told['received']} states received"
            raise DomainError("screens_failed", why=why)
        each: float = cpu / told["received"] * 1e6
        name = f"{self.count} screens: "
        add = self.here.figures.add
        add(f"{name}deliveries{whose}", "/s", told["received"] / seconds)
        add(f"{name}CPU a delivery{whose}", "µs", each)
        # Where not one state reached everybody in the time, the last screen is later than that.
        last = told["last_ms"] or {"p50": seconds * 1e3, "max": seconds * 1e3}
        add(f"{name}last one served after{whose}", "ms", last["p50"])
        if not whose:
            add(f"{name}last one served after, worst", "ms", last["max"])
            add(f"{name}client's CPU a delivery", "µs", told["cpu_us"])
        return each
