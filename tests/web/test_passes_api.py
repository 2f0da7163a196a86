"""Passes by the API: issued once, drawn, found by their code, revoked for good."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from server.domain.passes import SignedPass, read_pass
from tests.cast import add_delegation, add_visitor
from tests.scanner import read_codes
from tests.web.records_house import Programs, open_programs


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("passes"), module_database_url) as opened:
        yield opened


@pytest.fixture
def lan(programs: Programs) -> Iterator[str]:
    write = programs.client.portal.call  # type: ignore[union-attr]
    delegation_id = write(programs.house.database.write, add_delegation)
    yield write(lambda: programs.house.database.write(add_visitor, delegation_id=delegation_id))
    programs.forget_all()


def issue(programs: Programs, **body: object) -> dict[str, object]:
    answer = programs.call("POST", "/passes", json=body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, object] = answer.json()
    return found


def test_the_first_call_issues_and_the_second_returns_the_same(programs: Programs, lan: str):
    first = programs.call("POST", "/passes", json={"visitor": lan})
    again = programs.call("POST", "/passes", json={"visitor": lan})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    signed = read_pass(first.json()["text"])
    assert isinstance(signed, SignedPass)
    assert signed.token == first.json()["token"]
    assert programs.house.keys.ring.verify(signed)


def test_a_delegation_s_pass_and_a_staff_pass(programs: Programs, lan: str):
    assert issue(programs, delegation="d017")["kind"] == "delegation"
    programs.client.portal.call(programs.house.accounts.add, "Minh", "guide", "một mật khẩu")  # type: ignore[union-attr]
    assert issue(programs, account="minh")["account"] == "Minh"


def test_replacing_gives_another_text_and_revokes_the_old_one(programs: Programs, lan: str):
    old = issue(programs, visitor=lan)
    new = issue(programs, visitor=lan, replace=True)
    assert new["text"] != old["text"]
    shown = programs.call("GET", f"/passes/{old['id']}").json()
    assert shown["replaced_by"] == new["id"]
    assert programs.call("GET", "/revoked").json()["items"] == [old["id"]]


def test_a_revocation_is_listed_after_the_cursor_only_once(programs: Programs, lan: str):
    pass_id = issue(programs, visitor=lan)["id"]
    assert programs.call("POST", f"/passes/{pass_id}/revoke").json()["revoked_at"]
    assert programs.call("POST", f"/passes/{pass_id}/revoke").status_code == 200
    listed = programs.call("GET", "/revoked").json()
    assert listed["items"] == [pass_id]
    assert programs.call("GET", f"/revoked?cursor={listed['cursor']}").json()["items"] == []


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_pass_is_drawn(programs: Programs, lan: str, kind: str):
    made = issue(programs, visitor=lan)
    answer = programs.call("GET", f"/passes/{made['id']}.{kind}")
    assert answer.headers["content-type"].startswith("image/")
    if kind == "png":
        read = read_codes(Image.open(io.BytesIO(answer.content)))
        assert read == [made["text"]]


def test_a_typed_code_finds_its_pass(programs: Programs, lan: str):
    made = issue(programs, visitor=lan)
    answer = programs.call("GET", f"/passes/by-code/{str(made['short']).lower()}")
    assert answer.json()["id"] == made["id"]


def test_the_list_is_paged_by_a_cursor(programs: Programs, lan: str):
    ids = sorted([issue(programs, visitor=lan)["id"], issue(programs, delegation="D017")["id"]])  # type: ignore[type-var]
    first = programs.call("GET", "/passes?limit=1").json()
    second = programs.call("GET", f"/passes?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == ids
    assert len(programs.call("GET", "/passes?delegation=D017").json()["items"]) == 2


@pytest.mark.parametrize("layout", ["badge", "sheet", "label"])
def test_the_badges_of_a_delegation_are_a_pdf(programs: Programs, lan: str, layout: str):
    answer = programs.call("GET", f"/badges.pdf?delegation=D017&layout={layout}")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF-")


def test_one_pass_is_printed_as_a_label(programs: Programs, lan: str):
    made = issue(programs, visitor=lan)
    answer = programs.call("GET", f"/passes/{made['id']}.pdf?layout=label")
    assert answer.headers["content-type"] == "application/pdf"
    assert b"/Type/Pages/Count 1/" in answer.content


def test_the_public_keys_are_for_everybody_and_hold_no_secret(programs: Programs):
    answer = programs.client.get("/api/v1/pass-keys")
    assert [key["id"] for key in answer.json()["items"]] == [programs.house.keys.ring.active_id]
    assert programs.house.keys.ring.active.secret.hex() not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"visitor": "a", "delegation": "b"}, 422, "invalid_request"),
        ({"visitor": 17}, 422, "invalid_request"),
        ({"visitor": "a", "more": 1}, 422, "invalid_request"),
        ({"visitor": "a\x00"}, 422, "invalid_request"),
        ({"visitor": "nobody"}, 404, "unknown_visitor"),
        ({"delegation": "D999"}, 404, "unknown_delegation"),
        ({"account": "nobody"}, 404, "unknown_account"),
    ],
)
def test_a_request_that_cannot_be_is_a_problem_with_its_code(
    programs: Programs, body: dict[str, object], status: int, code: str
):
    answer = programs.call("POST", "/passes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [(b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"{}", "text/plain", 415), (b"", "", 415)],
)
def test_a_body_that_is_no_json_is_a_problem(programs: Programs, content: bytes, content_type: str, status: int):
    answer = programs.call("POST", "/passes", content=content, headers={"content-type": content_type})
    assert answer.status_code == status


def test_a_guide_may_look_and_not_issue(programs: Programs, lan: str):
    pass_id = issue(programs, visitor=lan)["id"]
    assert programs.call("GET", f"/passes/{pass_id}", role="guide").status_code == 200
    for path in ("/passes", f"/passes/{pass_id}/revoke"):
        refused = programs.call("POST", path, role="guide", json={"visitor": lan})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("path", ["/passes", "/passes/00", "/passes/00.svg", "/revoked", "/devices", "/badges.pdf"])
def test_who_shows_nothing_is_asked_to_sign_in_and_a_wrong_token_is_said(programs: Programs, path: str):
    nobody = programs.client.get(f"/api/v1{path}")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "sign_in_needed")
    wrong = programs.client.get(f"/api/v1{path}", headers={"Authorization": "Bearer x"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad_token")
