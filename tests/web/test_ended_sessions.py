"""Who loses an account loses what is open at once: pages and sockets."""

import time
from collections.abc import Iterator

import pytest
from starlette.websockets import WebSocketDisconnect

from server.services.staff import lend_password, switch_staff
from server.web.auth import SESSION_COOKIE
from tests.web.records_house import Programs, open_programs

PASSWORD = "một mật khẩu"
HERE = {"origin": "http://testserver"}


@pytest.fixture
def programs(tmp_path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        yield opened


def sign_in(programs: Programs, login: str, password: str = PASSWORD) -> None:
    async def work() -> str:
        return str((await programs.house.accounts.sign_in(login, password, address="here"))[1])

    programs.client.cookies.set(SESSION_COOKIE, programs.client.portal.call(work))  # type: ignore[union-attr]


def add(programs: Programs, name: str, role: str) -> str:
    return str(programs.client.portal.call(programs.house.accounts.add, name, role, PASSWORD).id)  # type: ignore[union-attr]


def test_a_locked_account_s_socket_is_closed_within_seconds(programs: Programs) -> None:
    minh = add(programs, "Minh", "guide")
    sign_in(programs, "Minh")

    async def lock() -> None:
        await switch_staff(programs.house.database, minh, is_on=False, actor="test")

    with programs.client.websocket_connect("/live", headers=HERE) as socket:
        began = time.monotonic()
        programs.client.portal.call(lock)  # type: ignore[union-attr]
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 4401
    assert time.monotonic() - began < 5


def test_a_lent_password_opens_only_the_page_on_which_it_is_changed(programs: Programs) -> None:
    sau = add(programs, "Sáu", "administrator")

    async def lend() -> str:
        return await lend_password(programs.house.database, programs.house.accounts, sau, actor="test")

    lent = programs.client.portal.call(lend)  # type: ignore[union-attr]
    sign_in(programs, "Sáu", lent)
    for path in ("/staff/accounts", "/staff/audit"):
        answer = programs.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/account")
    assert programs.client.get("/api/v1/devices").status_code == 403
    assert "mật khẩu tạm" in programs.client.get("/staff/account").text
    form = {"old": lent, "new": "một mật khẩu mới", "again": "một mật khẩu mới"}
    programs.client.post("/staff/account/password", data=form, headers=HERE)
    assert programs.client.get("/staff/accounts", follow_redirects=False).status_code == 200


def test_the_audit_page_names_who_and_searches_and_survives_nonsense(programs: Programs) -> None:
    add(programs, "<b>Sáu</b>", "administrator")
    sign_in(programs, "<b>Sáu</b>")
    page = programs.client.get("/staff/audit?line=1").text
    assert "&lt;b&gt;Sáu" in page
    assert "<b>Sáu</b></b>" not in page
    for query in ("since=9999-12-31&until=9999-12-31", "before=x", "line=99999999", "q=%00%25", "since=0001-01-01"):
        assert programs.client.get(f"/staff/audit?{query}").status_code == 200
    assert programs.client.get("/staff/audit?format=csv").status_code == 200
