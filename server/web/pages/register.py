"""The public request: an organisation asks for a visit, gets a number, follows it, takes it back."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegations import Kind, covers
from server.domain.errors import DomainError
from server.domain.phones import parse_phone
from server.domain.text import clean
from server.services.desk import Desk
from server.services.invitations import invitation
from server.services.limits import Limit
from server.services.requests import ask_for_visit, is_key, new_key, open_request, withdraw
from server.web.auth import address_of
from server.web.badges import kind_name
from server.web.forms import read_form
from server.web.i18n import format_time, language
from server.web.i18n import gettext as _
from server.web.pages.register_times import moment_of, offer
from server.web.problems import sentence_of
from server.web.slot_words import slot_time, slot_words, weekday_name
from server.web.templating import house_of, render
from server.web.words import day_in_words

CONSENT_TEXT = "2026-11-1"
"""The version of the sentences beside the boxes; raise it with every change of them."""
_FIELDS = (
    *("organisation", "kind", "planned", "language", "day", "slot", "wished", "contact_name", "phone", "email"),
    *("purpose", "sector", "needs", "letter", "consent_contact", "consent_needs"),
)
_MOST_PEOPLE = 1_000
_LONGEST = {"organisation": 300, "contact_name": 100, "email": 254}
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
_KINDS = [kind for kind in Kind if kind is not Kind.DISTRICT]

_by_address = Limit("12/hour")
_in_all = Limit("300/hour")
_guesses = Limit("10/5 minutes")
_guesses_at_one = Limit("20/hour")


async def show_form(request: Request) -> Response:
    """Show the first step; with `?number=` go to a request's own page."""
    number = request.query_params.get("number", "").strip().upper()
    if re.fullmatch(r"D\d{1,9}", number):
        return RedirectResponse(f"/register/{number}", 303)
    return await _page(request, {"key": new_key()}, 1)


async def send_form(request: Request) -> Response:
    """Go to the next step, or register the request; what was typed stays where something is wrong."""
    form = {name: clean(value) for name, value in (await read_form(request)).items()}
    if form.get("website"):  # no person sees this field
        return RedirectResponse("/register", 303)
    if not is_key(form.get("key", "")):
        form["key"] = new_key()
    wanted = form.get("go", "2")
    errors = _wrong(form, 3 if wanted == "send" else int(wanted) - 1 if wanted in ("1", "2", "3") else 1)
    if errors:
        return await _page(request, form, min(step for step, _error in errors.values()), errors, status=422)
    if wanted != "send":
        return await _page(request, form, int(wanted) if wanted in ("1", "2", "3") else 2)
    return await _register(request, form)


async def show_request(request: Request) -> Response:
    """Show a request to whoever has its key, or asks with the phone's last digits."""
    return await _own_page(request, request.query_params.get("key", ""), "")


async def ask_request(request: Request) -> Response:
    """Show a request, or take it back, by what a form bears."""
    form = await read_form(request)
    key, digits = form.get("key", ""), form.get("digits", "").strip()
    if form.get("act") == "withdraw":
        house = house_of(request)
        desk = Desk(house.database, house.space, actor="public", at=house.clock.now())
        try:
            _count_guess(request)
            await withdraw(desk, request.path_params["number"], key=key, digits=digits)
        except DomainError as error:
            return _door(request, sentence_of(error))
    return await _own_page(request, key, digits)


async def give_calendar(request: Request) -> Response:
    """Give the slot as a calendar file."""
    house = house_of(request)
    _count_guess(request)
    record = await open_request(house.database, request.path_params["number"], key=request.query_params.get("key", ""))
    if record.slot_at is None:
        raise DomainError("not_found")
    title = _("Đoàn %(code)s, %(space)s", code=record.code, space=house.space.name)
    content = invitation(
        record, method="PUBLISH", sequence=0, title=title, place=house.space.name,
        organizer=house.settings.message_from, stamp=house.clock.now(),
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="{record.code}.ics"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type="text/calendar; charset=utf-8")


async def _register(request: Request, form: Mapping[str, str]) -> Response:
    house = house_of(request)
    desk = Desk(house.database, house.space, actor="public", at=house.clock.now())
    slot = datetime.fromisoformat(form["slot"]) if form.get("slot") else None
    values: dict[str, Any] = {name: form.get(name, "") for name in ("organisation", "contact_name", "purpose")}
    values |= {name: form.get(name, "") for name in ("sector", "letter", "kind")}
    values |= {"planned": int(form["planned"]), "language": form.get("language", "vi") or "vi"}
    values |= {"phone": parse_phone(form["phone"]), "email": form.get("email") or None, "slot_at": slot}
    values["needs"] = form.get("needs", "") if form.get("consent_needs") else ""
    if form.get("wished") and slot is None:
        values["notes"] = _("Giờ mong muốn: %(wish)s", wish=form["wished"][:200])
    consents = {name: CONSENT_TEXT for name in ("contact", "needs") if form.get(f"consent_{name}")}
    try:
        _by_address.take(address_of(request))
        _in_all.take("all")
        number = await ask_for_visit(desk, form["key"], values, consents)
    except DomainError as error:
        if error.code not in ("slot_taken", "too_many_attempts"):
            raise
        is_slot = error.code == "slot_taken"
        free: Any = error.arguments.get("free", [])
        near = list(free)[:2] if is_slot else []
        errors = {"slot" if is_slot else "form": (2 if is_slot else 3, sentence_of(error))}
        return await _page(request, dict(form) | {"slot": "" if is_slot else form.get("slot", "")},
                           2 if is_slot else 3, errors, status=409 if is_slot else 429, near=near)  # fmt: skip
    return RedirectResponse(f"/register/{number}?key={form['key']}", 303)


async def _page(
    request: Request,
    form: Mapping[str, str],
    step: int,
    errors: Mapping[str, tuple[int, str]] | None = None,
    *,
    status: int = 200,
    near: list[Any] | None = None,
) -> Response:
    house = house_of(request)
    context = await offer(request, form) if step == 2 else {}
    response = render(
        request, "register.html", status, form=form, step=step, fields=_FIELDS,
        errors={name: text for name, (_step, text) in (errors or {}).items()},
        kinds=[(kind.value, kind_name(kind)) for kind in _KINDS],
        near=[(str(iso), slot_time(str(iso))) for iso in near or []], most=_MOST_PEOPLE,
        chosen=moment_of(house.space, form.get("slot", "")), slot_words=slot_words, brief=_brief, **context,
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


def _wrong(form: Mapping[str, str], upto: int) -> dict[str, tuple[int, str]]:
    """Return the step and the sentence of each field that is wrong, in the steps up to one."""
    wrong: dict[str, tuple[int, str]] = {}
    if upto >= 1:
        if not form.get("organisation"):
            wrong["organisation"] = (1, _("Xin ghi tên đơn vị."))
        if form.get("kind") not in [kind.value for kind in _KINDS]:
            wrong["kind"] = (1, _("Xin chọn loại đoàn."))
        people = form.get("planned", "")
        if not (people.isascii() and people.isdecimal() and len(people) < 6 and 1 <= int(people) <= _MOST_PEOPLE):
            wrong["planned"] = (1, _("Xin ghi số khách từ 1 đến %(most)s.", most=_MOST_PEOPLE))
    if upto >= 2 and not form.get("wished") and not _is_moment(form.get("slot", "")):
        wrong["slot"] = (2, _("Xin chọn một khung giờ, hoặc ghi giờ mong muốn."))
    if upto >= 3:
        wrong |= _wrong_contact(form)
    for name in _FIELDS:
        if len(form.get(name, "")) > _LONGEST.get(name, 1_000):
            step = 1 if name in _FIELDS[:4] else 2 if name in _FIELDS[4:7] else 3
            wrong[name] = (step, _("Xin ghi ngắn hơn."))
    return wrong


def _wrong_contact(form: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    wrong: dict[str, tuple[int, str]] = {}
    if not form.get("contact_name"):
        wrong["contact_name"] = (3, _("Xin ghi tên người liên hệ."))
    if parse_phone(form.get("phone", "")) is None:
        wrong["phone"] = (3, _("Xin ghi số điện thoại, ví dụ 0903 123 456."))
    if form.get("email") and not (form["email"].isascii() and _MAIL.fullmatch(form["email"])):
        wrong["email"] = (3, _("Xin ghi địa chỉ thư dạng ten@donvi.vn, hoặc để trống."))
    if not form.get("consent_contact"):
        wrong["consent_contact"] = (3, _("Cần đồng ý để lễ tân liên hệ về chuyến thăm này."))
    if form.get("needs") and not form.get("consent_needs"):
        wrong["consent_needs"] = (3, _("Xin đồng ý lưu nhu cầu hỗ trợ, hoặc để trống ô đó."))
    return wrong


async def _own_page(request: Request, key: str, digits: str) -> Response:
    house = house_of(request)
    if not key and not digits:
        return _door(request, "", 200)
    try:
        _count_guess(request)
        record = await open_request(house.database, request.path_params["number"], key=key, digits=digits)
    except DomainError as error:
        return _door(request, sentence_of(error))
    start = house.space.local(record.slot_at) if record.slot_at else None
    user, _at, host = (record.email or "").rpartition("@")
    response = render(
        request, "register-done.html", record=record, key=key, digits=digits, start=start,
        end=start + timedelta(minutes=record.minutes) if start else None, day_in_words=day_in_words,
        people=covers(record.planned, record.named), mail=f"{user[:2]}•••@{host}" if user else "",
        is_asking=request.query_params.get("withdraw") is not None, other=language(),
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _count_guess(request: Request) -> None:
    if not is_key(request.query_params.get("key", "")):
        _guesses.take(address_of(request))
        _guesses_at_one.take(request.path_params["number"].upper())


def _door(request: Request, problem: str, status: int = 404) -> Response:
    return render(request, "register-door.html", status, number=request.path_params["number"][:20], problem=problem)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _brief(at: datetime) -> str:
    return f"{weekday_name(at.weekday())}, {format_time(at)}"
