"""Choosing what to print: a day's delegations, then the people of those that were chosen, and their passes."""

from collections.abc import Sequence
from datetime import date

from server.services.passes import Passes
from server.services.prints import MOST_BADGES
from server.storage import badge_choice as storage
from server.storage.database import Database

Candidate = storage.Candidate
"""Whose badge can be printed, with their pass and its latest print."""
DayGroup = storage.DayGroup
"""A delegation of a day, with how many of its badges were printed."""


async def groups_of_day(database: Database, day: date) -> list[DayGroup]:
    """Return the delegations that come on a day, by their hour."""
    return await database.read(storage.groups_of_day, day)


async def walk_ins_of_day(database: Database, day: date) -> list[str]:
    """Return the ids of those who come on a day without a delegation."""
    return await database.read(storage.walk_ins_of_day, day, MOST_BADGES)


async def candidates(
    database: Database, codes: Sequence[str], visitor_ids: Sequence[str], *, with_staff: bool = False
) -> list[Candidate]:
    """Return whose badges can be printed, at most 2,001: delegations with their members, visitors, the staff."""
    return await database.read(storage.candidates, codes, visitor_ids, with_staff=with_staff, limit=MOST_BADGES + 1)


async def passes_of_holders(passes: Passes, database: Database, holders: Sequence[str], *, actor: str) -> list[str]:
    """Return the pass ids of holders in their order, issuing what is missing. Holders that nobody knows are left out.

    Raise `unknown_visitor`, `unknown_account`, `cancelled_delegation`.
    """
    known = await database.read(storage.passes_of_holders, holders)
    missing = [holder for holder in holders if holder in known and known[holder] is None]
    if missing:
        await passes.issue_to(missing, actor=actor)
        known = await database.read(storage.passes_of_holders, holders)
    return [pass_id for holder in holders if (pass_id := known.get(holder)) is not None]
