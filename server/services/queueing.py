"""The virtual queue between scans: whoever is next is called, and a hold that nobody used runs out."""

from datetime import datetime

from sqlalchemy import Connection

from server.domain.admission import call_next
from server.domain.space import Space
from server.services.worlds import build_world, queue_rows
from server.storage.database import Database
from server.storage.scans import load_batch, save_queue


async def call_waiting(database: Database, space: Space, now: datetime) -> None:
    """Call the next numbers for whom there is room now. Nothing is written while nobody waits."""
    await database.write(_call, space, now)


def _call(connection: Connection, space: Space, now: datetime) -> None:
    loaded = load_batch(connection, (), (), ())
    if not loaded.queue:
        return
    world = build_world(space, loaded, now)
    call_next(world, now)
    rows, _ = queue_rows(world, loaded, space.day_of(now))
    save_queue(connection, rows)
