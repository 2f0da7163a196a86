"""What lies around a case: its scan, whom it is about, the movements before and after, who closed it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, or_, select

from server.storage.accounts import ACCOUNTS, TOKENS
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.devices import DEVICES
from server.storage.movements import Movement
from server.storage.passes import PASSES
from server.storage.people import VISITORS
from server.storage.spaces import SpaceRow
from server.storage.standings import Standing
from server.storage.visits import Visit

_MOVES: Any = table(Movement)
_STANDINGS: Any = table(Standing)
_VISITS: Any = table(Visit)
_SPACE: Any = table(SpaceRow)
_SHOWN = (
    "seq scan_id part at received_at answer code conflict from_zone to_zone people counted offline assumed is_skewed "
    "holder from_holder to_holder pass_id account_id device_id reason"
).split()


class Named(NamedTuple):
    """Whom a case is about, in words. `is_gone` tells that the person's data was erased."""

    name: str | None
    delegation: str | None = None
    delegation_name: str | None = None
    is_gone: bool = False


class Position(NamedTuple):
    """Where a holder is now: people inside, the latest asserted moment, how many could still come in."""

    inside: int = 0
    zone: str | None = None
    asserted_at: datetime | None = None
    free: int = 1


def name_holders(connection: Connection, holders: Collection[str]) -> dict[str, Named]:
    """Return who these holders are: visitors, delegations' unnamed people, staff."""
    people = {holder[2:] for holder in holders if holder.startswith("v:")}
    groups = {int(holder[2:]) for holder in holders if holder.startswith("d:")}
    staff = {holder[2:] for holder in holders if holder.startswith("s:")}
    found: dict[str, Named] = {}
    if people:
        query = (
            select(VISITORS.c.id, VISITORS.c.name, VISITORS.c.erased_at, DELEGATIONS.c.code,
                   DELEGATIONS.c.name.label("delegation"))
            .select_from(VISITORS.outerjoin(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id))
            .where(VISITORS.c.id.in_(people))
        )  # fmt: skip
        for row in connection.execute(query):
            found[f"v:{row.id}"] = Named(row.name, row.code, row.delegation, row.erased_at is not None)
    if groups:
        query = select(DELEGATIONS.c.id, DELEGATIONS.c.code, DELEGATIONS.c.name).where(DELEGATIONS.c.id.in_(groups))
        for row in connection.execute(query):
            found[f"d:{row.id}"] = Named(None, row.code, row.name)
    if staff:
        for row in connection.execute(select(ACCOUNTS.c.id, ACCOUNTS.c.name).where(ACCOUNTS.c.id.in_(staff))):
            found[f"s:{row.id}"] = Named(row.name)
    return found


def name_devices(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the names of devices."""
    if not ids:
        return {}
    query = select(DEVICES.c.id, DEVICES.c.name).where(DEVICES.c.id.in_(ids))
    return {row[0]: row[1] for row in connection.execute(query)}


def name_actors(connection: Connection, actors: Collection[str]) -> dict[str, str]:
    """Return the names of `account:…` and `token:…`; what has none is left out."""
    accounts = [actor[8:] for actor in actors if actor.startswith("account:")]
    tokens = [actor[6:] for actor in actors if actor.startswith("token:")]
    people = select(ACCOUNTS.c.id, ACCOUNTS.c.name).where(ACCOUNTS.c.id.in_(accounts))
    programs = select(TOKENS.c.id, TOKENS.c.name).where(TOKENS.c.id.in_(tokens))
    names = {f"account:{row[0]}": row[1] for row in connection.execute(people)} if accounts else {}
    return names | ({f"token:{row[0]}": row[1] for row in connection.execute(programs)} if tokens else {})


def scans_of(connection: Connection, scan_ids: Collection[str]) -> dict[str, list[RowMapping]]:
    """Return the stored parts of scans, in their order."""
    found: dict[str, list[RowMapping]] = {}
    if scan_ids:
        query = select(*(_MOVES.c[name] for name in _SHOWN)).where(_MOVES.c.scan_id.in_(scan_ids))
        for row in connection.execute(query.order_by(_MOVES.c.scan_id, _MOVES.c.part)).mappings():
            found.setdefault(row["scan_id"], []).append(row)
    return found


def movements_around(
    connection: Connection, holder: str, since: datetime, until: datetime, limit: int
) -> Sequence[RowMapping]:
    """Return what a holder did in a span of time, in the order of corrected time."""
    query = (
        select(*(_MOVES.c[name] for name in _SHOWN))
        .where(
            _MOVES.c.at >= since,
            _MOVES.c.at <= until,
            or_(_MOVES.c.holder == holder, _MOVES.c.from_holder == holder, _MOVES.c.to_holder == holder),
        )
        .order_by(_MOVES.c.at, _MOVES.c.seq)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def position_of(connection: Connection, holder: str) -> Position:
    """Return where a holder is now."""
    row = connection.execute(select(_STANDINGS).where(_STANDINGS.c.holder == holder)).mappings().first()
    if row is None:
        return Position()
    zone = next(iter(row["places"]), None)
    if not holder.startswith("d:"):
        return Position(row["inside"], zone, row["asserted_at"], 0 if row["inside"] else 1)
    covers = select(DELEGATIONS.c.planned, DELEGATIONS.c.named).where(DELEGATIONS.c.id == row["delegation_id"])
    planned, named = connection.execute(covers).one()
    free = max(0, max(planned, named) - row["inside"] - row["members_inside"])
    return Position(row["inside"], zone, row["came_at"] or row["asserted_at"], free)


def entered_at(connection: Connection, holder: str, left_at: datetime) -> datetime | None:
    """Return when a visit began whose exit was assumed at a moment."""
    ends = (_VISITS.c.holder == holder, _VISITS.c.entered_at <= left_at)
    query = select(_VISITS.c.entered_at).where(*ends).order_by(_VISITS.c.entered_at.desc()).limit(1)
    began: datetime | None = connection.scalar(query)
    return began


def ended_at(connection: Connection) -> datetime | None:
    """Return when the last day ended."""
    moment: datetime | None = connection.scalar(select(_SPACE.c.ended_at))
    return moment


def people_inside(connection: Connection) -> int:
    """Return how many people are inside, staff not counted."""
    inside, staff = connection.execute(select(_SPACE.c.inside, _SPACE.c.staff)).one()
    return int(inside) - int(staff)


def pass_of(connection: Connection, holder: str, pass_id: str | None) -> RowMapping | None:
    """Return a pass of a holder: the one with this id, else the latest issued, a revoked one too."""
    kind, id_ = holder[0], holder[2:]
    column = {"v": PASSES.c.visitor_id, "d": PASSES.c.delegation_id, "s": PASSES.c.account_id}[kind]
    query = select(PASSES.c.id, PASSES.c.text).where(column == (int(id_) if kind == "d" else id_))
    order = (PASSES.c.id != (pass_id or ""), PASSES.c.revoked_at.is_not(None), PASSES.c.issued_at.desc())
    return connection.execute(query.order_by(*order).limit(1)).mappings().first()


def text_of_pass(connection: Connection, pass_id: str) -> str | None:
    """Return the signed text of a pass."""
    text: str | None = connection.scalar(select(PASSES.c.text).where(PASSES.c.id == pass_id))
    return text


def assumed_at(connection: Connection, at: datetime) -> int:
    """Return how many people had an exit assumed at a moment."""
    query = select(_MOVES.c.people).where(_MOVES.c.assumed, _MOVES.c.at == at)
    return sum(connection.scalars(query))
