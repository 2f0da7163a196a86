"""Bring a decision into the world: the only place where standings and counts change."""

from server.domain.admission.model import Answer, Code, Decision, Effect, Last, PassFacts, Scan, Standing, World
from server.domain.admission.queue import call_next, use_number
from server.domain.kiosk import Kiosk
from server.domain.passes import PassKind


def apply(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, decision: Decision) -> None:
    """Change standings, counts, delegations and queue; raise `AssertionError` on a negative count."""
    delegation = pass_.delegation if decision.effects else None
    before = world.group_inside(delegation) if delegation is not None else 0
    for effect in decision.effects:
        _move(world, pass_, kiosk, scan, decision, effect)
    _settle(world, pass_, kiosk, scan, decision)
    if delegation is not None:
        _record_arrivals(world, delegation, scan, before)
    if decision.effects and world.queue:
        if decision.zone is not None and decision.answer in (Answer.ADMITTED, Answer.MOVED):
            use_number(world, pass_.holder, decision.zone, scan.at)
        # An offline scan's time is past: a place called then would have lapsed before anybody knew of it.
        if not scan.offline:
            call_next(world, scan.at)


def _move(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, decision: Decision, effect: Effect) -> None:
    _count(world, effect.from_zone, -effect.people, pass_)
    _count(world, effect.to_zone, effect.people, pass_)
    source = target = world.standings[effect.from_holder]
    if effect.to_holder != effect.from_holder:
        target = world.standing(effect.to_holder, pass_.delegation)
    entered = source.since
    _place(world, source, effect.from_zone, -effect.people, scan)
    _place(world, target, effect.to_zone, effect.people, scan)
    if effect.from_zone is not None and effect.to_zone is not None and target.since is not None:
        # A move, or a step out of the group's number: they are inside since they came in.
        target.since = min(entered or scan.at, target.since)
    if pass_.kind is PassKind.DELEGATION and source.holder != pass_.holder:
        # A member whom the delegation's pass takes along has a movement of their own.
        _assert(source, scan)
        source.last = Last(kiosk.zone, scan.at, decision.answer, effect.people, decision.zone)


def _settle(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, decision: Decision) -> None:
    if not decision.asserts:
        return
    own = world.standing(pass_.holder, pass_.delegation)
    world.changed.add(own.holder)
    _assert(own, scan)
    if decision.effects:
        own.last = Last(kiosk.zone, scan.at, decision.answer, decision.people, decision.zone)
    if pass_.kind is PassKind.DELEGATION and (not kiosk.is_inner or decision.answer is Answer.ADMITTED):
        _assert_direction(own, scan, decision)
    if decision.reentry:
        day = world.space.day_of(scan.at)
        own.reentries = own.reentries + 1 if own.reentry_day == day else 1
        own.reentry_day = day


def _assert(standing: Standing, scan: Scan) -> None:
    if standing.asserted_at is None or scan.at > standing.asserted_at:
        standing.asserted_at = scan.at


def _assert_direction(own: Standing, scan: Scan, decision: Decision) -> None:
    is_out = decision.answer is Answer.LEFT or decision.code is Code.NOT_INSIDE
    if is_out:
        own.went_at = max(own.went_at or scan.at, scan.at)
    else:
        own.came_at = max(own.came_at or scan.at, scan.at)


def _count(world: World, zone: str | None, people: int, pass_: PassFacts) -> None:
    if zone is None:
        return
    count = world.zones[zone]
    count.inside += people
    if pass_.kind is PassKind.STAFF:
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


def _record_arrivals(world: World, delegation: int, scan: Scan, before: int) -> None:
    """Keep the most people of the delegation that were inside at once that day; `before` this scan or after it."""
    group = world.groups[delegation]
    day = world.space.day_of(scan.at)
    if group.arrived_day is not None and day < group.arrived_day:
        return
    known = group.arrived if group.arrived_day == day else 0
    most = max(before, world.group_inside(delegation))
    if most > known:
        group.arrived, group.arrived_day = most, day
        world.changed_groups.add(delegation)
