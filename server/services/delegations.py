"""Register, change, cancel and find delegations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.domain.appointments import Wish
from server.domain.delegations import (
    SETTABLE,
    DelegationFilter,
    DelegationRecord,
    Status,
    covers,
    delegation_search_key,
    demand_confirmable,
    demand_room,
    settle_appointment,
)
from server.domain.errors import DomainError
from server.domain.text import search_key
from server.services.appointments import take_slot
from server.services.desk import Desk
from server.services.messages import queue_step
from server.storage import delegations as storage
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.organisations import find_or_add_organisation
from server.storage.people import member_named

# What the audit log may tell of a change; of the rest (personal data) it tells only that it changed.
_TOLD = frozenset({"kind", "status", "planned", "visit_date", "slot_at", "minutes", "language", "zones"})


_HOLDING = frozenset({Status.REQUESTED, Status.CONFIRMED})
_WORTH_TELLING = frozenset({"visit_date", "slot_at", "minutes", "planned"})
_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Taking:
    """How a slot is taken: whatever speaks against it refuses it, unless `force` names the reason to take it anyway.

    With `only_room` a slot is refused for want of room alone, and only from today on: what is recorded after the
    fact, or outside the hours, is as it was.
    """

    force: str = ""
    only_room: bool = False


async def get_delegation(database: Database, code: str) -> DelegationRecord:
    """Return a delegation, or raise `unknown_delegation`."""
    found = await database.read(storage.find_delegation, code)
    if found is None:
        raise DomainError("unknown_delegation", delegation=code)
    return found


async def list_delegations(
    database: Database, wanted: DelegationFilter, *, after: int = 0, limit: int = 100
) -> list[DelegationRecord]:
    """Return the delegations that fit, in the order of their registration."""
    return await database.read(storage.list_delegations, wanted, after=after, limit=limit)


async def add_delegation(desk: Desk, values: Mapping[str, Any], *, taking: Taking | None = None) -> DelegationRecord:
    """Register a delegation under a new code. `values` bears its columns, and `organisation` by name.

    With `taking`, only into a slot that can be had. Raise `no_such_zone`, `slot_not_on_day`, `slot_taken`.
    """
    return await desk.database.write(_add, desk, values, taking)


async def change_delegation(
    desk: Desk, code: str, changes: Mapping[str, Any], *, version: int | None = None, taking: Taking | None = None
) -> DelegationRecord:
    """Change what `changes` bears and nothing else. With `version`, only what nobody changed since.

    With `taking`, only into a slot that can be had. Raise `unknown_delegation`, `edit_conflict`,
    `covers_below_inside`, `no_such_zone`, `slot_not_on_day`, `slot_taken`.
    """
    return await desk.database.write(_change, desk, code, changes, version, taking)


async def confirm_delegation(desk: Desk, code: str) -> DelegationRecord:
    """Confirm a delegation that asked to come, once: its day and slot are settled.

    Raise `unknown_delegation`, `cancelled_delegation`, `already_came`, `slot_missing`, `slot_taken`.
    """
    return await desk.database.write(_confirm, desk, code)


async def cancel_delegation(desk: Desk, code: str, *, reason: str = "") -> DelegationRecord:
    """Cancel a delegation, once. Who is inside may leave. Raise `unknown_delegation`."""
    return await desk.database.write(_cancel, desk, code, reason)


def hold_delegation(connection: Connection, code: str) -> DelegationRecord:
    """Return a delegation that nobody else changes, and that no scan counts, until the commit."""
    found = storage.find_delegation(connection, code)
    if found is None:
        raise DomainError("unknown_delegation", delegation=code)
    storage.lock_delegations(connection, [found.id])
    # Read again behind the lock: what was read before it may be old.
    return storage.find_delegation(connection, code) or found


def _add(
    connection: Connection, desk: Desk, values: Mapping[str, Any], taking: Taking | None = None
) -> DelegationRecord:
    row = settle_appointment(values, desk.space.timezone)
    organisation = row.pop("organisation", None)
    _demand_zones(desk, row.get("zones"))
    row["code"] = storage.free_code(connection)
    row["name"] = row.get("name") or organisation
    if organisation:
        row["organisation_id"] = _organisation(connection, desk, organisation, row)
    row["search_key"] = delegation_search_key(
        code=row["code"],
        name=row["name"],
        organisation=organisation or "",
        leader=row.get("leader_name", ""),
        phone=row.get("phone"),
    )
    overruled = _take_slot(connection, desk, row, None, taking) if taking else {}
    storage.add_delegation(connection, row | {"created_at": desk.at, "updated_at": desk.at})
    append_line(connection, desk.entry("add_delegation", f"delegation:{row['code']}", after=_told(row) | overruled))
    added = storage.find_delegation(connection, row["code"])
    assert added is not None
    return added


def _change(
    connection: Connection,
    desk: Desk,
    code: str,
    changes: Mapping[str, Any],
    version: int | None,
    taking: Taking | None = None,
) -> DelegationRecord:
    old = hold_delegation(connection, code)
    if version is not None and version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    row = settle_appointment(changes, desk.space.timezone, visit_date=old.visit_date, slot_at=old.slot_at)
    _demand_zones(desk, row.get("zones"))
    row = {key: value for key, value in row.items() if _of(old, key) != value}
    if not row:
        return old
    demand_room(old.count, old.count.changed(planned=row.get("planned")))
    before = {key: _of(old, key) for key in row}
    # Organisations before appointments, as when one is added: two who wait for each other wait for ever.
    columns = _columns(connection, desk, old, row)
    overruled = _take_slot(connection, desk, row, old, taking) if taking and _takes_more(row, old) else {}
    storage.update_delegation(connection, old.id, columns)
    append_line(
        connection,
        desk.entry("change_delegation", f"delegation:{old.code}", before=_told(before), after=_told(row) | overruled),
    )
    new = storage.find_delegation(connection, old.code) or old
    if old.decided == Status.CONFIRMED == new.decided and not _WORTH_TELLING.isdisjoint(row):
        queue_step(connection, desk, new, "changed")
    return new


def _columns(connection: Connection, desk: Desk, old: DelegationRecord, changes: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(changes) | {"updated_at": desk.at}
    if "organisation" in row:
        name = row.pop("organisation")
        row["organisation_id"] = _organisation(connection, desk, name, changes, old) if name else None
    if old.decided == Status.CANCELLED and row.get("status") in SETTABLE:
        row |= {"cancelled_at": None, "cancel_reason": ""}
    if "leader_name" in row:
        row["leader_id"] = member_named(connection, old.id, search_key(row["leader_name"]))
    row["search_key"] = delegation_search_key(
        code=old.code,
        name=changes.get("name", old.name),
        organisation=changes.get("organisation", old.organisation) or "",
        leader=changes.get("leader_name", old.leader_name),
        phone=changes.get("phone", old.phone),
    )
    return row


def _cancel(connection: Connection, desk: Desk, code: str, reason: str) -> DelegationRecord:
    old = hold_delegation(connection, code)
    if old.decided == Status.CANCELLED:
        return old
    row = {"status": Status.CANCELLED.value, "cancelled_at": desk.at, "cancel_reason": reason}
    storage.update_delegation(connection, old.id, row | {"updated_at": desk.at})
    append_line(
        connection,
        desk.entry("cancel_delegation", f"delegation:{old.code}", before={"status": old.decided}),
    )
    queue_step(connection, desk, old, "cancelled")
    return storage.find_delegation(connection, old.code) or old


def _confirm(connection: Connection, desk: Desk, code: str) -> DelegationRecord:
    old = hold_delegation(connection, code)
    if old.decided == Status.CONFIRMED:
        return old
    demand_confirmable(old)
    _take_slot(connection, desk, {}, old, Taking())
    storage.update_delegation(connection, old.id, {"status": Status.CONFIRMED.value, "updated_at": desk.at})
    before, after = {"status": old.decided}, {"status": Status.CONFIRMED.value}
    entry = desk.entry("confirm_delegation", f"delegation:{old.code}", before={**before}, after={**after})
    append_line(connection, entry)
    queue_step(connection, desk, old, "confirmed")
    return storage.find_delegation(connection, old.code) or old


def _organisation(
    connection: Connection,
    desk: Desk,
    name: str,
    row: Mapping[str, Any],
    old: DelegationRecord | None = None,
) -> str:
    kind = row.get("kind") or (old.kind if old else "other")
    day = row.get("visit_date") or (old.visit_date if old else None) or desk.space.day_of(desk.at)
    return find_or_add_organisation(connection, name, kind=kind, on=day)


def _takes_more(row: Mapping[str, Any], old: DelegationRecord) -> bool:
    """Tell whether a change takes another slot or more of this one: who gives places back needs no room."""
    if Status(old.decided) not in _HOLDING and "status" in row:
        return True
    if "slot_at" in row or row.get("minutes", 0) > old.minutes:
        return True
    return covers(row.get("planned", 0), old.named) > old.count.covers


def _take_slot(
    connection: Connection, desk: Desk, row: Mapping[str, Any], old: DelegationRecord | None, taking: Taking
) -> dict[str, object]:
    """Hold the slot that a delegation will have; return what was overruled, for the audit line.

    Raise `slot_taken`. One without a slot takes none, nor does one that will not come.
    """
    at = row.get("slot_at", old.slot_at if old else None)
    status = row.get("status", old.decided if old else Status.CONFIRMED)
    if at is None:
        return {}
    if taking.only_room and (Status(status) not in _HOLDING or desk.space.day_of(at) < desk.space.day_of(desk.at)):
        return {}
    planned = row.get("planned", old.planned if old else 0)
    people = covers(planned, old.named if old else 0) or 1
    wish = Wish(at, people, row.get("minutes", old.minutes if old else _MINUTES))
    try:
        take_slot(connection, desk.space, wish, leaving_out=old.code if old else None, now=desk.at)
    except DomainError as error:
        if error.code != "slot_taken":
            raise
        return _overruled(error, taking)
    return {}


def _overruled(error: DomainError, taking: Taking) -> dict[str, object]:
    """Return what a slot is taken against and why, or raise what speaks against it."""
    told = error.arguments
    if taking.only_room:
        people, left, capacity = (int(str(told[name])) for name in ("people", "left", "capacity"))
        if people <= left:
            return {}
        error = DomainError("slot_taken", **{**told, "reason": "too_many" if people > capacity else "full"})
    if not taking.force.strip():
        raise error
    return {"overruled": str(error.arguments["reason"]), "reason": taking.force.strip()}


def _demand_zones(desk: Desk, zones: list[str] | None) -> None:
    missing = [zone_id for zone_id in zones or () if zone_id not in desk.space.zone_ids]
    if missing:
        raise DomainError("no_such_zone", zone=missing[0])


def _of(record: DelegationRecord, key: str) -> Any:
    return record.decided if key == "status" else getattr(record, key)


def _told(row: Mapping[str, Any]) -> dict[str, object]:
    return {key: value if key in _TOLD else "…" for key, value in row.items() if key not in ("code", "search_key")}
