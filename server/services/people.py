"""Register, change, find and erase visitors."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, Status, delegation_search_key, demand_room
from server.domain.errors import DomainError
from server.domain.people import FORGOTTEN, VisitorFilter, VisitorRecord, forget, traces_of
from server.domain.text import search_key
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.services.protocol import forget_in_sheet
from server.storage import cases, delegations, passes
from server.storage import people as storage
from server.storage.audit import append_line
from server.storage.database import Database

# What the audit log may tell of a change; of the rest (personal data) it tells only that it changed.
_TOLD = frozenset({"delegation", "language", "visit_date"})
_NOTES = ("purpose", "needs", "notes", "letter", "guide", "cancel_reason")


async def get_visitor(database: Database, id_: str) -> VisitorRecord:
    """Return a visitor, an erased one too, or raise `unknown_visitor`."""
    found = await database.read(storage.find_visitor, id_)
    if found is None:
        raise DomainError("unknown_visitor", visitor=id_)
    return found


async def list_visitors(
    database: Database, wanted: VisitorFilter, *, after: str = "", limit: int = 100
) -> list[VisitorRecord]:
    """Return the visitors that fit, in the order of their registration."""
    return await database.read(storage.list_visitors, wanted, after=after, limit=limit)


async def add_visitor(desk: Desk, values: Mapping[str, Any]) -> VisitorRecord:
    """Register a visitor. `values` bears the columns, and `delegation` by its code; without one, a walk-in.

    Raise `unknown_delegation`, `cancelled_delegation`.
    """
    return await desk.database.write(_add, desk, values)


async def change_visitor(
    desk: Desk, id_: str, changes: Mapping[str, Any], *, version: int | None = None
) -> VisitorRecord:
    """Change what `changes` bears and nothing else. With `version`, only what nobody changed since.

    Raise `unknown_visitor`, `visitor_erased`, `edit_conflict`, `unknown_delegation`, `cancelled_delegation`,
    `member_is_inside`, `covers_below_inside`.
    """
    return await desk.database.write(_change, desk, id_, changes, version)


async def erase_visitor(desk: Desk, id_: str) -> None:
    """Erase a person, once: every personal field, their name in notes, their passes. Counts remain.

    Raise `unknown_visitor`.
    """
    await desk.database.write(_erase, desk, id_)


def _add(connection: Connection, desk: Desk, values: Mapping[str, Any]) -> VisitorRecord:
    row = dict(values)
    code = row.pop("delegation", None)
    delegation = _open_delegation(connection, code) if code is not None else None
    row["delegation_id"] = delegation.id if delegation else None
    row["search_key"] = search_key(row["name"])
    row["occurrence"] = storage.next_occurrence(connection, row["delegation_id"], row["search_key"])
    id_ = storage.add_visitor(connection, row | {"created_at": desk.at, "updated_at": desk.at})
    append_line(connection, desk.entry("add_visitor", f"visitor:{id_}", after=_told(values)))
    added = storage.find_visitor(connection, id_)
    assert added is not None
    return added


def _change(
    connection: Connection, desk: Desk, id_: str, changes: Mapping[str, Any], version: int | None
) -> VisitorRecord:
    old = _hold(connection, id_, changes.get("delegation"))
    if old.erased_at is not None:
        raise DomainError("visitor_erased", visitor=id_)
    if version is not None and version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    row = {key: value for key, value in changes.items() if getattr(old, key) != value}
    if not row:
        return old
    before = {key: getattr(old, key) for key in row}
    told = desk.entry("change_visitor", f"visitor:{id_}", before=_told(before), after=_told(row))
    delegation_id = old.delegation_id
    if "delegation" in row:
        delegation_id = _move(connection, old, row.pop("delegation"))
    if "name" in row or delegation_id != old.delegation_id:
        row["search_key"] = search_key(row.get("name") or old.name or "")
        row["occurrence"] = storage.next_occurrence(connection, delegation_id, row["search_key"])
    storage.update_visitor(connection, id_, row | {"updated_at": desk.at})
    append_line(connection, told)
    return storage.find_visitor(connection, id_) or old


def _hold(connection: Connection, id_: str, other_code: str | None = None) -> VisitorRecord:
    """Return a visitor whose delegation, and the one they move to, stand still until the commit."""
    found = storage.find_visitor(connection, id_)
    if found is None:
        raise DomainError("unknown_visitor", visitor=id_)
    other = delegations.find_delegation(connection, other_code) if other_code else None
    ids = {found.delegation_id, other.id if other else None} - {None}
    delegations.lock_delegations(connection, sorted(id_ for id_ in ids if id_ is not None))
    storage.lock_visitor(connection, id_)
    return storage.find_visitor(connection, id_) or found


def _move(connection: Connection, visitor: VisitorRecord, code: str | None) -> int | None:
    if visitor.inside is not None:
        raise DomainError("member_is_inside", visitor=visitor.id, zone=visitor.inside)
    target = _open_delegation(connection, code) if code is not None else None
    if visitor.delegation is not None:
        old = hold_delegation(connection, visitor.delegation)
        demand_room(old.count, old.count.changed(members=-1))
        if old.leader_id == visitor.id:
            delegations.update_delegation(connection, old.id, {"leader_id": None})
    storage.move_visitor(connection, visitor, target.id if target else None)
    return target.id if target else None


def _open_delegation(connection: Connection, code: str) -> DelegationRecord:
    delegation = hold_delegation(connection, code)
    if delegation.decided == Status.CANCELLED:
        raise DomainError("cancelled_delegation", delegation=delegation.code)
    return delegation


def _erase(connection: Connection, desk: Desk, id_: str) -> None:
    visitor = _hold(connection, id_)
    if visitor.erased_at is not None:
        return
    traces = traces_of(visitor.name, visitor.phone, visitor.email)
    if visitor.delegation is not None:
        _erase_from_delegation(connection, desk, visitor, traces)
    _erase_from_cases(connection, visitor, traces)
    empty: dict[str, Any] = dict.fromkeys(("search_key", "title", "organisation", "needs", "notes"), "")
    empty |= {"name": None, "phone": None, "email": None, "language": "vi"}
    storage.update_visitor(connection, id_, empty | {"erased_at": desk.at, "updated_at": desk.at})
    for pass_ in passes.find_passes(connection, passes.PASSES.c.visitor_id == id_):
        passes.revoke_pass(connection, pass_.id, desk.at)
    append_line(connection, desk.entry("erase_visitor", f"visitor:{id_}"))


def _erase_from_delegation(connection: Connection, desk: Desk, visitor: VisitorRecord, traces: tuple[str, ...]) -> None:
    assert visitor.delegation is not None
    delegation = hold_delegation(connection, visitor.delegation)
    row = _without(delegation, visitor, traces)
    if row:
        row["search_key"] = delegation_search_key(
            code=delegation.code,
            name=delegation.name,
            organisation=delegation.organisation or "",
            leader=row.get("leader_name", delegation.leader_name),
            phone=row.get("phone", delegation.phone),
        )
        delegations.update_delegation(connection, delegation.id, row | {"updated_at": desk.at})
    forget_in_sheet(connection, delegation.id, traces)
    for id_, needs, notes in storage.notes_in_delegation(connection, delegation.id):
        mended = {"needs": forget(needs, traces), "notes": forget(notes, traces)}
        if id_ != visitor.id and mended != {"needs": needs, "notes": notes}:
            storage.update_visitor(connection, id_, mended | {"updated_at": desk.at})


def _erase_from_cases(connection: Connection, visitor: VisitorRecord, traces: tuple[str, ...]) -> None:
    """Forget what was written about a visitor's own cases, and their name in those of their delegation."""
    holder = f"v:{visitor.id}"
    for row in cases.texts_of_cases(connection, holder, visitor.delegation_id):
        told = {"reason": row["reason"], "forced": row["detail"].get("reason")}
        kept = {
            key: text and (FORGOTTEN if row["holder"] == holder else forget(str(text), traces))
            for key, text in told.items()
        }
        if kept != told:
            detail = dict(row["detail"]) | ({"reason": kept["forced"]} if told["forced"] else {})
            cases.replace_texts(connection, row["id"], kept["reason"], detail)


def _without(delegation: DelegationRecord, visitor: VisitorRecord, traces: tuple[str, ...]) -> dict[str, Any]:
    """Return what changes on a delegation when one of its members is forgotten."""
    key = search_key(visitor.name or "")
    row: dict[str, Any] = {}
    if delegation.leader_id == visitor.id or (key and search_key(delegation.leader_name) == key):
        row |= {"leader_id": None, "leader_name": "", "leader_title": ""}
        # The delegation's contact was this person too, unless somebody else is named for it.
        if not delegation.contact_name:
            row |= {"phone": None, "email": None}
    if key and search_key(delegation.contact_name) == key:
        row |= {"contact_name": "", "phone": None, "email": None}
    if visitor.phone is not None and delegation.phone == visitor.phone:
        row["phone"] = None
    if visitor.email is not None and delegation.email == visitor.email:
        row["email"] = None
    for field in _NOTES:
        text = getattr(delegation, field)
        if forget(text, traces) != text:
            row[field] = forget(text, traces)
    return row


def _told(row: Mapping[str, Any]) -> dict[str, object]:
    return {key: value if key in _TOLD else "…" for key, value in row.items()}
