"""What an import would change of one delegation, and doing so: reading and deciding first, then writing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from server.domain.delegations import (
    DelegationRecord,
    delegation_search_key,
    demand_room,
    next_code,
    settle_appointment,
)
from server.domain.errors import DomainError
from server.domain.registry import DelegationRow, Field, Finding, MemberRow, Placed, guess_kind
from server.domain.registry.matching import Person, Target, match_people
from server.domain.text import person_key
from server.services.desk import Desk
from server.services.import_people import Company, Someone, known_person, new_person, person_changes, visitor_values
from server.storage import delegations as storage
from server.storage import registry
from server.storage.audit import append_line
from server.storage.organisations import find_or_add_organisation
from server.storage.people import update_visitor

_SAID_OF_DELEGATION = {
    "name": "name",
    "kind": "kind",
    "planned": "size",
    "visit_date": "day",
    "leader_name": "leader",
    "leader_title": "leader_title",
    "contact_name": "contact",
    "phone": "phone",
    "email": "email",
    "language": "language",
    "purpose": "purpose",
    "sector": "sector",
    "needs": "needs",
    "notes": "notes",
    "letter": "letter",
}


@dataclass(slots=True)
class Plan:
    """What becomes of one target. `changes` of the delegation; people to add and to change."""

    target: Target
    record: DelegationRecord | None
    changes: dict[str, Any] = field(default_factory=dict)
    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unchanged: int = 0
    leader_id: str | None = None
    errors: list[Placed] = field(default_factory=list)
    warnings: list[Placed] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be written."""
        return self.record is not None and not (self.changes or self.added or self.changed)


def plan_target(connection: Connection, desk: Desk, target: Target) -> Plan:
    """Decide what the target's rows change. Reads only."""
    record = None
    if target.known is not None:
        record = storage.find_delegation(connection, target.known.code)
    plan = Plan(target, record)
    people = [known_person(row) for row in registry.members_of(connection, record.id)] if record else []
    company = _company(plan, people, desk)
    for _, listed in groupby(target.group.members, key=lambda placed: placed[0]):
        _plan_list(plan, people, list(listed), company)
    _plan_leader(plan, people, company)
    plan.added = [someone.values | someone.changes for someone in people if someone.is_new]
    plan.changed = [(someone.id, someone.changes) for someone in people if someone.changes and not someone.is_new]
    _plan_delegation(plan, desk)
    return plan


def _company(plan: Plan, people: Sequence[Someone], desk: Desk) -> Company:
    row, record = plan.target.group.row, plan.record
    organisation = (record.organisation or record.name if record else "") or (row.organisation if row else "")
    language = (row.language if row else None) or (record.language if record else "vi")
    company = Company(organisation, language, desk.at)
    for someone in people:
        key = someone.values["search_key"]
        company.latest[key] = max(company.latest.get(key, 0), someone.occurrence)
    return company


def write_plan(connection: Connection, desk: Desk, plan: Plan, *, people: int) -> tuple[int, str]:
    """Write a plan's delegation and the first `people` of its new members; return the delegation's id and code."""
    if plan.record is None:
        id_, code = _add_delegation(connection, desk, plan)
    else:
        id_, code = plan.record.id, plan.record.code
        if plan.changes:
            storage.update_delegation(connection, id_, plan.changes | {"updated_at": desk.at})
    write_people(connection, desk, id_, plan.added[:people], plan.changed[:people])
    told: dict[str, object] = {"new": len(plan.added), "changed": len(plan.changed), "fields": sorted(plan.changes)}
    append_line(connection, desk.entry("import_delegation", f"delegation:{code}", after=told))
    return id_, code


def write_people(
    connection: Connection,
    desk: Desk,
    delegation_id: int,
    added: Sequence[Mapping[str, Any]],
    changed: Sequence[tuple[str, Mapping[str, Any]]],
) -> None:
    """Write some of a delegation's members."""
    registry.add_members(connection, delegation_id, added)
    for id_, changes in changed:
        update_visitor(connection, id_, {**changes, "updated_at": desk.at})


def _plan_list(
    plan: Plan, people: list[Someone], listed: Sequence[tuple[str, str, MemberRow]], company: Company
) -> None:
    """Match the rows of one file with the people so far; who is new joins them."""
    rows = [Person(person_key(member.name), member.phone, member.email) for _, _, member in listed]
    matches = match_people(rows, [someone.person for someone in people])
    phones: dict[str, str] = {}
    for (file, sheet, member), row, match in zip(listed, rows, matches, strict=True):
        if match.repeats is not None:
            repeated = Finding("duplicate_row", member.row, field=Field.NAME, value=member.name)
            plan.warnings.append(Placed(file, sheet, repeated))
            continue
        if row.phone and phones.setdefault(row.phone, row.key) != row.key:
            shared = Finding("shared_phone", member.row, field=Field.PHONE, value=row.phone)
            plan.warnings.append(Placed(file, sheet, shared))
        if match.known is None:
            someone = new_person(member, row, company)
            people.append(someone)
        else:
            someone = people[match.known]
            someone.changes |= person_changes(someone, member)
            if "search_key" in someone.changes:
                someone.changes["occurrence"] = company.next_occurrence(someone.changes["search_key"])
            plan.unchanged += not someone.changes and not someone.is_new
        if member.is_leader and plan.leader_id is None:
            plan.leader_id = someone.id


def _plan_leader(plan: Plan, people: list[Someone], company: Company) -> None:
    """Match the leader to a member; make a visitor of them only where there is no list of members."""
    row = plan.target.group.row
    if row is None or not row.leader:
        return
    key = person_key(row.leader)
    same = [someone for someone in people if someone.person.key == key]
    titled = [someone for someone in same if row.leader_title and someone.values["title"] == row.leader_title]
    if same:
        plan.leader_id = (titled or same)[0].id
        if not plan.target.group.has_list:
            plan.unchanged += 1
    elif not plan.target.group.has_list and not people and (plan.record is None or not plan.record.named):
        # The delegation's phone and address are its contact's, so they do not become the leader's own.
        values = visitor_values(company, row.leader) | {"title": row.leader_title}
        people.append(Someone(values["id"], Person(key), values["occurrence"], values, is_new=True))
        plan.leader_id = values["id"]


def _plan_delegation(plan: Plan, desk: Desk) -> None:
    row, record = plan.target.group.row, plan.record
    said = {column: getattr(row, name) for column, name in _SAID_OF_DELEGATION.items()} if row else {}
    said = {column: value for column, value in said.items() if value}
    leader = _leader_of_list(plan)
    if leader and not said.get("leader_name") and not (record and record.leader_name):
        said |= {"leader_name": leader[0], "leader_title": leader[1]}
    if row is not None:
        said |= _slot(row, record, desk.space.timezone)
    if plan.leader_id:
        said["leader_id"] = plan.leader_id
    if record is None:
        plan.changes = said
        return
    settled = settle_appointment(said, desk.space.timezone, visit_date=record.visit_date, slot_at=record.slot_at)
    changes = {column: value for column, value in settled.items() if getattr(record, column) != value}
    try:
        after = record.count.changed(planned=changes.get("planned"), members=len(plan.added))
        demand_room(record.count, after)
    except DomainError:
        group = plan.target.group
        number = row.row if row else None
        finding = Finding("headcount_below_inside", number, field=Field.SIZE, value=str(changes["planned"]))
        plan.errors.append(Placed(group.file, group.sheet, finding))
        changes = {}
    if changes:
        changes["search_key"] = _search_key(record.code, changes, record.name, record.organisation or "", record)
    plan.changes = changes


def _leader_of_list(plan: Plan) -> tuple[str, str] | None:
    marked = (member for _, _, member in plan.target.group.members if member.is_leader)
    return next(((member.name, member.title) for member in marked), None)


def _slot(row: DelegationRow, record: DelegationRecord | None, timezone: str) -> dict[str, Any]:
    day = row.day or (record.visit_date if record else None)
    if day is None or row.begins is None:
        return {}
    slot: dict[str, Any] = {"slot_at": datetime.combine(day, row.begins, ZoneInfo(timezone))}
    if row.ends is not None:
        length = datetime.combine(day, row.ends) - datetime.combine(day, row.begins)
        slot["minutes"] = int(length.total_seconds() // 60)
    return slot


def _add_delegation(connection: Connection, desk: Desk, plan: Plan) -> tuple[int, str]:
    row = plan.target.group.row
    assert row is not None
    code = plan.target.code
    if code is None or not registry.is_code_free(connection, code):
        code = storage.free_code(connection)
    values = {"name": row.organisation, "kind": guess_kind(row.organisation), **plan.changes}
    day = values.get("visit_date") or desk.space.day_of(desk.at)
    organisation_id = find_or_add_organisation(connection, row.organisation, kind=values["kind"], on=day)
    values |= {
        "code": code,
        "organisation_id": organisation_id,
        "source": plan.target.source,
        "search_key": _search_key(code, values, row.organisation, row.organisation),
        "created_at": desk.at,
        "updated_at": desk.at,
    }
    return storage.add_delegation(connection, values), code


def _search_key(
    code: str, values: Mapping[str, Any], name: str, organisation: str, record: DelegationRecord | None = None
) -> str:
    return delegation_search_key(
        code=code,
        name=values.get("name", name),
        organisation=organisation,
        leader=values.get("leader_name", record.leader_name if record else ""),
        phone=values.get("phone", record.phone if record else None),
    )


def give_codes(targets: Sequence[Target], taken: set[str], named: Collection[str] = ()) -> None:
    """Give each new delegation without a code of its own the next one that neither the database nor a file bears.

    Nor one of those that a row of the files only names: its person belongs to a delegation that nobody knows yet.
    """
    number = int(next_code(taken | {target.code for target in targets if target.code})[1:])
    for target in targets:
        if target.known is None and target.code is None:
            while f"D{number:03}" in named:
                number += 1
            target.code, number = f"D{number:03}", number + 1
