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
from server.domain.registry import DelegationRow, Field, Finding, Group, MemberRow, Placed
from server.domain.registry.matching import Person, Registered, Target, match_delegations, match_people
from server.domain.text import person_key
from server.services.desk import Desk
from server.services.import_outcomes import (
    NO_CHOICES,
    Choices,
    Outcome,
    Place,
    shown_changes,
)
from server.services.import_people import Company, Someone, known_person, new_person, person_changes, visitor_values
from server.storage import delegations as storage
from server.storage import registry

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
    """What becomes of one target. `changes` of the delegation; people to add, and to change: (id, changes, before)."""

    target: Target
    record: DelegationRecord | None
    changes: dict[str, Any] = field(default_factory=dict)
    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    unchanged: int = 0
    choices: Choices = NO_CHOICES
    outcomes: list[Outcome] = field(default_factory=list)
    leader_id: str | None = None
    errors: list[Placed] = field(default_factory=list)
    warnings: list[Placed] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be written."""
        return self.record is not None and not (self.changes or self.added or self.changed)


def plan_target(connection: Connection, desk: Desk, target: Target, choices: Choices = NO_CHOICES) -> Plan:
    """Decide what the target's rows change. Reads only."""
    record = None
    if target.known is not None:
        record = storage.find_delegation(connection, target.known.code)
    plan = Plan(target, record, choices=choices)
    people = [known_person(row) for row in registry.members_of(connection, record.id)] if record else []
    company = _company(plan, people, desk)
    for _, listed in groupby(target.group.members, key=lambda placed: placed[0]):
        _plan_list(plan, people, list(listed), company)
    _plan_leader(plan, people, company)
    plan.added = [someone.values | someone.changes for someone in people if someone.is_new]
    plan.changed = [
        (someone.id, someone.changes, someone.values) for someone in people if someone.changes and not someone.is_new
    ]
    _plan_delegation(plan, desk)
    _tell_delegation(plan)
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


def _plan_list(
    plan: Plan, people: list[Someone], listed: Sequence[tuple[str, str, MemberRow]], company: Company
) -> None:
    """Match the rows of one file with the people so far; who is new joins them."""
    rows = [Person(person_key(member.name), member.phone, member.email) for _, _, member in listed]
    places: list[Place] = [(file, sheet, member.row) for file, sheet, member in listed]
    said = plan.choices.said(places)
    own = {plan.choices.id_of(place) for place, word in zip(places, said, strict=True) if word == "new"}
    pool = [someone for someone in people if someone.id not in own]
    matches = match_people(rows, [someone.person for someone in pool], said)
    phones: dict[str, str] = {}
    names: dict[str, int] = {}
    for (file, sheet, member), row, match, word in zip(listed, rows, matches, said, strict=True):
        place = (file, sheet, member.row)
        if match.repeats is not None:
            repeated = Finding("duplicate_row", member.row, field=Field.NAME, value=member.name)
            plan.warnings.append(Placed(file, sheet, repeated))
            plan.outcomes.append(Outcome(place, "repeat", other=listed[match.repeats][2].row))
            continue
        if row.phone and phones.setdefault(row.phone, row.key) != row.key:
            shared = Finding("shared_phone", member.row, field=Field.PHONE, value=row.phone)
            plan.warnings.append(Placed(file, sheet, shared))
        before = pool[match.known] if match.known is not None else None
        if word == "new":
            before = next((one for one in people if one.id == plan.choices.id_of(place)), None)
        like = names.setdefault(row.key, member.row)
        someone = _meet(plan, people, (member, row), before, company)
        if before is None and word == "new":
            someone.id = someone.values["id"] = plan.choices.id_of(place)
        plan.outcomes.append(_outcome(place, someone, before, row, like if like != member.row else None))
        if member.is_leader and plan.leader_id is None:
            plan.leader_id = someone.id


def _meet(
    plan: Plan, people: list[Someone], listed: tuple[MemberRow, Person], before: Someone | None, company: Company
) -> Someone:
    """Return who a row means: somebody new, or a known one with what the row says otherwise."""
    member, row = listed
    if before is None:
        someone = new_person(member, row, company)
        people.append(someone)
        return someone
    before.changes |= person_changes(before, member)
    if "search_key" in before.changes:
        before.changes["occurrence"] = company.next_occurrence(before.changes["search_key"])
    plan.unchanged += not before.changes and not before.is_new
    return before


def _outcome(place: Place, someone: Someone, before: Someone | None, row: Person, like: int | None) -> Outcome:
    if before is None or before.is_new:
        return Outcome(place, "new", likeness=like)
    by = "name" if before.person.key == row.key else "mark"
    name = str(someone.values["name"] or "")
    if not someone.changes:
        return Outcome(place, "same", name, by, likeness=like)
    return Outcome(place, "changed", name, by, None, like, shown_changes(someone.values, someone.changes))


def _tell_delegation(plan: Plan) -> None:
    """Say what becomes of the row that states the delegation, and of those that state it again."""
    group, record = plan.target.group, plan.record
    if group.row is None or group.row.is_implied:
        return
    place = (group.file, group.sheet, group.row.row)
    if record is None:
        plan.outcomes.append(Outcome(place, "new"))
    else:
        before = {name: getattr(record, name, "") for name in plan.changes}
        what = "changed" if plan.changes else "same"
        plan.outcomes.append(Outcome(place, what, record.code, "", changes=shown_changes(before, plan.changes)))
    for other in plan.target.repeats:
        if other.row is not None and not other.row.is_implied:
            repeated = (other.file, other.sheet, other.row.row)
            plan.outcomes.append(Outcome(repeated, "repeat", other=group.row.row))


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
        changes["search_key"] = folded_delegation(record.code, changes, record.name, record.organisation or "", record)
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


def folded_delegation(
    code: str, values: Mapping[str, Any], name: str, organisation: str, record: DelegationRecord | None = None
) -> str:
    """Return the text by which a delegation is found, of what is planned and what was known."""
    return delegation_search_key(
        code=code,
        name=values.get("name", name),
        organisation=organisation,
        leader=values.get("leader_name", record.leader_name if record else ""),
        phone=values.get("phone", record.phone if record else None),
    )


def match_groups(
    groups: Sequence[Group], rows: Sequence[registry.RegisteredRow], taken: set[str], named: set[str], timezone: str
) -> list[Target]:
    """Return what each group becomes, every new delegation with its code."""
    zone = ZoneInfo(timezone)
    targets = match_delegations(groups, [_registered(row, zone) for row in rows])
    give_codes(targets, taken, named)
    return targets


def _registered(row: registry.RegisteredRow, timezone: ZoneInfo) -> Registered:
    begins = row.slot_at.astimezone(timezone).time() if row.slot_at else None
    leader = person_key(row.leader_name) if row.leader_name else ""
    return Registered(row.id, row.code, row.key, row.visit_date, begins, leader, row.source, row.people)
