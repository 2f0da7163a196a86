"""Signing in at the desk and out again. Plain forms: they work without a script."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.services.accounts import STEP_TIME, StaffAccount
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

STEP_PATH = "/staff/sign-in"
STEP_COOKIE = "sanh_step"
"""Bears a sign-in between its two steps; it opens nothing by itself."""


async def show_sign_in(request: Request) -> Response:
    """Show the form, or go on for one who is signed in."""
    principal = await principal_of(request)
    if principal.account_id:
        return RedirectResponse(_next_page(request, principal), 303)
    return await sign_in_form(request, status=200)


async def sign_in(request: Request) -> Response:
    """Open a session, or say in one sentence that the pair is wrong."""
    house = house_of(request)
    form = await read_form(request)
    login, password = form.get("login", ""), form.get("password", "")
    agent = request.headers.get("user-agent", "")
    try:
        account, secret = await house.accounts.sign_in(login, password, address=address_of(request), agent=agent)
    except DomainError as error:
        if error.code == "second_step_needed":
            return _to_second_step(request, str(error.arguments["step"]))
        status = 429 if error.code == "too_many_attempts" else 401
        return await sign_in_form(request, status=status, login=login, problem=error)
    return go_in(request, account, secret)


def go_in(request: Request, account: StaffAccount, secret: str) -> Response:
    """Lead one whose session has begun to the page that was asked for."""
    principal = Principal(account.name, account.role, account_id=account.id, must_change=account.must_change)
    response = RedirectResponse(_next_page(request, principal), 303)
    if account.language in LANGUAGES and LANGUAGE_COOKIE not in request.cookies:
        response.set_cookie(LANGUAGE_COOKIE, account.language, max_age=31_536_000, samesite="lax")
    set_session_cookie(response, secret, is_secure=request.url.scheme == "https")
    return response


def _to_second_step(request: Request, step: str) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    response = RedirectResponse(f"{STEP_PATH}/code{query}", 303)
    age, is_secure = int(STEP_TIME.total_seconds()), request.url.scheme == "https"
    response.set_cookie(
        STEP_COOKIE, step, max_age=age, path=STEP_PATH, httponly=True, samesite="strict", secure=is_secure
    )
    return response


async def sign_out(request: Request) -> Response:
    """End the session on this machine and on the server."""
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        await house_of(request).accounts.sign_out(secret)
    response = RedirectResponse("/staff/sign-in", 303)
    clear_session_cookie(response)
    return response


async def sign_in_form(
    request: Request, *, status: int, login: str = "", problem: DomainError | None = None, action: str = ""
) -> Response:
    """Show the form; it posts to `action`, or to where the request went."""
    house = house_of(request)
    context = await door_words(house)
    return render(
        request,
        "staff/signin.html",
        status,
        login=login[:200],
        problem=sentence_of(problem) if problem else None,
        wait_seconds=problem.arguments.get("wait_seconds") if problem else None,
        action=action or str(request.url.replace(scheme="", netloc="")),
        oidc=_oidc_button(request),
        is_new_house=await house.set_up.is_open(),
        **context,
    )


def _oidc_button(request: Request) -> dict[str, str] | None:
    """Return the name and the address of the other way in, if there is one."""
    house = house_of(request)
    if house.oidc is None:
        return None
    # The provider leads back to the public address: what the browser keeps for that must be kept there too.
    place = f"{house.settings.public_url.rstrip('/')}/staff/oidc"
    wish = request.query_params.get("next", "")
    return {"name": house.settings.oidc_name, "href": f"{place}?{urlencode({'next': wish})}" if wish else place}


async def door_words(house: House) -> dict[str, Any]:
    """Return what stands on the door beside the form: the day, and how many delegations come."""
    arrivals = await house.arrivals.state()
    now = house.space.local(house.clock.now())
    return {"today": day_in_words(now, with_year=True), "delegations": arrivals["arrived"] + arrivals["expected"]}


def _next_page(request: Request, principal: Principal) -> str:
    """Return the page that was asked for before signing in; only ours, never another site's."""
    if principal.must_change:
        return "/staff/account"
    wish = request.query_params.get("next", "")
    return wish if wish.startswith("/staff/") and ".." not in wish else desk_home(request, principal)
