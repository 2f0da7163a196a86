"""The page on which a new house gets its first administrator. It exists only while there is no account."""

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.services.accounts import LEAST_PASSWORD
from server.services.staff import choose_own_language
from server.web.auth import address_of
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.i18n import language
from server.web.pages.staff.session import door_words, go_in
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of, render

_FIELD_OF = {"bad_name": "name", "account_exists": "name", "weak_password": "password"}


async def show_set_up(request: Request) -> Response:
    """Show the form. Raises `not_found` once there is an account."""
    if not await house_of(request).set_up.is_open():
        raise DomainError("not_found")
    return await _form(request, 200, "", {})


async def set_up(request: Request) -> Response:
    """Make the first administrator and sign in. Raises `not_found` once there is an account."""
    house = house_of(request)
    if not await house.set_up.is_open():
        raise DomainError("not_found")
    form = await read_form(request)
    name, password, address = form.get("name", ""), form.get("password", ""), address_of(request)
    if password != form.get("again", ""):
        return await _form(request, 422, name, {"again": _("Hai lần gõ chưa giống nhau.")})
    try:
        account = await house.set_up.make_first(name, password, form.get("code", ""), address=address)
    except DomainError as error:
        if error.code == "not_found":
            raise
        errors = {_FIELD_OF.get(error.code, "code"): sentence_of(error)}
        return await _form(request, PROBLEMS[error.code].status, name, errors)
    await choose_own_language(house.database, account.id, language())
    agent = request.headers.get("user-agent", "")
    return go_in(request, *await house.accounts.sign_in(account.login, password, address=address, agent=agent))


async def _form(request: Request, status: int, name: str, errors: dict[str, str]) -> Response:
    words = await door_words(house_of(request))
    return render(request, "staff/set-up.html", status, name=name[:200], errors=errors, least=LEAST_PASSWORD, **words)
