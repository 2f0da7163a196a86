"""Several processes' worth of houses on one PostgreSQL database and one Redis, in the tests' own event loop."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import redis

from server.storage.spaces import sync_space
from tests.web.running_house import RunningHouse, running_house

REDIS = os.environ.get("SANH_TEST_BUS", "redis://127.0.0.1:6379/9")

OpenHouses = Callable[[int], Awaitable[list[RunningHouse]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "cluster" in item.path.parts:
            item.add_marker(pytest.mark.postgresql)
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def bus_url() -> str:
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as server:
            server.ping()
    except redis.RedisError as error:
        pytest.skip(f"no Redis at {REDIS}: {type(error).__name__}")
    return REDIS


@pytest.fixture
async def open_houses(tmp_path: Path, database_url: str, bus_url: str) -> AsyncIterator[OpenHouses]:
    """Open so many houses that share their database, their bus and their keys."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_some(count: int) -> list[RunningHouse]:
            opened = [
                await stack.enter_async_context(running_house(tmp_path, database_url, bus_url=bus_url))
                for _ in range(count)
            ]
            await opened[0].house.database.write(sync_space, opened[0].house.space)
            return opened

        yield open_some
