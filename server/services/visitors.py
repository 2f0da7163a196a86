"""The desk's look at visitors: the list page by page, one person's day, and what was done with their record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from server.domain.errors import DomainError
from server.domain.people import VisitorRecord
from server.domain.space import Space
from server.domain.visitor_list import VisitorLine, VisitorWish
from server.services.desk import Desk
from server.services.people import get_visitor
from server.services.search import search
from server.storage import people, prints, visitor_day, visitor_list
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.passes import PASSES, PassRow, find_passes
from server.storage.prints import PrintRow

Done = visitor_day.Done
"""A line of a record's history."""
PAGE = 50
_EXPORTED = 1_000
_MOST_HITS = PAGE + 1


@dataclass(frozen=True, slots=True)
class VisitorPage:
    """A page of the list, newest first; `is_first` and `is_last` tell whether the list goes on at either end."""

    lines: list[VisitorLine]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """A pass of a visitor with every print of its badge, newest first."""

    row: PassRow
    prints: list[PrintRow]


@dataclass(frozen=True, slots=True)
class VisitorSheet:
    """Everything that the record of one visitor shows."""

    record: VisitorRecord
    passes: list[IssuedPass]
    visits: list[RowMapping]
    movements: list[RowMapping]
    history: list[Done]


async def list_visitors(database: Database, wish: VisitorWish, *, before: str = "", after: str = "") -> VisitorPage:
    """Return the page behind the id `before`, or ahead of the id `after`, or the first."""
    lines = await database.read(visitor_list.page_of_visitors, wish, before=before, after=after, limit=PAGE + 1)
    has_more = len(lines) > PAGE
    if after:
        return VisitorPage(lines[-PAGE:], is_first=not has_more, is_last=False)
    return VisitorPage(lines[:PAGE], is_first=not before, is_last=not has_more)


async def narrow(database: Database, wish: VisitorWish, typed: str) -> tuple[VisitorWish, bool]:
    """Return the wish for what a search finds, and whether these names are only like what was typed.

    Where very many fit, or a delegation's code was typed, the list looks through all names itself: it need not look
    far, and it goes on for ever.
    """
    hits = await search(database, typed, day=wish.day, limit=_MOST_HITS)
    people = [hit for hit in hits if hit.kind == "visitor"]
    if len(hits) >= _MOST_HITS or any(hit.kind == "delegation" and hit.field == "code" for hit in hits):
        return wish, False
    is_guess = bool(people) and all(hit.field == "spelling" for hit in people)
    return replace(wish, words=(), ids=[hit.id for hit in people]), is_guess


async def all_visitors(database: Database, wish: VisitorWish) -> AsyncIterator[list[VisitorLine]]:
    """Return the whole list, read in pages."""
    before = ""
    while lines := await database.read(visitor_list.page_of_visitors, wish, before=before, limit=_EXPORTED):
        before = lines[-1].id
        yield lines


async def open_visitor(database: Database, space: Space, id_: str, day: date) -> VisitorSheet:
    """Return what is known of a visitor, with the movements of a day. Raise `unknown_visitor`."""
    since = datetime.combine(day, time(), tzinfo=ZoneInfo(space.timezone))
    found = await database.read(_sheet, id_, day, since)
    if found is None:
        raise DomainError("unknown_visitor", visitor=id_)
    return found


async def open_needs(desk: Desk, id_: str) -> str:
    """Return what a visitor needs, and tell the audit log who looked. Raise `unknown_visitor`."""
    record = await get_visitor(desk.database, id_)
    await desk.database.write(append_line, desk.entry("open_needs", f"visitor:{record.id}"))
    return record.needs


def _sheet(connection: Connection, id_: str, day: date, since: datetime) -> VisitorSheet | None:
    record = people.find_visitor(connection, id_)
    if record is None:
        return None
    rows = sorted(find_passes(connection, PASSES.c.visitor_id == id_), key=lambda row: row.issued_at, reverse=True)
    rows.sort(key=lambda row: row.revoked_at is not None)
    printed = prints.prints_of_passes(connection, [row.id for row in rows])
    passes = [IssuedPass(row, [one for pass_id, one in printed if pass_id == row.id]) for row in rows]
    subjects = [f"visitor:{id_}", *(f"pass:{row.id}" for row in rows)]
    return VisitorSheet(
        record,
        passes,
        visitor_day.visits_of(connection, id_, 5),
        visitor_day.movements_of(connection, id_, day, since),
        visitor_day.history_of(connection, subjects, 12),
    )
