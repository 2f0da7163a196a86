"""A delegation's itinerary: its zones in order, with times, beside those of the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, covers
from server.domain.errors import DomainError
from server.domain.itinerary import Crowd, Stay, Stop, crowds_of, overlaps_of, propose
from server.domain.space import Space
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.storage import itinerary as storage
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.delegations import find_delegation

_MOST = 40
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Itinerary:
    """A delegation's way: `crowds` are stops where a zone is too full, `overlaps` stops that begin too early.

    `is_proposed` tells that nobody has kept it yet.
    """

    delegation: DelegationRecord
    stops: list[Stop]
    crowds: list[Crowd]
    overlaps: list[int]
    is_proposed: bool


async def get_itinerary(database: Database, space: Space, code: str, *, propose_anew: bool = False) -> Itinerary:
    """Return a delegation's itinerary, a proposal while it has none. Raise `unknown_delegation`."""
    return await database.read(_get, space, code, propose_anew)


async def weigh_itinerary(database: Database, space: Space, code: str, stops: Sequence[Stop]) -> Itinerary:
    """Return what speaks against stops that are not kept yet."""
    return await database.read(_weigh, space, code, list(stops))


async def keep_itinerary(desk: Desk, code: str, stops: Sequence[Stop]) -> Itinerary:
    """Store a delegation's stops in place of those it had.

    Raise `unknown_delegation`, `unknown_zone`, and `too_many_stops` above 40. A crowd is shown, not refused.
    """
    if len(stops) > _MOST:
        raise DomainError("too_many_stops", most=_MOST)
    for stop in stops:
        desk.space.zone(stop.zone)
    return await desk.database.write(_keep, desk, code, list(stops))


def _get(connection: Connection, space: Space, code: str, propose_anew: bool) -> Itinerary:
    record = _find(connection, code)
    known = {zone.id for zone in space.zones}
    kept = [one for one in storage.stops_of(connection, record.id) if one.zone in known]
    if kept and not propose_anew:
        stops = [replace(stop, at=space.local(stop.at)) for stop in kept]
        return _weighed(connection, space, record, stops, is_proposed=False)
    if record.slot_at is None:
        return Itinerary(record, [], [], [], is_proposed=True)
    begins = space.local(record.slot_at)
    others = _others(connection, space, record, begins, begins + timedelta(minutes=record.minutes))
    stops = propose(space, record.count.covers or 1, begins, record.minutes, others, record.zones)
    return _weighed(connection, space, record, stops, is_proposed=True)


def _weigh(connection: Connection, space: Space, code: str, stops: list[Stop]) -> Itinerary:
    return _weighed(connection, space, _find(connection, code), stops, is_proposed=True)


def _keep(connection: Connection, desk: Desk, code: str, stops: list[Stop]) -> Itinerary:
    record = hold_delegation(connection, code)
    storage.keep_stops(connection, record.id, stops)
    after: dict[str, object] = {"stops": [[one.zone, one.at.isoformat(), one.minutes] for one in stops]}
    append_line(connection, desk.entry("keep_itinerary", f"delegation:{record.code}", after=after))
    return _weighed(connection, desk.space, record, stops, is_proposed=False)


def _weighed(
    connection: Connection, space: Space, record: DelegationRecord, stops: list[Stop], *, is_proposed: bool
) -> Itinerary:
    if not stops:
        return Itinerary(record, [], [], [], is_proposed)
    others = _others(connection, space, record, min(one.at for one in stops), max(one.ends for one in stops))
    crowds = crowds_of(space, record.count.covers or 1, stops, others)
    return Itinerary(record, stops, crowds, overlaps_of(stops), is_proposed)


def _others(
    connection: Connection, space: Space, record: DelegationRecord, begins: datetime, ends: datetime
) -> list[Stay]:
    rows = storage.other_stops(connection, record.id, begins - _LONGEST, ends)
    return [
        Stay(row.code, covers(row.planned, row.named), Stop(row.zone, space.local(row.at), row.minutes)) for row in rows
    ]


def _find(connection: Connection, code: str) -> DelegationRecord:
    found = find_delegation(connection, code)
    if found is None:
        raise DomainError("unknown_delegation", delegation=code)
    return found
