"""The desk's visitors: the list, and a new one who came without a delegation."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.roles import Right
from server.domain.visitor_list import Show, VisitorLine, VisitorWish
from server.services import people as service
from server.services import visitors
from server.services.delegations import get_delegation
from server.services.sheets import Row
from server.web.api import records
from server.web.api.visitors import VisitorIn
from server.web.exports import table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.pages.staff.visitor_forms import languages, sentences_of, typed_visitor
from server.web.templating import house_of

_SHOWS: tuple[Show, ...] = get_args(Show)


async def show_visitors(request: Request) -> Response:
    """List visitors, newest first. `?q` looks for words, `?show` and `?delegation` narrow, `?format` gives a file."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    query = request.query_params
    typed = query.get("q", "").strip()[:200]
    wish = await _wish(request, typed)
    database = house_of(request).database
    is_guess = False
    if wants_table(request):
        return await table_response(request, "visitors", _titles(), _rows(visitors.all_visitors(database, wish)))
    if wish.words and wish.show == "all" and wish.delegation_id is None:
        wish, is_guess = await visitors.narrow(database, wish, typed)
    before, after = (records.id_cursor(query.get(name, "")) for name in ("before", "after"))
    found = await visitors.list_visitors(database, wish, before=before, after=after)
    kept = {name: query[name] for name in ("q", "show", "delegation") if query.get(name)}
    return render_desk(
        request,
        principal,
        "staff/visitors.html",
        lines=found.lines,
        show=wish.show,
        shows=[(show, _name_of(show), _address(kept | {"show": show})) for show in _SHOWS],
        typed=typed,
        is_guess=is_guess,
        delegation=query.get("delegation", "") if wish.delegation_id else "",
        export_xlsx=_address(kept | {"show": wish.show, "format": "xlsx"}),
        export_csv=_address(kept | {"show": wish.show, "format": "csv"}),
        previous="" if found.is_first else _address(kept | {"after": found.lines[0].id}) if found.lines else "",
        next="" if found.is_last or not found.lines else _address(kept | {"before": found.lines[-1].id}),
        zone_names={zone.id: zone for zone in house_of(request).space.zones},
        local=house_of(request).space.local,
        may=_may(principal.rights),
    )


async def new_visitor(request: Request) -> Response:
    """Show the empty form of a walk-in, or of a member of `?delegation`."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    house = house_of(request)
    today = house.space.day_of(house.clock.now())
    form = {"visit_date": today.isoformat(), "delegation": request.query_params.get("delegation", ""), "language": "vi"}
    return render_desk(request, principal, "staff/visitor_new.html", form=form, errors={}, **_choices(principal.rights))


async def add_visitor(request: Request) -> Response:
    """Register a walk-in, with a pass if that was asked for; keep what was typed when it cannot be."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    try:
        body = VisitorIn.model_validate(typed_visitor(form), strict=False)
    except ValidationError as error:
        return render_desk(
            request, principal, "staff/visitor_new.html", 422,
            form=form, errors=sentences_of(error), **_choices(principal.rights),
        )  # fmt: skip
    added = await service.add_visitor(await records.desk_of(request), body.model_dump(exclude_unset=True))
    wants_pass = form.get("issue") == "yes" and Right.ISSUE_PASSES in principal.rights
    if wants_pass:
        await house_of(request).passes.of_visitor(added.id, actor=principal.actor)
    return RedirectResponse(f"/staff/visitors/{added.id}?done=added", 303)


def _may(rights: frozenset[Right]) -> Mapping[str, bool]:
    return {
        "add": Right.EDIT_VISITORS in rights,
        "print": Right.ISSUE_PASSES in rights,
        "passes": Right.READ_PASSES in rights,
    }


def _choices(rights: frozenset[Right]) -> dict[str, Any]:
    return {"languages": languages(), "may_issue": Right.ISSUE_PASSES in rights}


async def _wish(request: Request, typed: str) -> VisitorWish:
    """Return what the list is narrowed to; it opens with today's, a search looks everywhere."""
    house = house_of(request)
    code = request.query_params.get("delegation", "")[:20]
    asked = request.query_params.get("show", "")
    show: Show = next((one for one in _SHOWS if one == asked), "all" if typed or code else "today")
    words = records.words_of(typed)
    return VisitorWish(
        show=show,
        day=house.space.day_of(house.clock.now()),
        words=words or (),
        # Typed was something that no text holds: nothing is found.
        ids=() if words is None else None,
        delegation_id=(await get_delegation(house.database, code)).id if code else None,
    )


def _name_of(show: Show) -> str:
    return {
        "today": _("Hôm nay"),
        "inside": _("Đang ở trong"),
        "walk-in": _("Khách lẻ"),
        "needs": _("Cần hỗ trợ"),
        "all": _("Tất cả"),
    }[show]


def _address(fields: Mapping[str, str]) -> str:
    return f"/staff/visitors?{urlencode(fields)}"


def _titles() -> list[str]:
    return [
        _("Họ và tên"), _("Chức danh"), _("Cơ quan, đơn vị"), _("Điện thoại"), _("Thư điện tử"), _("Ngôn ngữ"),
        _("Mã đoàn"), _("Đoàn"), _("Ngày hẹn"), _("Giờ hẹn"), _("Cần hỗ trợ"), _("Khu"), _("Vào lúc"), _("Ra lúc"),
        _("Mã thẻ"),
    ]  # fmt: skip


async def _rows(pages: AsyncIterator[list[VisitorLine]]) -> AsyncIterator[Sequence[Row]]:
    async for page in pages:
        yield [
            [
                line.name, line.title, line.organisation, line.phone, line.email, line.language,
                line.delegation, line.delegation_name, line.day, line.slot_at, _("có") if line.needs else "",
                line.zone, line.came_at, line.left_at, line.short,
            ]
            for line in page
        ]  # fmt: skip
