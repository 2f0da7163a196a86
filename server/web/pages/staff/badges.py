"""Printing badges: choose delegations of a day or people, see what was printed already, get the file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right, Role
from server.services import badge_choice, prints
from server.services.badges import BadgeLayout, read_badges
from server.services.house import House
from server.services.sheets import Row
from server.web.api.passes import print_response
from server.web.auth import Principal
from server.web.badges import kind_name, preview_badges
from server.web.exports import table_response, wants_table
from server.web.forms import read_choices
from server.web.i18n import gettext as _
from server.web.i18n import language
from server.web.pages.staff.desk import enter, render_desk
from server.web.pages.staff.visitor_words import notice_of
from server.web.templating import house_of
from server.web.words import day_in_words, role_name

_LAYOUTS: tuple[BadgeLayout, ...] = get_args(BadgeLayout)
_LATEST = 8
_PAGE = 1_000
_KEPT = 64
_STATES = frozenset(("tick", "done", "layout", "replace", "revoke"))


async def show_badges(request: Request) -> Response:
    """Show a day's delegations to choose from, or the people of what was chosen. `?format` gives the list of prints."""
    principal = await enter(request, Right.ISSUE_PASSES)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        titles = [_("Số"), _("Lúc"), _("Người in"), _("Khổ in"), _("Số thẻ")]
        return await table_response(request, "prints", titles, _print_rows(house_of(request)))
    query = request.query_params
    if any(query.get(name) for name in ("delegation", "visitor", "staff", "walkins")):
        return await _people(request, principal)
    return await _day(request, principal)


async def print_chosen(request: Request) -> Response:
    """Answer the file of the badges that were ticked, issuing passes that are missing."""
    principal = await enter(request, Right.ISSUE_PASSES)
    if isinstance(principal, Response):
        return principal
    form, house = await read_choices(request), house_of(request)
    layout = _layout(form.get("layout", [""])[0])
    holders = list(dict.fromkeys(form.get("holder", [])))
    if len(holders) > prints.MOST_BADGES:
        raise DomainError("too_many_badges", most=prints.MOST_BADGES)
    if not holders:
        raise DomainError("nothing_to_print")
    return await print_response(
        request,
        await badge_choice.passes_of_holders(house.passes, house.database, holders, actor=principal.actor),
        layout,
        with_back="back" in form,
    )


async def preview(request: Request) -> Response:
    """Draw the first page of what `?pass` names; a specimen, where nobody has a pass yet."""
    principal = await enter(request, Right.READ_PASSES)
    if isinstance(principal, Response):
        return principal
    house, query = house_of(request), request.query_params
    layout = _layout(query.get("layout", ""))
    badges = await read_badges(house.database, query.getlist("pass")[:4])
    known = _pictures()
    key = (layout, language(), tuple(badges))
    if key not in known:
        while len(known) >= _KEPT:
            known.pop(next(iter(known)))
        known[key] = await preview_badges(house.space, badges, layout)
    return Response(known[key], media_type="image/png", headers={"Cache-Control": "private, max-age=60"})


@lru_cache(maxsize=1)
def _pictures() -> dict[Any, bytes]:
    """Return the pictures that were drawn lately."""
    return {}


async def _day(request: Request, principal: Principal) -> Response:
    house = house_of(request)
    today = house.space.day_of(house.clock.now())
    day = _read_day(request.query_params.get("day", ""), today)
    moment = house.space.local(house.clock.now()).replace(year=day.year, month=day.month, day=day.day)
    return render_desk(
        request,
        principal,
        "staff/badges.html",
        day=day,
        day_name=day_in_words(moment),
        is_today=day == today,
        before=f"/staff/badges?day={day - timedelta(days=1)}",
        after=f"/staff/badges?day={day + timedelta(days=1)}",
        groups=await badge_choice.groups_of_day(house.database, day),
        walk_ins=len(await badge_choice.walk_ins_of_day(house.database, day)),
        kind_name=kind_name,
        **await _latest(house),
    )


async def _people(request: Request, principal: Principal) -> Response:
    house, query = house_of(request), request.query_params
    codes = [code.upper()[:20] for code in query.getlist("delegation") if code]
    visitors = query.getlist("visitor")
    if query.get("walkins"):
        day = _read_day(query.get("day", ""), house.space.day_of(house.clock.now()))
        visitors += await badge_choice.walk_ins_of_day(house.database, day)
    wants_staff = bool(query.get("staff"))
    found = await badge_choice.candidates(house.database, codes, visitors, with_staff=wants_staff)
    too_many = len(found) > prints.MOST_BADGES
    kept = [(key, value) for key, value in query.multi_items() if key not in _STATES]
    asked = query.get("replace") or query.get("revoke") or ""
    tick = query.get("tick", "")
    return render_desk(
        request,
        principal,
        "staff/badges_print.html",
        people=found[: prints.MOST_BADGES],
        too_many=prints.MOST_BADGES if too_many else 0,
        printed=sum(one.printed is not None for one in found),
        is_ticked=_ticks(tick),
        tick=tick,
        tick_all="/staff/badges?" + urlencode([*kept, ("tick", "all")]),
        tick_new="/staff/badges?" + urlencode(kept),
        layout=_layout(query.get("layout", "") or ("label" if visitors and not codes else "sheet")),
        layouts=[(layout, *_layout_names()[layout]) for layout in _LAYOUTS],
        previews=_previews(found),
        role_name=lambda role: role_name(Role(role)),
        chosen=next((one for one in found if asked and one.pass_id == asked), None),
        is_replacing="replace" in query,
        done=notice_of(query.get("done", "")),
        layout_names={layout: names[0] for layout, names in _layout_names().items()},
        local=house.space.local,
    )


async def _latest(house: House) -> dict[str, Any]:
    rows = await prints.list_prints(house.database, limit=_LATEST)
    names = {layout: names[0] for layout, names in _layout_names().items()}
    return {"latest": rows, "layout_names": names, "local": house.space.local}


def _ticks(tick: str) -> Any:
    """Return what tells whose box is ticked: all, or those that were never printed."""
    return lambda one: tick == "all" or one.printed is None


def _previews(found: Sequence[badge_choice.Candidate]) -> Mapping[str, str]:
    ids = [("pass", one.pass_id) for one in found if one.pass_id][:4]
    return {layout: "/staff/badges/preview.png?" + urlencode([("layout", layout), *ids]) for layout in _LAYOUTS}


def _layout(wish: str) -> BadgeLayout:
    return next((layout for layout in _LAYOUTS if layout == wish), "sheet")


def _layout_names() -> dict[BadgeLayout, tuple[str, str]]:
    return {
        "badge": (_("Thẻ đeo"), _("86 × 124 mm, mỗi trang một thẻ")),
        "sheet": (_("Tờ A4"), _("bốn thẻ đeo, có dấu cắt")),
        "label": (_("Nhãn"), _("62 × 29 mm, một màu")),
    }


def _read_day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if 2000 <= day.year < 2100 else today


async def _print_rows(house: House) -> AsyncIterator[list[Row]]:
    before = None
    while rows := await prints.list_prints(house.database, before=before, limit=_PAGE):
        before = rows[-1].id
        names = {layout: names[0] for layout, names in _layout_names().items()}
        yield [[row.id, row.at, row.by or row.actor, names.get(row.layout, row.layout), row.badges] for row in rows]  # type: ignore[call-overload]
