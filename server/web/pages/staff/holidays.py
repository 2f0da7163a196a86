"""The desk's special days: closed ones and open ones, beside the state's holidays."""

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.holidays import SpecialDay, official_holidays
from server.domain.roles import Right
from server.domain.space import parse_hours
from server.domain.text import clean
from server.services import holidays as service
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.appointment_dialogs import number_in
from server.web.pages.staff.desk import enter, render_desk
from server.web.pages.staff.guides import read_day, spans_words
from server.web.problems import sentence_of
from server.web.slot_words import day_words
from server.web.templating import house_of

_LONGEST = 200


async def show_holidays(request: Request) -> Response:
    """Show the special days of a year. `?edit=DAY` opens one, `?add` an empty form."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal)


async def save_day(request: Request) -> Response:
    """Close a day, or open it in its hours, from the form."""
    principal = await enter(request, Right.OPEN_DAY)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    day, errors = _day_of(form)
    if day is None:
        return await _page(request, principal, status=422, form=form, errors=errors)
    await service.decide_day(await desk_of(request), day)
    return RedirectResponse(f"/staff/holidays?year={day.day.year}&done=saved", 303)


async def forget_day(request: Request) -> Response:
    """Let a day be as its weekday and the state say."""
    principal = await enter(request, Right.OPEN_DAY)
    if isinstance(principal, Response):
        return principal
    day = read_day((await read_form(request)).get("on", ""))
    if day is None:
        raise DomainError("bad_day")
    await service.forget_day(await desk_of(request), day)
    return RedirectResponse(f"/staff/holidays?year={day.year}&done=forgotten", 303)


async def import_official(request: Request) -> Response:
    """Take the state's holidays of a year into the table."""
    principal = await enter(request, Right.OPEN_DAY)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    year = _year(form, house_of(request).clock.now().year)
    new = await service.import_official(await desk_of(request), year)
    return RedirectResponse(f"/staff/holidays?year={year}&done=imported&n={new}", 303)


async def _page(
    request: Request,
    principal: Principal,
    *,
    status: int = 200,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    house, query = house_of(request), request.query_params
    year = _year(query, house.space.day_of(house.clock.now()).year)
    decided = await service.decided_days(house.database, date(year, 1, 1), date(year, 12, 31))
    official = official_holidays(year)
    may_edit = Right.OPEN_DAY in principal.rights
    edited = read_day(query.get("edit", ""))
    is_open = may_edit and (form is not None or "add" in query or edited is not None)
    if form is None:
        form = _form_of(decided.get(edited) or official.get(edited), edited) if edited else {"kind": "closed"}
    return render_desk(
        request,
        principal,
        "staff/holidays.html",
        status,
        year=year,
        days=[decided.get(day) or official[day] for day in sorted({*decided, *official})],
        decided=decided,
        official=official,
        missing=len(set(official) - set(decided)),
        may_edit=may_edit,
        is_open=is_open,
        edited=decided.get(edited) if edited else None,
        form=form,
        errors=errors or {},
        day_words=day_words,
        spans_words=spans_words,
        imported=number_in(query, "n"),
    )


def _form_of(day: SpecialDay | None, on: date) -> dict[str, str]:
    if day is None:
        return {"on": on.isoformat(), "kind": "closed"}
    hours = spans_words(day.spans)
    return {"on": on.isoformat(), "name": day.name, "kind": "open" if hours else "closed", "hours": hours}


def _day_of(form: Mapping[str, str]) -> tuple[SpecialDay | None, dict[str, str]]:
    """Return the day that a form describes, or one sentence for each field that cannot be read."""
    errors: dict[str, str] = {}
    day, name = read_day(form.get("on", "")), clean(form.get("name", ""))
    if day is None:
        errors["on"] = sentence_of(DomainError("bad_day"))
    if not 0 < len(name) <= _LONGEST:
        errors["name"] = _("Tên phải có từ 1 đến %(most)s ký tự.", most=_LONGEST)
    try:
        spans = parse_hours(form.get("hours", ""), "hours") if form.get("kind") == "open" else ()
        if form.get("kind") == "open" and not spans:
            raise DomainError("bad_hours")
    except DomainError:
        errors["hours"] = sentence_of(DomainError("bad_hours"))
        spans = ()
    if errors or day is None:
        return None, errors
    english = official_holidays(day.year).get(day)
    name_en = english.name_en if english and english.name == name else ""
    return SpecialDay(day, name, name_en, spans), {}


def _year(values: Mapping[str, str], otherwise: int) -> int:
    year = number_in(values, "year") or otherwise
    return year if 2000 <= year < 2100 else otherwise
