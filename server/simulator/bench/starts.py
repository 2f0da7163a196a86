"""Cold starts and what a server holds in memory, beside a bare uvicorn."""

import asyncio
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2

from server.simulator.bench.plan import Ground, Plan
from server.simulator.bench.processes import resident_bytes, tree_of
from server.simulator.bench.stores import open_store
from server.simulator.testbed import Testbed, free_port, is_ready

_REGISTRY = Path(__file__).parent.parent.parent / "demo" / "so-dang-ky-doan-2020.xlsx"
_PAGES = ("/", "/wall", "/kiosk", "/api/v1/occupancy")


async def measure_starts(here: Ground) -> None:
    """Start on an existing database, and a bare uvicorn, in turn; then see what the reference data takes."""
    plan, add = here.plan, here.figures.add
    for _ in range(plan.starts):
        add("start on an existing database until /readyz says so", "s", await here.bed.restart(),
            plan.goals.start_seconds)  # fmt: skip
        if plan.ceilings:
            seconds, held = await asyncio.to_thread(_start_bare)
            add("ceiling: a bare uvicorn with one page", "s", seconds)
            add("ceiling: a bare uvicorn's memory", "MiB", held / 2**20)
    held = await _memory_with_reference_data(plan)
    add("memory with the reference data, its pages shown", "MiB", held / 2**20, plan.goals.memory_mib)


def _start_bare() -> tuple[float, int]:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "server.simulator.bench.bare", "web", str(port)])  # noqa: S603
    try:
        while not is_ready(f"http://127.0.0.1:{port}") and time.perf_counter() - began < 30:
            time.sleep(0.01)
        return time.perf_counter() - began, resident_bytes((process.pid,))
    finally:
        process.terminate()
        process.wait()


async def _memory_with_reference_data(plan: Plan) -> int:
    """Return the bytes of a server that serves the reference period's registry and has shown its pages."""
    async with AsyncExitStack() as stack:
        bed = await stack.enter_async_context(Testbed(serving=plan.serving(), settings=plan.settings()))
        store = await stack.enter_async_context(open_store(plan.database_url, bed.folder, 1))
        stack.push_async_callback(bed.stop)
        bed.environment["SANH_DATABASE_URL"] = store.url
        await bed.sanh("migrate")
        await bed.sanh("import", str(_REGISTRY), "--json")
        await bed.sanh("passes", "--all", "--json")
        await bed.start()
        async with httpx2.AsyncClient(base_url=bed.url, trust_env=False) as client:
            for page in _PAGES:
                await client.get(page)
        return resident_bytes(tree_of(bed.pid))
