"""Making one delegation of two that were registered twice: who looks alike, both side by side, then one."""

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services import merging
from server.services.delegations import get_delegation
from server.web.api.records import desk_of
from server.web.auth import Principal, require
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.delegations_form import texts_of
from server.web.pages.staff.delegations_words import field_name, kind_name, language_name, masked_phone, status_name
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of

_COMPARED = ("name", "organisation", "kind", "planned", "visit_date", "time", "leader_name", "language", "letter")


async def show_merge(request: Request) -> Response:
    """Propose delegations that may be the same; `?with=` shows one of them beside this one."""
    principal = await _enter(request)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal, other_code=request.query_params.get("with", ""))


async def merge(request: Request) -> Response:
    """Make one of both: the delegation that was chosen stays, the other is cancelled and points to it."""
    principal = await _enter(request)
    if isinstance(principal, Response):
        return principal
    form, code = await read_form(request), request.path_params["code"]
    other, stays = form.get("with", ""), form.get("stays", "")
    source, target = (other, code) if stays == code else (code, other)
    try:
        kept = await merging.merge_delegation(await desk_of(request), source, target)
    except DomainError as error:
        return await _page(request, principal, other_code=other, problem=error)
    return RedirectResponse(f"/staff/delegations/{quote(kept.code)}?notice=merged", 303)


async def _enter(request: Request) -> Principal | Response:
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Principal):
        # Both delegations are shown with the names of their people, which are moved too.
        require(principal, Right.EDIT_VISITORS)
    return principal


async def _page(
    request: Request, principal: Principal, *, other_code: str, problem: DomainError | None = None
) -> Response:
    house = house_of(request)
    one, alike = await merging.find_alike(house.database, request.path_params["code"])
    other = None
    if other_code.strip():
        try:
            other = await get_delegation(house.database, other_code.strip().upper())
        except DomainError as error:
            problem = problem or error
    status = (PROBLEMS[problem.code].status if problem.code in PROBLEMS else 422) if problem else 200
    return render_desk(
        request,
        principal,
        "staff/delegations/merge.html",
        status,
        one=one,
        alike=[(each, _reasons(each)) for each in alike],
        other=other,
        rows=_rows(request, one, other) if other else [],
        problem=sentence_of(problem) if problem else None,
        typed=other_code[:20],
        status_name=status_name,
        local=house.space.local,
    )


def _reasons(alike: merging.Alike) -> str:
    reasons = [_("cùng đơn vị")] if alike.same_organisation else []
    if alike.same_phone:
        reasons.append(_("cùng điện thoại"))
    if not reasons:
        reasons.append(_("tên giống nhau"))
    return ", ".join(reasons)


def _rows(request: Request, one: DelegationRecord, other: DelegationRecord) -> list[dict[str, Any]]:
    space = house_of(request).space
    mine, theirs = texts_of(one, space), texts_of(other, space)
    for texts, record in ((mine, one), (theirs, other)):
        texts |= {"kind": kind_name(record.kind), "language": language_name(record.language)}
        texts["visit_date"] = f"{record.visit_date:%d/%m/%Y}" if record.visit_date else ""
    rows = [(field_name(name), mine[name], theirs[name]) for name in _COMPARED]
    rows += [
        (_("Điện thoại"), masked_phone(one.phone), masked_phone(other.phone)),
        (_("Thành viên"), str(one.named), str(other.named)),
        (_("Đang ở trong"), str(one.count.inside), str(other.count.inside)),
        (_("Trạng thái"), status_name(one.status), status_name(other.status)),
    ]
    return [{"name": name, "one": first, "other": second, "differs": first != second} for name, first, second in rows]
