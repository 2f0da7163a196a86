"""Guides and interpreters: keep them, and let them go with delegations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, Status
from server.domain.errors import DomainError
from server.domain.guides import Against, Duty, Guide, GuideKind, objections_to
from server.domain.space import Space
from server.services.appointments import Slot
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.storage import guides as storage
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.delegations import find_delegation, lock_rows, update_delegation
from server.storage.ids import new_id

_SLICE = 25
_LONGEST = timedelta(days=1)
# Names and notes are a person's data: the log names them and does not tell them.
_TOLD = frozenset({"kind", "languages", "hours", "is_active"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could go with a delegation, or does, and what speaks against it."""

    guide: Guide
    against: list[Against]
    is_assigned: bool


async def list_guides(database: Database, *, active_only: bool = False) -> list[Guide]:
    """Return guides, then interpreters, each by name."""
    return await database.read(storage.list_guides, active_only=active_only)


async def get_guide(database: Database, id_: str) -> Guide:
    """Return a guide, or raise `unknown_guide`."""
    found = await database.read(storage.find_guide, id_)
    if found is None:
        raise DomainError("unknown_guide")
    return found


async def add_guide(desk: Desk, values: Mapping[str, Any]) -> Guide:
    """Add a guide; `values` bears the columns, times and days as ISO texts."""
    return await desk.database.write(_add, desk, values)


async def change_guide(desk: Desk, id_: str, values: Mapping[str, Any], *, version: int | None = None) -> Guide:
    """Change a guide; a new name reaches the delegations to come. Raise `unknown_guide`, `edit_conflict`."""
    changed, touched = await desk.database.write(_change, desk, id_, values, version)
    # In slices, since scans wait behind a write.
    for n in range(0, len(touched), _SLICE):
        await desk.database.write(_name_all, desk, touched[n : n + _SLICE])
    return changed


async def guides_for(database: Database, space: Space, code: str) -> tuple[DelegationRecord, list[Candidate]]:
    """Return who could go with a delegation, those nothing speaks against first. Raise `unknown_delegation`."""
    return await database.read(_guides_for, space, code)


async def free_guides(
    database: Database, space: Space, code: str, slots: Sequence[Slot], *, language: str = "vi"
) -> list[Guide | None]:
    """Return for each time a guide who could go with a delegation then, one who does already if they can."""
    return await database.read(_free_guides, space, code, list(slots), language) if slots else []


async def assign_guide(desk: Desk, code: str, guide_id: str, *, force: str = "") -> DelegationRecord:
    """Let somebody go with a delegation. With `force`, a reason, even against the objections.

    Raise `unknown_delegation`, `unknown_guide`, `cancelled_delegation`, `no_slot`, and `guide_conflict` with
    `objections` (inactive, day_off, off_hours, busy, language), `guide`, and `other`, the code of who has them.
    """
    return await desk.database.write(_assign, desk, code, guide_id, force.strip())


async def unassign_guide(desk: Desk, code: str, guide_id: str) -> DelegationRecord:
    """End an assignment, once. Raise `unknown_delegation`."""
    return await desk.database.write(_unassign, desk, code, guide_id)


def objections(connection: Connection, space: Space, record: DelegationRecord, guide: Guide) -> list[Against]:
    """Return what speaks against somebody's going with a delegation that has a time."""
    assert record.slot_at is not None
    duty = duty_of(space, record)
    rows = storage.duties_of(connection, guide.id, record.slot_at - _LONGEST, record.slot_at + _LONGEST)
    with_them = {row.guide_id for row in storage.assigned_to(connection, [record.id])} - {guide.id}
    spoken = [one for id_ in with_them if (other := storage.find_guide(connection, id_)) for one in other.languages]
    return objections_to(guide, duty, [duty_of(space, row) for row in rows], language=record.language, spoken=spoken)


def duty_of(space: Space, row: Any) -> Duty:
    """Return the time of a delegation as somebody's duty."""
    begins = space.local(row.slot_at)
    return Duty(row.code, row.name, begins, begins + timedelta(minutes=row.minutes))


def _guides_for(connection: Connection, space: Space, code: str) -> tuple[DelegationRecord, list[Candidate]]:
    record = find_delegation(connection, code)
    if record is None:
        raise DomainError("unknown_delegation", delegation=code)
    assigned = {row.guide_id for row in storage.assigned_to(connection, [record.id])}
    found = [
        Candidate(guide, objections(connection, space, record, guide) if record.slot_at else [], guide.id in assigned)
        for guide in storage.list_guides(connection)
        if guide.is_active or guide.id in assigned
    ]
    return record, sorted(found, key=lambda one: (not one.is_assigned, bool(one.against)))


def _free_guides(
    connection: Connection, space: Space, code: str, slots: Sequence[Slot], language: str
) -> list[Guide | None]:
    first, last = min(slot.at for slot in slots), max(slot.at for slot in slots)
    duties: dict[str, list[Duty]] = defaultdict(list)
    assigned = set()
    for row in storage.duties_between(connection, first - _LONGEST, last + _LONGEST):
        duties[row.guide_id].append(duty_of(space, row))
    record = find_delegation(connection, code)
    if record is not None:
        assigned = {row.guide_id for row in storage.assigned_to(connection, [record.id])}
    guides = [one for one in storage.list_guides(connection, active_only=True) if one.kind == GuideKind.GUIDE]
    guides.sort(key=lambda one: one.id not in assigned)
    wanted = [Duty(code, "", slot.at, slot.at + timedelta(minutes=slot.minutes)) for slot in slots]
    return [
        next((one for one in guides if not objections_to(one, duty, duties[one.id], language=language)), None)
        for duty in wanted
    ]


def _add(connection: Connection, desk: Desk, values: Mapping[str, Any]) -> Guide:
    id_ = new_id()
    storage.add_guide(connection, {**values, "id": id_, "created_at": desk.at})
    append_line(connection, desk.entry("add_guide", f"guide:{id_}", after=_told(values)))
    added = storage.find_guide(connection, id_)
    assert added is not None
    return added


def _change(
    connection: Connection, desk: Desk, id_: str, values: Mapping[str, Any], version: int | None
) -> tuple[Guide, list[int]]:
    old = storage.hold_guide(connection, id_)
    if old is None:
        raise DomainError("unknown_guide")
    if version is not None and version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    storage.change_guide(connection, id_, values)
    append_line(connection, desk.entry("change_guide", f"guide:{id_}", after=_told(values)))
    changed = storage.find_guide(connection, id_)
    assert changed is not None
    is_named_anew = changed.name != old.name or changed.kind != old.kind
    touched = storage.delegations_of(connection, id_, desk.space.day_of(desk.at)) if is_named_anew else []
    return changed, touched


def _assign(connection: Connection, desk: Desk, code: str, guide_id: str, force: str) -> DelegationRecord:
    record = hold_delegation(connection, code)
    guide = storage.hold_guide(connection, guide_id)
    if guide is None:
        raise DomainError("unknown_guide")
    if record.decided == Status.CANCELLED:
        raise DomainError("cancelled_delegation", delegation=record.code)
    if record.slot_at is None:
        raise DomainError("no_slot", delegation=record.code)
    against = objections(connection, desk.space, record, guide)
    if against and not force:
        other = next((one.duty.code for one in against if one.duty), "")
        found = list(dict.fromkeys(str(one.objection) for one in against))
        raise DomainError("guide_conflict", objections=found, guide=guide.name, other=other)
    storage.assign(connection, record.id, guide_id, force if against else "", desk.at)
    after: dict[str, object] = {"guide": guide_id}
    if against:
        after |= {"overruled": [str(one.objection) for one in against], "reason": force}
    append_line(connection, desk.entry("assign_guide", f"delegation:{record.code}", after=after))
    return _name(connection, desk, record)


def _unassign(connection: Connection, desk: Desk, code: str, guide_id: str) -> DelegationRecord:
    record = hold_delegation(connection, code)
    if not storage.unassign(connection, record.id, guide_id):
        return record
    append_line(connection, desk.entry("unassign_guide", f"delegation:{record.code}", before={"guide": guide_id}))
    return _name(connection, desk, record)


def _name(connection: Connection, desk: Desk, record: DelegationRecord) -> DelegationRecord:
    """Keep what scans show to visitors, `guide`, in step with who goes along."""
    names = storage.names_with(connection, record.id)
    if names != record.guide:
        update_delegation(connection, record.id, {"guide": names, "updated_at": desk.at})
    return find_delegation(connection, record.code) or record


def _name_all(connection: Connection, desk: Desk, ids: list[int]) -> None:
    lock_rows(connection, ids)
    for id_ in ids:
        values = {"guide": storage.names_with(connection, id_), "updated_at": desk.at}
        update_delegation(connection, id_, values)


def _told(values: Mapping[str, Any]) -> dict[str, object]:
    return {key: value if key in _TOLD else "…" for key, value in values.items()}
