"""Between rows and the world of admission: what a batch loads becomes standings and counts, and back."""

from datetime import date, datetime
from typing import Any

from server.domain.admission import (
    Answer,
    Group,
    Last,
    PassFacts,
    QueuePlace,
    Standing,
    World,
    ZoneCount,
)
from server.domain.passes import PassKind
from server.domain.space import Space
from server.storage.scans import Loaded, holder_of

_KINDS = {kind.value: kind for kind in PassKind}


def build_world(space: Space, loaded: Loaded, now: datetime) -> World:
    """Return the world of the loaded rows. Zones follow the space's order; vanished ones come last."""
    zones = {row.id: ZoneCount(row.id, row.capacity, row.inside, row.staff) for row in loaded.zones}
    order = [*space.zone_ids, *(id_ for id_ in zones if id_ not in space.zone_ids)]
    world = World(space, {id_: zones[id_] for id_ in order if id_ in zones})
    world.groups = {row.id: _group(row) for row in loaded.groups}
    for row in loaded.standings:
        standing = _standing(row)
        world.standings[row.holder] = standing
        if row.delegation_id is not None and row.holder[0] == "v" and standing.places:
            world.members.setdefault(row.delegation_id, set()).add(row.holder)
    today = space.day_of(now)
    world.queue = [_queue_place(row) for row in loaded.queue if row.day == today]
    world.last_number = loaded.space.queue_number if loaded.space.queue_day == today else 0
    world.ended_at = loaded.space.ended_at
    world.opened_day = loaded.space.opened_day
    return world


def pass_facts(row: Any) -> PassFacts:
    """Return a pass as admission sees it."""
    # Taken apart at once: a row's attributes cost ten times as much as its places.
    id_, kind, _, delegation, _, _, zones, day, valid_until, revoked_at, _, visit_date, member_of = row
    return PassFacts(
        id=id_,
        kind=_KINDS[kind],
        holder=holder_of(row),
        delegation=delegation or member_of,
        is_revoked=revoked_at is not None,
        valid_until=valid_until,
        zones=tuple(zones) if zones is not None else None,
        day=visit_date or day,
    )


def standing_row(standing: Standing) -> dict[str, Any]:
    """Return a standing as its table holds it."""
    last = standing.last
    return {
        "holder": standing.holder,
        "delegation_id": standing.delegation,
        "inside": standing.inside,
        "places": standing.places,
        "members_inside": standing.members_inside,
        "since": standing.since,
        "asserted_at": standing.asserted_at,
        "came_at": standing.came_at,
        "went_at": standing.went_at,
        "last": _kept_last(last) if last else None,
        "reentry_day": standing.reentry_day,
        "reentries": standing.reentries,
    }


def _kept_last(last: Last) -> dict[str, Any]:
    return {
        "zone": last.zone,
        "at": last.at.isoformat(),
        "answer": last.answer.value,
        "people": last.people,
        "to_zone": last.to_zone,
    }


def queue_rows(world: World, loaded: Loaded, today: date) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the numbers of the queue that are new or changed, and what the space's row keeps of them."""
    before = {row.number: row for row in loaded.queue if row.day == today}
    rows = [
        {
            "day": today,
            "number": place.number,
            "holder": place.holder,
            "zone_id": place.zone,
            "people": place.people,
            "taken_at": place.taken_at,
            "called_at": place.called_at,
            "held_until": place.held_until,
            "over_at": place.over_at,
            "outcome": place.outcome,
        }
        for place in world.queue
        if _has_changed(place, before.get(place.number))
    ]
    return rows, {"queue_day": today, "queue_number": world.last_number}


def _has_changed(place: QueuePlace, row: Any) -> bool:
    if row is None:
        return True
    return (place.people, place.called_at, place.over_at) != (row.people, row.called_at, row.over_at)


def _group(row: Any) -> Group:
    return Group(
        id=row.id,
        covers=max(row.planned, row.named),
        is_cancelled=row.status == "cancelled",
        visit_date=row.visit_date,
        slot_at=row.slot_at,
        minutes=row.minutes,
        zones=tuple(row.zones) if row.zones is not None else None,
        arrived=row.arrived,
        arrived_day=row.arrived_day,
    )


def _standing(row: Any) -> Standing:
    holder, delegation, _, places, members, since, asserted, came, went, last, reentry_day, reentries = row
    return Standing(
        holder=holder,
        delegation=delegation,
        places=dict(places),
        members_inside=members,
        since=since,
        asserted_at=asserted,
        came_at=came,
        went_at=went,
        last=_last(last) if last else None,
        reentry_day=reentry_day,
        reentries=reentries,
    )


def _last(kept: dict[str, Any]) -> Last:
    at = datetime.fromisoformat(kept["at"])
    return Last(kept["zone"], at, Answer(kept["answer"]), kept["people"], kept["to_zone"])


def _queue_place(row: Any) -> QueuePlace:
    return QueuePlace(
        row.number,
        row.holder,
        row.zone_id,
        row.people,
        row.taken_at,
        row.called_at,
        row.over_at,
        row.outcome,
    )
