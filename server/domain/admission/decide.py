"""May this pass go through this gate? The order of the rules is part of the contract (docs of the domain)."""

from datetime import datetime, timedelta

from server.domain.admission.group import plan_group
from server.domain.admission.model import (
    ASSERTING_REFUSALS,
    NOT_FORCEABLE,
    Answer,
    Code,
    Decision,
    Effect,
    PassFacts,
    Scan,
    Standing,
    World,
)
from server.domain.admission.person import plan_person
from server.domain.admission.plan import Plan, settle_direction
from server.domain.admission.queue import call_next, take_number
from server.domain.admission.rules import refuse_capacity, refuse_pass
from server.domain.kiosk import Direction, Kiosk
from server.domain.passes import PassKind


def decide(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan) -> Decision:
    """Return the answer to a scan of an issued pass, and the effects that `apply` brings into the world.

    The scan's id was not answered before; its text was read, well signed and issued here.
    """
    if not kiosk.may_scan:
        return Decision(Answer.REFUSED, Code.NOT_A_SCANNER)
    if kiosk.role == "survey":
        return Decision(Answer.PRESENT, zone=kiosk.zone)
    direction = settle_direction(kiosk, scan)
    own = world.standing(pass_.holder, pass_.delegation)
    if scan.offline and _is_superseded(world, pass_, own, kiosk, scan, direction):
        answer = Answer.LEFT if direction == "out" and not kiosk.is_inner else Answer.PRESENT
        return Decision(answer, zone=kiosk.zone, conflict=Code.SUPERSEDED)
    if (echo := _echo(world, pass_, own, kiosk, scan, direction)) is not None:
        return echo
    if pass_.kind is PassKind.DELEGATION:
        plan = plan_group(world, pass_, kiosk, direction, scan)
    else:
        plan = plan_person(world, pass_, kiosk, direction)
    return _judge(world, pass_, own, kiosk, scan, plan)


def _judge(world: World, pass_: PassFacts, own: Standing, kiosk: Kiosk, scan: Scan, plan: Plan) -> Decision:
    if world.queue and not scan.offline:
        call_next(world, scan.at)
    code = refuse_pass(world, pass_, kiosk, plan.attempt, scan.at) or plan.code
    free = None
    if code is None and (full := refuse_capacity(world, pass_, plan, scan.at)) is not None:
        code, free = full
    if code is Code.ALREADY_INSIDE and scan.reentry and (again := _reenter(world, pass_, own, kiosk, scan)):
        return again
    conflict, case = code, plan.case
    if scan.offline and code is not None:
        case = plan.case or str(code)
    elif code is not None:
        if scan.force is None or code in NOT_FORCEABLE:
            return _refuse(world, own, scan, plan, code, free)
        case = "forced"
    since = _since(world, own, plan, scan.at)
    return Decision(plan.answer, None, plan.people, plan.zone, plan.effects, conflict, case, since, asserts=True)


def _since(world: World, own: Standing, plan: Plan, at: datetime) -> datetime | None:
    """Return since when the holder is inside: a member who steps out of the group's number came in with it."""
    if own.since is not None or not plan.effects:
        return own.since
    return world.standings[plan.effects[0].from_holder].since or at


def _refuse(world: World, own: Standing, scan: Scan, plan: Plan, code: Code, free: int | None) -> Decision:
    queue = None
    if code in (Code.ZONE_FULL, Code.SPACE_FULL):
        zone = plan.zone if code is Code.ZONE_FULL else None
        queue = take_number(world, own.holder, zone, plan.people, scan.at)
    return Decision(
        Answer.REFUSED,
        code,
        zone=plan.zone,
        since=own.since,
        free=free,
        most=plan.most if code is Code.TOO_MANY_PEOPLE else None,
        queue=queue,
        asserts=code in ASSERTING_REFUSALS,
    )


def _reenter(world: World, pass_: PassFacts, own: Standing, kiosk: Kiosk, scan: Scan) -> Decision | None:
    """ "Tôi vào lại": out of the booked zone and into this one; the second time in a day it needs staff."""
    if pass_.kind is not PassKind.VISITOR or own.zone is None:
        return None
    if own.reentry_day == world.space.day_of(scan.at) and own.reentries > 0:
        return None
    effects = (
        Effect(own.zone, None, 1, own.holder, own.holder),
        Effect(None, kiosk.zone, 1, own.holder, own.holder),
    )
    return Decision(
        Answer.ADMITTED,
        zone=kiosk.zone,
        effects=effects,
        case=Code.REENTRY,
        since=own.since,
        asserts=True,
        reentry=True,
    )


def _echo(
    world: World, pass_: PassFacts, own: Standing, kiosk: Kiosk, scan: Scan, direction: Direction
) -> Decision | None:
    """The same badge held up twice at an automatic gate gets the answer of its last movement again."""
    last = own.last
    if last is None or last.zone != kiosk.zone or direction != "auto":
        return None
    if kiosk.is_inner or pass_.kind is PassKind.DELEGATION:
        return None
    guard = timedelta(seconds=world.space.double_scan_seconds)
    if not guard or not timedelta(0) <= scan.at - last.at <= guard:
        return None
    return Decision(last.answer, None, last.people, last.to_zone, since=own.since, asserts=True, is_echo=True)


def _is_superseded(
    world: World, pass_: PassFacts, own: Standing, kiosk: Kiosk, scan: Scan, direction: Direction
) -> bool:
    if world.ended_at is not None and scan.at < world.ended_at:
        return True
    later = own.asserted_at
    if pass_.kind is PassKind.DELEGATION and not kiosk.is_inner:
        later = own.came_at if direction == "out" else own.went_at
    return later is not None and scan.at < later
