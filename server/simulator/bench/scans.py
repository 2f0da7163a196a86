"""Scans: their rate, their CPU, how late their answer is and how late the wall, beside bare commits and a bare echo."""

import asyncio
import re
from collections.abc import Sequence

import httpx2

from server.domain.errors import DomainError
from server.simulator.api import live_url
from server.simulator.bench.bare import echo
from server.simulator.bench.plan import FULL_SPEED, Ground
from server.simulator.bench.probe import admitted_rivals, watch_probe
from server.simulator.bench.processes import cpu_seconds, resident_bytes, tree_of
from server.simulator.bench.stores import Store
from server.simulator.load import Load, Outcome, bring_out, demand_first_answers, run_load

_FRAME_BYTES = 290
_SIZES = re.compile(r"^sanh_commit_scans_(sum|count)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
_USUAL_BATCH = 32


async def measure_scans(here: Ground, store: Store) -> None:
    """Measure every rate in rounds, ours and the ceilings in turn. Raise unless all were first answers."""
    plan, bed, figures = here.plan, here.bed, here.figures
    await bed.restart()
    pids = tree_of(bed.pid)
    for _ in range(plan.rounds):
        for rate in plan.rates:
            await _load(here, store, pids, rate)
        size = await _load(here, store, pids, FULL_SPEED)
        if plan.ceilings:
            await _ceilings(here, store, size)
    admitted = await admitted_rivals(bed.url, here.kiosks[: plan.rivals], here.passes[-1])
    if admitted != 1:
        raise DomainError("rivals_admitted", admitted=admitted)
    figures.add(f"of {plan.rivals} sockets with one pass admitted", "", admitted, 1)
    figures.add("memory after the load", "MiB", resident_bytes(pids) / 2**20)


async def _load(here: Ground, store: Store, pids: Sequence[int], rate: float) -> int:
    """Load at a rate and note the figures; return how many scans a commit held."""
    plan = here.plan
    tokens = [kiosk.token for kiosk in here.kiosks[: plan.sockets]]
    load = Load(live_url(here.bed.url), tokens, here.passes[:-2], plan.seconds, rate, plan.in_flight, plan.per_frame)
    backends = store.backends()
    before = await _batches(here.bed.url)
    cpu, stored = cpu_seconds(pids), cpu_seconds(backends)
    watching = asyncio.create_task(watch_probe(here, plan.seconds)) if rate else None
    outcome = await run_load(load)
    cpu, stored = cpu_seconds(pids) - cpu, cpu_seconds(backends) - stored
    after = await _batches(here.bed.url)
    to_wall = await watching if watching else []
    demand_first_answers(outcome)
    _note(here, rate, outcome, cpu, to_wall)
    if backends:
        here.figures.add(f"PostgreSQL's CPU per scan {_named(rate)}", "µs", stored / outcome.answered * 1e6)
    await bring_out(load)
    if after[1] <= before[1]:
        return _USUAL_BATCH
    size = (after[0] - before[0]) / (after[1] - before[1])
    here.figures.add(f"scans a commit {_named(rate)}", "", size)
    return max(1, round(size))


def _note(here: Ground, rate: float, outcome: Outcome, cpu: float, to_wall: list[float]) -> None:
    name, goals, add = _named(rate), here.plan.goals, here.figures.add
    cpu_goal = goals.cpu_us_at_3000 if rate == 3_000 else None
    late_goal = goals.p99_ms_at_1000 if rate == 1_000 else None
    add(f"scans {name}", "/s", outcome.per_second, None if rate else goals.full_speed, at_most=False)
    add(f"server's CPU per scan {name}", "µs", cpu / outcome.answered * 1e6, cpu_goal)
    add(f"client's CPU per scan {name}", "µs", outcome.client_cpu / outcome.answered * 1e6)
    add(f"answer p50 {name}", "ms", outcome.percentile(0.50) * 1e3)
    add(f"answer p99 {name}", "ms", outcome.percentile(0.99) * 1e3, late_goal)
    if to_wall:
        worst = sorted(to_wall)[min(len(to_wall) - 1, int(0.99 * len(to_wall)))]
        add(f"answer to wall p99 {name}", "ms", worst * 1e3, goals.to_wall_ms)


async def _ceilings(here: Ground, store: Store, size: int) -> None:
    plan, add = here.plan, here.figures.add
    commit = await store.insert("movement", "scan_id", size, seconds=plan.seconds / 2)
    add(f"ceiling: bare {plan.engine} group commit of the same row at that batch", "/s", commit.per_second)
    add(f"ceiling: bare {plan.engine} group commit, CPU per row", "µs", commit.cpu_us)
    bare = await echo(plan.seconds / 2, plan.sockets, plan.in_flight, _FRAME_BYTES)
    add(f"ceiling: bare websockets echo of {_FRAME_BYTES} bytes", "/s", bare.per_second)
    add("ceiling: bare websockets echo, CPU each", "µs", bare.cpu_us)


async def _batches(url: str) -> tuple[float, float]:
    """Return how many scans the server has committed and in how many batches, as its metrics say.

    Of several workers one answers, with a line for each.
    """
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        text = (await client.get("/metrics")).text
    told = {"sum": 0.0, "count": 0.0}
    for name, value in _SIZES.findall(text):
        told[name] += float(value)
    return told["sum"], told["count"]


def _named(rate: float) -> str:
    return f"at {rate:.0f}/s" if rate else "at full speed"
