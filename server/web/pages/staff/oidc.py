"""Signing in by the organisation's own accounts: to the provider and back."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.services.oidc import CALLBACK, TRY_TIME, Oidc
from server.web.auth import Principal, address_of, set_session_cookie
from server.web.i18n import LANGUAGES
from server.web.pages.menu import desk_home
from server.web.pages.staff.session import sign_in_form
from server.web.problems import PROBLEMS
from server.web.requests import LANGUAGE_COOKIE
from server.web.templating import house_of, render

_STATE_COOKIE = "sanh_oidc"


async def begin(request: Request) -> Response:
    """Send the browser to the provider, with a state that it must bring back."""
    wish = request.query_params.get("next", "")
    try:
        place, state = await _oidc(request).begin(wish, address=address_of(request))
    except DomainError as error:
        return await _refused(request, error)
    response = RedirectResponse(place, 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        _STATE_COOKIE,
        state,
        max_age=int(TRY_TIME.total_seconds()),
        path=CALLBACK,
        httponly=True,
        # Lax: the way back begins at the provider, and a strict cookie would stay at home.
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def finish(request: Request) -> Response:
    """Open a session for whom the provider vouches, or say in one sentence why not."""
    kept = request.cookies.get(_STATE_COOKIE, "")
    agent = request.headers.get("user-agent", "")
    try:
        account, secret, wish = await _oidc(request).finish(request.query_params, kept, agent=agent)
    except DomainError as error:
        response = await _refused(request, error)
    else:
        principal = Principal(account.name, account.role, account_id=account.id)
        is_ours = wish.startswith("/staff/") and ".." not in wish
        # A page, and no redirect: one that began at the provider would go on without our strict cookie.
        response = render(request, "staff/signed-in.html", next_page=wish if is_ours else desk_home(request, principal))
        if account.language in LANGUAGES and LANGUAGE_COOKIE not in request.cookies:
            response.set_cookie(LANGUAGE_COOKIE, account.language, max_age=31_536_000, samesite="lax")
        set_session_cookie(response, secret, is_secure=request.url.scheme == "https")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.delete_cookie(_STATE_COOKIE, path=CALLBACK, httponly=True, samesite="lax")
    return response


def _oidc(request: Request) -> Oidc:
    """Return the provider, or raise `not_found` where none is set."""
    oidc = house_of(request).oidc
    if oidc is None:
        raise DomainError("not_found")
    return oidc


async def _refused(request: Request, error: DomainError) -> Response:
    return await sign_in_form(request, status=PROBLEMS[error.code].status, problem=error, action="/staff/sign-in")
