"""What the desk does on the appointments' page: give and move times, let guides go with delegations."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services.booking import Placing, place_delegation
from server.services.guides import assign_guide, unassign_guide
from server.web.api.records import desk_of
from server.web.forms import read_form
from server.web.pages.staff.appointment_dialogs import Refused, number_in, path_word
from server.web.pages.staff.appointments import board_page, view_of
from server.web.pages.staff.desk import enter
from server.web.templating import house_of

_LONGEST_REASON = 300


async def place(request: Request) -> Response:
    """Give a delegation the time of a form: `at`, or `on` and `time`; `none` takes it away."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, code = await read_form(request), path_word(request, "code")
    desk = await desk_of(request)
    try:
        placed = await place_delegation(desk, code, _placing(form, desk.space.timezone))
    except DomainError as error:
        if error.code == "unknown_delegation":
            raise
        return await board_page(request, principal, refused=Refused(code, form, error, is_slot=True))
    view = view_of(form, desk.space.day_of(desk.at))
    day = desk.space.day_of(placed.slot_at) if placed.slot_at else view.day
    done = "placed" if placed.slot_at else "freed"
    return RedirectResponse(view.url(day=day.isoformat(), show=placed.code, done=done), 303)


async def assign(request: Request) -> Response:
    """Let somebody go with a delegation; `force` is the reason to do it against what speaks against it."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, code = await read_form(request), path_word(request, "code")
    desk = await desk_of(request)
    force = form.get("force", "")[:_LONGEST_REASON]
    try:
        await assign_guide(desk, code, form.get("guide", ""), force=force)
    except DomainError as error:
        if error.code not in ("guide_conflict", "no_slot"):
            raise
        return await board_page(request, principal, refused=Refused(code, form, error, is_slot=False))
    view = view_of(form, desk.space.day_of(desk.at))
    return RedirectResponse(view.url(show=code, done="assigned"), 303)


async def unassign(request: Request) -> Response:
    """End somebody's going with a delegation."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, code = await read_form(request), path_word(request, "code")
    await unassign_guide(await desk_of(request), code, form.get("guide", ""))
    house = house_of(request)
    view = view_of(form, house.space.day_of(house.clock.now()))
    return RedirectResponse(view.url(show=code, done="unassigned"), 303)


def _placing(form: Mapping[str, str], timezone: str) -> Placing:
    """Return what a form asks for. Raise `bad_time` when it names no time that can be."""
    minutes, version = number_in(form, "minutes") or 60, number_in(form, "version")
    force = form.get("force", "").strip()[:_LONGEST_REASON]
    if "none" in form:
        return Placing(None, minutes, version=version)
    zone = ZoneInfo(timezone)
    try:
        if form.get("time"):
            at = datetime.combine(date.fromisoformat(form.get("on", "")), time.fromisoformat(form["time"]), zone)
        else:
            at = datetime.fromisoformat(form.get("at", ""))
            at = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise DomainError("bad_time") from None
    if not 2000 <= at.year < 2100 or not 5 <= minutes <= 1_440:
        raise DomainError("bad_time")
    return Placing(at, minutes, force, version)
