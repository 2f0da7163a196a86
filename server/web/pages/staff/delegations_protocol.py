"""The protocol sheet of a leaders' or press visit: written in plain lists, read and printed as one sheet."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.protocol import (
    ProtocolSheet,
    read_guests,
    read_lines,
    read_timing,
    write_guests,
    write_timing,
)
from server.domain.roles import Right
from server.domain.text import clean
from server.services import protocol as service
from server.services.itinerary import get_itinerary
from server.web.api.records import desk_of
from server.web.auth import Principal, require
from server.web.forms import read_form
from server.web.pages.staff.delegations_words import kind_name, language_name
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of

_LINE = 300
_LINES = 4_000


async def show_sheet(request: Request) -> Response:
    """Show the sheet, made to be printed; `?edit` shows its form."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    is_editing = "edit" in request.query_params and Right.EDIT_DELEGATIONS in principal.rights
    return await _page(request, principal, is_editing=is_editing)


async def change_sheet(request: Request) -> Response:
    """Keep the sheet; where the delegation was changed meanwhile, show the form again with what was typed."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    require(principal, Right.READ_VISITORS)
    form, code = await read_form(request), request.path_params["code"]
    version = int(form["version"]) if form.get("version", "").isdecimal() and len(form["version"]) < 10 else -1
    sheet = _read(form)
    try:
        kept = await service.change_sheet(await desk_of(request), code, sheet, version=version)
    except DomainError as error:
        if error.code == "unknown_delegation":
            raise
        return await _page(request, principal, is_editing=True, typed=sheet, problem=error)
    return RedirectResponse(f"/staff/delegations/{quote(kept.code)}/protocol?notice=saved", 303)


def _read(form: Mapping[str, str]) -> ProtocolSheet:
    return ProtocolSheet(
        order=read_guests(form.get("order", "")),
        hosts=read_guests(form.get("hosts", "")),
        timing=read_timing(form.get("timing", "")),
        interpreter=clean(form.get("interpreter", ""))[:_LINE],
        room=clean(form.get("room", ""))[:_LINE],
        seats=read_lines(form.get("seats", "")),
        remarks=form.get("remarks", "").replace("\r\n", "\n").strip()[:_LINES],
    )


async def _page(
    request: Request,
    principal: Principal,
    *,
    is_editing: bool,
    typed: ProtocolSheet | None = None,
    problem: DomainError | None = None,
) -> Response:
    house = house_of(request)
    one, kept = await service.get_sheet(house.database, request.path_params["code"])
    sheet = typed or kept
    stops = [] if sheet.timing else (await get_itinerary(house.database, house.space, one.code)).stops
    status = (PROBLEMS[problem.code].status if problem.code in PROBLEMS else 422) if problem else 200
    return render_desk(
        request,
        principal,
        "staff/delegations/protocol.html",
        status,
        one=one,
        sheet=sheet,
        # On a conflict the others' sheet stands beside what was typed.
        kept=kept if problem else None,
        texts={
            "order": write_guests(sheet.order),
            "hosts": write_guests(sheet.hosts),
            "timing": write_timing(sheet.timing),
            "seats": "\n".join(sheet.seats),
        },
        kept_texts={"order": write_guests(kept.order), "timing": write_timing(kept.timing)},
        is_editing=is_editing,
        problem=sentence_of(problem) if problem else None,
        may_edit=Right.EDIT_DELEGATIONS in principal.rights,
        slot=house.space.local(one.slot_at) if one.slot_at else None,
        kind=kind_name(one.kind),
        language_name=language_name(one.language),
        stops=stops,
        zone_names={zone.id: zone for zone in house.space.zones},
        local=house.space.local,
        today=house.space.day_of(house.clock.now()),
    )
