"""The second step: its page when signing in, and switching it on and off on one's own account."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.web.auth import Principal, address_of
from server.web.forms import read_form
from server.web.pages.staff.desk import enter_own, render_desk
from server.web.pages.staff.own_account import show_page
from server.web.pages.staff.session import STEP_COOKIE, STEP_PATH, door_words, go_in
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of, render

_HERE = "/staff/account?second#second-step"


async def show_code(request: Request) -> Response:
    """Ask for the code of a sign-in whose password was right; without one, back to the first step."""
    if not await house_of(request).second_steps.waits(request.cookies.get(STEP_COOKIE, "")):
        return _from_the_start(request)
    return await _form(request, 200)


async def sign_in(request: Request) -> Response:
    """Open a session, or say in one sentence that the code is wrong."""
    code = (await read_form(request)).get("code", "")
    step, agent = request.cookies.get(STEP_COOKIE, ""), request.headers.get("user-agent", "")
    steps = house_of(request).second_steps
    try:
        account, secret = await steps.finish(step, code, address=address_of(request), agent=agent)
    except DomainError as error:
        if error.code == "step_expired":
            return _from_the_start(request)
        return await _form(request, PROBLEMS[error.code].status, error)
    response = go_in(request, account, secret)
    response.delete_cookie(STEP_COOKIE, path=STEP_PATH, httponly=True, samesite="strict")
    return response


async def propose(request: Request) -> Response:
    """Make a secret to scan; it counts when a code of it was typed."""
    principal = await _enter(request)
    if isinstance(principal, Response):
        return principal
    await house_of(request).second_steps.propose(principal.account_id or "")
    return RedirectResponse(_HERE, 303)


async def confirm(request: Request) -> Response:
    """Switch the second step on, and show the recovery codes once."""
    principal = await _enter(request)
    if isinstance(principal, Response):
        return principal
    code = (await read_form(request)).get("code", "")
    try:
        codes = await house_of(request).second_steps.confirm(principal.account_id or "", code)
    except DomainError as error:
        if error.code == "no_second_step":
            return RedirectResponse("/staff/account#second-step", 303)
        errors = {"code": sentence_of(error)}
        return await show_page(
            request, principal, errors=errors, status=PROBLEMS[error.code].status, is_setting_up=True
        )
    answer = render_desk(request, principal, "staff/recovery_codes.html", codes=codes)
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def switch_off(request: Request) -> Response:
    """Switch the second step off, for one who knows the password."""
    principal = await _enter(request)
    if isinstance(principal, Response):
        return principal
    password = (await read_form(request)).get("password", "")
    try:
        await house_of(request).second_steps.switch_off(principal.account_id or "", password)
    except DomainError as error:
        errors = {"password": sentence_of(error)}
        return await show_page(request, principal, errors=errors, status=PROBLEMS[error.code].status)
    return RedirectResponse("/staff/account?done=second-off", 303)


async def _enter(request: Request) -> Principal | Response:
    principal = await enter_own(request)
    if isinstance(principal, Principal) and principal.must_change:
        return RedirectResponse("/staff/account", 303)
    return principal


async def _form(request: Request, status: int, problem: DomainError | None = None) -> Response:
    return render(
        request,
        "staff/code.html",
        status,
        problem=sentence_of(problem) if problem else None,
        wait_seconds=problem.arguments.get("wait_seconds") if problem else None,
        action=str(request.url.replace(scheme="", netloc="")),
        **await door_words(house_of(request)),
    )


def _from_the_start(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/staff/sign-in{query}", 303)
