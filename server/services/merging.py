"""Delegations that were registered twice: who looks like whom, and making one of two."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, Status, delegation_search_key
from server.domain.errors import DomainError
from server.domain.text import search_key
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.storage import delegations, merging, passes
from server.storage.audit import append_line
from server.storage.database import Database

_ALIKE = 0.72
_FILLED = (
    *("leader_name", "leader_title", "contact_name", "phone", "email", "purpose"),
    *("sector", "needs", "notes", "letter", "guide"),
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A delegation that may be the same as another, and what speaks for it."""

    delegation: DelegationRecord
    same_organisation: bool
    same_phone: bool
    likeness: float


async def find_alike(database: Database, code: str) -> tuple[DelegationRecord, list[Alike]]:
    """Return a delegation, and those it may be the same as, the likeliest first. Raise `unknown_delegation`."""
    return await database.read(_find_alike, code)


async def merge_delegation(desk: Desk, code: str, into: str) -> DelegationRecord:
    """Make one delegation of two; `code` is cancelled and says that it went on as `into`, which is returned.

    Members, their passes, visits and cases go along; what `into` lacks is filled. Raise `unknown_delegation`,
    `same_delegation`, `cancelled_delegation`, `merge_while_inside`.
    """
    return await desk.database.write(_merge, desk, code, into)


def _find_alike(connection: Connection, code: str) -> tuple[DelegationRecord, list[Alike]]:
    one = delegations.find_delegation(connection, code)
    if one is None:
        raise DomainError("unknown_delegation", delegation=code)
    found = [_compare(one, other) for other in merging.same_day_or_sender(connection, one)]
    alike = [each for each in found if each.same_organisation or each.same_phone or each.likeness >= _ALIKE]
    return one, sorted(alike, key=lambda each: (each.same_organisation, each.likeness), reverse=True)[:12]


def _compare(one: DelegationRecord, other: DelegationRecord) -> Alike:
    mine, theirs = search_key(one.name), search_key(other.name)
    same = one.organisation is not None and search_key(one.organisation) == search_key(other.organisation or "")
    likeness = SequenceMatcher(None, mine, theirs).ratio()
    return Alike(other, same, one.phone is not None and one.phone == other.phone, likeness)


def _merge(connection: Connection, desk: Desk, code: str, into: str) -> DelegationRecord:
    source, target = _hold_both(connection, code, into)
    merging.move_members(connection, source.id, target.id)
    merging.move_references(connection, source.id, target.id)
    _settle_passes(connection, desk, source, target)
    delegations.update_delegation(connection, target.id, _filled(connection, desk, source, target))
    gone = {"status": Status.CANCELLED.value, "cancelled_at": desk.at, "merged_into": target.code, "leader_id": None}
    delegations.update_delegation(connection, source.id, gone | {"updated_at": desk.at})
    before: dict[str, object] = {"status": source.decided, "named": source.named}
    told: dict[str, object] = {"merged_into": target.code}
    append_line(connection, desk.entry("merge_delegation", f"delegation:{source.code}", before=before, after=told))
    came: dict[str, object] = {"merged_from": source.code, "named": source.named + target.named}
    append_line(connection, desk.entry("merge_delegation", f"delegation:{target.code}", after=came))
    return delegations.find_delegation(connection, target.code) or target


def _hold_both(connection: Connection, code: str, into: str) -> tuple[DelegationRecord, DelegationRecord]:
    first = [delegations.find_delegation(connection, each) for each in (code, into)]
    ids = sorted(each.id for each in first if each is not None)
    # Both at once, in id order, as a scan locks them.
    delegations.lock_delegations(connection, ids)
    source, target = hold_delegation(connection, code), hold_delegation(connection, into)
    if source.id == target.id:
        raise DomainError("same_delegation", delegation=source.code)
    for one in (source, target):
        if one.decided == Status.CANCELLED:
            raise DomainError("cancelled_delegation", delegation=one.code)
    if source.count.inside:
        raise DomainError("merge_while_inside", delegation=source.code, inside=source.count.inside)
    return source, target


def _settle_passes(connection: Connection, desk: Desk, source: DelegationRecord, target: DelegationRecord) -> None:
    kept = merging.live_own_passes(connection, target.id)
    if not kept:
        merging.move_own_passes(connection, source.id, target.id)
        return
    # One pass stands for a delegation: that of the other shows at every kiosk which one replaced it.
    for pass_id in merging.live_own_passes(connection, source.id):
        passes.revoke_pass(connection, pass_id, desk.at, replaced_by=kept[0])


def _filled(connection: Connection, desk: Desk, source: DelegationRecord, target: DelegationRecord) -> dict[str, Any]:
    """Return what the delegation that stays takes over: what it lacks, and the arrivals of the other."""
    lacking = [key for key in _FILLED if getattr(source, key) and not getattr(target, key)]
    row: dict[str, Any] = {key: getattr(source, key) for key in lacking}
    if target.slot_at is None and source.slot_at is not None:
        row |= {"slot_at": source.slot_at, "visit_date": source.visit_date, "minutes": source.minutes}
    arrived, day = merging.arrivals_of(connection, source.id)
    own, own_day = merging.arrivals_of(connection, target.id)
    if arrived and (not own or (day == own_day and arrived > own)):
        row |= {"arrived": arrived, "arrived_day": day}
    row["search_key"] = delegation_search_key(
        code=target.code,
        name=target.name,
        organisation=target.organisation or "",
        leader=row.get("leader_name", target.leader_name),
        phone=row.get("phone", target.phone),
    )
    return row | {"updated_at": desk.at}
