"""A delegation's pass: it stands for the people of the delegation who have no movement of their own."""

from datetime import datetime

from server.domain.admission.model import Answer, Attempt, Code, Effect, PassFacts, Scan, World
from server.domain.admission.plan import Plan, take
from server.domain.kiosk import Direction, Kiosk


def plan_group(world: World, pass_: PassFacts, kiosk: Kiosk, direction: Direction, scan: Scan) -> Plan:
    """Return what the delegation's pass does here for `scan.people` people, or for its default."""
    assert pass_.delegation is not None
    if kiosk.is_inner:
        if direction == "out":
            return _to_lobby(world, pass_.delegation, kiosk, scan.people)
        return _into_zone(world, pass_.delegation, kiosk, scan.people)
    inside = world.group_inside(pass_.delegation)
    code = None
    if direction == "auto":
        expected = world.groups[pass_.delegation].covers - inside
        code = Code.DIRECTION_NEEDED if inside else None
        # An offline scan that nobody told a direction: the rest comes in, or, with nobody left, all go.
        direction = "in" if expected > 0 or not inside else "out"
    if direction == "in":
        plan = _come_in(world, pass_.delegation, kiosk, scan.people)
    else:
        plan = _go_out(world, pass_.delegation, kiosk, scan)
    return plan if code is None else Plan(Attempt.ASK, plan.answer, plan.effects, code, zone=plan.zone)


def _come_in(world: World, delegation: int, kiosk: Kiosk, people: int | None, case: str | None = None) -> Plan:
    holder = world.unnamed(delegation).holder
    most = max(0, world.groups[delegation].covers - world.group_inside(delegation))
    count = min(most if people is None else people, most)
    code = None
    if most == 0:
        code = Code.ALREADY_INSIDE
    elif people is not None and people > most:
        code = Code.TOO_MANY_PEOPLE
    if count == 0:
        return Plan(Attempt.ENTER, Answer.PRESENT, (), code, most, kiosk.zone)
    effects = (Effect(None, kiosk.zone, count, holder, holder),)
    return Plan(Attempt.ENTER, Answer.ADMITTED, effects, code, most, kiosk.zone, case)


def _into_zone(world: World, delegation: int, kiosk: Kiosk, people: int | None) -> Plan:
    unnamed = world.unnamed(delegation)
    if world.group_inside(delegation) == 0:
        return _come_in(world, delegation, kiosk, people, case=Code.MISSED_GATE)
    if not unnamed.places:
        return Plan(Attempt.MOVE, Answer.PRESENT, (), Code.SCAN_OWN_PASS, zone=kiosk.zone)
    most = unnamed.inside - unnamed.places.get(kiosk.zone, 0)
    if most == 0:
        return Plan(Attempt.MOVE, Answer.PRESENT, zone=kiosk.zone)
    count = min(most if people is None else people, most)
    code = Code.TOO_MANY_PEOPLE if people is not None and people > most else None
    elsewhere = [zone for zone in world.zones if zone != kiosk.zone]
    parts = take(unnamed, count + unnamed.places.get(kiosk.zone, 0), first=kiosk.zone, world=world)
    moves = [(zone, part) for zone, part in parts if zone in elsewhere]
    effects = tuple(Effect(zone, kiosk.zone, part, unnamed.holder, unnamed.holder) for zone, part in moves)
    return Plan(Attempt.MOVE, Answer.MOVED, effects, code, most, kiosk.zone)


def _to_lobby(world: World, delegation: int, kiosk: Kiosk, people: int | None) -> Plan:
    unnamed = world.unnamed(delegation)
    lobby = world.space.lobby
    most = unnamed.places.get(kiosk.zone, 0)
    if most == 0:
        return Plan(Attempt.LEAVE, Answer.PRESENT, (), Code.NOT_INSIDE, zone=lobby)
    if kiosk.zone == lobby:
        return Plan(Attempt.LEAVE, Answer.PRESENT, zone=lobby)
    count = min(most if people is None else people, most)
    code = Code.TOO_MANY_PEOPLE if people is not None and people > most else None
    effects = (Effect(kiosk.zone, lobby, count, unnamed.holder, unnamed.holder),)
    return Plan(Attempt.LEAVE, Answer.MOVED, effects, code, most, lobby)


def _go_out(world: World, delegation: int, kiosk: Kiosk, scan: Scan) -> Plan:
    unnamed = world.unnamed(delegation)
    inside = world.group_inside(delegation)
    if inside == 0:
        return Plan(Attempt.LEAVE, Answer.LEFT, (), Code.NOT_INSIDE, zone=kiosk.zone)
    wished = inside if scan.people is None else scan.people
    code = None
    if wished > inside:
        code = Code.TOO_MANY_PEOPLE
    elif wished > unnamed.inside and wished != inside:
        code = Code.SCAN_OWN_PASS
    is_everyone = wished >= inside
    count = unnamed.inside if is_everyone else min(wished, unnamed.inside)
    parts = take(unnamed, count, first=kiosk.zone, world=world)
    effects = [Effect(zone, None, part, unnamed.holder, unnamed.holder) for zone, part in parts]
    if is_everyone:
        effects += _members_out(world, delegation, scan.at if scan.offline else None)
    most = inside if code is Code.TOO_MANY_PEOPLE else None
    return Plan(Attempt.LEAVE, Answer.LEFT, tuple(effects), code, most, kiosk.zone)


def _members_out(world: World, delegation: int, offline_at: datetime | None) -> list[Effect]:
    """Each member inside leaves; of an offline scan, but for those whose own latest movement is later."""
    effects = []
    for holder in sorted(world.members.get(delegation, ())):
        member = world.standings[holder]
        is_later = offline_at is not None and member.asserted_at is not None and member.asserted_at > offline_at
        if member.zone is not None and not is_later:
            effects.append(Effect(member.zone, None, 1, holder, holder))
    return effects
