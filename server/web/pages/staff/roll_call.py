"""The roll call of the desk: who is inside, who of them is safe. The page works on with the network unplugged."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right, Role
from server.domain.roll_call import Listed
from server.domain.space import Space
from server.domain.text import person_sort_key
from server.services import roll_call as service
from server.services.roll_call import MOST_TICKS, RollCallState, Sent
from server.web.api.records import desk_of
from server.web.auth import principal_of, require
from server.web.case_words import zone_name
from server.web.exports import one_page, table_response, wants_table
from server.web.forms import read_form, read_list
from server.web.i18n import gettext as _
from server.web.openapi import NO_CONTROLS, Model
from server.web.pages.menu import desk_home
from server.web.pages.staff.desk import enter
from server.web.templating import STATIC, house_of, render
from server.web.words import role_name

KEPT_FOR = timedelta(hours=12)
"""How long a device may show a list that it saved, if nobody signs out before."""


class TickIn(Model):
    key: Annotated[str, Field(max_length=80, pattern=NO_CONTROLS)]
    safe: Annotated[int, Field(ge=0, le=100_000)]
    at: Annotated[AwareDatetime, Field(strict=False)]


class SentIn(Model):
    """What a tablet sends: its id, the event that it knows, its own ticks."""

    tablet: Annotated[str, Field(min_length=8, max_length=36, pattern=NO_CONTROLS)]
    event: Annotated[str, Field(min_length=36, max_length=36, pattern=r"^[0-9a-f-]*$")] | None = None
    started_at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    ticks: Annotated[list[TickIn], Field(max_length=MOST_TICKS, default_factory=list)]


async def show_roll_call(request: Request) -> Response:
    """Show who is inside, by zone or `?by=group`; during an event with what is ticked. `?format` gives a file."""
    principal = await enter(request, Right.READ_ROLL_CALL)
    if isinstance(principal, Response):
        return principal
    house = house_of(request)
    named = Right.READ_VISITORS in principal.rights
    state = await service.roll_call_state(house.database, named=named)
    if wants_table(request):
        return await table_response(request, "roll_call", _titles(), one_page(_rows(state, house.space)))
    by_group = request.query_params.get("by") == "group"
    now = house.clock.now()
    answer = render(
        request,
        "staff/roll_call/page.html",
        person=principal,
        sections=_by_group(state, house.space) if by_group else _by_zone(state, house.space),
        by_group=by_group,
        state=state,
        named=named,
        may_end=Right.CHECK_IN in principal.rights,
        total=sum(line.count for line in state.lines),
        staff=sum(line.count for line in state.lines if line.kind == "staff"),
        safe=sum(_safe(state, line) for line in state.lines),
        local=house.space.local,
        at=now,
        back=desk_home(request, principal),
        line_name=_line_name,
        line_note=lambda line: _line_note(line, house.space, by_group=by_group),
    )
    answer.headers["X-Keep-Until"] = str(int((datetime.now().astimezone() + KEPT_FOR).timestamp()))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def show_nothing_kept(request: Request) -> Response:
    """Show that this device has no list (any more): what its worker answers with when the server is away."""
    answer = render(request, "staff/roll_call/empty.html")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


async def serve_worker(_request: Request) -> Response:
    """Serve the service worker of the roll call."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/staff/roll-call"}
    return FileResponse(STATIC / "js" / "roll-call-worker.js", media_type="text/javascript", headers=headers)


async def start(request: Request) -> Response:
    """Begin an event."""
    principal = await enter(request, Right.READ_ROLL_CALL)
    if isinstance(principal, Response):
        return principal
    await service.start_roll_call(await desk_of(request))
    return RedirectResponse("/staff/roll-call", 303)


async def end(request: Request) -> Response:
    """End the event that the page shows."""
    principal = await enter(request, Right.CHECK_IN)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    await service.end_roll_call(await desk_of(request), form.get("event", "")[:36])
    return RedirectResponse("/staff/roll-call", 303)


async def save_ticks(request: Request) -> Response:
    """Keep the ticks of a page without scripts: what is ticked is safe, what is not is not."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    house = house_of(request)
    form = await read_form(request)
    safe = set(await read_list(request, "safe", MOST_TICKS))
    state = await service.roll_call_state(house.database, named=True)
    at = house.clock.now()
    ticks = [
        (line.key, _typed(form, line) if line.kind == "unnamed" else int(line.key in safe), at) for line in state.lines
    ]
    tablet = f"form {principal.account_id or ''}"[:36]
    await service.merge_tablet(await desk_of(request), Sent(tablet, form.get("event", "")[:36] or None, None, ticks))
    return RedirectResponse("/staff/roll-call", 303)


async def merge(request: Request) -> Response:
    """Take a tablet's ticks and answer with those of the others."""
    principal = await principal_of(request)
    require(principal, Right.READ_ROLL_CALL)
    require(principal, Right.READ_VISITORS)
    try:
        sent = SentIn.model_validate_json(await request.body())
    except ValueError:
        raise DomainError("invalid_fields") from None
    ticks = [(tick.key, tick.safe, tick.at) for tick in sent.ticks]
    merged = await service.merge_tablet(await desk_of(request), Sent(sent.tablet, sent.event, sent.started_at, ticks))
    event = merged.event
    others = [{"key": tick.key, "safe": tick.safe, "by": merged.names.get(tick.actor, "")} for tick in merged.others]
    body = {"event": event.id if event else None, "started_at": event.started_at if event else None, "others": others}
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})


def _typed(form: Any, line: Listed) -> int:
    typed = str(form.get(f"n:{line.key}", ""))
    return min(int(typed), line.count) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 0


def _safe(state: RollCallState, line: Listed) -> int:
    tick = state.ticks.get(line.key)
    return min(tick.safe, line.count) if tick else 0


def _by_zone(state: RollCallState, space: Space) -> list[dict[str, Any]]:
    """Return a section for each zone with somebody in it; within it, delegations and then others."""
    known = {zone.id: zone for zone in space.zones}
    ids = [*space.zone_ids, *sorted({line.zone for line in state.lines} - set(known))]
    sections = []
    for id_ in ids:
        lines = [line for line in state.lines if line.zone == id_]
        if lines:
            sections.append({"title": zone_name(space, id_), "sign": known.get(id_), **_section(state, lines)})
    return sections


def _by_group(state: RollCallState, space: Space) -> list[dict[str, Any]]:
    """Return a section for each delegation, for walk-ins and for staff."""
    groups: dict[tuple[int, str], list[Listed]] = {}
    for line in state.lines:
        order = 2 if line.kind == "staff" else 0 if line.delegation else 1
        groups.setdefault((order, line.delegation or ""), []).append(line)
    return [
        {"title": _group_title(order, lines), "sign": None, **_section(state, lines)}
        for (order, _code), lines in sorted(groups.items())
    ]


def _group_title(order: int, lines: Sequence[Listed]) -> str:
    if order == 0:
        return f"{lines[0].delegation_name} ({lines[0].delegation})"
    return _("Nhân viên") if order == 2 else _("Khách lẻ")


def _section(state: RollCallState, lines: Sequence[Listed]) -> dict[str, Any]:
    groups: dict[str, list[Listed]] = {}
    for line in sorted(lines, key=_order):
        groups.setdefault(line.delegation or "", []).append(line)
    return {
        "groups": [{"code": code, "lines": group, **_sums(state, group)} for code, group in groups.items()],
        **_sums(state, lines),
    }


def _sums(state: RollCallState, lines: Iterable[Listed]) -> dict[str, int]:
    lines = list(lines)
    return {"people": sum(line.count for line in lines), "safe": sum(_safe(state, line) for line in lines)}


def _order(line: Listed) -> tuple[Any, ...]:
    return (line.kind == "staff", line.delegation is None, line.delegation or "", line.kind == "unnamed",
            not line.needs_help, person_sort_key(line.name or ""), line.key)  # fmt: skip


def _line_name(line: Listed) -> str:
    return line.name or _("Khách chưa rõ tên")


def _line_note(line: Listed, space: Space, *, by_group: bool) -> str:
    if line.kind == "staff" and line.role:
        about = role_name(Role(line.role))
    elif line.kind == "staff":
        about = _("Nhân viên")
    else:
        about = line.delegation_name or _("Khách lẻ")
    if by_group:
        about = zone_name(space, line.zone)
    if line.since is None:
        return about
    return _("%(about)s, vào %(time)s", about=about, time=f"{space.local(line.since):%H:%M}")


def _titles() -> list[str]:
    return [
        _("Khu"),
        _("Họ và tên"),
        _("Số người"),
        _("Mã đoàn"),
        _("Đoàn"),
        _("Vào lúc"),
        _("Cần hỗ trợ"),
        _("An toàn"),
    ]


def _rows(state: RollCallState, space: Space) -> list[list[Any]]:
    return [
        [
            zone_name(space, line.zone), line.name, line.count, line.delegation, line.delegation_name, line.since,
            _("có") if line.needs_help else "", _safe(state, line) if state.event else None,
        ]
        for line in sorted(state.lines, key=lambda line: (line.zone, _order(line)))
    ]  # fmt: skip
