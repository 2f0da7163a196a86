"""The desk's guides and interpreters: who they are, which languages they speak, when they work."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.guides import Guide, GuideKind
from server.domain.holidays import Span
from server.domain.roles import Right, Role
from server.domain.space import parse_hours
from server.domain.text import clean
from server.services import guides as service
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.forms import read_form
from server.web.i18n import format_date
from server.web.i18n import gettext as _
from server.web.pages.staff.appointment_dialogs import number_in, path_word
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.slot_words import language_name, weekday_name
from server.web.templating import house_of

LANGUAGES = ("vi", "en", "fr", "zh", "ja", "ko", "de", "es", "ru", "km", "lo", "th")
_LONGEST = 200
_MOST_DAYS_OFF = 60
_DAY = r"(\d{1,2})/(\d{1,2})/(\d{4})"
_DAYS = re.compile(rf"{_DAY}(?:\s*[-–]\s*{_DAY})?")


async def show_guides(request: Request) -> Response:
    """List guides and interpreters. `?add` opens an empty form, `?edit=ID` somebody's."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal)


async def add_guide(request: Request) -> Response:
    """Add a guide from the form."""
    return await _save(request, None)


async def change_guide(request: Request) -> Response:
    """Change a guide from the form, unless somebody else has meanwhile."""
    return await _save(request, path_word(request, "id"))


async def _save(request: Request, id_: str | None) -> Response:
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    accounts = {account.id for account in await _accounts(request)}
    values, errors = _values(form, [key.removeprefix("lang-") for key in form if key.startswith("lang-")], accounts)
    if errors:
        return await _page(request, principal, status=422, form=form, id_=id_, errors=errors)
    desk = await desk_of(request)
    try:
        if id_ is None:
            saved = await service.add_guide(desk, values)
        else:
            saved = await service.change_guide(desk, id_, values, version=number_in(form, "version"))
    except DomainError as error:
        if error.code != "edit_conflict":
            raise
        errors = {"": sentence_of(error)}
        return await _page(request, principal, status=PROBLEMS[error.code].status, form=form, id_=id_, errors=errors)
    return RedirectResponse(f"/staff/guides?saved={saved.id}", 303)


async def _page(
    request: Request,
    principal: Principal,
    *,
    status: int = 200,
    form: Mapping[str, str] | None = None,
    id_: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    house, query = house_of(request), request.query_params
    guides = await service.list_guides(house.database)
    may_edit = Right.EDIT_DELEGATIONS in principal.rights
    wanted = id_ or query.get("edit")
    edited = next((guide for guide in guides if guide.id == wanted), None)
    is_open = may_edit and (form is not None or "add" in query or edited is not None)
    return render_desk(
        request,
        principal,
        "staff/guides.html",
        status,
        guides=guides,
        may_edit=may_edit,
        is_open=is_open,
        edited=edited,
        form=form if form is not None else _form_of(edited),
        errors=errors or {},
        languages=LANGUAGES,
        language_name=language_name,
        weekdays=[weekday_name(n) for n in range(7)],
        days_words=_days_words,
        hours_words=_hours_words,
        saved=next((guide for guide in guides if guide.id == query.get("saved")), None),
        accounts=await _accounts(request) if is_open else [],
    )


async def _accounts(request: Request) -> list[Any]:
    return [account for account in await house_of(request).accounts.listed() if account.role == Role.GUIDE]


def spans_words(spans: tuple[Span, ...]) -> str:
    """Return opening or working hours as they are typed."""
    shown = ((opens, "24:00" if closes == time.max else f"{closes:%H:%M}") for opens, closes in spans)
    return ", ".join(f"{opens:%H:%M}-{closes}" for opens, closes in shown)


def _hours_words(hours: tuple[tuple[Span, ...], ...]) -> list[tuple[str, str]]:
    """Return when somebody works, days with the same hours together: `Thứ Hai – Thứ Sáu`, `07:30-17:00`."""
    found = []
    for spans, days in groupby(range(7), key=lambda n: hours[n]):
        names = [weekday_name(n) for n in days]
        if spans:
            found.append((names[0] if len(names) == 1 else f"{names[0]} – {names[-1]}", spans_words(spans)))
    return found


def _days_words(days: tuple[tuple[date, date], ...]) -> list[str]:
    return [
        format_date(first) if first == last else f"{format_date(first)} – {format_date(last)}" for first, last in days
    ]


def _form_of(guide: Guide | None) -> dict[str, str]:
    """Return the form as it stands for somebody; office hours for one who is new."""
    if guide is None:
        hours = {f"hours-{n}": "07:30-11:30, 13:00-17:00" for n in range(5)}
        return {"kind": GuideKind.GUIDE.value, "lang-vi": "on", "is_active": "on"} | hours
    days = [f"{a:%d/%m/%Y}" if a == b else f"{a:%d/%m/%Y} - {b:%d/%m/%Y}" for a, b in guide.days_off]
    form = {"name": guide.name, "kind": guide.kind, "note": guide.note, "days_off": "\n".join(days)}
    form |= {"account": guide.account_id or "", "version": str(guide.version)}
    form |= {f"lang-{code}": "on" for code in guide.languages}
    form |= {f"hours-{n}": spans_words(spans) for n, spans in enumerate(guide.hours)}
    return form | ({"is_active": "on"} if guide.is_active else {})


def _values(form: Mapping[str, str], spoken: list[str], accounts: set[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the columns that a form fills, and one sentence for each field that cannot be read."""
    errors: dict[str, str] = {}
    name = clean(form.get("name", ""))
    if not 0 < len(name) <= _LONGEST:
        errors["name"] = _("Tên phải có từ 1 đến %(most)s ký tự.", most=_LONGEST)
    languages = [code for code in LANGUAGES if code in spoken]
    if not languages:
        errors["languages"] = _("Xin chọn ít nhất một ngôn ngữ.")
    hours = []
    for n in range(7):
        try:
            spans = parse_hours(form.get(f"hours-{n}", ""), "hours")
            hours.append([[opens.isoformat(), closes.isoformat()] for opens, closes in spans])
        except DomainError:
            errors[f"hours-{n}"] = sentence_of(DomainError("bad_hours"))
    days_off = _days_off(form.get("days_off", ""))
    if days_off is None:
        errors["days_off"] = sentence_of(DomainError("bad_day"))
    account = form.get("account", "")
    return {
        "name": name,
        "kind": "interpreter" if form.get("kind") == "interpreter" else "guide",
        "languages": languages,
        "hours": hours,
        "days_off": days_off or [],
        "note": clean(form.get("note", ""))[:_LONGEST],
        "account_id": account if account in accounts else None,
        "is_active": "is_active" in form,
    }, errors


def _days_off(text: str) -> list[list[str]] | None:
    """Return the days off of a text, a day or a span a line; None when a line is neither."""
    found: list[list[str]] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = _DAYS.fullmatch(line)
        if match is None or len(found) >= _MOST_DAYS_OFF:
            return None
        day, month, year, *rest = match.groups()
        try:
            first = date(int(year), int(month), int(day))
            last = date(int(rest[2]), int(rest[1]), int(rest[0])) if rest[0] else first
        except ValueError:
            return None
        found.append([min(first, last).isoformat(), max(first, last).isoformat()])
    return found


def read_day(text: str) -> date | None:
    """Return a day as a date field or a person writes it; None when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            day = datetime.strptime(text.strip(), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return None
    return day if 2000 <= day.year < 2100 else None
