"""The register of organisations: found, changed, followed by a successor, made one of two."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegations import DelegationFilter, Kind
from server.domain.errors import DomainError
from server.domain.organisations import OrganisationRecord, read_tax_code
from server.domain.roles import Right
from server.domain.text import clean, search_key
from server.services import organisations as service
from server.services.delegations import list_delegations
from server.services.organisations import OrganisationFilter
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.delegations_words import kind_name
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of

_ROWS = 100
_SLICE = 500
_LONGEST = 200
_FIELDS = ("name", "kind", "tax_code", "valid_from", "valid_to", "successor")
_FIELD_OF = {"bad_tax_code": "tax_code", "span_ends_first": "valid_to", "successor_circle": "successor"} | {
    "bad_organisation_name": "name",
    "no_such_successor": "successor",
}


async def show_organisations(request: Request) -> Response:
    """List the organisations by their names. `?format=xlsx` or `csv` gives the list as a table."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    house, query = house_of(request), request.query_params
    wanted = _wanted(query)
    if wants_table(request):
        return await table_response(request, "organisations", _titles(), _pages(request, wanted))
    after = _after(query)
    found = await service.list_organisations(house.database, wanted, _today(request), after=after, limit=_ROWS)
    last = found[-1] if len(found) == _ROWS else None
    next_ = request.url.include_query_params(after=f"{last.id}{last.search_key}") if last else None
    return render_desk(
        request,
        principal,
        "staff/organisations/list.html",
        found=found,
        q=query.get("q", "")[:_LONGEST],
        span=query.get("span", ""),
        kind=wanted.kind,
        kinds=[(kind.value, kind_name(kind)) for kind in Kind],
        kind_name=kind_name,
        today=_today(request),
        next=str(next_.replace(scheme="", netloc="")) if next_ else None,
        link=lambda **changes: str(
            request.url.remove_query_params(["after", *changes])
            .include_query_params(**{name: value for name, value in changes.items() if value})
            .replace(scheme="", netloc="")
        ),
    )


async def show_organisation(request: Request) -> Response:
    """Show an organisation with its form. `?merge=` asks which other one is the same."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal)


async def change_organisation(request: Request) -> Response:
    """Keep what was changed, or show the form again with what was typed."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, id_ = await read_form(request), request.path_params["id"]
    version = int(form["version"]) if form.get("version", "").isdecimal() and len(form["version"]) < 10 else -1
    try:
        changes = await _changes(request, form)
        await service.change_organisation(await desk_of(request), id_, changes, version=version)
    except DomainError as error:
        if error.code == "unknown_organisation":
            raise
        return await _page(request, principal, form=form, problem=error)
    return RedirectResponse(f"/staff/organisations/{id_}?notice=saved", 303)


async def merge_organisation(request: Request) -> Response:
    """Make one of two: the other one's delegations come here, or this one's go there."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, id_ = await read_form(request), request.path_params["id"]
    other, stays = form.get("with", ""), form.get("stays", "")
    source, target = (id_, other) if stays == other else (other, id_)
    try:
        kept = await service.merge_organisation(await desk_of(request), source, target)
    except DomainError as error:
        return await _page(request, principal, problem=error)
    return RedirectResponse(f"/staff/organisations/{kept.id}?notice=merged", 303)


async def _changes(request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    name, kind = clean(form.get("name", "")), form.get("kind", "")
    if not name or len(name) > _LONGEST or kind not in set(Kind):
        raise DomainError("bad_organisation_name", most=_LONGEST)
    return {
        "name": name,
        "kind": kind,
        "tax_code": read_tax_code(form.get("tax_code", "")),
        "valid_from": _day(form.get("valid_from", "")),
        "valid_to": _day(form.get("valid_to", "")),
        "successor_id": await _successor_id(request, form.get("successor", "")),
    }


async def _successor_id(request: Request, typed: str) -> str | None:
    """Return the organisation of this very name; raise `no_such_successor` for none, or more than one."""
    key = search_key(typed)
    if not key:
        return None
    wanted = OrganisationFilter(words=key.split())
    found = await service.list_organisations(house_of(request).database, wanted, _today(request), limit=_ROWS)
    same = [one for one in found if one.search_key == key[:300]]
    if len(same) != 1:
        raise DomainError("no_such_successor", name=typed[:_LONGEST])
    return same[0].id


async def _page(
    request: Request,
    principal: Principal,
    *,
    form: Mapping[str, str] | None = None,
    problem: DomainError | None = None,
) -> Response:
    house, query = house_of(request), request.query_params
    one = await service.get_organisation(house.database, request.path_params["id"])
    other = await _other(request, query.get("merge", ""))
    typed = query.get("merge", "")
    alike = await _alike(request, one, typed) if "merge" in query else []
    sentence = sentence_of(problem) if problem else ""
    field = _FIELD_OF.get(problem.code, "") if problem else ""
    status = (PROBLEMS[problem.code].status if problem.code in PROBLEMS else 422) if problem else 200
    visits = await list_delegations(house.database, DelegationFilter(words=one.search_key.split()), limit=200)
    return render_desk(
        request,
        principal,
        "staff/organisations/record.html",
        status,
        one=one,
        texts={name: (form or {}).get(name, _text(one, name)) for name in _FIELDS},
        errors={field: sentence} if problem else {},
        notice=query.get("notice", ""),
        visits=[visit for visit in visits if visit.organisation_id == one.id][:50],
        is_merging="merge" in query,
        other=other,
        typed=typed if other is None else "",
        alike=alike,
        kinds=[(kind.value, kind_name(kind)) for kind in Kind],
        kind_name=kind_name,
        may_edit=Right.EDIT_DELEGATIONS in principal.rights and one.merged_into is None,
    )


async def _other(request: Request, id_: str) -> OrganisationRecord | None:
    if len(id_) != 32:
        return None
    try:
        return await service.get_organisation(house_of(request).database, id_)
    except DomainError:
        return None


async def _alike(request: Request, one: OrganisationRecord, typed: str) -> list[OrganisationRecord]:
    """Return organisations that a search for the typed words finds, or for the longest words of the name."""
    words = search_key(typed).split() if len(typed) != 32 else []
    words = words or sorted(one.search_key.split(), key=len, reverse=True)[:2]
    wanted = OrganisationFilter(words=words)
    found = await service.list_organisations(house_of(request).database, wanted, _today(request), limit=20)
    return [each for each in found if each.id != one.id]


def _text(one: OrganisationRecord, name: str) -> str:
    value = getattr(one, name)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _wanted(query: Mapping[str, str]) -> OrganisationFilter:
    kind = query.get("kind", "")
    spans = {"current": True, "ended": False}
    words = search_key(query.get("q", "")[:_LONGEST]).split()
    return OrganisationFilter(words, kind if kind in set(Kind) else None, spans.get(query.get("span", "")))


def _after(query: Mapping[str, str]) -> tuple[str, str] | None:
    cursor = query.get("after", "")[:400]
    return (cursor[32:], cursor[:32]) if len(cursor) > 32 and "\x00" not in cursor else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DomainError("invalid_fields") from None


def _today(request: Request) -> date:
    house = house_of(request)
    return house.space.day_of(house.clock.now())


def _titles() -> list[str]:
    return [_("Đơn vị"), _("Loại"), _("Mã số thuế"), _("Từ ngày"), _("Đến ngày"), _("Đơn vị kế tiếp"), _("Số đoàn")]


async def _pages(request: Request, wanted: OrganisationFilter) -> AsyncIterator[list[list[Any]]]:
    database, today = house_of(request).database, _today(request)
    after: tuple[str, str] | None = None
    while True:
        found = await service.list_organisations(database, wanted, today, after=after, limit=_SLICE)
        yield [
            [one.name, kind_name(one.kind), one.tax_code, one.valid_from, one.valid_to, one.successor, one.delegations]
            for one in found
        ]
        if len(found) < _SLICE:
            return
        after = (found[-1].search_key, found[-1].id)
