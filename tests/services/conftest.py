"""A house's parts for tests of the services: a migrated database, a built-in space, a desk that Hoa sits at."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from server.domain.space import Space, default_space
from server.services.desk import Desk
from server.storage.database import Database, open_database
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space

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
    """Run a statement, and return its rows if it has any; `":1` in it is JSON, no parameter."""

    async def run(statement: str, **values: Any) -> Any:
        def query(connection: Any) -> Any:
            result = connection.execute(text(re.sub(r'":(\d)', r'"\\:\1', statement)), values)
            return [tuple(row) for row in result] if result.returns_rows else None

        return await database.write(query)

    return run
