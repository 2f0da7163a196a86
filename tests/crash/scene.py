"""A server under load that is killed and comes back, and what must hold whenever the kiosks have settled."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Literal, Self

import httpx2
import orjson

from server.simulator.api import live_url
from server.simulator.testbed import Testbed
from tests.crash.books import Books
from tests.crash.crowd import Crowd
from tests.crash.invariants import Counters, Findings, Whereabouts, check, check_counters, check_offline
from tests.crash.kiosk import Kiosk
from tests.crash.ledger import Ledger
from tests.crash.movements import read_moves
from tests.crash.stage import Stage, prepare

Victim = Literal["server", "worker"]

RATE = 2_000.0
SETTLE_SECONDS = 180.0
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Scene:
    """Use as `async with Scene(bed, rng)`; the bed must be entered.

    `is_online` plays without offline scans and overrides; once there were some, it cannot be set again.
    """

    bed: Testbed
    rng: Random
    is_online: bool = False
    rate: float = RATE
    stage: Stage = field(init=False)
    kiosks: list[Kiosk] = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    books: Books = field(init=False)
    seq: int = 0
    _latest: Whereabouts = field(default_factory=dict)
    _stays: list[asyncio.Task[None]] = field(default_factory=list)
    _until: asyncio.Event = field(default_factory=asyncio.Event)
    _load: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.stage = await prepare(self.bed)
        self.books = Books(self.stage.limits)
        self._latest = {pass_.id: (_NEVER, "") for pass_ in self.stage.cast.only_offline}
        url = live_url(self.bed.url)
        self.kiosks = [Kiosk(post, paired.device, paired.token, url, self.ledger) for post, paired in self.stage.kiosks]
        self._stays = [asyncio.create_task(kiosk.stay(self.rng)) for kiosk in self.kiosks]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.still()
        for stay in self._stays:
            stay.cancel()
        await asyncio.gather(*self._stays, return_exceptions=True)

    def scan(self) -> None:
        """Let the crowd scan until `still`."""
        self._until = asyncio.Event()
        for kiosk in self.kiosks:
            kiosk.judges = not self.is_online
        crowd = Crowd(self.stage.cast, self.kiosks, self.ledger, self.rng, is_online=self.is_online)
        self._load = asyncio.create_task(crowd.scan(self.rate, self._until))

    async def still(self) -> None:
        """Let nobody scan any more."""
        self._until.set()
        if self._load is not None:
            await self._load
            self._load = None

    async def acknowledge(self, count: int) -> None:
        """Wait until so many scans more than now are acknowledged."""
        enough = self.ledger.acknowledged + count
        await self._until_true(lambda: self.ledger.acknowledged >= enough, f"{count} more acknowledged scans")

    async def settle(self) -> None:
        """Wait until every outbox is empty."""
        await self.still()
        await self._until_true(lambda: not self.waiting, "empty outboxes")

    @property
    def waiting(self) -> int:
        """Return how many scans wait for their answer."""
        return sum(len(kiosk.outbox) for kiosk in self.kiosks)

    @property
    def answers(self) -> Counter[str]:
        """Return how often each answer, refusal and conflict was given."""
        return sum((kiosk.answers for kiosk in self.kiosks), Counter[str]())

    async def crash(self, victim: Victim) -> float:
        """Kill without a warning; return how many seconds passed until it was back.

        `server` is everything at once, as power failures do, and is started again; a `worker` is one of them by
        chance, and somebody else has to bring another.
        """
        if victim == "worker":
            return await self._kill_worker()
        assert self.bed.server is not None
        for pid in (self.bed.server.pid, *children_of(self.bed.server.pid)):
            os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(self.bed.server.wait)
        self.bed.server = None
        return await self.bed.start()

    async def _kill_worker(self) -> float:
        before, began = self.workers, time.monotonic()
        os.kill(self.rng.choice(before), signal.SIGKILL)
        await self._until_true(
            lambda: self.workers != before and len(self.workers) == len(before), "worker in its place"
        )
        return time.monotonic() - began

    @property
    def workers(self) -> list[int]:
        """Return the processes that serve."""
        assert self.bed.server is not None
        return sorted(pid for pid in children_of(self.bed.server.pid) if _serves(pid))

    async def check(self) -> Findings:
        """Check every invariant; everybody must have settled. What was checked is then forgotten, not the counts."""
        path = self.bed.folder / "movements.csv"
        _, counted, occupancy = await asyncio.gather(
            self.bed.sanh("export", "movements", str(path)), self._recount(), self._occupancy()
        )
        moves = await asyncio.to_thread(read_moves, path, self.seq)
        counters = Counters(occupancy, *counted)
        found = check(moves, self.books, self.ledger, is_online=self.is_online)
        found.miscounted = check_counters(self.books, counters)
        found.astray = check_offline(self.books, moves, self.ledger, self._latest)
        found.lost += [f"{id_} was never answered" for id_ in self.ledger.sent if id_ not in self.ledger.told]
        self.seq = moves[-1].seq if moves else self.seq
        self.ledger.forget()
        return found

    async def _occupancy(self) -> dict[str, int] | None:
        if self.bed.server is None:
            return None
        async with httpx2.AsyncClient(base_url=self.bed.url, timeout=20, trust_env=False) as client:
            body = (await client.get("/api/v1/occupancy")).raise_for_status().json()
        assert body["people"] == sum(zone["people"] for zone in body["zones"])
        return {zone["id"]: zone["people"] for zone in body["zones"]}

    async def _recount(self) -> tuple[dict[str, int], dict[str, int]]:
        said = orjson.loads(await self.bed.sanh("recount", "--json"))
        assert said["equal"] is True, said["differing"]
        return (
            {zone["id"]: zone["counter"] for zone in said["zones"]},
            {zone["id"]: zone["recount"] for zone in said["zones"]},
        )

    async def _until_true(self, is_so: Callable[[], bool], what: str) -> None:
        ends = time.monotonic() + SETTLE_SECONDS
        while not is_so():
            problems = sum((kiosk.problems for kiosk in self.kiosks), Counter[str]())
            assert time.monotonic() < ends, (
                f"no {what} within {SETTLE_SECONDS:.0f} s: {self.waiting} scans wait, problems {dict(problems)}, "
                f"log: {self.bed.log_end()}"
            )
            await asyncio.sleep(0.01)


def _serves(pid: int) -> bool:
    """Tell whether a child is a worker: Python keeps a process beside them that watches what they share."""
    try:
        return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    try:
        lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    direct = [int(child) for text in lists for child in text.split()]
    return [*direct, *(further for child in direct for further in children_of(child))]
