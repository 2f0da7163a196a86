"""Every address of the house, called by every role and by nobody: what each may do is what the table says."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from server.domain.roles import RIGHTS, Right, Role
from server.plugin import Plugin, load_plugins
from server.web.auth import SESSION_COOKIE
from server.web.routes import build_routes
from tests.web.records_house import Programs, open_programs
from tests.web.rights_of_routes import RIGHTS_OF_ROUTES

PASSWORD = "một mật khẩu"
HERE = {"origin": "http://testserver"}
TABLE = {
    (method, path): right for method, path, right in (line.split() for line in RIGHTS_OF_ROUTES.strip().splitlines())
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("rights"), module_database_url) as opened:
        yield opened


def served() -> set[tuple[str, str]]:
    routes = [*build_routes()]
    for plugin in load_plugins():
        if isinstance(plugin, Plugin):
            routes += plugin.routes
    return {
        (method, route.path)
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_every_address_has_its_line_in_the_table() -> None:
    assert set(TABLE) == served()
    assert set(TABLE.values()) - {"everybody", "own", "device", "anyone-known"} <= set(Right)


def test_every_right_of_the_table_is_held_by_the_administrator() -> None:
    assert RIGHTS[Role.ADMINISTRATOR] == frozenset(Right)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(programs: Programs, role: Role | None) -> None:
    if role is not None:
        programs.client.portal.call(programs.house.accounts.add, f"Minh {role}", role, PASSWORD)  # type: ignore[union-attr]
    wrong = []
    for (method, path), right in sorted(TABLE.items()):
        if path == "/staff/sign-out":
            continue
        programs.client.cookies.clear()
        if role is not None:
            programs.client.cookies.set(SESSION_COOKIE, _session(programs, role))
        address = re.sub(r"\{\w+(:\w+)?\}", "00", path)
        answer = programs.client.request(method, address, headers=HERE, follow_redirects=False)
        said = _said(answer.status_code, answer.headers.get("location", ""), path)
        expected = _expected(right, role)
        if said != expected:
            wrong.append((method, path, right, answer.status_code, said, expected))
    assert wrong == []


def _session(programs: Programs, role: Role) -> str:
    kept = programs.__dict__.setdefault("sessions", {})
    if role not in kept:

        async def sign_in() -> str:
            _, secret = await programs.house.accounts.sign_in(f"minh {role}", PASSWORD, address="here")
            return str(secret)

        kept[role] = programs.client.portal.call(sign_in)  # type: ignore[union-attr]
    return str(kept[role])


def _said(status: int, location: str, path: str) -> str:
    if path.startswith("/staff/sign-in"):
        return "allowed"
    if status == 401 and not path.startswith("/staff/account/second-step"):  # a wrong code
        return "sign in"
    if status == 303 and location.startswith("/staff/sign-in"):
        return "sign in"
    return "refused" if status == 403 else "allowed"


def _expected(right: str, role: Role | None) -> str:
    if right == "everybody":
        return "allowed"
    if role is None:
        return "sign in"
    if right in ("own", "anyone-known"):
        return "allowed"
    return "allowed" if right != "device" and Right(right) in RIGHTS[role] else "refused"
