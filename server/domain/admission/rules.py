"""The rules that may refuse a scan whose tables allow it: the pass, the appointment, the hours, the capacity."""

from datetime import datetime, timedelta

from server.domain.admission.model import Attempt, Code, Group, PassFacts, World
from server.domain.admission.plan import Plan
from server.domain.admission.queue import free_places
from server.domain.kiosk import Kiosk
from server.domain.passes import PassKind
from server.domain.space import Space


def refuse_pass(world: World, pass_: PassFacts, kiosk: Kiosk, attempt: Attempt, at: datetime) -> Code | None:
    """Apply the rules 4 to 7 in their order: 4 and 6 to entering and moves, 5 and 7 to entering only."""
    if attempt not in (Attempt.ENTER, Attempt.MOVE):
        return None
    group = world.groups.get(pass_.delegation) if pass_.delegation is not None else None
    if pass_.is_revoked:
        return Code.REVOKED_PASS
    if group is not None and group.is_cancelled:
        return Code.CANCELLED_DELEGATION
    binds = pass_.kind is not PassKind.STAFF
    is_entering = attempt is Attempt.ENTER
    if binds and is_entering and (code := _outside_window(world.space, pass_, group, at)):
        return code
    if binds and not _opens(pass_, group, kiosk.zone):
        return Code.WRONG_GATE
    if binds and is_entering and not _is_open(world, at):
        return Code.SPACE_CLOSED
    return None


def refuse_capacity(world: World, pass_: PassFacts, plan: Plan, at: datetime) -> tuple[Code, int] | None:
    """Apply rule 9: return the code and the free places when the zone or the space has too few."""
    if plan.attempt not in (Attempt.ENTER, Attempt.MOVE) or plan.zone is None:
        return None
    coming = sum(effect.people for effect in plan.effects if effect.from_zone != plan.zone)
    if coming == 0:
        return None
    in_zone = free_places(world, plan.zone, at, pass_.holder)
    entering = sum(effect.people for effect in plan.effects if effect.from_zone is None)
    in_space = free_places(world, None, at, pass_.holder) if entering else in_zone
    free = max(0, min(in_zone, in_space))
    if coming > in_zone:
        return Code.ZONE_FULL, free
    if entering and entering > in_space:
        return Code.SPACE_FULL, free
    return None


def _outside_window(space: Space, pass_: PassFacts, group: Group | None, at: datetime) -> Code | None:
    policy = space.passes
    if policy.window == "none":
        return None
    if pass_.valid_until is not None and at > pass_.valid_until:
        return Code.EXPIRED
    slot = group.slot_at if group else None
    if policy.window == "slot" and slot is not None and group is not None:
        if at < slot - policy.slot_before:
            return Code.TOO_EARLY
        # Who went out for lunch comes back to a long appointment.
        lasts = max(policy.slot_after, timedelta(minutes=group.minutes))
        return Code.EXPIRED if at > slot + lasts else None
    appointed = group.visit_date if group else pass_.day
    if appointed is None:
        return None
    today = space.day_of(at)
    if today < appointed:
        return Code.TOO_EARLY
    return Code.EXPIRED if today > appointed else None


def _opens(pass_: PassFacts, group: Group | None, zone: str) -> bool:
    if pass_.zones is not None and zone not in pass_.zones:
        return False
    return group is None or group.zones is None or zone in group.zones


def _is_open(world: World, at: datetime) -> bool:
    local = world.space.local(at)
    return world.space.opening.is_open(local) or world.opened_day == local.date()
