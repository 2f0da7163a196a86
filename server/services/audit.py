"""The audit log for its readers, and how far its chain has been verified."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.services.clock import real_now
from server.storage import audit_reading as storage
from server.storage.audit import GENESIS, verify_slice
from server.storage.audit_reading import LineFilter
from server.storage.database import Database

__all__ = [
    "AuditChain",
    "ChainState",
    "LineFilter",
    "all_lines",
    "newest_line",
    "read_line",
    "read_lines",
    "read_names",
]

_SLICE = 500
_BREATH_SECONDS = 0.02
PAGE = 50


@dataclass(frozen=True, slots=True)
class ChainState:
    """How many lines fitted up to the line `seq`, when that was found, and the first that did not fit."""

    count: int = 0
    seq: int = 0
    last_hash: str = GENESIS
    at: datetime | None = None
    broken: int | None = None


class AuditChain:
    """Verifies the chain in small slices, and goes on from the last line that fitted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self.state = ChainState()

    async def go_on(self, *, anew: bool = False) -> ChainState:
        """Verify the lines since the last that fitted, or all of them anew."""
        async with self._turn:
            state = ChainState() if anew else self.state
            count = _SLICE
            while state.broken is None and count == _SLICE:
                count, seq, last_hash, broken = await self._database.read(
                    verify_slice, state.seq, state.last_hash, _SLICE
                )
                state = ChainState(state.count + count, seq, last_hash, real_now(), broken)
                if not anew:
                    self.state = state
                await asyncio.sleep(_BREATH_SECONDS)
            self.state = state
        return state


async def read_lines(database: Database, asked: LineFilter, before: int | None) -> Sequence[Any]:
    """Return a page of lines and one more where there are more, the newest first."""
    return await database.read(storage.list_lines, asked, before=before, limit=PAGE + 1)


async def read_line(database: Database, seq: int) -> dict[int, Any]:
    """Return a line and its neighbours by their numbers."""
    return {row["seq"]: row for row in await database.read(storage.line_with_neighbours, seq)}


async def read_names(database: Database) -> tuple[dict[str, str], list[str]]:
    """Return the names of who acts, and every action that there has been."""
    return await database.read(storage.names_of), await database.read(storage.known_actions)


async def newest_line(database: Database) -> int:
    """Return the number of the newest line; 0 where there is none."""
    return await database.read(storage.last_line)


async def all_lines(database: Database, asked: LineFilter) -> AsyncIterator[Sequence[Any]]:
    """Yield every line that is asked for, in pages, the newest first."""
    before: int | None = None
    while page := await database.read(storage.list_lines, asked, before=before, limit=1_000):
        before = page[-1]["seq"]
        yield page
