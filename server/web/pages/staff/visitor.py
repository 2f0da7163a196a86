"""The record of one visitor: read, edit, erase. Personal needs stay closed until somebody opens them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.people import VisitorRecord
from server.domain.roles import Right
from server.services import people as service
from server.services import visitors
from server.web.api import records
from server.web.api.visitors import VisitorChange
from server.web.auth import Principal
from server.web.forms import read_form
from server.web.pages.staff.desk import enter, render_desk
from server.web.pages.staff.visitor_forms import FIELDS, languages, sentences_of, typed_visitor
from server.web.pages.staff.visitor_words import done_name, notice_of
from server.web.problems import sentence_of
from server.web.templating import house_of

_REFUSALS = {"unknown_delegation": "delegation", "cancelled_delegation": "delegation", "member_is_inside": "delegation",
             "covers_below_inside": "delegation"}  # fmt: skip


async def show_visitor(request: Request) -> Response:
    """Show a visitor. `?erase`, `?revoke=PASS` and `?replace=PASS` open the question."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    return await _record(request, principal)


async def open_needs(request: Request) -> Response:
    """Show a visitor with what they need a hand for, or the form with it; the audit log tells who looked."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    needs = await visitors.open_needs(await records.desk_of(request), request.path_params["id"])
    if "version" in form and Right.EDIT_VISITORS in principal.rights:
        return await _form(request, principal, form=dict(form) | {"needs": needs})
    return await _record(request, principal, needs=needs)


async def edit_visitor(request: Request) -> Response:
    """Show the form of a visitor."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    record = await service.get_visitor(house_of(request).database, request.path_params["id"])
    if record.erased_at is not None:
        raise DomainError("visitor_erased", visitor=record.id)
    return await _form(request, principal, form=_as_typed(record))


async def change_visitor(request: Request) -> Response:
    """Save what was typed. When somebody else saved first, show both and let this person decide."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    form, id_ = await read_form(request), request.path_params["id"]
    try:
        body = VisitorChange.model_validate(typed_visitor(form) | {"version": form.get("version", "")}, strict=False)
    except ValidationError as error:
        return await _form(request, principal, status=422, form=form, errors=sentences_of(error))
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    try:
        await service.change_visitor(await records.desk_of(request), id_, changes, version=body.version)
    except DomainError as error:
        if error.code == "edit_conflict":
            return await _conflict(request, principal, form)
        if error.code not in _REFUSALS:
            raise
        return await _form(
            request, principal, status=409, form=form, errors={_REFUSALS[error.code]: sentence_of(error)}
        )
    return RedirectResponse(f"/staff/visitors/{id_}?done=changed", 303)


async def erase_visitor(request: Request) -> Response:
    """Erase a person for good."""
    principal = await enter(request, Right.ERASE_VISITORS)
    if isinstance(principal, Response):
        return principal
    id_ = request.path_params["id"]
    await service.erase_visitor(await records.desk_of(request), id_)
    return RedirectResponse(f"/staff/visitors/{id_}?done=erased", 303)


async def _record(request: Request, principal: Principal, *, needs: str | None = None) -> Response:
    house = house_of(request)
    query = request.query_params
    today = house.space.day_of(house.clock.now())
    sheet = await visitors.open_visitor(house.database, house.space, request.path_params["id"], today)
    rights = principal.rights
    may = {
        "edit": Right.EDIT_VISITORS in rights, "erase": Right.ERASE_VISITORS in rights,
        "passes": Right.READ_PASSES in rights, "issue": Right.ISSUE_PASSES in rights,
    }  # fmt: skip
    asked = query.get("revoke") or query.get("replace") or ""
    chosen = next((one.row for one in sheet.passes if one.row.id == asked and not one.row.revoked_at), None)
    return render_desk(
        request,
        principal,
        "staff/visitor.html",
        sheet=sheet,
        person_record=sheet.record,
        live=next((one for one in sheet.passes if one.row.revoked_at is None), None),
        needs=needs,
        may=may,
        chosen=chosen if may["issue"] else None,
        is_replacing="replace" in query,
        is_erasing=may["erase"] and "erase" in query and sheet.record.erased_at is None,
        done=notice_of(query.get("done", "")),
        today=today,
        zone_names={zone.id: zone for zone in house.space.zones},
        local=house.space.local,
        language_names=dict(languages(sheet.record.language)),
        done_name=done_name,
    )


async def _form(
    request: Request,
    principal: Principal,
    *,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> Response:
    record = await service.get_visitor(house_of(request).database, request.path_params["id"])
    return render_desk(
        request,
        principal,
        "staff/visitor_edit.html",
        status,
        person_record=record,
        form=form,
        errors=errors or {},
        theirs=theirs or {},
        languages=languages(form.get("language") or "vi"),
    )


async def _conflict(request: Request, principal: Principal, form: Mapping[str, str]) -> Response:
    """Show what was typed beside what somebody else saved meanwhile; saving again is a decision then."""
    record = await service.get_visitor(house_of(request).database, request.path_params["id"])
    if record.erased_at is not None:
        raise DomainError("visitor_erased", visitor=record.id)
    now = _as_typed(record)
    theirs = {name: now.get(name, "") for name in form if name in FIELDS and form[name].strip() != now.get(name, "")}
    if "needs" in theirs:
        theirs["needs"] = record.needs
    return await _form(
        request, principal, status=409, form=dict(form) | {"version": str(record.version)}, theirs=theirs
    )


def _as_typed(record: VisitorRecord) -> dict[str, str]:
    """Return a record as the form shows it; needs only where there are none, the others are opened by hand."""
    typed = {name: str(getattr(record, name) or "") for name in FIELDS if name != "needs" or not record.needs}
    return typed | {"version": str(record.version)}
