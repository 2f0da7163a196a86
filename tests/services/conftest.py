"""A house's parts for tests of the services: a migrated database, a built-in space, a desk that Hoa sits at."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from server.domain.space import Space, default_space
from server.services.desk import Desk
from server.storage.database import Database, open_database
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space
from tests.statements import run_sql

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture
def space() -> Space:
    return default_space()


@pytest.fixture
async def database(database_url: str, space: Space) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.write(upgrade)
    await database.write(sync_space, space)
    yield database
    await database.close()


@pytest.fixture
def desk(database: Database, space: Space) -> Desk:
    return Desk(database, space, actor="account:hoa", at=NOON)


@pytest.fixture
def sql(database: Database) -> Callable[..., Any]:
    """Run a statement, and return its rows if it has any."""

    async def run(statement: str, **values: Any) -> Any:
        return await database.write(partial(run_sql, statement=statement, **values))

    return run
