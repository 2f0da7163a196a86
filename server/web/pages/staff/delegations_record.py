"""One delegation: its members and who of them is inside, what is known of it, its history; confirm, cancel, open."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegations import Status
from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.space import Space
from server.domain.text import search_key
from server.services import delegation_record as record_service
from server.services import delegations as service
from server.services.delegation_list import obstacle_of
from server.services.delegation_record import Members, Record
from server.services.itinerary import get_itinerary
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.forms import read_form
from server.web.pages.menu import page_exists
from server.web.pages.staff.delegations_form import error_of
from server.web.pages.staff.delegations_words import (
    action_name,
    chip_of,
    field_name,
    kind_name,
    language_name,
    masked_phone,
    status_name,
)
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS
from server.web.slot_words import reason_words
from server.web.templating import house_of

_TABS = ("members", "facts", "history")
_MEMBERS = 100
_LATEST = 6


async def show_delegation(request: Request) -> Response:
    """Show a delegation. `?tab=` chooses what of it, `?cancel`, `?move` and `?paste` open a dialog."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    return await show(request, principal)


async def open_needs(request: Request) -> Response:
    """Show what the delegation needs, on this page only; the audit log tells who looked."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    needs = await record_service.open_needs(await desk_of(request), request.path_params["code"])
    return await show(request, principal, needs=needs)


async def confirm(request: Request) -> Response:
    """Confirm the delegation, or say in one sentence what stands against it."""
    return await _act(request, "confirmed", service.confirm_delegation)


async def reopen(request: Request) -> Response:
    """Let a cancelled delegation ask again."""

    async def act(desk: Any, code: str) -> Any:
        old = await service.get_delegation(desk.database, code)
        if old.decided != Status.CANCELLED or old.merged_into is not None:
            raise DomainError("not_cancelled", delegation=old.code)
        return await service.change_delegation(desk, code, {"status": Status.REQUESTED.value}, version=old.version)

    return await _act(request, "reopened", act)


async def cancel(request: Request) -> Response:
    """Cancel the delegation for the reason that was typed."""
    form = await read_form(request)
    reason = form.get("reason", "").strip()[:1_000]

    async def act(desk: Any, code: str) -> Any:
        return await service.cancel_delegation(desk, code, reason=reason)

    return await _act(request, "cancelled", act)


async def miss(request: Request) -> Response:
    """Note that a confirmed delegation did not come."""

    async def act(desk: Any, code: str) -> Any:
        return await service.change_delegation(desk, code, {"status": Status.NO_SHOW.value})

    return await _act(request, "missed", act)


async def _act(request: Request, notice: str, act: Any) -> Response:
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    code = request.path_params["code"]
    try:
        done = await act(await desk_of(request), code)
    except DomainError as error:
        if error.code == "unknown_delegation":
            raise
        return await show(request, principal, problem=error)
    return RedirectResponse(f"/staff/delegations/{quote(done.code)}?notice={notice}", 303)


async def show(
    request: Request,
    principal: Principal,
    *,
    needs: str | None = None,
    problem: DomainError | None = None,
    **context: Any,
) -> Response:
    """Render the page of a delegation; a problem stands above it in one sentence."""
    house = house_of(request)
    now, query = house.clock.now(), request.query_params
    knows_people = Right.READ_VISITORS in principal.rights
    wanted = _wanted(query)
    record = await record_service.load_record(
        house.database, request.path_params["code"], house.space.day_of(now), wanted
    )
    one = record.delegation
    status = 200
    if problem is not None:
        status = PROBLEMS[problem.code].status if problem.code in PROBLEMS else 422
    tab = query.get("tab", "members")
    chosen = await _chosen(request, record)
    settings = {
        "needs": needs,
        "problem": next(iter(error_of(problem).values())) if problem else None,
        "notice": query.get("notice", ""),
        "added": query.get("n", "")[:6],
        "tab": tab if tab in _TABS and knows_people else "facts" if not knows_people else "members",
        "chosen": chosen,
        "asks": next((name for name in ("cancel", "paste", "move", "remove") if name in query), ""),
    }
    return render_desk(
        request,
        principal,
        "staff/delegations/record.html",
        status,
        **(settings | context),
        one=one,
        today=house.space.day_of(now),
        chip=chip_of(one, now, house.space),
        record=record,
        next=_next(request, record, wanted),
        member_words=query.get("m", "")[:100],
        is_absent=wanted.is_absent,
        history=_history(record, house.space),
        latest=_LATEST,
        stops=await _stops(request, one.code),
        obstacle=obstacle_of(one, "confirm"),
        slot=house.space.local(one.slot_at) if one.slot_at else None,
        phone=masked_phone(one.phone),
        kind=kind_name(one.kind),
        language_name=language_name(one.language),
        status_name=status_name(one.status),
        zone_names={zone.id: zone for zone in house.space.zones},
        local=house.space.local,
        may=_may(principal),
        has_page=lambda path: page_exists(request.app, path),
    )


def _may(principal: Principal) -> dict[str, bool]:
    rights = principal.rights
    return {
        "edit": Right.EDIT_DELEGATIONS in rights,
        "people": Right.READ_VISITORS in rights,
        "members": Right.EDIT_VISITORS in rights,
        "issue": Right.ISSUE_PASSES in rights,
        "check_in": Right.CHECK_IN in rights,
    }


def _wanted(query: Mapping[str, str]) -> Members:
    after = query.get("after", "")
    words = search_key(query.get("m", "")[:100]).split()
    return Members(words, "absent" in query, after if len(after) == 32 else "", _MEMBERS)


def _next(request: Request, record: Record, wanted: Members) -> str | None:
    if len(record.members) < wanted.limit:
        return None
    return str(request.url.include_query_params(after=record.members[-1].id).replace(scheme="", netloc=""))


async def _chosen(request: Request, record: Record) -> list[tuple[str, str]]:
    """Return (id, name) of the members that a dialog is about."""
    ids = set(request.query_params.getlist("member"))
    return [(one.id, one.name or "") for one in record.members if one.id in ids]


async def _stops(request: Request, code: str) -> list[Any]:
    """Return where the delegation goes, if it has a slot."""
    house = house_of(request)
    itinerary = await get_itinerary(house.database, house.space, code)
    return list(itinerary.stops)


def _history(record: Record, space: Space) -> list[dict[str, Any]]:
    """Return the lines of the history in words. What is personal is named there, not told."""
    names = {f"visitor:{one.id}": one.name for one in record.members}
    lines: list[dict[str, Any]] = []
    for row in record.history:
        before, after = row.before or {}, row.after or {}
        fields = [key for key in dict.fromkeys((*before, *after)) if key not in ("delegation", "merged_from")]
        lines.append(
            {
                "at": space.local(row.at),
                "what": action_name(row.action),
                "who": row.name or "",
                "whom": names.get(row.subject) or "",
                "changes": [
                    (field_name(key), _told(key, before.get(key), space), _told(key, after.get(key), space))
                    for key in fields
                    if row.action.startswith("change_") or key in ("status", "merged_into", "overruled", "reason")
                ],
            }
        )
    return lines


def _told(field: str, value: object, space: Space) -> str:
    if value is None or value == "…":
        return ""
    if field == "kind":
        return kind_name(str(value))
    if field == "status":
        return status_name(str(value)) if str(value) in set(Status) else str(value)
    if field == "overruled":
        return reason_words(str(value))
    if field == "visit_date":
        return f"{date.fromisoformat(str(value)):%d/%m/%Y}"
    if field == "slot_at":
        return f"{space.local(datetime.fromisoformat(str(value))):%H:%M %d/%m}"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
