"""Signing in at the desk and out again. Plain forms: they work without a script."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.services.house import House
from server.web.auth import (
    SESSION_COOKIE,
    Principal,
    address_of,
    clear_session_cookie,
    principal_of,
    set_session_cookie,
)
from server.web.forms import read_form
from server.web.i18n import LANGUAGES
from server.web.pages.menu import desk_home
from server.web.problems import sentence_of
from server.web.requests import LANGUAGE_COOKIE
from server.web.templating import house_of, render
from server.web.words import day_in_words


async def show_sign_in(request: Request) -> Response:
    """Show the form, or go on for one who is signed in."""
    principal = await principal_of(request)
    if principal.account_id:
        return RedirectResponse(_next_page(request, principal), 303)
    return await _form(request, status=200)


async def sign_in(request: Request) -> Response:
    """Open a session, or say in one sentence that the pair is wrong."""
    house = house_of(request)
    form = await read_form(request)
    login, password = form.get("login", ""), form.get("password", "")
    agent = request.headers.get("user-agent", "")
    try:
        account, secret = await house.accounts.sign_in(login, password, address=address_of(request), agent=agent)
    except DomainError as error:
        status = 429 if error.code == "too_many_attempts" else 401
        return await _form(request, status=status, login=login, problem=error)
    principal = Principal(account.name, account.role, account_id=account.id, must_change=account.must_change)
    response = RedirectResponse(_next_page(request, principal), 303)
    if account.language in LANGUAGES and LANGUAGE_COOKIE not in request.cookies:
        response.set_cookie(LANGUAGE_COOKIE, account.language, max_age=31_536_000, samesite="lax")
    set_session_cookie(response, secret, is_secure=request.url.scheme == "https")
    return response


async def sign_out(request: Request) -> Response:
    """End the session on this machine and on the server."""
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        await house_of(request).accounts.sign_out(secret)
    response = RedirectResponse("/staff/sign-in", 303)
    clear_session_cookie(response)
    return response


async def _form(request: Request, *, status: int, login: str = "", problem: DomainError | None = None) -> Response:
    house = house_of(request)
    context = await _today(house)
    return render(
        request,
        "staff/signin.html",
        status,
        login=login[:200],
        problem=sentence_of(problem) if problem else None,
        wait_seconds=problem.arguments.get("wait_seconds") if problem else None,
        action=str(request.url.replace(scheme="", netloc="")),
        **context,
    )


async def _today(house: House) -> dict[str, Any]:
    arrivals = await house.arrivals.state()
    now = house.space.local(house.clock.now())
    return {"today": day_in_words(now, with_year=True), "delegations": arrivals["arrived"] + arrivals["expected"]}


def _next_page(request: Request, principal: Principal) -> str:
    """Return the page that was asked for before signing in; only ours, never another site's."""
    if principal.must_change:
        return "/staff/account"
    wish = request.query_params.get("next", "")
    return wish if wish.startswith("/staff/") and ".." not in wish else desk_home(request, principal)
