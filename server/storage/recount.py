"""The sums of the movements' effects beside the counters and standings, read on one consistent state."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select, union_all

from server.storage.core import table
from server.storage.movements import Movement
from server.storage.spaces import SpaceRow, ZoneRow
from server.storage.standings import Standing

_MOVES: Any = table(Movement)
_ZONES: Any = table(ZoneRow)
_PLACES: Any = table(Standing)
_SPACE: Any = table(SpaceRow)


class Sums(NamedTuple):
    """What is kept, and what the movements say. Places are (holder, zone) → people, those with none left out."""

    zones: dict[str, int]
    space: int
    effects_by_zone: dict[str, int]
    places: dict[tuple[str, str], int]
    effects_by_place: dict[tuple[str, str], int]
    members_inside: dict[str, int]
    members_by_delegation: dict[int, int]


def read_sums(connection: Connection) -> Sums:
    """Return counters, standings and the sums of effects."""
    zones = select(_ZONES.c.id, _ZONES.c.inside).order_by(_ZONES.c.position, _ZONES.c.id)
    standings = connection.execute(
        select(_PLACES.c.holder, _PLACES.c.delegation_id, _PLACES.c.places, _PLACES.c.inside).where(
            _PLACES.c.inside != 0
        )
    ).all()
    members: dict[int, int] = {}
    for row in standings:
        if row.holder.startswith("v:") and row.delegation_id is not None:
            members[row.delegation_id] = members.get(row.delegation_id, 0) + row.inside
    kept = select(_PLACES.c.holder, _PLACES.c.members_inside).where(_PLACES.c.members_inside != 0)
    return Sums(
        zones={row[0]: row[1] for row in connection.execute(zones)},
        space=connection.scalar(select(_SPACE.c.inside)) or 0,
        effects_by_zone={row[0]: int(row[1]) for row in connection.execute(_by_zone())},
        places={(row.holder, zone): n for row in standings for zone, n in row.places.items() if n},
        effects_by_place={(row[0], row[1]): int(row[2]) for row in connection.execute(_by_place()) if row[2]},
        members_inside={row[0]: row[1] for row in connection.execute(kept)},
        members_by_delegation=members,
    )


def _by_zone() -> Select[Any]:
    effects = union_all(
        select(_MOVES.c.to_zone.label("zone"), _MOVES.c.people).where(_MOVES.c.to_zone.is_not(None)),
        select(_MOVES.c.from_zone, -_MOVES.c.people).where(_MOVES.c.from_zone.is_not(None)),
    ).subquery()
    return select(effects.c.zone, func.sum(effects.c.people)).group_by(effects.c.zone)


def _by_place() -> Select[Any]:
    into = select(_MOVES.c.to_holder.label("holder"), _MOVES.c.to_zone.label("zone"), _MOVES.c.people)
    out = select(_MOVES.c.from_holder, _MOVES.c.from_zone, -_MOVES.c.people)
    effects = union_all(
        into.where(_MOVES.c.to_zone.is_not(None), _MOVES.c.to_holder.is_not(None), _MOVES.c.people != 0),
        out.where(_MOVES.c.from_zone.is_not(None), _MOVES.c.from_holder.is_not(None), _MOVES.c.people != 0),
    ).subquery()
    people = func.sum(effects.c.people)
    return select(effects.c.holder, effects.c.zone, people).group_by(effects.c.holder, effects.c.zone)
