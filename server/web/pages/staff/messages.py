"""Messages that leave: which wait, which are gone, which could not be sent, and sending one again."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services.message_doors import open_doors
from server.services.messages import count_by_state, list_messages, send_again
from server.services.sheets import Row
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of

_PAGE = 50
_MOST = 1_000
_STATES = ("queued", "sending", "sent", "failed", "given_up")


async def show_messages(request: Request) -> Response:
    """List messages, the newest first. `?state=`, `?delegation=` narrow; `?format=` gives all as a file."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        titles = [_("Lúc"), _("Người nhận"), _("Việc"), _("Đoàn"), _("Đường gửi"), _("Trạng thái"), _("Số lần thử")]
        return await table_response(request, "messages", [*titles, _("Lỗi gần nhất"), _("Gửi lúc")], _table(request))
    return await _page(request, principal)


async def send_message_again(request: Request) -> Response:
    """Queue a message anew."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    try:
        await send_again(await desk_of(request), request.path_params["id"])
    except DomainError as error:
        if error.code != "message_is_being_sent":
            raise
        return await _page(request, principal, PROBLEMS[error.code].status, problem=sentence_of(error))
    return RedirectResponse(f"/staff/messages?{urlencode({**_asked(request), 'done': 'again'})}", 303)


def state_name(state: str) -> str:
    """Return what a message's state is called."""
    return {
        "queued": _("Chờ gửi"),
        "sending": _("Đang gửi"),
        "sent": _("Đã gửi"),
        "failed": _("Sẽ thử lại"),
        "given_up": _("Không gửi được"),
    }[state]


def step_name(step: str) -> str:
    """Return which step of a delegation a message tells of."""
    return {
        "requested": _("Đã nhận yêu cầu"),
        "confirmed": _("Đã xác nhận"),
        "changed": _("Đã đổi giờ"),
        "cancelled": _("Đã hủy"),
    }.get(step, step)


def channel_name(channel: str) -> str:
    """Return by which way a message leaves."""
    return {"mail": _("Thư điện tử"), "hook": _("Tin nhắn")}.get(channel, channel)


async def _page(request: Request, principal: Principal, status: int = 200, *, problem: str = "") -> Response:
    house, asked = house_of(request), _asked(request)
    before = request.query_params.get("before", "").replace("\x00", "")[:32]
    rows = await _read(request, asked, before, _PAGE + 1)
    counts = await count_by_state(house.database)
    doors = open_doors(house.settings)
    kept = {key: value for key, value in asked.items() if key != "state"}
    tabs = [("", _("Tất cả"), sum(counts.values()))]
    tabs += [(state, state_name(state), counts.get(state, 0)) for state in _STATES]
    return render_desk(
        request, principal, "staff/messages.html", status,
        rows=[row | {"at": house.space.local(row["created_at"])} for row in rows[:_PAGE]],
        tabs=[(value, name, count, _link({**kept, "state": value} if value else kept)) for value, name, count in tabs],
        state=asked.get("state", ""), asked=asked, problem=problem, is_done="done" in request.query_params,
        older=_link(asked, before=rows[_PAGE - 1]["id"]) if len(rows) > _PAGE else None,
        newest=_link(asked) if before else None, link=lambda **more: _link(asked, **more),
        lacks=[name for name, channel in (("SANH_SMTP_URL", "mail"), ("SANH_MESSAGE_HOOK_URL", "hook"))
               if channel not in doors],
        may_send=Right.EDIT_DELEGATIONS in principal.rights,
        state_name=state_name, step_name=step_name, channel_name=channel_name,
    )  # fmt: skip


def _asked(request: Request) -> dict[str, str]:
    query = request.query_params
    code = query.get("delegation", "").replace("\x00", "").strip().upper()[:20]
    asked = {"state": query.get("state", ""), "delegation": code}
    return {key: value for key, value in asked.items() if value and (key != "state" or value in _STATES)}


def _link(asked: Mapping[str, str], **more: object) -> str:
    query = urlencode({**asked, **more})
    return f"/staff/messages?{query}" if query else "/staff/messages"


async def _read(request: Request, asked: Mapping[str, str], before: str, limit: int) -> list[dict[str, Any]]:
    found = await list_messages(
        house_of(request).database, state=asked.get("state"), delegation=asked.get("delegation"), before=before,
        limit=limit,
    )  # fmt: skip
    return [dict(row) for row in found]


async def _table(request: Request) -> AsyncIterator[list[Row]]:
    before = ""
    while page := await _read(request, _asked(request), before, _MOST):
        before = page[-1]["id"]
        yield [
            [
                row["created_at"], row["recipient"], step_name(row["step"]), row["delegation"],
                channel_name(row["channel"]), state_name(row["state"]), row["tries"], row["last_error"], row["sent_at"],
            ]
            for row in page
        ]  # fmt: skip
