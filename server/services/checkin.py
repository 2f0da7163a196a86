"""Check-in: the only writer of movements. Every scan is on disk before it is answered."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import structlog

from server.domain.errors import DomainError
from server.domain.kiosk import Kiosk
from server.domain.passes import SignedPass
from server.domain.scans import SCANS_A_CALL, MalformedScan, SentScan, read_scan
from server.domain.space import Space
from server.services.clock import Clock
from server.services.figures import CommitFigures, ScanFigures
from server.services.group_commit import GroupCommit
from server.services.keys import Keys
from server.services.occupancy import OccupancyBoard
from server.services.scan_batch import BatchResult, Item, Rules, answer_batch
from server.storage.database import Database
from server.storage.devices import add_misreads

_log = structlog.get_logger()

BATCH = 128
"""The most scans in one transaction: keeps it under 20 ms on slow machines."""


class Taken(NamedTuple):
    """Scans on their way to disk: as they were read, the kiosk that sent them, and what will be their results."""

    read: Sequence[SentScan | MalformedScan]
    kiosk: Kiosk
    committed: "asyncio.Future[list[dict[str, Any] | Exception]]"


class CheckIn:
    """Answers scans. `run` must be running."""

    def __init__(self, database: Database, space: Space, clock: Clock, keys: Keys, board: OccupancyBoard) -> None:
        self._database = database
        self._clock = clock
        self._rules = Rules(space, self._is_ours)
        self._space = space
        self._keys = keys
        self._board = board
        self._commits: GroupCommit[Item, dict[str, Any]] = GroupCommit(self._commit, most=BATCH)
        self._misreads: Counter[tuple[str, str]] = Counter()
        self.answered = 0
        self.figures = ScanFigures()

    @property
    def commits(self) -> CommitFigures:
        """Return what the group commit has counted."""
        return self._commits.figures

    @property
    def waiting(self) -> int:
        """Return how many scans wait for a batch."""
        return self._commits.waiting

    @property
    def batch(self) -> "asyncio.Future[None] | None":
        """Return what ends with the batch that is being committed, if one is."""
        return self._commits.at_work

    def set_pace(self, wait_minutes: float | None, throughput: float) -> None:
        """Take how long the queue's last waits were, and how many people a minute leave."""
        self._rules = Rules(self._space, self._is_ours, wait_minutes, throughput)

    def take(self, scans: Any, kiosk: Kiosk) -> Taken:
        """Take a kiosk's scans; once they are committed, `answers_of` has their answers.

        Raises `malformed_scans` when it is no list, `too_many_scans`.
        """
        if not isinstance(scans, list):
            raise DomainError("malformed_scans")
        if len(scans) > SCANS_A_CALL:
            raise DomainError("too_many_scans", most=SCANS_A_CALL)
        read = [read_scan(scan) for scan in scans]
        now = self._clock.now()
        items = [Item(scan, kiosk, now) for scan in read if isinstance(scan, SentScan)]
        return Taken(read, kiosk, self._commits.submit(items))

    def answers_of(self, taken: Taken) -> list[dict[str, Any]]:
        """Return the answers to scans that were taken and are committed, in their order.

        Raises `storage_unavailable` when the store failed: the kiosk sends them again.
        """
        results = iter(taken.committed.result())
        self.answered += len(taken.read)
        return [self._answer_of(scan, taken.kiosk, results) for scan in taken.read]

    async def answer(self, scans: Any, kiosk: Kiosk) -> list[dict[str, Any]]:
        """Take a kiosk's scans and return their answers once they are committed; raises as `take` and `answers_of`."""
        taken = self.take(scans, kiosk)
        await asyncio.wait([taken.committed])
        return self.answers_of(taken)

    async def answer_by_hand(self, scan: SentScan, kiosk: Kiosk, account: str) -> dict[str, Any]:
        """Return the answer to a scan that staff make for a visitor; `kiosk` is the desk that they stand for."""
        committed = self._commits.submit([Item(scan, kiosk, self._clock.now(), account)])
        await asyncio.wait([committed])
        return self.answers_of(Taken([scan], kiosk, committed))[0]

    async def run(self) -> None:
        """Commit what comes, until cancelled."""
        await asyncio.gather(self._commits.run(), self._keep_misreads())

    async def drain(self) -> None:
        """Wait until every scan that was taken is answered."""
        await self._commits.drain()
        await self._save_misreads()

    def _is_ours(self, signed: SignedPass) -> bool:
        return self._keys.ring.verify(signed)

    def _answer_of(
        self, scan: SentScan | MalformedScan, kiosk: Kiosk, results: Iterator[dict[str, Any] | Exception]
    ) -> dict[str, Any]:
        if isinstance(scan, MalformedScan):
            return self._malformed(scan, kiosk)
        result, sent_id = next(results), scan.sent_id or scan.id
        if isinstance(result, Exception):
            return self._malformed(MalformedScan(sent_id), kiosk)
        # A kiosk takes the scan out of its outbox by the id that it wrote itself.
        return {**result, "id": sent_id}

    async def _commit(self, items: list[Item]) -> list[dict[str, Any]]:
        rules = replace(self._rules, error=self._board.error)
        result = await self._database.write_urgent(answer_batch, rules, items)
        self.figures.count(result.answers)
        self._tell(result)
        return result.answers

    def _tell(self, result: BatchResult) -> None:
        self._misreads.update(result.misreads)
        for (_, code), times in result.misreads.items():
            self.figures.misreads[code] += times
        if result.counts is not None:
            self._board.tell(result.counts)

    def _malformed(self, scan: MalformedScan, kiosk: Kiosk) -> dict[str, Any]:
        self._misreads[kiosk.id, "malformed"] += 1
        self.figures.answers["refused", "malformed"] += 1
        self.figures.misreads["malformed"] += 1
        return {
            "id": scan.id,
            "answer": "refused",
            "code": "malformed",
            "people": 0,
            "zone": None,
            "visitor": None,
            "guide": None,
            "since": None,
            "free": None,
            "queue": None,
            "repeat": False,
            "conflict": None,
        }

    async def _keep_misreads(self) -> None:
        while True:
            await asyncio.sleep(5)
            await self._save_misreads()

    async def _save_misreads(self) -> None:
        if not self._misreads:
            return
        counts, self._misreads = self._misreads, Counter()
        try:
            await self._database.write(add_misreads, dict(counts))
        except Exception:  # noqa: BLE001 - counted again in a moment, whatever it was; scans go on
            self._misreads.update(counts)
            _log.exception("misreads_not_saved")
