"""The API for delegations, as a program sees it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from server.domain.delegations import MAX_PLANNED
from server.domain.registry.cells import MOST_PEOPLE
from tests.web.records_house import Programs, open_programs

SCHOOL = {
    "name": "Trường THPT Hòa Bình",
    "organisation": "Sở Giáo dục và Đào tạo",
    "kind": "school",
    "planned": 18,
    "slot_at": "2026-11-24T09:00:00+07:00",
    "leader": {"name": "Trần Minh", "title": "Hiệu trưởng"},
    "contact": {"phone": "0903 123 456", "email": "minh@Example.VN"},
}


@pytest.fixture(scope="module")
def open_house(tmp_path_factory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("house"), module_database_url) as programs:
        yield programs


@pytest.fixture
def programs(open_house: Programs) -> Programs:
    open_house.forget_all()
    return open_house


@pytest.fixture
def school(programs):
    answer = programs.call("POST", "/delegations", json=SCHOOL)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_new_delegation_is_answered_whole_with_its_code(programs, school):
    assert school == {
        "code": "D001",
        "name": "Trường THPT Hòa Bình",
        "organisation": "Sở Giáo dục và Đào tạo",
        "kind": "school",
        "status": "confirmed",
        "planned": 18,
        "named": 0,
        "covers": 18,
        "inside": 0,
        "arrived": 0,
        "visit_date": "2026-11-24",
        "slot_at": "2026-11-24T09:00:00+07:00",
        "minutes": 60,
        "leader": {"name": "Trần Minh", "title": "Hiệu trưởng"},
        "contact": {"name": "", "phone": "+84903123456", "email": "minh@example.vn"},
        "language": "vi",
        "purpose": "",
        "sector": "",
        "needs": "",
        "notes": "",
        "letter": "",
        "guide": "",
        "zones": None,
        "cancel_reason": "",
        "version": 1,
    }
    assert programs.call("GET", "/delegations/D001").json() == school


def test_a_code_is_found_in_small_letters_too(programs, school):
    assert programs.call("GET", "/delegations/d001").json() == school


def test_a_slot_in_another_zone_of_the_world_is_told_on_the_spaces_clock(programs):
    answer = programs.call("POST", "/delegations", json={"name": "Đoàn", "slot_at": "2026-11-24T02:00:00Z"})
    assert datetime.fromisoformat(answer.json()["slot_at"]).utcoffset() == timedelta(hours=7)


def test_an_unknown_delegation_is_a_problem_document(programs):
    answer = programs.call("GET", "/delegations/D999")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_delegation")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["q=hoa+binh", "q=MINH", "q=0903123456", "kind=school", "date=2026-11-24", "status=confirmed"]
)
def test_a_list_is_narrowed_by_what_was_asked(programs, school, query):
    programs.call("POST", "/delegations", json={"name": "Công ty Sao Mai", "kind": "enterprise", "status": "requested"})
    found = programs.call("GET", f"/delegations?{query}").json()
    assert ([one["code"] for one in found["items"]], found["next"]) == (["D001"], None)


def test_a_search_for_signs_only_finds_nothing(programs, school):
    assert programs.call("GET", "/delegations", params={"q": "%%"}).json() == {"items": [], "next": None}


def test_a_list_goes_on_with_its_cursor(programs):
    for number in range(5):
        programs.call("POST", "/delegations", json={"name": f"Đoàn {number}"})
    codes: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = programs.call("GET", "/delegations", params={"limit": 2, "cursor": cursor}).json()
        codes += [one["code"] for one in page["items"]]
        cursor = page["next"]
    assert codes == ["D001", "D002", "D003", "D004", "D005"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1000000", "limit=x", "cursor=x", "cursor=-1", "cursor=" + "9" * 40, "kind=zoo",
              "status=gone", "date=2026-02-30", "date=tomorrow", "cursor=%00"],
)  # fmt: skip
def test_a_list_asked_for_wrongly_is_refused(programs, query):
    assert programs.call("GET", f"/delegations?{query}").status_code == 422


def test_a_change_changes_what_it_bears_and_nothing_else(programs, school):
    answer = programs.call("PATCH", "/delegations/D001", json={"planned": 20, "leader": {"title": "Giáo viên"}})
    assert answer.status_code == 200
    expected = school | {
        "planned": 20,
        "covers": 20,
        "version": 2,
        "leader": {"name": "Trần Minh", "title": "Giáo viên"},
    }
    assert answer.json() == expected


def test_null_empties_what_may_be_empty(programs, school):
    answer = programs.call(
        "PATCH", "/delegations/D001", json={"contact": None, "leader": None, "visit_date": None, "organisation": None}
    )
    changed = answer.json()
    assert changed["contact"] == {"name": "", "phone": None, "email": None}
    assert changed["leader"] == {"name": "", "title": ""}
    assert (changed["visit_date"], changed["slot_at"], changed["organisation"]) == (None, None, None)


@pytest.mark.parametrize("field", ["name", "planned", "kind", "minutes", "notes", "status"])
def test_null_is_refused_where_there_must_be_something(programs, school, field):
    assert programs.call("PATCH", "/delegations/D001", json={field: None}).status_code == 422


def test_a_headcount_below_those_inside_is_a_conflict(programs, school):
    programs.sql("UPDATE standing SET inside = 12 WHERE holder LIKE 'd:%'")
    answer = programs.call("PATCH", "/delegations/D001", json={"planned": 11})
    assert (answer.status_code, answer.json()["code"], answer.json()["inside"]) == (409, "covers_below_inside", 12)


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"version": 1}, {}), ({}, {"If-Match": '"1"'}), ({}, {"If-Match": 'W/"1"'}), ({}, {"If-Match": "no"})],
)
def test_a_change_of_what_others_changed_is_a_conflict(programs, school, body, headers):
    assert (
        programs.call("PATCH", "/delegations/D001", json={"planned": 20}, headers={"If-Match": '"1"'}).status_code
        == 200
    )
    answer = programs.call("PATCH", "/delegations/D001", json=body | {"planned": 21}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "edit_conflict")
    assert programs.call("GET", "/delegations/D001").headers["etag"] == '"2"'


def test_a_delegation_is_cancelled_with_a_reason_or_without(programs, school):
    programs.call("POST", "/delegations", json={"name": "Đoàn khác"})
    first = programs.call("POST", "/delegations/D001/cancel", json={"reason": "mưa bão"})
    second = programs.call("POST", "/delegations/D002/cancel")
    assert (first.json()["status"], first.json()["cancel_reason"]) == ("cancelled", "mưa bão")
    assert (second.status_code, second.json()["status"]) == (200, "cancelled")
    assert programs.call("POST", "/delegations/D999/cancel").status_code == 404


def test_members_are_registered_and_listed(programs, school):
    added = programs.call(
        "POST", "/delegations/D001/visitors", json={"name": "Nguyễn Thị Lan", "phone": "+84 912 345 678"}
    )
    assert (added.status_code, added.json()["delegation"], added.json()["phone"]) == (201, "D001", "+84912345678")
    assert programs.call("GET", "/delegations/D001/visitors").json() == {"items": [added.json()], "next": None}
    assert programs.call("GET", "/delegations/D001").json()["named"] == 1


def test_nobody_is_added_to_a_delegation_that_is_cancelled_or_unknown(programs, school):
    programs.call("POST", "/delegations/D001/cancel")
    assert programs.call("POST", "/delegations/D001/visitors", json={"name": "Lan"}).status_code == 409
    assert programs.call("POST", "/delegations/D999/visitors", json={"name": "Lan"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "string_too_short"),
        ("name", "   ", "string_too_short"),
        ("name", "x" * 201, "string_too_long"),
        ("name", "a\u0000b", "string_pattern_mismatch"),
        ("name", 17, "string_type"),
        ("name", None, "string_type"),
        ("planned", 0, "greater_than_equal"),
        ("planned", -3, "greater_than_equal"),
        ("planned", 10**30, "less_than_equal"),
        ("planned", 10_001, "less_than_equal"),
        ("planned", "18", "int_type"),
        ("planned", 18.5, "int_type"),
        ("planned", True, "int_type"),
        ("kind", "zoo", "enum"),
        ("status", "inside", "status_not_settable"),
        ("visit_date", "2026-02-30", "date_parsing"),
        ("visit_date", "24/11/2026", "date_parsing"),
        ("visit_date", "1066-10-14", "impossible_date"),
        ("visit_date", "9999-12-31", "impossible_date"),
        ("visit_date", 1, "date_type"),
        ("slot_at", "2026-11-24T09:00:00", "timezone_aware"),
        ("slot_at", "0001-01-01T00:00:00+14:00", "impossible_date"),
        ("slot_at", "9999-12-31T23:59:59-12:00", "impossible_date"),
        ("minutes", 0, "greater_than_equal"),
        ("contact", {"phone": "12"}, "bad_phone"),
        ("contact", {"phone": "không có"}, "bad_phone"),
        ("contact", {"email": "minh@"}, "bad_email"),
        ("contact", {"fax": "1"}, "extra_forbidden"),
        ("contact", [], "model_type"),
        ("leader", "Minh", "model_type"),
        ("language", "Tiếng Việt", "string_pattern_mismatch"),
        ("notes", "x" * 4001, "string_too_long"),
        ("zones", "lobby", "list_type"),
        ("shoe_size", 42, "extra_forbidden"),
        ("code", "D500", "extra_forbidden"),
    ],
)
def test_bad_fields_are_named_with_a_stable_code(programs, field, value, code):
    answer = programs.call("POST", "/delegations", json={"name": "Đoàn", field: value})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert (error["type"], error["where"].startswith("body")) == (code, True)
    assert field in error["where"] or code == "status_not_settable"
    assert programs.call("GET", "/delegations").json()["items"] == []


def test_a_delegation_that_is_called_nothing_is_refused(programs):
    assert programs.call("POST", "/delegations", json={"planned": 3}).json()["errors"][0]["type"] == "name_missing"


def test_an_unknown_zone_is_refused(programs):
    answer = programs.call("POST", "/delegations", json={"name": "Đoàn", "zones": ["cellar"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_zone")


def test_a_slot_on_another_day_is_refused(programs):
    answer = programs.call("POST", "/delegations", json=SCHOOL | {"visit_date": "2026-11-25"})
    assert (answer.status_code, answer.json()["code"]) == (422, "slot_not_on_day")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b'{"name": "\\ud800"}', b"\xff\xfe", b"[" * 9000, b'{"planned": NaN}', b'{"planned": 1e999}']
)  # fmt: skip
def test_what_is_no_delegation_at_all_is_refused_without_a_failure(programs, body):
    answer = programs.call("POST", "/delegations", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["status"] == answer.status_code


def test_a_name_is_kept_composed_with_its_spaces_collapsed(programs):
    answer = programs.call("POST", "/delegations", json={"name": "  Đoa\u0300n   Ho\u0300a  Bi\u0300nh\u200b "})
    assert answer.json()["name"] == "Đoàn Hòa Bình"


def test_markup_in_a_name_is_text(programs):
    answer = programs.call("POST", "/delegations", json={"name": "<script>alert(1)</script>"})
    assert answer.json()["name"] == "<script>alert(1)</script>"


def test_the_api_and_the_import_agree_on_the_largest_delegation():
    assert MAX_PLANNED == MOST_PEOPLE


@pytest.mark.parametrize(
    ("method", "path", "role", "status"),
    [
        ("GET", "/delegations", "exhibitor", 200),
        ("POST", "/delegations", "guide", 403),
        ("PATCH", "/delegations/D001", "guide", 403),
        ("POST", "/delegations/D001/cancel", "guide", 403),
        ("GET", "/delegations/D001/visitors", "exhibitor", 403),
        ("POST", "/delegations", "reception", 201),
    ],
)
def test_each_role_may_do_its_own(programs, school, method, path, role, status):
    options = {"json": {"name": "Đoàn"}} if method != "GET" else {}
    assert programs.call(method, path, role=role, **options).status_code == status


def test_nobody_without_a_token_sees_a_delegation(programs, school):
    answer = programs.client.get("/api/v1/delegations")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_who_may_not_know_people_sees_no_person_in_a_delegation_and_finds_none(programs, school):
    shown = programs.call("GET", "/delegations/D001", role="exhibitor").text
    assert "Minh" not in shown
    assert "903123456" not in shown
    assert programs.call("GET", "/delegations?q=minh", role="exhibitor").json()["items"] == []
    assert len(programs.call("GET", "/delegations?q=hoa+binh", role="exhibitor").json()["items"]) == 1
    assert len(programs.call("GET", "/delegations?q=minh", role="guide").json()["items"]) == 1


def test_a_slot_without_room_is_refused_with_the_nearest_free_times(programs):
    at = slot_of(programs, days=7)
    book(programs, at, planned=programs.house.space.capacity)

    refused = book(programs, at, planned=3)
    other = book(programs, at + timedelta(days=1), planned=3).json()["code"]
    moved = programs.call("PATCH", f"/delegations/{other}", json={"slot_at": at.isoformat()})

    for answer in (refused, moved):
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (409, "slot_taken", "full")
        assert answer.json()["free"]
    assert book(programs, at, planned=9_999).json()["reason"] == "too_many"


def test_a_slot_without_room_is_taken_for_a_reason_that_the_log_tells(programs):
    at = slot_of(programs, days=7)
    book(programs, at, planned=programs.house.space.capacity)

    forced = book(programs, at, planned=3, force={"reason": "Đoàn của  thành phố"})

    assert forced.status_code == 201
    told = programs.sql("SELECT after FROM audit_line WHERE action = 'add_delegation' ORDER BY seq DESC LIMIT 1")[0][0]
    told = json.loads(told) if isinstance(told, str) else told
    assert (told["overruled"], told["reason"]) == ("full", "Đoàn của thành phố")


@pytest.mark.parametrize("force", [{"reason": ""}, {"reason": "  "}, {"reason": "a" * 301}, {}, "vì quen"])
def test_force_without_a_reason_is_refused(programs, force):
    assert book(programs, slot_of(programs, days=7), planned=3, force=force).status_code == 422


def test_what_is_registered_after_the_fact_or_outside_the_hours_is_as_it_was(programs):
    past, night = slot_of(programs, days=-30), slot_of(programs, days=7).replace(hour=2)

    answers = [book(programs, past, planned=5_000), book(programs, past, planned=3), book(programs, night, planned=3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]


def slot_of(programs, *, days):
    """Return eleven in the morning of a day so far from today, on the space's clock."""
    now = programs.house.space.local(programs.house.clock.now())
    return (now + timedelta(days=days)).replace(hour=11, minute=0, second=0, microsecond=0)


def book(programs, at, **values):
    return programs.call("POST", "/delegations", json={"name": "Đoàn", "slot_at": at.isoformat()} | values)
