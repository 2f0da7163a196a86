"""Prints of badges: made, remembered with who asked for them, and looked up before the same badge is printed again."""

from collections.abc import Awaitable, Callable, Sequence

from server.domain.errors import DomainError
from server.services.badges import Badge, BadgeLayout, read_badges
from server.services.desk import Desk
from server.storage import prints as storage
from server.storage.audit import append_line
from server.storage.database import Database

PrintRow = storage.PrintRow
"""A print, with the name of who asked for it."""

MOST_BADGES = 2_000
_SLICE = 200  # a write of this size stays far under 20 ms

Press = Callable[[Sequence[Badge]], Awaitable[bytes]]


async def print_passes(desk: Desk, pass_ids: Sequence[str], layout: BadgeLayout, press: Press) -> bytes:
    """Return the PDF of passes' badges, in the order of the ids, and remember that it was made.

    Raise `nothing_to_print`, `too_many_badges` (more than 2,000), `print_failed`.
    """
    ids = list(dict.fromkeys(pass_ids))
    if len(ids) > MOST_BADGES:
        raise DomainError("too_many_badges", most=MOST_BADGES)
    badges = await read_badges(desk.database, ids)
    if not badges:
        raise DomainError("nothing_to_print")
    document = await press(badges)
    await _remember(desk, layout, [badge.pass_id for badge in badges])
    return document


async def latest_prints(database: Database, pass_ids: Sequence[str]) -> dict[str, PrintRow]:
    """Return the latest print of each of these passes that was ever printed."""
    return await database.read(storage.latest_prints, pass_ids)


async def list_prints(database: Database, *, before: int | None = None, limit: int = 100) -> list[PrintRow]:
    """Return prints with numbers below `before`, newest first."""
    return await database.read(storage.list_prints, before, limit)


async def _remember(desk: Desk, layout: BadgeLayout, pass_ids: Sequence[str]) -> None:
    values = {"at": desk.at, "actor": desk.actor[:100], "layout": layout, "count": len(pass_ids)}
    print_id = await desk.database.write(storage.add_print, values)
    for start in range(0, len(pass_ids), _SLICE):
        await desk.database.write(storage.add_printed_passes, print_id, pass_ids[start : start + _SLICE])
    told: dict[str, object] = {"layout": layout, "badges": len(pass_ids)}
    await desk.database.write(append_line, desk.entry("print_badges", f"print:{print_id}", after=told))
