"""Group commit: a bad item fails alone, and a store that fails makes no item a bad one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import OperationalError

from server.services.group_commit import GroupCommit
from server.storage.database import StorageUnavailableError


@asynccontextmanager
async def committing(commit: Callable[[list[int]], list[int]], most: int = 4) -> AsyncIterator[GroupCommit[int, int]]:
    async def call(items: list[int]) -> list[int]:
        return commit(items)

    commits: GroupCommit[int, int] = GroupCommit(call, most=most)
    running = asyncio.create_task(commits.run())
    yield commits
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_items_are_answered_in_their_order_over_several_batches():
    async with committing(lambda items: [item * 2 for item in items]) as commits:
        assert await commits.submit(range(10)) == [item * 2 for item in range(10)]


async def test_a_bad_item_fails_alone():
    async with committing(lambda items: [1 // item for item in items]) as commits:
        results = await commits.submit([1, 0, 1])
    assert [str(result) for result in results] == ["1", "integer division or modulo by zero", "1"]


async def test_a_store_that_fails_while_items_go_alone_makes_none_of_them_bad():
    def commit(items: list[int]) -> list[int]:
        if len(items) > 1:
            raise ValueError("one of these is bad")
        raise StorageUnavailableError("database or disk is full")

    async with committing(commit) as commits:
        with pytest.raises(StorageUnavailableError):
            await commits.submit([1, 2])


async def test_a_missing_table_is_no_items_fault():
    def commit(_items: list[int]) -> list[int]:
        raise OperationalError("INSERT", {}, Exception("no such table: movement"))

    async with committing(commit) as commits:
        with pytest.raises(StorageUnavailableError):
            await commits.submit([1])


async def test_after_a_failure_the_next_items_are_committed():
    failures = [StorageUnavailableError("database is locked")]

    def commit(items: list[int]) -> list[int]:
        if failures:
            raise failures.pop()
        return items

    async with committing(commit) as commits:
        first, second = commits.submit(range(6)), commits.submit([7])
        with pytest.raises(StorageUnavailableError):
            await first
        assert await second == [7]
