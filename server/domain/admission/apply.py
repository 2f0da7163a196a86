"""Bring a decision into the world: the only place where standings and counts change."""

from server.domain.admission.model import Answer, Code, Decision, Kind, Last, PassFacts, Scan, Standing, World
from server.domain.admission.queue import call_next, use_number
from server.domain.kiosk import Kiosk


def apply(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, decision: Decision) -> None:
    """Change standings, counts, delegations and queue; raise `AssertionError` on a negative count."""
    is_staff = pass_.kind is Kind.STAFF
    for effect in decision.effects:
        _count(world, effect.from_zone, -effect.people, is_staff)
        _count(world, effect.to_zone, effect.people, is_staff)
        source = world.standings[effect.from_holder]
        target = world.standings.get(effect.to_holder) or world.standing(effect.to_holder, pass_.delegation)
        entered = source.since if source is not target else None
        _place(world, source, effect.from_zone, -effect.people, scan)
        _place(world, target, effect.to_zone, effect.people, scan)
        if entered is not None and target.since is not None:
            target.since = min(entered, target.since)
        for standing in (source, target):
            # A group's own number asserts nothing when a member steps out of it, nor when one of it leaves.
            if not standing.holder.startswith("d:"):
                _assert(standing, scan)
                standing.last = _last(kiosk, scan, decision)
    _settle(world, pass_, kiosk, scan, decision)
    if decision.effects and world.queue:
        if decision.zone is not None and decision.answer in (Answer.ADMITTED, Answer.MOVED):
            use_number(world, pass_.holder, decision.zone, scan.at)
        call_next(world, scan.at)


def _settle(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, decision: Decision) -> None:
    own = world.standing(pass_.holder, pass_.delegation)
    world.changed.add(own.holder)
    if decision.asserts:
        _assert(own, scan)
        if decision.effects:
            own.last = _last(kiosk, scan, decision)
        if not kiosk.is_inner:
            _assert_direction(own, scan, decision)
    if decision.reentry:
        day = world.space.day_of(scan.at)
        own.reentries = own.reentries + 1 if own.reentry_day == day else 1
        own.reentry_day = day
    if pass_.delegation is not None and decision.effects:
        _record_arrivals(world, pass_.delegation, scan)


def _last(kiosk: Kiosk, scan: Scan, decision: Decision) -> Last:
    return Last(kiosk.zone, scan.at, decision.answer, decision.people, decision.zone)


def _assert(standing: Standing, scan: Scan) -> None:
    if standing.asserted_at is None or scan.at > standing.asserted_at:
        standing.asserted_at = scan.at


def _assert_direction(own: Standing, scan: Scan, decision: Decision) -> None:
    is_out = decision.answer is Answer.LEFT or decision.code is Code.NOT_INSIDE
    if is_out:
        own.went_at = max(own.went_at or scan.at, scan.at)
    else:
        own.came_at = max(own.came_at or scan.at, scan.at)


def _count(world: World, zone: str | None, people: int, is_staff: bool) -> None:
    if zone is None:
        return
    count = world.zones[zone]
    count.inside += people
    if is_staff:
        count.staff += people
    assert count.inside >= 0, f"zone {zone} would hold {count.inside} people"


def _place(world: World, standing: Standing, zone: str | None, people: int, scan: Scan) -> None:
    if zone is None:
        return
    was_inside = bool(standing.places)
    left = standing.places.get(zone, 0) + people
    assert left >= 0, f"{standing.holder} would have {left} people in {zone}"
    if left:
        standing.places[zone] = left
    else:
        del standing.places[zone]
    world.changed.add(standing.holder)
    is_inside = bool(standing.places)
    if was_inside == is_inside:
        return
    standing.since = scan.at if is_inside else None
    if standing.delegation is not None and standing.holder.startswith("v:"):
        _count_member(world, standing, is_inside=is_inside)


def _count_member(world: World, standing: Standing, *, is_inside: bool) -> None:
    assert standing.delegation is not None
    unnamed = world.unnamed(standing.delegation)
    unnamed.members_inside += 1 if is_inside else -1
    world.changed.add(unnamed.holder)
    members = world.members.setdefault(standing.delegation, set())
    if is_inside:
        members.add(standing.holder)
    else:
        members.discard(standing.holder)


def _record_arrivals(world: World, delegation: int, scan: Scan) -> None:
    """Keep the most people of the delegation that were inside at once that day."""
    group = world.groups[delegation]
    day = world.space.day_of(scan.at)
    inside = world.group_inside(delegation)
    before = group.arrived if group.arrived_day == day else 0
    if inside > before and (group.arrived_day is None or day >= group.arrived_day):
        group.arrived, group.arrived_day = inside, day
        world.changed_groups.add(delegation)
