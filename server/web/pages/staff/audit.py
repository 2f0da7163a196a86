"""The audit log: who did what when, before and after, and whether its chain holds."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.roles import Right
from server.services.audit import PAGE, LineFilter, all_lines, newest_line, read_line, read_lines, read_names
from server.web.audit_words import action_name, actor_name, subject_name
from server.web.exports import table_response, wants_table
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.templating import house_of

_FIELDS = ("q", "actor", "action", "since", "until")


async def show_audit(request: Request) -> Response:
    """List the log's lines, the newest first. `?line=` opens one; `?format=` gives all as a file."""
    principal = await enter(request, Right.READ_AUDIT)
    if isinstance(principal, Response):
        return principal
    house = house_of(request)
    asked = _asked(request)
    names, actions = await read_names(house.database)
    if wants_table(request):
        columns = [_("Dòng"), _("Lúc"), _("Ai"), _("Việc"), _("Đối tượng"), _("Trước"), _("Sau"), _("Dấu")]
        return await table_response(request, "audit", columns, _rows(request, asked, names))
    lines = await read_lines(house.database, asked, _number(request, "before"))
    seq = _number(request, "line")
    near = await read_line(house.database, seq) if seq else {}
    kept = {key: request.query_params.get(key, "") for key in _FIELDS if request.query_params.get(key)}
    newest, state = await newest_line(house.database), house.audit.state
    return render_desk(
        request,
        principal,
        "staff/audit.html",
        lines=lines[:PAGE],
        older=_link(kept, before=lines[PAGE - 1]["seq"]) if len(lines) > PAGE else None,
        newest=_link(kept) if "before" in request.query_params else None,
        link=lambda **more: _link(kept, **more),
        kept=kept,
        chosen=near.get(seq or 0),
        near=near,
        changes=_changes(near[seq]) if seq and seq in near else [],
        state=state,
        unverified=max(0, newest - state.seq),
        actors=sorted(names.items(), key=lambda item: item[1].casefold()),
        actions=sorted(((name, action_name(name)) for name in actions), key=lambda item: item[1]),
        action_name=action_name,
        actor_name=lambda actor: actor_name(actor, names),
        subject_name=lambda subject: subject_name(subject, names),
        local=house.space.local,
    )


async def verify(request: Request) -> Response:
    """Verify the whole chain anew."""
    principal = await enter(request, Right.READ_AUDIT)
    if isinstance(principal, Response):
        return principal
    await house_of(request).audit.go_on(anew=True)
    return RedirectResponse("/staff/audit", 303)


def _asked(request: Request) -> LineFilter:
    query, space = request.query_params, house_of(request).space
    zone = space.local(datetime.fromisoformat("2020-01-01T00:00:00+00:00")).tzinfo

    def midnight(name: str, days: int) -> datetime | None:
        try:
            day = date.fromisoformat(query.get(name, "")) + timedelta(days)
            return datetime.combine(day, time(), zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    return LineFilter(
        actor=query.get("actor", "")[:100],
        action=query.get("action", "")[:60],
        words=query.get("q", "").strip().replace("\x00", "")[:80],
        since=midnight("since", 0),
        until=midnight("until", 1),
    )


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _link(kept: Mapping[str, str], **more: object) -> str:
    return f"/staff/audit?{urlencode({**kept, **more})}"


def _changes(line: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what stood in each field before and after."""
    before, after = line["before"] or {}, line["after"] or {}
    return [(key, _shown(before.get(key)), _shown(after.get(key))) for key in sorted({*before, *after})]


def _shown(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()


async def _rows(request: Request, asked: LineFilter, names: dict[str, str]) -> AsyncIterator[list[Any]]:
    async for page in all_lines(house_of(request).database, asked):
        yield [
            [
                line["seq"], line["at"], actor_name(line["actor"], names), action_name(line["action"]),
                subject_name(line["subject"], names), _shown(line["before"]), _shown(line["after"]), line["hash"],
            ]
            for line in page
        ]  # fmt: skip
