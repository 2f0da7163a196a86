"""What the tests of the use-cases share: a database with its schema and the built-in space's zones."""

from collections.abc import AsyncIterator

import pytest

from server.storage.database import Database
from tests.cast import fresh_database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with fresh_database(database_url) as opened:
        yield opened
