"""Devices by the API: a screen asks, staff approve, the screen claims once."""

from collections.abc import Iterator

import pytest

from tests.web.records_house import Programs, open_programs

GATE = {"name": "Cổng chính", "role": "gate", "zone": "lobby"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("devices"), module_database_url) as opened:
        yield opened


def ask(programs: Programs) -> dict[str, str]:
    answer = programs.client.post("/api/v1/devices/codes", headers={"user-agent": "Chromium"})
    assert answer.status_code == 201
    found: dict[str, str] = answer.json()
    return found


def claim(programs: Programs, secret: str):
    return programs.client.post("/api/v1/devices/claims", json={"secret": secret})


def test_a_screen_pairs_in_three_steps_and_once(programs: Programs):
    code = ask(programs)
    assert (claim(programs, code["secret"]).status_code, claim(programs, code["secret"]).json()) == (
        202,
        {"status": "waiting"},
    )
    waiting = programs.call("GET", "/devices/codes").json()["items"]
    assert code["code"] in [entry["code"] for entry in waiting]
    approved = programs.call("POST", f"/devices/codes/{code['code']}/approve", json=GATE)
    assert approved.json()["name"] == "Cổng chính"
    claimed = claim(programs, code["secret"])
    assert claimed.json()["device"]["id"] == approved.json()["id"]
    cookie = claimed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    programs.client.cookies.clear()
    again = claim(programs, code["secret"])
    assert (again.status_code, again.json()["code"]) == (410, "secret_used")


def test_a_device_may_scan_by_its_token_until_it_is_revoked(programs: Programs):
    code = ask(programs)
    programs.call("POST", f"/devices/codes/{code['code']}/approve", json=GATE)
    claimed = claim(programs, code["secret"]).json()
    programs.client.cookies.clear()
    bearer = {"Authorization": f"Bearer {claimed['token']}"}
    assert programs.client.post("/api/v1/scans", json={"scans": []}, headers=bearer).status_code == 200
    assert programs.client.get("/api/v1/devices", headers=bearer).status_code == 403
    revoked = programs.call("POST", f"/devices/{claimed['device']['id']}/revoke")
    assert revoked.json()["revoked_at"]
    refused = programs.client.post("/api/v1/scans", json={"scans": []}, headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (GATE | {"zone": "moon"}, 404, "unknown_zone"),
        (GATE | {"role": "king"}, 422, "invalid_request"),
        (GATE | {"name": ""}, 422, "invalid_request"),
        (GATE | {"name": " "}, 422, "invalid_request"),
        (GATE | {"inner": "yes"}, 422, "invalid_request"),
        (GATE | {"colour": "red"}, 422, "invalid_request"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(programs: Programs, body: dict[str, object], status: int, code: str):
    shown = ask(programs)["code"]
    answer = programs.call("POST", f"/devices/codes/{shown}/approve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_reception_pairs_devices_and_a_guide_does_not(programs: Programs):
    shown = ask(programs)["code"]
    assert programs.call("POST", f"/devices/codes/{shown}/approve", role="guide", json=GATE).status_code == 403
    assert programs.call("POST", f"/devices/codes/{shown}/approve", role="reception", json=GATE).status_code == 200


@pytest.mark.parametrize("code", ["abc", "1234567", "x" * 300, "%00"])
def test_a_code_that_no_screen_shows_is_not_found(programs: Programs, code: str):
    assert programs.call("POST", f"/devices/codes/{code}/approve", json=GATE).status_code == 404


def test_a_secret_that_was_never_given_is_not_found(programs: Programs):
    assert claim(programs, "sanh_p_x").json()["code"] == "unknown_secret"
