"""The statements of the day's end."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, or_, select, update

from server.storage.bulk import upsert_rows
from server.storage.core import table
from server.storage.delegations import Delegation
from server.storage.movements import Movement
from server.storage.queues import QueuePlace
from server.storage.spaces import SpaceRow, ZoneRow, lock_counts
from server.storage.standings import Standing
from server.storage.visits import Visit

_standings, _zones, _space, _queue = table(Standing), table(ZoneRow), table(SpaceRow), table(QueuePlace)
_delegations = table(Delegation)


def day_ended_at(connection: Connection) -> datetime | None:
    """Return when the last day ended; None when none did."""
    ended: datetime | None = connection.scalar(select(_space.c.ended_at))
    return ended


def holders_inside(connection: Connection, at: datetime, most: int) -> Sequence[Any]:
    """Return holders who were inside at a moment and still are, at most so many, with their delegations."""
    inside = select(_standings.c.holder, _standings.c.delegation_id).where(*_was_inside(at))
    return connection.execute(inside.order_by(_standings.c.holder).limit(most)).all()


def lock_inside(connection: Connection, holders: Sequence[Any], at: datetime) -> Sequence[Any]:
    """Lock these holders and their delegations, as scans do, and return the standings of those still inside."""
    groups = {row.delegation_id for row in holders} - {None}
    connection.execute(
        select(_delegations.c.id).where(_delegations.c.id.in_(groups)).order_by(_delegations.c.id).with_for_update()
    )
    names = {row.holder for row in holders}
    locked = _standings.c.holder.in_(names | {f"d:{id_}" for id_ in groups})
    connection.execute(select(_standings.c.holder).where(locked).order_by(_standings.c.holder).with_for_update())
    still = select(_standings).where(_standings.c.holder.in_(names), *_was_inside(at))
    return connection.execute(still.order_by(_standings.c.holder)).all()


def _was_inside(at: datetime) -> tuple[Any, ...]:
    return _standings.c.inside > 0, or_(_standings.c.since.is_(None), _standings.c.since <= at)


def leave_all(
    connection: Connection,
    standings: Sequence[Any],
    movements: list[dict[str, Any]],
    at: datetime,
    day_of: Callable[[datetime], date],
) -> None:
    """Save the assumed exits of these standings: movements, standings, counters and visits."""
    if not standings:
        return
    connection.execute(table(Movement).insert(), movements)
    connection.execute(
        update(_standings)
        .where(_standings.c.holder == bindparam("who"))
        .values(inside=0, places={}, since=None, asserted_at=at, went_at=at, last=None),
        [{"who": row.holder} for row in standings],
    )
    _uncount_members(connection, standings)
    _uncount_places(connection, standings)
    _end_visits(connection, standings, at, day_of)


def _uncount_members(connection: Connection, standings: Sequence[Any]) -> None:
    named = [row for row in standings if row.holder.startswith("v:") and row.delegation_id]
    members = Counter(f"d:{row.delegation_id}" for row in named)
    if members:
        connection.execute(
            update(_standings)
            .where(_standings.c.holder == bindparam("group"))
            .values(members_inside=_standings.c.members_inside - bindparam("gone")),
            [{"group": holder, "gone": count} for holder, count in sorted(members.items())],
        )


def _uncount_places(connection: Connection, standings: Sequence[Any]) -> None:
    gone: Counter[str] = Counter()
    staff: Counter[str] = Counter()
    for row in standings:
        gone.update(row.places)
        if row.holder.startswith("s:"):
            staff.update(row.places)
    lock_counts(connection)
    connection.execute(
        update(_zones)
        .where(_zones.c.id == bindparam("zone"))
        .values(inside=_zones.c.inside - bindparam("gone"), staff=_zones.c.staff - bindparam("gone_staff")),
        [{"zone": zone, "gone": count, "gone_staff": staff[zone]} for zone, count in sorted(gone.items())],
    )
    everyone, everyone_staff = sum(gone.values()), sum(staff.values())
    connection.execute(
        update(_space).values(
            seq=_space.c.seq + 1, inside=_space.c.inside - everyone, staff=_space.c.staff - everyone_staff
        )
    )


def _end_visits(
    connection: Connection, standings: Sequence[Any], at: datetime, day_of: Callable[[datetime], date]
) -> None:
    visits = [
        {
            "holder": row.holder,
            "day": day_of(row.since or at),
            "delegation_id": row.delegation_id,
            "pass_id": None,
            "people": row.inside,
            "entered_at": row.since or at,
            "left_at": at,
            "is_assumed": True,
        }
        for row in standings
    ]
    upsert_rows(connection, table(Visit), visits, key=("holder", "day"), change=("left_at", "is_assumed"))


def end_day(connection: Connection, at: datetime) -> None:
    """Note that the day ended: what an offline scan says of before comes too late, nobody waits any more."""
    # The levels of the zones are settled after this: whoever scans holds them before the space.
    lock_counts(connection)
    is_later = or_(_space.c.ended_at.is_(None), _space.c.ended_at < at)
    connection.execute(
        update(_space).values(ended_at=case((is_later, at), else_=_space.c.ended_at), seq=_space.c.seq + 1)
    )
    connection.execute(update(_queue).where(_queue.c.over_at.is_(None)).values(over_at=at, outcome="lapsed"))
