"""What is done to a delegation's members: names pasted, some moved or let go, the rest checked in by hand."""

import re
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.text import clean, tidy_name
from server.services import delegation_record, people
from server.services.by_hand import ByHand, check_in_by_hand
from server.services.delegation_record import MOST_NAMES
from server.web.api.records import desk_of
from server.web.forms import read_form, read_list
from server.web.i18n import gettext as _
from server.web.pages.staff.delegations_record import show
from server.web.pages.staff.desk import enter
from server.web.problems import sentence_of
from server.web.templating import house_of

_NUMBER = re.compile(r"^\s*\d{1,4}\s*[.)\-\t]\s*")
_LONGEST = 200


async def add_names(request: Request) -> Response:
    """Register members by a pasted list, one name a line."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    form, code = await read_form(request), request.path_params["code"]
    typed = form.get("names", "")
    names = names_in(typed)
    if not names or len(names) > MOST_NAMES:
        sentence = (
            _("Mỗi lần dán tối đa %(most)s tên; danh sách dài hơn xin nhập từ tệp.", most=MOST_NAMES)
            if names
            else _("Chưa có tên nào.")
        )
        return await show(request, principal, asks="paste", typed=typed, paste_error=sentence)
    try:
        named = await delegation_record.add_names(await desk_of(request), code, names)
    except DomainError as error:
        return await show(request, principal, problem=error, asks="paste", typed=typed, paste_error="")
    return _back(code, "named", n=named.added, known=len(named.known))


async def change_members(request: Request) -> Response:
    """Move the chosen members to another delegation, or let them go as visitors of their own."""
    principal = await enter(request, Right.EDIT_VISITORS)
    if isinstance(principal, Response):
        return principal
    form, ids, code = await read_form(request), await read_list(request, "member"), request.path_params["code"]
    act = form.get("act", "")
    if act in ("move", "remove") and form.get("sure") != "yes":
        query = urlencode([(act, ""), *(("member", id_) for id_ in ids)])
        return RedirectResponse(f"/staff/delegations/{quote(code)}?{query}" if ids else _address(code), 303)
    target = form.get("to", "").strip().upper() if act == "move" else None
    desk, done, failed = await desk_of(request), 0, []
    for id_ in ids:
        try:
            member = await delegation_record.get_member(desk.database, code, id_, desk.space.day_of(desk.at))
            await people.change_visitor(desk, id_, {"delegation": target})
            done += 1
        except DomainError as error:
            name = member.name if error.code != "unknown_visitor" else ""
            failed.append(f"{name}: {sentence_of(error)}" if name else sentence_of(error))
            if error.code in ("unknown_delegation", "cancelled_delegation"):
                break
    if failed:
        return await show(request, principal, failures=failed, moved=done)
    return _back(code, "moved" if act == "move" else "removed", n=done)


async def check_in_rest(request: Request) -> Response:
    """Check in everybody of the delegation who is still expected, as staff see them at the desk."""
    principal = await enter(request, Right.CHECK_IN)
    if isinstance(principal, Response):
        return principal
    code = request.path_params["code"]
    wish = ByHand(visitor=None, delegation=code)
    answer = await check_in_by_hand(house_of(request), wish, principal.account_id or "")
    if answer.get("answer") == "admitted":
        return _back(code, "came", n=answer.get("people", 0))
    return await show(request, principal, problem=_refusal(answer, code))


def names_in(text: str) -> list[str]:
    """Return the names of a pasted list: a number before a name is left out, and what follows a tab or semicolon."""
    names: list[str] = []
    for line in text.splitlines():
        name = re.split(r"[\t;,]", _NUMBER.sub("", line).strip(), maxsplit=1)[0]
        name = tidy_name(clean(name))[:_LONGEST]
        if name and any(char.isalpha() for char in name):
            names.append(name)
    return names


def _refusal(answer: dict[str, Any], code: str) -> DomainError:
    refused = str(answer.get("code") or answer.get("answer") or "")
    return DomainError(f"check_in:{refused}", delegation=code, free=answer.get("free", 0))


def _address(code: str) -> str:
    return f"/staff/delegations/{quote(code)}"


def _back(code: str, notice: str, **numbers: int) -> Response:
    query = "".join(f"&{name}={number}" for name, number in numbers.items())
    return RedirectResponse(f"{_address(code)}?notice={notice}{query}", 303)
