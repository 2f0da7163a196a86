"""One person's pass: a visitor's own, or a member of staff's."""

from server.domain.admission.model import Answer, Attempt, Code, Effect, PassFacts, Standing, World
from server.domain.admission.plan import Plan, take
from server.domain.kiosk import Direction, Kiosk
from server.domain.passes import PassKind

_NOBODY = Standing("")


def plan_person(world: World, pass_: PassFacts, kiosk: Kiosk, direction: Direction) -> Plan:
    """Return what this pass does at this kiosk, by the table of outer and inner kiosks."""
    own = world.standing(pass_.holder, pass_.delegation)
    unnamed = _NOBODY
    if pass_.kind is PassKind.VISITOR and pass_.delegation is not None and own.zone is None:
        unnamed = world.unnamed(pass_.delegation)
    if unnamed.places:
        return _plan_member(world, pass_, kiosk, direction)
    if kiosk.is_inner:
        return _plan_inner(world, pass_, kiosk, direction)
    place = own.zone
    if direction == "auto":
        direction = "in" if place is None else "out"
    if direction == "in":
        code = Code.ALREADY_INSIDE if place is not None else None
        return _go(pass_, place, kiosk.zone, Attempt.ENTER, code)
    code = Code.NOT_INSIDE if place is None else None
    return _go(pass_, place, None, Attempt.LEAVE, code, zone=kiosk.zone)


def _plan_inner(world: World, pass_: PassFacts, kiosk: Kiosk, direction: Direction) -> Plan:
    place = world.standing(pass_.holder, pass_.delegation).zone
    if direction == "out":
        code = None if place == kiosk.zone else Code.NOT_INSIDE
        return _go(pass_, place, world.space.lobby, Attempt.LEAVE, code)
    if place is None:
        return _go(pass_, None, kiosk.zone, Attempt.ENTER, None, case=Code.MISSED_GATE)
    return _go(pass_, place, kiosk.zone, Attempt.MOVE, None)


def _plan_member(world: World, pass_: PassFacts, kiosk: Kiosk, direction: Direction) -> Plan:
    """A member who is not inside on their own pass, while unnamed people of the delegation are."""
    assert pass_.delegation is not None
    unnamed = world.unnamed(pass_.delegation)
    is_everyone_inside = world.group_inside(pass_.delegation) >= world.groups[pass_.delegation].covers
    if kiosk.is_inner:
        if direction != "out":
            return _step_out(world, pass_, kiosk, Attempt.MOVE)
        code = None if unnamed.places.get(kiosk.zone) else Code.NOT_INSIDE
        return _step_out(world, pass_, kiosk, Attempt.LEAVE, target=world.space.lobby, code=code)
    code = None
    if direction == "auto":
        code = None if is_everyone_inside else Code.DIRECTION_NEEDED
        direction = "out" if is_everyone_inside else "in"
    if direction == "out":
        zone = take(unnamed, 1, first=kiosk.zone, world=world)[0][0]
        effect = Effect(zone, None, 1, unnamed.holder, unnamed.holder)
        return Plan(Attempt.LEAVE, Answer.LEFT, (effect,), zone=kiosk.zone)
    if is_everyone_inside:
        return _step_out(world, pass_, kiosk, Attempt.MOVE)
    return _go(pass_, None, kiosk.zone, Attempt.ASK if code else Attempt.ENTER, code)


def _step_out(
    world: World,
    pass_: PassFacts,
    kiosk: Kiosk,
    attempt: Attempt,
    *,
    target: str | None = None,
    code: Code | None = None,
) -> Plan:
    """One fewer of the group's number, one more on the member's own standing in `target` (by default, here)."""
    assert pass_.delegation is not None
    target = target or kiosk.zone
    unnamed = world.unnamed(pass_.delegation)
    zone = take(unnamed, 1, first=kiosk.zone, world=world)[0][0]
    effect = Effect(zone, target, 1, unnamed.holder, pass_.holder)
    answer = Answer.PRESENT if zone == target else Answer.MOVED
    return Plan(attempt, answer, (effect,), code, zone=target)


def _go(
    pass_: PassFacts,
    place: str | None,
    target: str | None,
    attempt: Attempt,
    code: Code | None,
    *,
    zone: str | None = None,
    case: str | None = None,
) -> Plan:
    """Bring the holder's own standing from `place` to `target` (None is outside)."""
    zone = target or zone
    if place == target:
        answer = Answer.LEFT if target is None else Answer.PRESENT
        return Plan(attempt, answer, (), code, zone=zone)
    answer = Answer.MOVED
    if place is None:
        answer = Answer.ADMITTED
    elif target is None:
        answer = Answer.LEFT
    return Plan(attempt, answer, (Effect(place, target, 1, pass_.holder, pass_.holder),), code, zone=zone, case=case)
