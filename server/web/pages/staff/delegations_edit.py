"""A new delegation and the form of one; two who edit see each other, and nothing is overwritten silently."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from server.domain.delegations import DelegationRecord, Kind
from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services import delegation_record, organisations
from server.services import delegations as service
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.forms import read_form, read_list
from server.web.i18n import gettext as _
from server.web.pages.staff.delegations_form import (
    EMPTY,
    FIELDS,
    WrongFieldsError,
    changed_columns,
    changed_fields,
    error_of,
    new_columns,
    read_base,
    read_texts,
    texts_of,
    write_base,
)
from server.web.pages.staff.delegations_words import field_name, kind_name, language_name, languages
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS
from server.web.templating import house_of

_FREE = 4
_LONGEST_REASON = 300


async def show_new(request: Request) -> Response:
    """Show the empty form. `?day=` and `?time=` fill the appointment."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    query = request.query_params
    texts = EMPTY | {"visit_date": query.get("day", "")[:10], "time": query.get("time", "")[:5]}
    return await _form(request, principal, texts)


async def add(request: Request) -> Response:
    """Register a delegation, or show the form again with what was typed."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    texts = read_texts(form, await read_list(request, "zones"))
    status = "requested" if form.get("status") == "requested" else "confirmed"
    successor = await _successor(request, texts, form)
    if successor:
        return await _form(request, principal, texts, status=409, successor=successor, decided=status)
    try:
        columns = new_columns(texts, status, house_of(request).space)
        added = await service.add_delegation(await desk_of(request), columns, taking=_taking(form))
    except WrongFieldsError as error:
        return await _form(request, principal, texts, status=422, errors=error.errors, decided=status)
    except DomainError as error:
        return await _refused(request, principal, texts, error, form=form, decided=status)
    return RedirectResponse(f"/staff/delegations/{added.code}?notice=added", 303)


async def show_edit(request: Request) -> Response:
    """Show the form of a delegation as it stands."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    record = await service.get_delegation(house_of(request).database, request.path_params["code"])
    return await _form(request, principal, texts_of(record, house_of(request).space), record=record)


async def change(request: Request) -> Response:
    """Keep what was changed on the form; where somebody else changed it meanwhile, show both."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, house = await read_form(request), house_of(request)
    record = await service.get_delegation(house.database, request.path_params["code"])
    base = read_base(form.get("base", ""))
    texts = _settled(form, base) if "mine" in form else read_texts(form, await read_list(request, "zones"))
    version = int(form["version"]) if form.get("version", "").isdecimal() and len(form["version"]) < 10 else -1
    fields = changed_fields(texts, base)
    if "forget_needs" in form and "needs" not in fields:
        fields.append("needs")
    if version != record.version:
        return await _conflict(request, principal, record, texts, base)
    shown: dict[str, Any] = {"record": record, "base": base}
    if "organisation" in fields and (successor := await _successor(request, texts, form)):
        return await _form(request, principal, texts, status=409, successor=successor, **shown)
    try:
        columns = changed_columns(texts, fields, house.space)
        desk = await desk_of(request)
        await service.change_delegation(desk, record.code, columns, version=version, taking=_taking(form))
    except WrongFieldsError as error:
        return await _form(request, principal, texts, status=422, errors=error.errors, **shown)
    except DomainError as error:
        if error.code == "edit_conflict":
            now = await service.get_delegation(house.database, record.code)
            return await _conflict(request, principal, now, texts, base)
        return await _refused(request, principal, texts, error, form=form, **shown)
    await delegation_record.stop_editing(desk, record.code)
    return RedirectResponse(f"/staff/delegations/{record.code}?notice=saved", 303)


async def note_editing(request: Request) -> Response:
    """Note that this form is open; answer with a sentence about the others who have it open, or who changed it."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    desk, code = await desk_of(request), request.path_params["code"]
    record = await service.get_delegation(desk.database, code)
    names = await delegation_record.note_editing(desk, record.code)
    sentence = ""
    if request.query_params.get("version", "") not in ("", str(record.version)):
        sentence = _("Mục này vừa được người khác lưu. Khi lưu, hai bản sẽ hiện cạnh nhau để chọn.")
    elif names:
        sentence = _("%(names)s đang sửa", names=", ".join(names))
    return JSONResponse({"sentence": sentence})


async def _successor(
    request: Request, texts: dict[str, str], form: Mapping[str, str]
) -> tuple[str, date | None, str] | None:
    """Return who follows the organisation that was typed, if it has ended and nobody has said to keep it.

    The button that takes the successor puts its name into the texts.
    """
    if form.get("follow"):
        texts["organisation"] = form["follow"][:200]
        return None
    if form.get("keep") == "yes" or not texts["organisation"]:
        return None
    house = house_of(request)
    try:
        day = date.fromisoformat(texts["visit_date"])
    except ValueError:
        day = house.space.day_of(house.clock.now())
    found = await organisations.proposed_successor(house.database, texts["organisation"], day)
    return (found[0].name, found[0].valid_to, found[1]) if found else None


def _taking(form: Mapping[str, str]) -> service.Taking:
    """Return how the slot is taken: against the rules only with the reason that was typed."""
    reason = " ".join(form.get("reason", "").split())[:_LONGEST_REASON]
    return service.Taking(force=reason if form.get("anyway") == "yes" else "")


async def _refused(
    request: Request, principal: Principal, texts: dict[str, str], error: DomainError, **shown: Any
) -> Response:
    status = PROBLEMS[error.code].status if error.code in PROBLEMS else 422
    form = shown.pop("form")
    errors = error_of(error)
    if error.code == "slot_taken" and form.get("anyway") == "yes":
        errors["reason"] = _("Cần ghi lý do vẫn giữ giờ này.")
    free = [_local(request, iso) for iso in _texts(error.arguments.get("free"))][:_FREE]
    return await _form(
        request,
        principal,
        texts,
        status=status,
        errors=errors,
        free=free,
        is_full=error.code == "slot_taken",
        reason=form.get("reason", "")[:_LONGEST_REASON],
        **shown,
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _local(request: Request, iso: str) -> Any:
    return house_of(request).space.local(datetime.fromisoformat(iso))


def _settled(form: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that somebody put together out of two versions: theirs where they chose it, else the other."""
    mine = read_base(form["mine"])
    return {name: mine[name] if form.get(f"pick_{name}") == "mine" else base[name] for name in FIELDS}


async def _conflict(
    request: Request, principal: Principal, record: DelegationRecord, texts: dict[str, str], base: dict[str, str]
) -> Response:
    """Show what both changed side by side, and what only one of them did."""
    house = house_of(request)
    now = texts_of(record, house.space)
    rows = [
        {"field": name, "name": field_name(name), "mine": texts[name], "theirs": now[name], "base": base[name]}
        for name in FIELDS
        if texts[name] != now[name] and texts[name] != base[name]
    ]
    day = house.space.day_of(house.clock.now())
    loaded = await delegation_record.load_record(house.database, record.code, day, delegation_record.Members(limit=1))
    last = loaded.history[0] if loaded.history else None
    return render_desk(
        request,
        principal,
        "staff/delegations/conflict.html",
        409,
        record=record,
        rows=rows,
        taken=[
            (field_name(name), now[name]) for name in FIELDS if now[name] != base[name] and texts[name] == base[name]
        ],
        mine=write_base(texts),
        base=write_base(now),
        who=(last.name if last else "") or "",
        at=house.space.local(last.at) if last else None,
        shown=_shown(request),
    )


def _shown(request: Request) -> Any:
    zones = {zone.id: zone.name for zone in house_of(request).space.zones}

    def shown(field: str, text: str) -> str:
        if field == "kind":
            return kind_name(text)
        if field == "language":
            return language_name(text)
        return ", ".join(zones.get(id_, id_) for id_ in text.split()) if field == "zones" else text

    return shown


async def _form(
    request: Request,
    principal: Principal,
    texts: Mapping[str, str],
    *,
    status: int = 200,
    record: DelegationRecord | None = None,
    base: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    space = house_of(request).space
    opened = base or (texts_of(record, space) if record else EMPTY)
    choices = languages()
    if texts["language"] not in dict(choices):
        choices.append((texts["language"], texts["language"]))
    defaults = {"errors": {}, "free": [], "is_full": False, "reason": "", "successor": None, "decided": "confirmed"}
    return render_desk(
        request,
        principal,
        "staff/delegations/edit.html",
        status,
        texts=texts,
        record=record,
        base=write_base(opened),
        kinds=[(kind.value, kind_name(kind)) for kind in Kind],
        languages=choices,
        zones=space.zones,
        **(defaults | context),
    )
