"""What can be printed: a day's delegations, and the people of some of them with their passes and latest prints."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, String, and_, cast, func, null, or_, select

from server.storage.accounts import Account
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.passes import PASSES
from server.storage.people import VISITORS
from server.storage.prints import PRINTED, PrintRow, latest_prints

_ACCOUNTS: Any = table(Account)
_CHUNK = 500
_LIVE = PASSES.c.revoked_at.is_(None)
_IS_OPEN = DELEGATIONS.c.status != "cancelled"
WALK_INS = ""
"""What stands for a delegation's code where people came without one."""


class DayGroup(NamedTuple):
    """A delegation that comes on a day: its named people, and how many of its badges were printed."""

    code: str
    name: str
    kind: str
    slot_at: datetime | None
    named: int
    printed: int


class Candidate(NamedTuple):
    """Whose badge can be printed: `holder` is `v:` and an id, `d:` and a code, or `s:` and a login."""

    holder: str
    name: str
    detail: str
    delegation: str | None
    pass_id: str | None
    short: str | None
    printed: PrintRow | None


def groups_of_day(connection: Connection, day: date) -> list[DayGroup]:
    """Return the delegations that come on a day, by their hour."""
    query = (
        select(*(DELEGATIONS.c[name] for name in ("code", "name", "kind", "slot_at", "named")), _printed_of())
        .where(DELEGATIONS.c.visit_date == day, _IS_OPEN)
        .order_by(DELEGATIONS.c.slot_at.is_(None), DELEGATIONS.c.slot_at, DELEGATIONS.c.id)
    )
    return [DayGroup._make(row) for row in connection.execute(query)]


def walk_ins_of_day(connection: Connection, day: date, limit: int) -> list[str]:
    """Return the ids of those who come on a day without a delegation, oldest first."""
    query = select(VISITORS.c.id).where(
        VISITORS.c.visit_date == day, VISITORS.c.delegation_id.is_(None), VISITORS.c.erased_at.is_(None)
    )
    return list(connection.scalars(query.order_by(VISITORS.c.id).limit(limit)))


def candidates(
    connection: Connection, codes: Sequence[str], visitor_ids: Sequence[str], *, with_staff: bool, limit: int
) -> list[Candidate]:
    """Return whose badges can be printed: each delegation's pass, then its members, further visitors, the staff."""
    queries = [_delegations(codes), _members(codes), _visitors(visitor_ids)] + ([_staff()] if with_staff else [])
    rows = [row for query in queries for row in connection.execute(query.limit(limit))][:limit]
    printed = latest_prints(connection, [row.pass_id for row in rows if row.pass_id])
    found = [Candidate._make((*row, printed.get(row.pass_id))) for row in rows]
    order = {code: place for place, code in enumerate(codes)}
    return sorted(found, key=lambda one: order.get(one.delegation or WALK_INS, len(order)))


def passes_of_holders(connection: Connection, holders: Sequence[str]) -> dict[str, str | None]:
    """Return the pass of each of these holders whose badge can be printed; None where it must be issued first."""
    found: dict[str, str | None] = {}
    for start in range(0, len(holders), _CHUNK):
        names: dict[str, list[str]] = {"d": [], "v": [], "s": []}
        for holder in holders[start : start + _CHUNK]:
            names.setdefault(holder[:1], []).append(holder[2:])
        queries = (
            _delegations(names["d"]),
            _visitors(names["v"]),
            _staff().where(_ACCOUNTS.c.login.in_(names["s"])),
        )
        found |= {row.holder: row.pass_id for query in queries for row in connection.execute(query)}
    return found


def _delegations(codes: Sequence[str]) -> Select[Any]:
    return (
        select(
            ("d:" + DELEGATIONS.c.code).label("holder"),
            DELEGATIONS.c.name,
            cast(null(), String).label("detail"),
            DELEGATIONS.c.code.label("delegation"),
            PASSES.c.id.label("pass_id"),
            PASSES.c.short,
        )
        .select_from(DELEGATIONS.outerjoin(PASSES, and_(PASSES.c.delegation_id == DELEGATIONS.c.id, _LIVE)))
        .where(DELEGATIONS.c.code.in_(codes), _IS_OPEN)
    )


def _people(condition: Any) -> Select[Any]:
    return (
        select(
            ("v:" + VISITORS.c.id).label("holder"),
            VISITORS.c.name,
            VISITORS.c.organisation.label("detail"),
            DELEGATIONS.c.code.label("delegation"),
            PASSES.c.id.label("pass_id"),
            PASSES.c.short,
        )
        .select_from(
            VISITORS.outerjoin(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id).outerjoin(
                PASSES, and_(PASSES.c.visitor_id == VISITORS.c.id, _LIVE)
            )
        )
        .where(condition, VISITORS.c.erased_at.is_(None), or_(DELEGATIONS.c.id.is_(None), _IS_OPEN))
        .order_by(VISITORS.c.id)
    )


def _members(codes: Sequence[str]) -> Select[Any]:
    return _people(DELEGATIONS.c.code.in_(codes))


def _visitors(ids: Sequence[str]) -> Select[Any]:
    return _people(VISITORS.c.id.in_(ids))


def _staff() -> Select[Any]:
    return (
        select(
            ("s:" + _ACCOUNTS.c.login).label("holder"),
            _ACCOUNTS.c.name,
            _ACCOUNTS.c.role.label("detail"),
            cast(null(), String).label("delegation"),
            PASSES.c.id.label("pass_id"),
            PASSES.c.short,
        )
        .select_from(_ACCOUNTS.outerjoin(PASSES, and_(PASSES.c.account_id == _ACCOUNTS.c.id, _LIVE)))
        .where(_ACCOUNTS.c.disabled_at.is_(None))
        .order_by(_ACCOUNTS.c.name)
    )


def _printed_of() -> Any:
    members = (
        select(func.count(PASSES.c.visitor_id.distinct()))
        .select_from(
            VISITORS.join(PASSES, and_(PASSES.c.visitor_id == VISITORS.c.id, _LIVE)).join(
                PRINTED, PRINTED.c.pass_id == PASSES.c.id
            )
        )
        .where(VISITORS.c.delegation_id == DELEGATIONS.c.id)
    )
    return members.scalar_subquery().label("printed")
