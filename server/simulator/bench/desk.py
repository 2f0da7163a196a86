"""The desk's pages over a large register: how long the first byte takes, beside the quickest answer there is."""

import asyncio
import time
from itertools import cycle

import httpx2

from server.domain.errors import DomainError
from server.simulator.bench.imports import write_registry
from server.simulator.bench.plan import Ground

_TIMES = 60
_LOGIN, _PASSWORD = "bench", "bench-password-2020"
PAGES = (
    "/staff",
    "/staff/delegations",
    "/staff/delegations?q=import+e42",
    "/staff/visitors",
    "/staff/visitors?q=tran+thi+bca",
    "/staff/appointments",
    "/staff/check-in",
    "/staff/cases",
    "/staff/roll-call",
    "/staff/badges",
    "/staff/imports",
    "/staff/audit",
    "/staff/messages",
)
TYPED = ("t", "tr", "tran thi b", "E000421", "imprt 4", "0903", "thi bca")


async def measure_desk(here: Ground) -> None:
    """Fill the register, sign in and ask for every page in turn. Raise `command_failed` when one is not shown."""
    bed, plan, add = here.bed, here.plan, here.figures.add
    await bed.restart()
    # The first one may be there since the import was measured.
    for name, rows, letter in (("large.xlsx", plan.import_rows, "E"), ("more.xlsx", plan.import_rows // 9, "F")):
        if not (bed.folder / name).exists():
            await asyncio.to_thread(write_registry, bed.folder / name, rows, letter)
            await bed.sanh("import", name, "--json")
    await bed.sanh("staff", "add", _LOGIN, "--role", "organizer", "--password-stdin", say=_PASSWORD)
    async with httpx2.AsyncClient(base_url=bed.url, trust_env=False, headers={"Origin": bed.url}) as client:
        form = {"login": _LOGIN, "password": _PASSWORD}
        signed = await client.post("/staff/sign-in", data=form)
        if signed.status_code != httpx2.codes.SEE_OTHER:
            raise DomainError("command_failed", command="sign-in", why=str(signed.status_code))
        ceiling = await _first_bytes(client, ["/healthz"])
        add("ceiling: first byte of /healthz, p95", "ms", ceiling)
        for page in PAGES:
            add(f"first byte of {page}, p95", "ms", await _first_bytes(client, [page]), plan.goals.first_byte_ms)
        searches = [f"/api/v1/search?q={typed.replace(' ', '+')}" for typed in TYPED]
        add("a keystroke of the search, p95", "ms", await _first_bytes(client, searches), plan.goals.keystroke_ms)


async def _first_bytes(client: httpx2.AsyncClient, paths: list[str]) -> float:
    """Return the 95th percentile of the time to the first byte, in milliseconds; the first answers don't count."""
    took = []
    for number, path in zip(range(-len(paths), _TIMES), cycle(paths), strict=False):
        began = time.perf_counter()
        async with client.stream("GET", path) as answer:
            seconds = time.perf_counter() - began
            if answer.status_code != httpx2.codes.OK:
                raise DomainError("command_failed", command=path, why=str(answer.status_code))
            await answer.aread()
        if number >= 0:
            took.append(seconds)
    return sorted(took)[int(0.95 * len(took))] * 1e3
