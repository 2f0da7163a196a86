"""The figures of the house, each beside what the machine could do at most, measured in turn with it."""

import os
import platform
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from server.domain.errors import DomainError
from server.simulator.bench.desk import measure_desk
from server.simulator.bench.figures import Figures
from server.simulator.bench.imports import measure_import
from server.simulator.bench.plan import PARTS, Ground, Plan
from server.simulator.bench.scans import measure_scans
from server.simulator.bench.screens import measure_screens
from server.simulator.bench.starts import measure_starts
from server.simulator.bench.stores import Store, open_store
from server.simulator.testbed import Testbed


async def measure(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure what the plan asks for and return it.

    A part that cannot be measured honestly is among the `failures`: `command_failed`, `not_first_answers`,
    `answers_lost`, `rivals_admitted`, `screens_failed`. Raise what keeps the server from being set up, and
    `bench_database`.
    """
    figures = Figures()
    failures: list[DomainError] = []
    # How busy the machine is with other things is a parameter too.
    load = os.getloadavg()[0]
    began = time.perf_counter()
    async with _ground(plan, figures) as (here, store):
        works = {
            "start": lambda: measure_starts(here),
            "scans": lambda: measure_scans(here, store),
            "screens": lambda: measure_screens(here),
            "import": lambda: measure_import(here, store),
            "desk": lambda: measure_desk(here),
        }
        for part in (part for part in PARTS if part in plan.parts):
            tell(part)
            figures.part = part
            try:
                await works[part]()
            except DomainError as error:
                # The other parts' figures were minutes of work.
                failures.append(error)
    return {
        "at": time.strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "took_seconds": round(time.perf_counter() - began),
        "machine": {
            "cores": os.cpu_count(), "processor": _processor(), "system": platform.platform(),
            "python": platform.python_version(), "load_before": round(load, 2),
        },
        "parameters": _parameters(plan),
        "figures": figures.rows(),
        "failures": [{"code": error.code} | error.arguments for error in failures],
    }  # fmt: skip


@asynccontextmanager
async def _ground(plan: Plan, figures: Figures) -> AsyncIterator[tuple[Ground, Store]]:
    async with AsyncExitStack() as stack:
        bed = await stack.enter_async_context(Testbed(serving=plan.serving(), settings=plan.settings()))
        store = await stack.enter_async_context(open_store(plan.database_url, bed.folder, plan.workers))
        # The server goes before its database does.
        stack.push_async_callback(bed.stop)
        bed.environment["SANH_DATABASE_URL"] = store.url
        passes = await bed.fill(plan.people)
        await bed.start()
        kiosks = await bed.pair(max(plan.sockets, plan.rivals))
        probe = (await bed.pair(1, "probe"))[0]
        yield Ground(plan, bed, tuple(kiosks), probe, tuple(passes), figures), store


def _parameters(plan: Plan) -> dict[str, Any]:
    return {
        "engine": plan.engine, "workers": plan.workers, "bus": "redis" if plan.bus_url else "none",
        "parts": [part for part in PARTS if part in plan.parts], "sockets": plan.sockets,
        "in_flight": plan.in_flight, "per_frame": plan.per_frame, "passes": plan.people, "seconds": plan.seconds,
        "rounds": plan.rounds, "screens": list(plan.screens), "import_rows": plan.import_rows,
    }  # fmt: skip


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    """Return the commit measured, with a plus when files differ from it; empty outside a repository."""
    folder = Path(__file__).parent
    told = [
        subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603, S607
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    return told[0] + ("+" if told[0] and told[1] else "")
