"""The API for visitors, as a program sees it."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.records_house import Programs, open_programs

LAN = {"name": "Nguyễn Thị Lan", "title": "Giáo viên", "phone": "0903123456", "email": "lan@example.vn"}


@pytest.fixture(scope="module")
def open_house(tmp_path_factory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("house"), module_database_url) as programs:
        yield programs


@pytest.fixture
def programs(open_house: Programs) -> Programs:
    open_house.forget_all()
    return open_house


@pytest.fixture
def lan(programs):
    answer = programs.call("POST", "/visitors", json=LAN)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_walk_in_is_answered_whole(programs, lan):
    assert lan == {
        "id": lan["id"],
        "delegation": None,
        "name": "Nguyễn Thị Lan",
        "title": "Giáo viên",
        "organisation": "",
        "phone": "+84903123456",
        "email": "lan@example.vn",
        "language": "vi",
        "needs": "",
        "notes": "",
        "visit_date": None,
        "inside": None,
        "erased": False,
        "version": 1,
    }
    assert programs.call("GET", f"/visitors/{lan['id']}").json() == lan


def test_visitors_are_found_without_accents_and_by_delegation(programs, lan):
    programs.call("POST", "/delegations", json={"name": "Đoàn"})
    minh = programs.call("POST", "/visitors", json={"name": "Trần Minh", "delegation": "D001"}).json()
    assert [one["id"] for one in programs.call("GET", "/visitors?q=nguyen+lan").json()["items"]] == [lan["id"]]
    assert [one["id"] for one in programs.call("GET", "/visitors?q=0903123").json()["items"]] == [lan["id"]]
    assert [one["id"] for one in programs.call("GET", "/visitors?delegation=D001").json()["items"]] == [minh["id"]]
    assert programs.call("GET", "/visitors?delegation=D999").status_code == 404


def test_a_list_goes_on_with_its_cursor(programs):
    added = [programs.call("POST", "/visitors", json={"name": f"Khách {n}"}).json()["id"] for n in range(3)]
    first = programs.call("GET", "/visitors?limit=2").json()
    rest = programs.call("GET", f"/visitors?limit=2&cursor={first['next']}").json()
    assert [one["id"] for one in first["items"] + rest["items"]] == added
    assert rest["next"] is None


def test_a_change_changes_what_it_bears(programs, lan):
    answer = programs.call(
        "PATCH", f"/visitors/{lan['id']}", json={"phone": None, "title": "Hiệu trưởng", "version": 1}
    )
    assert answer.json() == lan | {"phone": None, "title": "Hiệu trưởng", "version": 2}
    again = programs.call("PATCH", f"/visitors/{lan['id']}", json={"title": "Hiệu phó", "version": 1})
    assert (again.status_code, again.json()["code"]) == (409, "edit_conflict")


def test_a_member_who_is_inside_stays(programs, lan):
    programs.call("POST", "/delegations", json={"name": "Đoàn"})
    moved = programs.call("PATCH", f"/visitors/{lan['id']}", json={"delegation": "D001"})
    assert moved.json()["delegation"] == "D001"
    programs.sql("UPDATE standing SET inside = 1, places = :p WHERE holder = :h", p='{"lobby":1}', h=f"v:{lan['id']}")
    answer = programs.call("PATCH", f"/visitors/{lan['id']}", json={"delegation": None})
    assert (answer.status_code, answer.json()["code"]) == (409, "member_is_inside")
    assert programs.call("GET", f"/visitors/{lan['id']}").json()["inside"] == "lobby"
    assert len(programs.call("GET", "/visitors?inside=true").json()["items"]) == 1


def test_an_erased_visitor_is_an_empty_one_without_a_pass(programs, lan):
    given_pass = programs.call("POST", "/passes", json={"visitor": lan["id"]}).json()
    assert programs.call("DELETE", f"/visitors/{lan['id']}").status_code == 204
    assert programs.call("DELETE", f"/visitors/{lan['id']}").status_code == 204
    gone = programs.call("GET", f"/visitors/{lan['id']}").json()
    assert (gone["name"], gone["phone"], gone["email"], gone["title"], gone["erased"]) == (None, None, None, "", True)
    assert programs.call("GET", f"/passes/{given_pass['id']}").json()["revoked_at"] is not None
    assert programs.call("GET", "/visitors?q=lan").json()["items"] == []
    answer = programs.call("PATCH", f"/visitors/{lan['id']}", json={"name": "Lan"})
    assert (answer.status_code, answer.json()["code"]) == (409, "visitor_erased")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("id_", ["x", "0" * 32, "%00", "a'b", "x" * 2000])
def test_an_unknown_visitor_is_not_found(programs, method, id_):
    options = {"json": {"title": "x"}} if method == "PATCH" else {}
    assert programs.call(method, f"/visitors/{id_}", **options).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing"),
        ({"name": "\u200b \u200b"}, "string_too_short"),
        ({"name": "Lan", "phone": "0123"}, "bad_phone"),
        ({"name": "Lan", "phone": 903123456}, "string_type"),
        ({"name": "Lan", "email": "lan at example"}, "bad_email"),
        ({"name": "Lan", "erased": True}, "extra_forbidden"),
        ({"name": ["Lan"]}, "string_type"),
        ({"name": "Lan", "notes": "\u0000"}, "string_pattern_mismatch"),
    ],
)
def test_bad_fields_are_named_with_a_stable_code(programs, body, code):
    answer = programs.call("POST", "/visitors", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["type"]) == (422, code)


def test_only_some_may_erase(programs, lan):
    assert programs.call("DELETE", f"/visitors/{lan['id']}", role="reception").status_code == 403
    assert programs.call("GET", "/visitors", role="exhibitor").status_code == 403


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["name", "title", "phone", "email", "language", "delegation", "visit_date", "version", "notes"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.dictionaries(FIELDS, JSON | st.text(), max_size=4))
def test_whatever_is_sent_is_taken_or_refused_and_never_fails(open_house, body):
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    added = open_house.call("POST", "/visitors", content=content, headers=headers)
    assert added.status_code in (201, 400, 404, 422), added.text
    if added.status_code == 201:
        changed = open_house.call("PATCH", f"/visitors/{added.json()['id']}", content=content, headers=headers)
        assert changed.status_code in (200, 409, 422), changed.text
