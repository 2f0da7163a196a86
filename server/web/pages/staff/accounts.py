"""The staff's accounts, for administrators: add, name, role, on and off, a password to hand over."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import RIGHTS, Right, Role
from server.services.staff import add_staff, change_staff, lend_password, switch_staff
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of
from server.web.words import right_name, role_name

_FIELD_OF = {"bad_name": "name", "account_exists": "name", "bad_role": "role", "last_administrator": "role"}


async def show_accounts(request: Request) -> Response:
    """List the accounts. `?account=ID` opens one, `&reset` or `&switch` the question, `?new` the form."""
    principal = await enter(request, Right.MANAGE_ACCOUNTS)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        columns = [_("Tên"), _("Tên đăng nhập"), _("Vai trò"), _("Tạo lúc"), _("Đã khóa lúc")]
        return await table_response(request, "accounts", columns, _rows(request))
    return await _page(request, principal)


async def add_account(request: Request) -> Response:
    """Make an account and show its first password, once."""
    principal = await enter(request, Right.MANAGE_ACCOUNTS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    house = house_of(request)
    name, role = form.get("name", ""), form.get("role", "")
    try:
        id_, password = await add_staff(house.accounts, house.database, name, role, actor=principal.actor)
    except DomainError as error:
        return await _page(request, principal, problem=error, form=form, is_new=True)
    return await _page(request, principal, lent=(id_, password))


async def change_account(request: Request) -> Response:
    """Give an account another name or role."""
    principal = await enter(request, Right.MANAGE_ACCOUNTS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    id_ = request.path_params["id"]
    name, role = form.get("name", ""), form.get("role", "")
    try:
        await change_staff(house_of(request).database, id_, name=name, role=role, actor=principal.actor)
    except DomainError as error:
        return await _page(request, principal, problem=error, form=form, chosen=id_)
    return RedirectResponse(f"/staff/accounts?account={id_}&saved", 303)


async def switch_account(request: Request) -> Response:
    """Lock an account, or open it again."""
    principal = await enter(request, Right.MANAGE_ACCOUNTS)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    id_ = request.path_params["id"]
    try:
        await switch_staff(house_of(request).database, id_, is_on=form.get("to") == "on", actor=principal.actor)
    except DomainError as error:
        return await _page(request, principal, problem=error, chosen=id_)
    return RedirectResponse(f"/staff/accounts?account={id_}&saved", 303)


async def reset_account(request: Request) -> Response:
    """Lend an account a new password and show it, once."""
    principal = await enter(request, Right.MANAGE_ACCOUNTS)
    if isinstance(principal, Response):
        return principal
    house, id_ = house_of(request), request.path_params["id"]
    password = await lend_password(house.database, house.accounts, id_, actor=principal.actor)
    return await _page(request, principal, lent=(id_, password))


async def _page(
    request: Request,
    principal: Principal,
    *,
    problem: DomainError | None = None,
    form: Mapping[str, str] | None = None,
    chosen: str = "",
    is_new: bool = False,
    lent: tuple[str, str] | None = None,
) -> Response:
    house, query = house_of(request), request.query_params
    accounts = await house.accounts.listed()
    id_ = lent[0] if lent else chosen or query.get("account", "")
    one = next((account for account in accounts if account.id == id_), None)
    status = 200 if problem is None else PROBLEMS[problem.code].status if problem.code in PROBLEMS else 422
    answer = render_desk(
        request,
        principal,
        "staff/accounts.html",
        status,
        accounts=accounts,
        chosen=one,
        is_new=is_new or "new" in query,
        asks="reset" if "reset" in query else "switch" if "switch" in query else "",
        form=form or ({"name": one.name, "role": one.role} if one and not is_new else {}),
        errors={_FIELD_OF.get(problem.code, "name"): sentence_of(problem)} if problem else {},
        password=lent[1] if lent else None,
        was_saved="saved" in query,
        local=house.space.local,
        role_name=role_name,
        roles=[(role.value, role_name(role)) for role in Role],
        rights=[(right_name(right), [right in RIGHTS[role] for role in Role]) for right in Right],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _rows(request: Request) -> AsyncIterator[list[Any]]:
    for account in await house_of(request).accounts.listed():
        yield [[account.name, account.login, role_name(account.role), account.created_at, account.disabled_at]]
