"""A large registry comes in by the command line while kiosks scan: how long it takes, and what scans feel of it."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import xlsxwriter

from server.domain.errors import DomainError
from server.simulator.api import live_url
from server.simulator.bench.plan import Ground
from server.simulator.bench.processes import cpu_seconds, tree_of
from server.simulator.bench.stores import Store
from server.simulator.load import Load, Outcome, bring_out, demand_first_answers, run_load
from server.simulator.testbed import letters

_MEMBERS = 10
_LONGEST_SECONDS = 600.0
_BARE_BATCH = 500


async def measure_import(here: Ground, store: Store) -> None:
    """Scan, then scan while the registry comes in. Raise `command_failed` when a row of it does not."""
    plan, bed, add = here.plan, here.bed, here.figures.add
    await bed.restart()
    pids = tree_of(bed.pid)
    workbook = bed.folder / "large.xlsx"
    await asyncio.to_thread(write_registry, workbook, plan.import_rows)
    calm = await run_load(_load_of(here, plan.seconds))
    demand_first_answers(calm)
    await bring_out(_load_of(here, 1))
    cpu = cpu_seconds(pids)
    outcome, seconds = await _load_while_importing(here, workbook)
    cpu = cpu_seconds(pids) - cpu
    demand_first_answers(outcome)
    name = f"{plan.import_rows} rows imported during {plan.disturbed_rate:.0f} scans/s"
    add(name, "s", seconds)
    if plan.ceilings:
        members = plan.import_rows - plan.import_rows // (_MEMBERS + 1)
        bare = await store.insert("visitor", "id", _BARE_BATCH, rows=members)
        add(f"ceiling: the same people inserted bare, {_BARE_BATCH} a commit, nothing else going on", "s",
            members / bare.per_second)  # fmt: skip
    add(f"answer p99 at {plan.disturbed_rate:.0f}/s just before", "ms", calm.percentile(0.99) * 1e3)
    add("answer p50 during the import", "ms", outcome.percentile(0.50) * 1e3)
    add("answer p99 during the import", "ms", outcome.percentile(0.99) * 1e3, plan.goals.p99_ms_disturbed)
    add("slowest answer during the import", "ms", outcome.percentile(1.0) * 1e3)
    add("server's CPU during the import", "of a core", cpu / outcome.seconds)
    await bring_out(_load_of(here, 1))


async def _load_while_importing(here: Ground, workbook: Path) -> tuple[Outcome, float]:
    """Return what came of the scans, and how long the import took."""
    stop = asyncio.Event()
    loading = asyncio.create_task(run_load(_load_of(here, _LONGEST_SECONDS), stop))
    began = time.perf_counter()
    try:
        told = orjson.loads(await here.bed.sanh("import", str(workbook), "--json"))
        seconds = time.perf_counter() - began
    finally:
        stop.set()
        outcome = await loading
    new = told["delegations"]["new"] + told["visitors"]["new"]
    if new != here.plan.import_rows:
        raise DomainError("command_failed", command="import", why=f"{new} of {here.plan.import_rows} rows")
    return outcome, seconds


def _load_of(here: Ground, seconds: float) -> Load:
    tokens = [kiosk.token for kiosk in here.kiosks[: here.plan.sockets]]
    return Load(live_url(here.bed.url), tokens, here.passes[:-2], seconds, here.plan.disturbed_rate)


def write_registry(path: Path, rows: int, letter: str = "E") -> None:
    """Write a registry of so many rows: one in eleven is a delegation, the others are its members.

    Its codes begin with a letter, by which two registries differ.
    """
    groups = max(1, rows // (_MEMBERS + 1))
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        _write(sheet, 0, ("STT", "Mã đoàn", "Tên đoàn / Đơn vị", "Số người", "Ngày tham quan", "Giờ"))
        for n in range(1, groups + 1):
            _write(sheet, n, (n, f"{letter}{n:06}", f"Import {letter}{n}", _MEMBERS, "12/10/2020", "09:00"))
        sheet = book.add_worksheet()
        _write(sheet, 0, ("STT", "Mã đoàn", "Họ và tên"))
        for n in range(rows - groups):
            _write(sheet, n + 1, (n + 1, f"{letter}{n % groups + 1:06}", f"Tran Thi {letters(n)}"))


def _write(sheet: "xlsxwriter.worksheet.Worksheet", number: int, cells: Sequence[object]) -> None:
    sheet.write_row(number, 0, cells)
