"""Queries of an import: what is registered already, and many new people at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select

from server.domain.text import search_key
from server.storage.bulk import insert_rows
from server.storage.delegations import DELEGATIONS, count_members
from server.storage.organisations import ORGANISATIONS
from server.storage.people import VISITORS
from server.storage.standings import add_standings

_MOST_VALUES = 500


class RegisteredRow(NamedTuple):
    """A delegation as far as it takes to recognise it."""

    id: int
    code: str
    name: str
    organisation_key: str | None
    visit_date: date | None
    slot_at: datetime | None
    minutes: int
    people: int
    leader_name: str
    source: str

    @property
    def key(self) -> str:
        """Return the folded organisation; the delegation's own name where it has none."""
        return self.organisation_key or search_key(self.name)[:300]


class MemberRow(NamedTuple):
    """A named member, in the order of registration."""

    id: str
    name: str
    search_key: str
    occurrence: int
    title: str
    organisation: str
    phone: str | None
    email: str | None
    needs: str
    notes: str


_BEARERS = select(func.count()).select_from(DELEGATIONS).where(DELEGATIONS.c.code == bindparam("asked"))
_REGISTERED: Select[Any] = select(
    DELEGATIONS.c.id,
    DELEGATIONS.c.code,
    DELEGATIONS.c.name,
    ORGANISATIONS.c.search_key,
    DELEGATIONS.c.visit_date,
    DELEGATIONS.c.slot_at,
    DELEGATIONS.c.minutes,
    DELEGATIONS.c.planned,
    DELEGATIONS.c.leader_name,
    DELEGATIONS.c.source,
).select_from(DELEGATIONS.outerjoin(ORGANISATIONS, ORGANISATIONS.c.id == DELEGATIONS.c.organisation_id))


def delegations_with_codes(connection: Connection, codes: Collection[str]) -> list[RegisteredRow]:
    """Return the delegations that bear one of these codes."""
    return [row for some in _some(codes) for row in _rows(connection, _REGISTERED.where(DELEGATIONS.c.code.in_(some)))]


def delegations_of(connection: Connection, organisation_keys: Collection[str]) -> list[RegisteredRow]:
    """Return the delegations of these organisations, by their folded names."""
    return [
        row
        for some in _some(organisation_keys)
        for row in _rows(connection, _REGISTERED.where(ORGANISATIONS.c.search_key.in_(some)))
    ]


def delegations_on(connection: Connection, days: Collection[date]) -> list[RegisteredRow]:
    """Return the delegations that come on these days, cancelled ones left out."""
    query = _REGISTERED.where(DELEGATIONS.c.status != "cancelled", DELEGATIONS.c.slot_at.is_not(None))
    return [row for some in _some(days) for row in _rows(connection, query.where(DELEGATIONS.c.visit_date.in_(some)))]


def members_of(connection: Connection, delegation_id: int) -> list[MemberRow]:
    """Return the named members of a delegation in the order of registration, erased ones left out."""
    query = select(*(VISITORS.c[name] for name in MemberRow._fields))
    query = query.where(VISITORS.c.delegation_id == delegation_id, VISITORS.c.erased_at.is_(None))
    return [MemberRow(*row) for row in connection.execute(query.order_by(VISITORS.c.id))]


def all_codes(connection: Connection) -> set[str]:
    """Return every code that was ever given."""
    return set(connection.scalars(select(DELEGATIONS.c.code)))


def is_code_free(connection: Connection, code: str) -> bool:
    """Tell whether no delegation bears this code."""
    return not connection.scalar(_BEARERS, {"asked": code})


def add_members(connection: Connection, delegation_id: int, people: Sequence[Mapping[str, Any]]) -> None:
    """Register new members of a delegation, give each their place (outside), and count them. Three statements."""
    if not people:
        return
    insert_rows(connection, VISITORS, [{**person, "delegation_id": delegation_id} for person in people])
    add_standings(connection, [f"v:{person['id']}" for person in people], delegation_id)
    count_members(connection, delegation_id, len(people))


def _rows(connection: Connection, query: Select[Any]) -> list[RegisteredRow]:
    return [RegisteredRow(*row) for row in connection.execute(query.order_by(DELEGATIONS.c.id))]


def _some(values: Collection[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _MOST_VALUES):
        yield ordered[start : start + _MOST_VALUES]
