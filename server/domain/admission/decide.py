"""May this pass go through this gate? The order of the rules is part of the contract (docs of the domain)."""

from dataclasses import replace
from datetime import timedelta

from server.domain.admission.group import plan_group
from server.domain.admission.model import (
    ASSERTING_REFUSALS,
    NOT_FORCEABLE,
    Answer,
    Attempt,
    Code,
    Decision,
    Effect,
    Kind,
    PassFacts,
    Scan,
    World,
)
from server.domain.admission.person import plan_person
from server.domain.admission.plan import Plan, settle_direction
from server.domain.admission.queue import call_next, take_number
from server.domain.admission.rules import refuse_capacity, refuse_pass
from server.domain.kiosk import Direction, Kiosk


def decide(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan) -> Decision:
    """Return the answer to a scan of an issued pass, and the effects that `apply` brings into the world.

    The scan's id was not answered before; its text was read, well signed and issued here.
    """
    if not kiosk.may_scan:
        return Decision(Answer.REFUSED, Code.NOT_A_SCANNER)
    if kiosk.role == "survey":
        return Decision(Answer.PRESENT, zone=kiosk.zone)
    direction = settle_direction(kiosk, scan.direction)
    if (echo := _echo(world, pass_, kiosk, scan, direction)) is not None:
        return echo
    if scan.offline and _is_superseded(world, pass_, kiosk, scan, direction):
        answer = Answer.LEFT if direction == "out" and not kiosk.is_inner else Answer.PRESENT
        return Decision(answer, zone=kiosk.zone, conflict=Code.SUPERSEDED)
    if pass_.kind is Kind.DELEGATION:
        plan = plan_group(world, pass_, kiosk, direction, scan)
    else:
        plan = plan_person(world, pass_, kiosk, direction)
    return _judge(world, pass_, kiosk, scan, plan)


def _judge(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, plan: Plan) -> Decision:
    if world.queue:
        call_next(world, scan.at)
    since = world.standing(pass_.holder, pass_.delegation).since
    code = refuse_pass(world, pass_, kiosk, plan.attempt, scan.at) or plan.code
    free = None
    if code is None and (full := refuse_capacity(world, pass_, plan, scan.at)) is not None:
        code, free = full
    if code is Code.ALREADY_INSIDE and scan.reentry and (again := _reenter(world, pass_, kiosk, scan, plan)):
        return replace(again, since=since)
    decision = Decision(plan.answer, None, plan.people, plan.zone, plan.effects, since=since, asserts=True)
    if code is None:
        return replace(decision, case=plan.case, most=None)
    if scan.offline:
        return replace(decision, conflict=code, case=plan.case or str(code))
    if scan.force is not None and code not in NOT_FORCEABLE:
        return replace(decision, conflict=code, case="forced")
    return _refuse(world, pass_, scan, plan, code, free)


def _refuse(world: World, pass_: PassFacts, scan: Scan, plan: Plan, code: Code, free: int | None) -> Decision:
    queue = None
    if code in (Code.ZONE_FULL, Code.SPACE_FULL):
        zone = plan.zone if code is Code.ZONE_FULL else None
        queue = take_number(world, pass_.holder, zone, plan.people, scan.at)
    return Decision(
        Answer.REFUSED,
        code,
        zone=plan.zone,
        since=world.standing(pass_.holder, pass_.delegation).since,
        free=free,
        most=plan.most if code is Code.TOO_MANY_PEOPLE else None,
        queue=queue,
        asserts=code in ASSERTING_REFUSALS,
    )


def _reenter(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, plan: Plan) -> Decision | None:
    """ "Tôi vào lại": out of the booked zone and into this one; the second time in a day it needs staff."""
    if pass_.kind is not Kind.VISITOR or kiosk.is_inner or plan.attempt is not Attempt.ENTER:
        return None
    own = world.standing(pass_.holder, pass_.delegation)
    if own.zone is None or (own.reentry_day == world.space.day_of(scan.at) and own.reentries > 0):
        return None
    effects = (
        Effect(own.zone, None, 1, own.holder, own.holder),
        Effect(None, kiosk.zone, 1, own.holder, own.holder),
    )
    return Decision(Answer.ADMITTED, None, 0, kiosk.zone, effects, case=Code.REENTRY, asserts=True, reentry=True)


def _echo(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, direction: Direction) -> Decision | None:
    """The same badge held up twice at an automatic gate gets the answer of its last movement again."""
    if direction != "auto" or kiosk.is_inner or scan.offline or pass_.kind is Kind.DELEGATION:
        return None
    own = world.standing(pass_.holder, pass_.delegation)
    last = own.last
    guard = timedelta(seconds=world.space.double_scan_seconds)
    if last is None or last.zone != kiosk.zone or not timedelta(0) <= scan.at - last.at <= guard:
        return None
    return Decision(last.answer, None, last.people, last.to_zone, since=own.since, asserts=True, is_echo=True)


def _is_superseded(world: World, pass_: PassFacts, kiosk: Kiosk, scan: Scan, direction: Direction) -> bool:
    if world.ended_at is not None and scan.at < world.ended_at:
        return True
    standing = world.standing(pass_.holder, pass_.delegation)
    later = standing.asserted_at
    if pass_.kind is Kind.DELEGATION and not kiosk.is_inner:
        later = standing.came_at if direction == "out" else standing.went_at
    return later is not None and scan.at < later
