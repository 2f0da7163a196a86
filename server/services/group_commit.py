"""Group commit: what arrives while one batch is being committed makes up the next.

Under little load a batch is one item and is committed at once. Under much load a commit is shared by many, and the
larger a batch was, the later after its beginning the next one begins, up to 9 ms: where the disk is quick, small
batches would spend the processor on statements that a larger one shares (docs/decisions/0010-group-commit.md).
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from server.services.figures import CommitFigures
from server.storage.database import StorageUnavailableError
from server.storage.failures import is_of_values

Item = TypeVar("Item")
Result = TypeVar("Result")

PACE_SECONDS = 0.003
PACE_SECONDS_AN_ITEM = 0.00025
MOST_PACE_SECONDS = 0.009

_log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Request(Generic[Item, Result]):
    items: Sequence[Item]
    answered: "asyncio.Future[list[Result | Exception]]"
    since: float
    results: list[Result | Exception] = field(default_factory=list)
    taken: int = 0


class GroupCommit(Generic[Item, Result]):
    """Brings items to `commit` in batches of at most `most`; a bad item fails alone."""

    def __init__(self, commit: Callable[[list[Item]], Awaitable[list[Result]]], *, most: int) -> None:
        self._commit = commit
        self._most = most
        self._waiting: deque[_Request[Item, Result]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.at_work: asyncio.Future[None] | None = None
        """Ends when the batch that is being committed is."""
        self.figures = CommitFigures()

    @property
    def waiting(self) -> int:
        """Return how many items are in no batch yet."""
        return sum(len(request.items) - request.taken for request in self._waiting)

    def submit(self, items: Sequence[Item]) -> "asyncio.Future[list[Result | Exception]]":
        """Return what will be the results of the items in their order, once all are committed.

        An item that cannot be stored gets its exception as its result. The future fails with
        `StorageUnavailableError` when the store failed: what of the items is not saved may be sent again.
        """
        request = _Request(items, asyncio.get_running_loop().create_future(), time.perf_counter())
        if not items:
            request.answered.set_result([])
            return request.answered
        self._waiting.append(request)
        self._idle.clear()
        self._wake.set()
        return request.answered

    async def run(self) -> None:
        """Commit batches until cancelled."""
        while True:
            if not self._waiting:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            began = asyncio.get_running_loop().time()
            shares = self._gather()
            self.at_work = asyncio.get_running_loop().create_future()
            try:
                await self._commit_shares(shares)
            finally:
                if not self.at_work.done():
                    self.at_work.set_result(None)
                self.at_work = None
            size = sum(len(share) for _, share in shares)
            pace = min(MOST_PACE_SECONDS, PACE_SECONDS + size * PACE_SECONDS_AN_ITEM)
            if size > 1 and (left := began + pace - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(left)

    async def drain(self) -> None:
        """Wait until everything that was submitted is answered."""
        await self._idle.wait()

    def _gather(self) -> list[tuple[_Request[Item, Result], Sequence[Item]]]:
        shares: list[tuple[_Request[Item, Result], Sequence[Item]]] = []
        room = self._most
        while self._waiting and room:
            request = self._waiting[0]
            share = request.items[request.taken : request.taken + room]
            request.taken += len(share)
            room -= len(share)
            shares.append((request, share))
            if request.taken == len(request.items):
                self._waiting.popleft()
        return shares

    async def _commit_shares(self, shares: list[tuple[_Request[Item, Result], Sequence[Item]]]) -> None:
        batch = [item for _, share in shares for item in share]
        figures, began = self.figures, time.perf_counter()
        try:
            results = await self._commit_batch(batch)
        except StorageUnavailableError as error:
            _log.error("batch_not_committed", items=len(batch), error=error)
            figures.failed += 1
            self._fail(shares, error)
            return
        now, start = time.perf_counter(), 0
        figures.sizes.add(len(batch))
        figures.durations.add(now - began)
        for request, share in shares:
            request.results.extend(results[start : start + len(share)])
            start += len(share)
            if len(request.results) == len(request.items) and not request.answered.done():
                figures.waits.add(now - request.since, len(request.items))
                request.answered.set_result(request.results)

    async def _commit_batch(self, batch: list[Item]) -> Sequence[Result | Exception]:
        try:
            return await self._try(batch)
        except StorageUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - some item is bad; which one shows when each goes alone
            _log.warning("batch_retried_item_by_item", items=len(batch), error=error)
            return [await self._commit_alone(item) for item in batch]

    async def _commit_alone(self, item: Item) -> Result | Exception:
        try:
            return (await self._try([item]))[0]
        except StorageUnavailableError:
            # The store's failure is not the item's: answered as bad, its kiosk would throw it away.
            raise
        except Exception as error:  # noqa: BLE001 - it is the answer to this item alone
            _log.exception("item_not_committed")
            return error

    async def _try(self, batch: list[Item]) -> list[Result]:
        try:
            return await self._commit(batch)
        except DBAPIError as error:
            if is_of_values(error):
                raise
            # A table that is missing, too: what fails for every item is no item's fault.
            raise StorageUnavailableError(str(error.orig)) from error

    def _fail(self, shares: list[tuple[_Request[Item, Result], Sequence[Item]]], error: Exception) -> None:
        for request, _ in shares:
            if self._waiting and self._waiting[0] is request:
                self._waiting.popleft()
            if not request.answered.done():
                request.answered.set_exception(error)
