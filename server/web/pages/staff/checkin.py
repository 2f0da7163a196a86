"""Check-in by hand: find whoever stands at the desk, and let them in or out. The keyboard is enough."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.scans import MOST_PEOPLE
from server.domain.text import clean
from server.services.by_hand import ByHand
from server.services.delegations import get_delegation
from server.services.desk_checkin import Outcome, check_in_each, check_in_walk_in, find_by_pass, receipts_of
from server.services.people import get_visitor
from server.services.search import Hit, search
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.badges import kind_name
from server.web.checkin_words import CANNOT_BE_FORCED, answer_words, field_words, refusal_words
from server.web.forms import read_form, read_list
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import sentence_of
from server.web.templating import house_of

_LONGEST = 300
_LONGEST_NAME = 200
_SHOWN = 12


async def show_check_in(request: Request) -> Response:
    """Show the field and what it finds; `?part` gives the results alone, for the page's script."""
    principal = await enter(request, Right.CHECK_IN)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal)


async def check_in(request: Request) -> Response:
    """Check in or out whoever was chosen; say of each that is refused why, and what can be done."""
    principal = await enter(request, Right.CHECK_IN)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    chosen = await read_list(request, "chosen")
    try:
        wishes = _wishes(form, chosen)
    except DomainError as error:
        return await _page(request, principal, status=422, problem=sentence_of(error), typed=form.get("q", ""))
    outcomes = await check_in_each(house_of(request), wishes, principal.account_id or "")
    if any(outcome.is_refused for outcome in outcomes):
        return await _page(request, principal, status=409, outcomes=outcomes, typed=form.get("q", ""))
    return RedirectResponse(f"/staff/check-in?done={len(outcomes)}", 303)


async def check_in_stranger(request: Request) -> Response:
    """Register a walk-in, or some who came together, and let them in."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    name, people = clean(form.get("name", "")), form.get("people", "1").strip() or "1"
    if not name or len(name) > _LONGEST_NAME or not people.isdecimal() or not 1 <= int(people[:9]) <= MOST_PEOPLE:
        problem = _("Cần tên (đến %(most)s ký tự) và số người từ 1.", most=_LONGEST_NAME)
        return await _page(request, principal, status=422, walk_in=form, problem=problem)
    outcome = await check_in_walk_in(house_of(request), await desk_of(request), name, int(people))
    if outcome.is_refused:
        return await _page(request, principal, status=409, outcomes=[outcome])
    return RedirectResponse("/staff/check-in?done=1", 303)


def _wishes(form: Mapping[str, str], chosen: Sequence[str]) -> list[ByHand]:
    """Return whom the form checks in. Its `act` is `in:visitor:ID`, `out:delegation:CODE`, `in:chosen`
    or `in:marked`: whoever is chosen, and every delegation that a number was typed for.
    """
    direction, _colon, whom = form.get("act", "").partition(":")
    if direction not in ("in", "out"):
        raise DomainError("bad_request")
    keys = [whom]
    if whom in ("chosen", "marked"):
        numbered = [f"delegation:{key[7:]}" for key in form if key.startswith("people:") and form[key].strip()]
        keys = list(dict.fromkeys([*chosen, *(numbered if whom == "marked" else ())]))
    if not keys:
        raise DomainError("nobody_chosen")
    reason, zone = clean(form.get("reason", ""))[:_LONGEST] or None, form.get("zone") or None
    wishes = []
    for key in keys:
        kind, _colon, id_ = key.partition(":")
        if kind not in ("visitor", "delegation") or not id_:
            raise DomainError("bad_request")
        wish = ByHand(None, id_, people=_people(form.get(f"people:{id_}", "")))
        if kind == "visitor":
            wish = ByHand(id_, None)
        wishes.append(replace(wish, direction="in" if direction == "in" else "out", zone=zone, reason=reason))
    return wishes


def _people(typed: str) -> int | None:
    typed = typed.strip()
    if not typed:
        return None
    if not typed.isdecimal() or not 1 <= int(typed[:9]) <= MOST_PEOPLE:
        raise DomainError("bad_people")
    return int(typed)


async def _page(
    request: Request,
    principal: Principal,
    *,
    status: int = 200,
    outcomes: Sequence[Outcome] = (),
    typed: str | None = None,
    problem: str | None = None,
    walk_in: Mapping[str, str] | None = None,
) -> Response:
    house = house_of(request)
    typed = (request.query_params.get("q", "") if typed is None else typed).strip()[:_LONGEST]
    hits = await _hits(request, typed)
    done = request.query_params.get("done", "")
    return render_desk(
        request,
        principal,
        "staff/checkin_hits.html" if "part" in request.query_params else "staff/checkin.html",
        status,
        typed="" if "/" in typed and len(typed) > 60 else typed,
        hits=[_row(hit, house.space.day_of(house.clock.now())) for hit in hits],
        outcomes=[_outcome(outcome) for outcome in outcomes],
        receipts=[_receipt(row, house.space.local) for row in await receipts_of(house, principal.account_id or "")],
        done=int(done) if done.isdecimal() and len(done) < 4 else 0,
        problem=problem,
        walk_in=walk_in or {},
        zones=house.space.zones,
        may_add=Right.EDIT_VISITORS in principal.rights,
        may_edit=Right.EDIT_DELEGATIONS in principal.rights,
        local=house.space.local,
    )


async def _hits(request: Request, typed: str) -> list[Hit]:
    if not typed:
        return []
    house = house_of(request)
    found = await find_by_pass(house, typed)
    if found is not None and found[0] == "visitor":
        person = await get_visitor(house.database, found[1])
        return [
            Hit("visitor", person.id, person.name or "", person.organisation, "short", places=dict(person.places or {}))
        ]
    typed = found[1] if found is not None else typed
    today = house.space.day_of(house.clock.now())
    hits = [hit for hit in await search(house.database, typed, day=today) if hit.kind != "organisation"][:_SHOWN]
    return [await _with_count(request, hit) if hit.kind == "delegation" else hit for hit in hits]


async def _with_count(request: Request, hit: Hit) -> Hit:
    """Return a delegation's hit with who of it is inside now."""
    delegation = await get_delegation(house_of(request).database, hit.id)
    inside = delegation.count.inside
    return replace(hit, places={"": inside} if inside else {}, covers=delegation.count.covers)


def _row(hit: Hit, today: Any) -> dict[str, Any]:
    inside = sum((hit.places or {}).values())
    return {
        "hit": hit,
        "key": f"{hit.kind}:{hit.id}",
        "inside": inside,
        "left": max(0, hit.covers - inside),
        "is_today": hit.day == today,
        "kind_name": kind_name(hit.subtitle) if hit.kind == "delegation" else hit.subtitle,
        "found_by": field_words(hit.field),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    wish, answer = outcome.wish, outcome.answer
    key = f"visitor:{wish.visitor}" if wish.visitor else f"delegation:{wish.delegation}"
    words = sentence_of(outcome.error) if outcome.error else refusal_words(answer)
    if not outcome.is_refused:
        words = answer_words(answer["answer"], answer["people"])
    return {
        "name": outcome.name,
        "words": words,
        "is_refused": outcome.is_refused,
        "may_force": outcome.is_refused and not outcome.error and answer.get("code") not in CANNOT_BE_FORCED,
        "needs_room": answer.get("code") == "too_many_people",
        "act": f"{wish.direction}:{key}",
        "code": wish.delegation,
        "people": wish.people,
        "zone": wish.zone,
    }


def _receipt(row: Any, local: Any) -> dict[str, Any]:
    return {
        "at": local(row.at),
        "name": row.name or row.delegation_name or "",
        "href": f"/staff/visitors/{row.visitor}" if row.visitor else f"/staff/delegations/{row.delegation}",
        "words": answer_words(row.answer, row.counted),
        "is_refused": row.answer == "refused",
        "reason": row.reason,
    }
