"""What every page of the desk has: somebody signed in, the menu, and the way out."""

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.web.auth import Principal, principal_of, require
from server.web.pages.menu import desk_menu
from server.web.templating import render
from server.web.words import role_name


async def enter(request: Request, right: Right) -> Principal | Response:
    """Return who asks, if they may; send one who has not signed in to the form. Raises `not_allowed`."""
    principal = await principal_of(request)
    if principal.must_change:
        return RedirectResponse("/staff/account", 303)
    if principal.role is None:
        return RedirectResponse(f"/staff/sign-in?next={quote(_address(request))}", 303)
    require(principal, right)
    return principal


async def enter_own(request: Request) -> Principal | Response:
    """Return the one of the staff who is signed in, also with a lent password. Raises `not_allowed` for programs."""
    principal = await principal_of(request)
    if principal.account_id is None:
        if principal.role is not None:
            raise DomainError("not_allowed")
        return RedirectResponse("/staff/sign-in?next=/staff/account", 303)
    return principal


def render_desk(request: Request, principal: Principal, template: str, status: int = 200, **context: Any) -> Response:
    """Render a page of the desk in its frame."""
    role = role_name(principal.role) if principal.role else ""
    menu = desk_menu(request, principal)
    return render(request, template, status, menu=menu, person=principal, role=role, **context)


def _address(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query if request.method == "GET" else request.url.path
