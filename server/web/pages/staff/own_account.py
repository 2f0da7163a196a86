"""One's own account: the password, the language, and the browsers in which one is signed in."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.services.accounts import LEAST_PASSWORD
from server.services.qr import modules, svg_path
from server.services.staff import change_own_password, choose_own_language, end_own_sessions, own_sessions
from server.web.auth import SESSION_COOKIE, Principal
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.i18n import language
from server.web.pages.staff.desk import enter_own, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.requests import LANGUAGE_COOKIE
from server.web.templating import house_of
from server.web.words import browser_name

_FIELD_OF = {"wrong_password": "old", "too_many_attempts": "old"}
_COOKIE_AGE = 365 * 86_400


async def show_own(request: Request) -> Response:
    """Show one's own account; only the password's form to one who must change it."""
    principal = await enter_own(request)
    if isinstance(principal, Response):
        return principal
    return await show_page(request, principal)


async def change_password(request: Request) -> Response:
    """Change the password; every other session ends."""
    principal = await enter_own(request)
    if isinstance(principal, Response):
        return principal
    form, house = await read_form(request), house_of(request)
    old, new = form.get("old", ""), form.get("new", "")
    try:
        if new != form.get("again", ""):
            return await show_page(request, principal, errors={"again": _("Hai lần gõ chưa giống nhau.")}, status=422)
        secret = request.cookies.get(SESSION_COOKIE, "")
        assert principal.account_id is not None
        await change_own_password(house.database, house.accounts, principal.account_id, (old, new), secret=secret)
    except DomainError as error:
        errors = {_FIELD_OF.get(error.code, "new"): sentence_of(error)}
        return await show_page(request, principal, errors=errors, status=PROBLEMS[error.code].status)
    return RedirectResponse("/staff/account?done=password", 303)


async def choose_language(request: Request) -> Response:
    """Keep the language that one reads in."""
    principal = await enter_own(request)
    if isinstance(principal, Response):
        return principal
    wish = "en" if (await read_form(request)).get("language") == "en" else "vi"
    assert principal.account_id is not None
    await choose_own_language(house_of(request).database, principal.account_id, wish)
    response = RedirectResponse("/staff/account", 303)
    response.set_cookie(LANGUAGE_COOKIE, wish, max_age=_COOKIE_AGE, samesite="lax")
    return response


async def end_sessions(request: Request) -> Response:
    """End one of one's sessions, or with no `session` all but this one."""
    principal = await enter_own(request)
    if isinstance(principal, Response):
        return principal
    only = (await read_form(request)).get("session") or None
    assert principal.account_id is not None
    secret = request.cookies.get(SESSION_COOKIE, "")
    await end_own_sessions(house_of(request).database, principal.account_id, only=only, secret=secret)
    return RedirectResponse("/staff/account?done=sessions", 303)


async def show_page(
    request: Request,
    principal: Principal,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    is_setting_up: bool = False,
) -> Response:
    """Render one's own account; `?second` sets the second step up, `?second-off` asks before it is switched off."""
    house, query = house_of(request), request.query_params
    assert principal.account_id is not None
    secret = request.cookies.get(SESSION_COOKIE, "")
    second = await house.second_steps.state(principal.account_id)
    proposal = second.proposal if is_setting_up or "second" in query else None
    answer = render_desk(
        request,
        principal,
        "staff/own_account.html",
        status,
        second=second,
        proposal=proposal,
        qr=(len(modules(proposal.uri)), svg_path(proposal.uri)) if proposal else None,
        asks_off="second-off" in query or "password" in (errors or {}),
        sessions=await own_sessions(house.database, principal.account_id, secret),
        errors=errors or {},
        done=query.get("done", ""),
        least=LEAST_PASSWORD,
        chosen_language=language(),
        local=house.space.local,
        browser_name=browser_name,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
