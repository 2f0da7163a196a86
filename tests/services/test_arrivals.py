"""The day on the wall goes on after a read that failed."""

import asyncio
from typing import Any

import pytest

from server.domain.space import Space
from server.services import arrivals
from server.services.arrivals import ArrivalsBoard
from server.services.clock import Clock
from server.services.hub import Hub
from server.storage.database import Database, StorageUnavailableError


async def test_a_read_that_fails_does_not_end_the_board(
    database: Database, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    monkeypatch.setattr(hub, "is_watched", lambda _topic: True)
    monkeypatch.setattr(arrivals, "SETTLE_SECONDS", 0.01)
    board = ArrivalsBoard(database, space, Clock(), hub)
    failures, published = [StorageUnavailableError("disk I/O error")], asyncio.Event()

    async def state() -> dict[str, Any]:
        if failures:
            raise failures.pop()
        return {"at": None, "arrived": 1}

    monkeypatch.setattr(board, "state", state)
    monkeypatch.setattr(hub, "publish", lambda *_: published.set())
    running = asyncio.create_task(board.run())
    board.mark_changed()
    await asyncio.wait_for(published.wait(), 1)
    running.cancel()
