"""Who asks: a session, a device, a program, or nobody."""

from collections.abc import Iterator

import pytest

from server.services.devices import Plan
from server.web.auth import DEVICE_COOKIE, SESSION_COOKIE
from tests.web.records_house import Programs, open_programs

PASSWORD = "một mật khẩu"
HERE = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("auth"), module_database_url) as opened:
        opened.client.portal.call(opened.house.accounts.add, "Hoa", "organizer", PASSWORD)  # type: ignore[union-attr]
        yield opened


@pytest.fixture
def hoa(programs: Programs) -> Iterator[str]:
    """Hoa's browser is signed in."""

    async def sign_in() -> str:
        _, secret = await programs.house.accounts.sign_in("hoa", PASSWORD, address="here")
        return str(secret)

    secret = programs.client.portal.call(sign_in)  # type: ignore[union-attr]
    programs.client.cookies.set(SESSION_COOKIE, secret)
    yield secret
    programs.client.cookies.clear()


def pair(programs: Programs) -> str:
    async def work() -> str:
        _, token = await programs.house.devices.pair(Plan("Cổng", "gate", "lobby"), actor="hoa")
        return str(token)

    return str(programs.client.portal.call(work))  # type: ignore[union-attr]


def test_a_session_has_its_role_s_rights(programs: Programs, hoa: str):
    assert programs.client.get("/api/v1/devices").status_code == 200
    programs.client.portal.call(programs.house.accounts.sign_out, hoa)  # type: ignore[union-attr]
    assert programs.client.get("/api/v1/devices").status_code == 401


def test_another_site_cannot_act_with_hoa_s_session(programs: Programs, hoa: str):
    forged = {"origin": "https://evil.example"}
    for headers in (forged, {"sec-fetch-site": "cross-site"}, {}):
        answer = programs.client.post("/api/v1/passes/00/revoke", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forged_request")
    assert programs.client.post("/api/v1/passes/00/revoke", headers=HERE).json()["code"] == "unknown_pass"


def test_a_laptop_may_be_a_device_and_have_hoa_signed_in(programs: Programs, hoa: str):
    programs.client.cookies.set(DEVICE_COOKIE, pair(programs))
    assert programs.client.get("/api/v1/devices").status_code == 200
    assert programs.client.post("/api/v1/scans", json={"scans": []}, headers=HERE).status_code == 200


def test_a_bearer_token_counts_and_not_the_cookies_beside_it(programs: Programs, hoa: str):
    bearer = {"authorization": f"Bearer {pair(programs)}"}
    assert programs.client.get("/api/v1/devices", headers=bearer).json()["code"] == "not_allowed"


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "bearer x", "Bearer sanh_t_x", "Bearer sanh_d_x", "Basic eDp4"])
def test_what_is_no_token_opens_nothing(programs: Programs, value: str):
    assert programs.client.get("/api/v1/devices", headers={"authorization": value}).status_code == 401


def test_a_device_does_not_see_names(programs: Programs):
    bearer = {"authorization": f"Bearer {pair(programs)}"}
    for path in ("/visitors", "/delegations", "/passes"):
        assert programs.client.get(f"/api/v1{path}", headers=bearer).status_code == 403
    assert programs.client.get("/api/v1/revoked", headers=bearer).status_code == 200
