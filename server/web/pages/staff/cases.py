"""The desk's cases: the list, one with its evidence, closing it with a reason."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.cases import CaseWish
from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.space import Space
from server.services import cases as service
from server.services.cases import CaseLine, CaseSheet
from server.services.corrections import Closing
from server.services.corrections import close_case as close
from server.services.sheets import Row
from server.web import case_words as words
from server.web.api.cases import case_id
from server.web.api.records import desk_of, number_cursor
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import format_time
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import sentence_of
from server.web.templating import house_of

_FIELDS = {"note_needed": "note", "time_needed": "time", "bad_time": "time", "unknown_choice": "choice"}


async def show_cases(request: Request) -> Response:
    """List cases with the first one beside it. `?show=closed`, `?kind`, `?day` narrow, `?format` gives a file."""
    principal = await enter(request, Right.CLOSE_CASES)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        pages = _rows(service.all_cases(house_of(request).database, _wish(request)), house_of(request).space)
        return await table_response(request, "cases", _titles(), pages)
    return await _page(request, principal, None)


async def show_case(request: Request) -> Response:
    """Show one case beside the list."""
    principal = await enter(request, Right.CLOSE_CASES)
    if isinstance(principal, Response):
        return principal
    return await _page(request, principal, await service.open_case(house_of(request).database, case_id(request)))


async def close_case(request: Request) -> Response:
    """Close a case; keep what was typed when it cannot be, and say who closed it when somebody else was first."""
    principal = await enter(request, Right.CLOSE_CASES)
    if isinstance(principal, Response):
        return principal
    house, id_ = house_of(request), case_id(request)
    form = await read_form(request)
    sheet = await service.open_case(house.database, id_)
    closing = Closing(
        form.get("choice", ""),
        form.get("note", "").strip()[:500],
        _asked_time(form.get("time", ""), sheet, house.space, house.clock.now()),
        form.get("name", "").strip()[:200] or _("Khách chưa rõ tên"),
    )
    try:
        await close(house, await desk_of(request), id_, closing)
    except DomainError as error:
        if error.code == "case_closed":
            return RedirectResponse(f"/staff/cases/{id_}?late", 303)
        if error.code not in _FIELDS:
            raise
        return await _page(
            request, principal, sheet, form=form, errors={_FIELDS[error.code]: _sentence(error, house.space)}
        )
    return RedirectResponse(f"/staff/cases/{id_}?done", 303)


async def _page(
    request: Request,
    principal: Principal,
    sheet: CaseSheet | None,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    house = house_of(request)
    query = request.query_params
    wish, is_alone = _wish(request), sheet is not None
    if sheet is not None and "show" not in query:
        wish = CaseWish(sheet.line.closed_at is not None and "done" not in query, wish.kind, wish.since, wish.until)
    page = await service.list_cases(house.database, wish, before=number_cursor(query.get("before", "")))
    if sheet is None and page.lines:
        sheet = await service.open_case(house.database, page.lines[0].id)
    return render_desk(
        request,
        principal,
        "staff/cases/page.html",
        422 if errors else 200,
        lines=page.lines,
        sheet=sheet,
        is_alone=is_alone,
        w=words,
        form=form or {},
        errors=errors or {},
        notice="done" if "done" in query else "late" if "late" in query else "",
        last=await service.last_closed(house.database) if not page.lines else None,
        local=house.space.local,
        today=house.space.day_of(house.clock.now()),
        zone=lambda id_: words.zone_name(house.space, id_),
        chosen=_chosen(sheet, form),
        times=_times(sheet, house.space, house.clock.now(), form),
        **await _filters(request, wish, page.next),
    )


async def _filters(request: Request, wish: CaseWish, older: int | None) -> dict[str, Any]:
    """Return what narrows the list, and the addresses of the other lists."""
    query = request.query_params
    waiting, closed, kinds = await service.case_counts(house_of(request).database)
    kept = {name: query[name] for name in ("kind", "day") if query.get(name)}
    show = {"show": "closed"} if wish.is_closed else {}
    return {
        "wish": wish,
        "waiting": waiting,
        "closed": closed,
        "kinds": [("", _("Mọi loại")), *((kind, words.kind_name(kind)) for kind in kinds)],
        "kind": wish.kind,
        "day": query.get("day", "") if wish.since else "",
        "tabs": [(False, _address(kept)), (True, _address(kept | {"show": "closed"}))],
        "narrowed": _query(kept | show),
        "older": _address(kept | show | {"before": str(older)}) if older else "",
        "export": [_address(kept | show | {"format": name}) for name in ("xlsx", "csv")],
    }


def _chosen(sheet: CaseSheet | None, form: Mapping[str, str] | None) -> str:
    typed = (form or {}).get("choice", "")
    codes = [choice.code for choice in sheet.choices] if sheet else []
    return typed if typed in codes else codes[0] if codes else ""


def _times(sheet: CaseSheet | None, space: Space, now: datetime, form: Mapping[str, str] | None) -> dict[str, str]:
    """Return the time that an exit is proposed at, and between which it may be."""
    if sheet is None:
        return {"value": "", "earliest": "", "latest": ""}
    latest = sheet.latest or now
    proposed = space.local(now if sheet.latest is None else sheet.latest - timedelta(minutes=1))
    return {
        "value": (form or {}).get("time") or format_time(proposed),
        "earliest": format_time(space.local(sheet.earliest)) if sheet.earliest else "",
        "latest": format_time(space.local(latest)),
    }


def _asked_time(typed: str, sheet: CaseSheet, space: Space, now: datetime) -> datetime | None:
    """Return a clock time of the case's day. A minute that has both the latest scan and now in it is taken as now."""
    try:
        clock = time.fromisoformat(typed.strip()[:5])
    except ValueError:
        return None
    day = space.day_of(sheet.latest or now)
    at = datetime.combine(day, clock, tzinfo=ZoneInfo(space.timezone)).astimezone(UTC)
    if sheet.latest is None and at <= now < at + timedelta(minutes=1):
        return now
    if sheet.earliest is not None and at <= sheet.earliest < at + timedelta(minutes=1):
        return sheet.earliest
    return at


def _sentence(error: DomainError, space: Space) -> str:
    if error.code != "bad_time" or not error.arguments["earliest"]:
        return sentence_of(error)
    moments = [datetime.fromisoformat(str(error.arguments[name])) for name in ("earliest", "latest")]
    span = [format_time(space.local(moment)) for moment in moments]
    return _("Giờ ra phải từ %(earliest)s đến %(latest)s.", earliest=span[0], latest=span[1])


def _wish(request: Request) -> CaseWish:
    query = request.query_params
    space = house_of(request).space
    since = until = None
    try:
        day = date.fromisoformat(query.get("day", ""))
        midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(space.timezone))
        since, until = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return CaseWish(query.get("show") == "closed", query.get("kind", "").replace("\x00", "")[:24], since, until)


def _address(fields: Mapping[str, str]) -> str:
    return f"/staff/cases{_query(fields)}"


def _query(fields: Mapping[str, str]) -> str:
    return f"?{urlencode(fields)}" if fields else ""


def _titles() -> list[str]:
    return [
        _("Mã"), _("Loại"), _("Lúc"), _("Khách"), _("Mã đoàn"), _("Thiết bị"), _("Quy tắc lẽ ra trả lời"),
        _("Thực tế"), _("Ảnh hưởng đến số đếm"), _("Đóng lúc"), _("Người đóng"), _("Lý do"), _("Ghi chú"),
    ]  # fmt: skip


async def _rows(pages: AsyncIterator[list[CaseLine]], space: Space) -> AsyncIterator[Sequence[Row]]:
    async for page in pages:
        yield [_row(line, space) for line in page]


def _row(line: CaseLine, space: Space) -> list[Any]:
    scan = line.scan or {}
    return [
        line.id, words.kind_name(line.kind), line.at, words.who_is(line), line.who.delegation, line.device,
        words.conflict_answer(line), words.fact_of(line, words.zone_name(space, scan.get("to_zone"))),
        words.effect_of(line), line.closed_at, line.closer or line.closed_by,
        words.choice_name(line.choice, line.kind) if line.choice else None, line.reason,
    ]  # fmt: skip
