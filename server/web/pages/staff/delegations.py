"""The list of delegations: found without diacritics, narrowed by links, many confirmed or cancelled at once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegation_list import Hand, Sort, hands_of, month_grid, pieces, week_of
from server.domain.delegations import DelegationRecord, Kind, Status
from server.domain.roles import Right
from server.domain.text import search_key
from server.services import delegation_list as service
from server.services.search import Hit, search
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.forms import read_form, read_list
from server.web.i18n import gettext as _
from server.web.pages.staff.delegations_view import ListView, fields_of, read_view, write_key
from server.web.pages.staff.delegations_words import (
    chip_of,
    hand_name,
    kind_name,
    masked_phone,
    people_of,
    sort_name,
    status_name,
)
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import sentence_of
from server.web.templating import house_of

Pieces = list[tuple[str, bool]]

_ROWS = 50
_SLICE = 500
_NEAR = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bulk act did, or is about to do: it stands above the list, and its rows stay chosen."""

    act: str = ""
    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    asked: dict[str, Any] | None = None

    @property
    def chosen(self) -> set[str]:
        kept = {code for code, _why in self.failed}
        return kept | set(self.asked["codes"]) if self.asked else kept


async def show_delegations(request: Request) -> Response:
    """List the delegations of a week, a day or all days. `?format=xlsx` or `csv` gives the list as a table."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    view = _view(request)
    if wants_table(request):
        pages = _pages(request, view, knows_people=Right.READ_VISITORS in principal.rights)
        return await table_response(request, "delegations", _titles(), pages)
    return await _list(request, principal, view, Outcome())


async def change_many(request: Request) -> Response:
    """Confirm or cancel the chosen delegations; ask first, unless the button said what it would do."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    form, codes = await read_form(request), list(dict.fromkeys(await read_list(request, "code")))
    view, act = _view(request), form.get("act", "")
    if act == "export":
        rows = [_line(one, True) for one in await service.find_chosen(house_of(request).database, codes)]
        return await table_response(request, "delegations", _titles(), _one(rows))
    if not codes or act not in ("confirm", "cancel"):
        return RedirectResponse(view.link(), 303)
    if form.get("sure") != "yes":
        return await _list(request, principal, view, await _asking(request, codes, act))
    reason = form.get("reason", "").strip()[:1_000]
    done, failed = await service.act_on_many(await desk_of(request), codes, act, reason=reason)
    outcome = Outcome(act, done, [(one.code, sentence_of(one.error)) for one in failed])
    return await _list(request, principal, view, outcome, status=409 if failed else 200)


async def _asking(request: Request, codes: Sequence[str], act: str) -> Outcome:
    chosen = await service.find_chosen(house_of(request).database, codes)
    ready, stuck = service.sort_by_obstacle(chosen, act)
    asked = {
        "codes": [one.code for one in chosen],
        "ready": ready,
        "stuck": [(one, sentence_of(error)) for one, error in stuck],
    }
    return Outcome(act, asked=asked)


async def _list(
    request: Request, principal: Principal, view: ListView, outcome: Outcome, status: int = 200
) -> Response:
    house = house_of(request)
    now = house.clock.now()
    knows_people = Right.READ_VISITORS in principal.rights
    weeks = month_grid(view.day or view.anchor)
    page = await service.list_page(house.database, view.wish(_ROWS), (weeks[0][0], weeks[-1][-1]))
    rows = [_row(one, view, request, knows_people=knows_people) for one in page.rows]
    # A search must tell nobody more than a page would show them.
    is_blind = bool(view.words) and not knows_people
    if is_blind:
        rows = [row for row in rows if row["is_found_openly"]]
    return render_desk(
        request,
        principal,
        "staff/delegations/list.html",
        status,
        view=view,
        outcome=outcome,
        rows=rows,
        counts=None if is_blind else page.counts,
        of=page.of,
        statuses=[(one.value, status_name(one)) for one in Status],
        kinds=[(one.value, kind_name(one)) for one in Kind],
        hands=[(one.value, hand_name(one)) for one in Hand],
        sorts=[(one, sort_name(one)) for one in Sort],
        hidden=fields_of(view),
        weeks=weeks,
        shown=week_of(view.anchor),
        days=page.days,
        most=max(page.days.values(), default=0),
        today=house.space.day_of(now),
        groups=_groups(rows, view.order),
        near=await _near(request, view) if knows_people and not rows else [],
        previous=view.link(before=write_key(page.previous)) if page.previous else None,
        next=view.link(after=write_key(page.next)) if page.next else None,
        may_edit=Right.EDIT_DELEGATIONS in principal.rights,
        may_print=Right.ISSUE_PASSES in principal.rights,
        status_name=status_name,
        kind_name=kind_name,
        hand_name=hand_name,
    )


def _row(one: DelegationRecord, view: ListView, request: Request, *, knows_people: bool) -> dict[str, Any]:
    space, now = house_of(request).space, house_of(request).clock.now()
    obstacle = service.obstacle_of(one, "confirm")
    hands = hands_of(one)
    return {
        "one": one,
        "name": pieces(one.name, view.words),
        "code": pieces(one.code, view.words),
        "time": space.local(one.slot_at) if one.slot_at else None,
        "chip": chip_of(one, now, space),
        "people": people_of(one, now, space),
        "kind": kind_name(one.kind),
        "hands": [hand_name(hand).lower() for hand in (Hand.SLOT, Hand.INTERPRETER, Hand.SUPPORT) if hand in hands],
        "reason": _reason(one, view.words, knows_people=knows_people),
        "is_found_openly": _is_open(one, view.words),
        "obstacle": sentence_of(obstacle) if obstacle else "",
        "guide": one.guide if knows_people else "",
        "lacks_guide": Hand.GUIDE in hands,
    }


def _reason(
    one: DelegationRecord, words: list[str], *, knows_people: bool
) -> tuple[str, list[tuple[str, bool]]] | None:
    """Return where a search found a delegation, if its name and code do not show it."""
    missing = [word for word in words if word not in search_key(f"{one.code} {one.name}")]
    if not missing:
        return None
    places = [(_("đơn vị"), one.organisation or "")]
    if knows_people:
        places += [(_("trưởng đoàn"), one.leader_name)]
    for name, text in places:
        if any(word in search_key(text) for word in missing):
            return name, pieces(text, missing)
    return (_("điện thoại"), [(masked_phone(one.phone), True)]) if knows_people else None


async def _near(request: Request, view: ListView) -> list[Hit]:
    """Return delegations that are called nearly as was typed, whatever their day."""
    if not view.words:
        return []
    house = house_of(request)
    day = house.space.day_of(house.clock.now())
    hits = await search(house.database, view.q, day=day, limit=20)
    return [hit for hit in hits if hit.kind == "delegation"][:_NEAR]


def _groups(rows: list[dict[str, Any]], order: Sort) -> list[tuple[date | None, list[dict[str, Any]]]]:
    """Return the rows by their days; in another order than by time, all in one."""
    groups: list[tuple[date | None, list[dict[str, Any]]]] = []
    for row in rows:
        day = row["one"].visit_date if order == Sort.TIME else None
        if not groups or (order == Sort.TIME and groups[-1][0] != day):
            groups.append((day, []))
        groups[-1][1].append(row)
    return groups


def _titles() -> list[str]:
    return [
        *(_("Mã"), _("Đoàn"), _("Đơn vị"), _("Loại đoàn"), _("Trạng thái"), _("Ngày"), _("Giờ hẹn"), _("Số khách")),
        *(_("Đã đến"), _("Trưởng đoàn"), _("Hướng dẫn viên"), _("Ngôn ngữ"), _("Số công văn"), _("Mục đích")),
    ]


def _line(one: DelegationRecord, knows_people: bool) -> list[Any]:
    head: list[Any] = [one.code, one.name, one.organisation or "", kind_name(one.kind), status_name(one.status)]
    head += [one.visit_date, one.slot_at, one.count.covers, one.arrived]
    people = [one.leader_name, one.guide] if knows_people else ["", ""]
    return [*head, *people, one.language, one.letter if knows_people else "", one.purpose]


async def _pages(request: Request, view: ListView, *, knows_people: bool) -> AsyncIterator[list[list[Any]]]:
    database = house_of(request).database
    month = (view.anchor, view.anchor + timedelta(days=1))
    after = ""
    while True:
        page = await service.list_page(database, replace(view, after=after, before="").wish(_SLICE), month)
        shown = [one for one in page.rows if knows_people or _is_open(one, view.words)]
        yield [_line(one, knows_people) for one in shown]
        if page.next is None:
            return
        after = write_key(page.next)


def _is_open(one: DelegationRecord, words: list[str]) -> bool:
    text = search_key(f"{one.code} {one.name} {one.organisation or ''}")
    return all(word in text for word in words)


async def _one(rows: list[list[Any]]) -> AsyncIterator[list[list[Any]]]:
    yield rows


def _view(request: Request) -> ListView:
    house = house_of(request)
    return read_view(request, house.space.day_of(house.clock.now()))
