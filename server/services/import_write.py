"""Writing what an import has planned: delegations and their members, each with its line in the journal."""

from sqlalchemy import Connection

from server.domain.registry import guess_kind
from server.domain.registry.matching import organisation_key
from server.services.desk import Desk
from server.services.import_outcomes import note_delegation, note_people
from server.services.import_plan import Plan, folded_delegation
from server.storage import delegations as storage
from server.storage import registry
from server.storage.audit import append_line
from server.storage.import_changes import Change, add_changes, delegation_columns, has_organisation
from server.storage.organisations import find_or_add_organisation
from server.storage.people import update_visitor


def write_plan(connection: Connection, desk: Desk, plan: Plan, *, people: int) -> tuple[int, str]:
    """Write a plan's delegation and the first `people` of its new members; return the delegation's id and code."""
    if plan.record is None:
        id_, code = _add_delegation(connection, desk, plan)
    else:
        id_, code = plan.record.id, plan.record.code
        if plan.changes:
            _change_delegation(connection, desk, plan, id_)
    write_people(connection, desk, id_, plan, slice(people))
    told: dict[str, object] = {"new": len(plan.added), "changed": len(plan.changed), "fields": sorted(plan.changes)}
    append_line(connection, desk.entry("import_delegation", f"delegation:{code}", after=told))
    return id_, code


def write_people(connection: Connection, desk: Desk, delegation_id: int, plan: Plan, some: slice) -> None:
    """Write some of a delegation's members."""
    added, changed = plan.added[some], plan.changed[some]
    registry.add_members(connection, delegation_id, added)
    for id_, changes, _ in changed:
        update_visitor(connection, id_, {**changes, "updated_at": desk.at})
    note_people(connection, plan.choices.job, delegation_id, added, changed)


def _change_delegation(connection: Connection, desk: Desk, plan: Plan, id_: int) -> None:
    before = delegation_columns(connection, id_, tuple(plan.changes)) if plan.choices.job else None
    storage.update_delegation(connection, id_, plan.changes | {"updated_at": desk.at})
    if before is not None:
        note_delegation(connection, plan.choices.job, id_, str(plan.target.code), before)


def _add_delegation(connection: Connection, desk: Desk, plan: Plan) -> tuple[int, str]:
    row = plan.target.group.row
    assert row is not None
    code = plan.target.code
    if code is None or not registry.is_code_free(connection, code):
        code = storage.free_code(connection)
    values = {"name": row.organisation, "kind": guess_kind(row.organisation), **plan.changes}
    day = values.get("visit_date") or desk.space.day_of(desk.at)
    is_known = plan.choices.job is None or has_organisation(connection, organisation_key(row))
    organisation_id = find_or_add_organisation(connection, row.organisation, kind=values["kind"], on=day)
    values |= {
        "code": code,
        "organisation_id": organisation_id,
        "source": plan.target.source,
        "search_key": folded_delegation(code, values, row.organisation, row.organisation),
        "created_at": desk.at,
        "updated_at": desk.at,
    }
    id_ = storage.add_delegation(connection, values)
    note_delegation(connection, plan.choices.job, id_, code, None)
    if not is_known:
        add_changes(connection, str(plan.choices.job), None, [Change("organisation", organisation_id, 0, None)])
    return id_, code
