"""The parts of a house that a command needs: the database made and up to date, and the services on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from server.domain.space import Space
from server.services.accounts import Accounts
from server.services.clock import Clock
from server.services.devices import Devices
from server.services.keys import Keys
from server.services.passes import Passes
from server.settings import Settings
from server.storage.database import Database, open_database
from server.storage.migrate import HEAD, current_revision, upgrade
from server.storage.spaces import sync_space

T = TypeVar("T")

ACTOR = "command line"


@dataclass(frozen=True, slots=True)
class SmallHouse:
    """A house without screens. A running server takes up what is changed here within a second."""

    settings: Settings
    space: Space
    clock: Clock
    database: Database
    keys: Keys
    passes: Passes
    devices: Devices
    accounts: Accounts


@asynccontextmanager
async def open_house() -> AsyncIterator[SmallHouse]:
    """Open the house that the settings name; make or migrate its database, and take up the space file."""
    settings = Settings()
    space = settings.space()
    database = open_database(settings.database_url)
    try:
        await migrate(database)
        await database.write(sync_space, space)
        clock, keys = Clock(), Keys(settings.secret_file)
        yield SmallHouse(
            settings=settings,
            space=space,
            clock=clock,
            database=database,
            keys=keys,
            passes=Passes(database, keys, space, clock, settings.public_url),
            devices=Devices(database, space),
            accounts=Accounts(database),
        )
    finally:
        await database.close()


async def migrate(database: Database) -> bool:
    """Bring the database to the newest schema; tell whether anything had to be done."""
    if await database.read(current_revision) == HEAD:
        return False
    return await database.write(upgrade)


def in_house(work: Callable[[SmallHouse], Awaitable[T]]) -> T:
    """Run a command's work in an opened house."""

    async def run() -> T:
        async with open_house() as house:
            return await work(house)

    return asyncio.run(run())
