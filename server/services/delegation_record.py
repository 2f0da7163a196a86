"""One delegation as the desk sees it, its history, and the acts that concern its members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, Status
from server.domain.errors import DomainError
from server.domain.text import search_key
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.storage import delegation_record as storage
from server.storage import editing, people
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.delegation_record import HistoryRow, MemberRow
from server.storage.delegations import find_delegation

MOST_NAMES = 500
"""More names than that are a list to be imported."""

_SLICE = 10
_SEEN = timedelta(seconds=60)
_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Members:
    """Which members the page shows: found by folded words, those who have not come only, from behind an id."""

    words: Sequence[str] = ()
    is_absent: bool = False
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Record:
    """A delegation with a page of its members, how many of them have not come, and its history, newest first."""

    delegation: DelegationRecord
    members: list[MemberRow]
    absent: int
    history: list[HistoryRow]


@dataclass(frozen=True, slots=True)
class Named:
    """What became of a pasted list: how many were added, and which were members already."""

    added: int
    known: list[str]


async def load_record(database: Database, code: str, day: date, wanted: Members) -> Record:
    """Return a delegation as it stands on a day. Raise `unknown_delegation`."""
    return await database.read(_load, code, day, wanted)


async def get_member(database: Database, code: str, visitor_id: str, day: date) -> MemberRow:
    """Return one member of a delegation. Raise `unknown_delegation`, `unknown_visitor`."""
    return await database.read(_member, code, visitor_id, day)


async def open_needs(desk: Desk, code: str) -> str:
    """Return what a delegation needs; the audit log tells who looked. Raise `unknown_delegation`."""
    return await desk.database.write(_open_needs, desk, code)


async def open_member_needs(desk: Desk, code: str, visitor_id: str) -> str:
    """Return what a member needs; the audit log tells who looked. Raise `unknown_delegation`, `unknown_visitor`."""
    return await desk.database.write(_open_member_needs, desk, code, visitor_id)


async def add_names(desk: Desk, code: str, names: Sequence[str]) -> Named:
    """Register members by their names, a few at a time; a name that is a member already is left out.

    Raise `unknown_delegation`, `cancelled_delegation`.
    """
    added, known = 0, []
    for start in range(0, len(names), _SLICE):
        part = await desk.database.write(_add_names, desk, code, names[start : start + _SLICE])
        added += part.added
        known += part.known
    return Named(added, known)


async def note_editing(desk: Desk, code: str) -> list[str]:
    """Note that the actor has the form of a delegation open; return the names of the others who have."""
    return await desk.database.write(_note_editing, desk, f"delegation:{code}")


async def stop_editing(desk: Desk, code: str) -> None:
    """Note that the actor closed the form of a delegation."""
    await desk.database.write(editing.forget_editor, f"delegation:{code}", desk.actor)


def _load(connection: Connection, code: str, day: date, wanted: Members) -> Record:
    found = _find(connection, code)
    shown = storage.members_of(
        connection,
        found.id,
        day,
        words=wanted.words,
        is_absent=wanted.is_absent,
        after=wanted.after,
        limit=wanted.limit,
    )
    absent = storage.count_absent(connection, found.id, day)
    return Record(found, shown, absent, storage.history_of(connection, found.code, found.id, limit=_HISTORY))


def _member(connection: Connection, code: str, visitor_id: str, day: date) -> MemberRow:
    found = storage.member_of(connection, _find(connection, code).id, visitor_id, day)
    if found is None:
        raise DomainError("unknown_visitor", visitor=visitor_id)
    return found


def _open_needs(connection: Connection, desk: Desk, code: str) -> str:
    found = _find(connection, code)
    append_line(connection, desk.entry("open_needs", f"delegation:{found.code}"))
    return found.needs


def _open_member_needs(connection: Connection, desk: Desk, code: str, visitor_id: str) -> str:
    _member(connection, code, visitor_id, desk.space.day_of(desk.at))
    append_line(connection, desk.entry("open_needs", f"visitor:{visitor_id}"))
    return storage.needs_of(connection, visitor_id)


def _add_names(connection: Connection, desk: Desk, code: str, names: Sequence[str]) -> Named:
    delegation = hold_delegation(connection, code)
    if delegation.decided == Status.CANCELLED:
        raise DomainError("cancelled_delegation", delegation=delegation.code)
    added, known = 0, []
    for name in names:
        key = search_key(name)
        if not key or people.member_named(connection, delegation.id, key) is not None:
            known.append(name)
            continue
        row = {"name": name, "search_key": key, "delegation_id": delegation.id}
        id_ = people.add_visitor(connection, row | {"created_at": desk.at, "updated_at": desk.at})
        told: dict[str, object] = {"name": "…", "delegation": delegation.code}
        append_line(connection, desk.entry("add_visitor", f"visitor:{id_}", after=told))
        added += 1
    return Named(added, known)


def _note_editing(connection: Connection, desk: Desk, subject: str) -> list[str]:
    since = desk.at - _SEEN
    editing.note_editor(connection, subject, desk.actor, desk.at, since)
    return editing.names_of_editors(connection, subject, desk.actor, since)


def _find(connection: Connection, code: str) -> DelegationRecord:
    found = find_delegation(connection, code)
    if found is None:
        raise DomainError("unknown_delegation", delegation=code)
    return found
