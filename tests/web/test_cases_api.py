"""The API for cases and the roll call, as a program sees it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from server.domain.kiosk import Kiosk
from tests.web.records_house import Programs, open_programs

IN = Kiosk("in", "Cổng vào", "gate", "lobby", direction="in")


@pytest.fixture
def programs(tmp_path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        # The tests are true on a Sunday, too.
        opened.sql("UPDATE space SET opened_day = :day", day=opened.house.space.day_of(opened.house.clock.now()))
        yield opened


def scan(programs: Programs, text: str, **fields: Any) -> dict[str, Any]:
    at = programs.house.clock.now().isoformat()
    sent = {"id": str(uuid4()), "pass": text, "at": at, "direction": "in", **fields}
    answers = programs.client.portal.call(programs.house.checkin.answer, [sent], IN)  # type: ignore[union-attr]
    return dict(answers[0])


@pytest.fixture
def lan(programs: Programs) -> str:
    """The text of the pass of Lan, who is inside; her pass was read a second time without a network."""
    visitor = programs.call("POST", "/visitors", json={"name": "Nguyễn Thị Lan", "needs": "Xe lăn"}).json()
    text = programs.call("POST", "/passes", json={"visitor": visitor["id"]}).json()["text"]
    scan(programs, text, offline=True)
    scan(programs, text, offline=True)
    return str(text)


@pytest.fixture
def case(programs: Programs, lan: str) -> int:
    items = programs.call("GET", "/cases?kind=already_inside").json()["items"]
    assert len(items) == 1
    return int(items[0]["id"])


def test_a_case_tells_the_rule_the_fact_and_what_each_reason_does(programs: Programs, case: int) -> None:
    answer = programs.call("GET", f"/cases/{case}")

    assert answer.status_code == 200, answer.text
    record = answer.json()
    assert (record["kind"], record["conflict"], record["people"], record["visitor"]) == (
        "already_inside",
        "already_inside",
        0,
        "Nguyễn Thị Lan",
    )
    assert len(record["movements"]) == 2
    assert {choice["code"]: choice["people_after"] for choice in record["choices"]} == {
        "another_person": 2, "left_unscanned": 0, "scanned_twice": 1, "other": 1,
    }  # fmt: skip


def test_a_case_is_closed_once_and_the_next_is_told_who_did(programs: Programs, case: int) -> None:
    closing = {"choice": "another_person", "name": "Trần Minh Thư", "note": "Mượn thẻ"}
    first = programs.call("POST", f"/cases/{case}/close", json=closing)
    again = programs.call("POST", f"/cases/{case}/close", json=closing)
    other = programs.call("POST", f"/cases/{case}/close", json={"choice": "scanned_twice"}, role="reception")

    assert first.status_code == again.status_code == 200, first.text
    assert len(again.json()["corrections"]) == 1
    assert (other.status_code, other.json()["code"], other.json()["by"]) == (409, "case_closed", "administrator")
    assert programs.client.get("/api/v1/occupancy").json()["people"] == 2
    assert case not in [item["id"] for item in programs.call("GET", "/cases").json()["items"]]
    assert case in [item["id"] for item in programs.call("GET", "/cases?state=closed").json()["items"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"choice": "other"}, "note_needed"),
        ({"choice": "left_unscanned"}, "time_needed"),
        ({"choice": "left_unscanned", "at": "2019-01-01T00:00:00Z"}, "bad_time"),
        ({"choice": "nobody"}, "unknown_choice"),
        ({"choice": "other", "note": "x" * 5_000}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_a_closing_that_cannot_be_is_refused_with_its_code(
    programs: Programs, case: int, body: dict[str, Any], code: str
) -> None:
    answer = programs.call("POST", f"/cases/{case}/close", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("id_", ["0", "999", "99999999999999999999", "abc", "-1", "१"])
def test_a_case_that_is_not_there_is_not_found(programs: Programs, id_: str) -> None:
    answer = programs.call("GET", f"/cases/{id_}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_case")


@pytest.mark.parametrize("role", ["guide", "exhibitor"])
def test_cases_are_for_those_who_close_them(programs: Programs, role: str) -> None:
    assert programs.call("GET", "/cases", role=role).status_code == 403
    assert programs.call("POST", "/cases/1/close", role=role, json={"choice": "other"}).status_code == 403


def test_long_lists_of_cases_come_in_pages(programs: Programs, lan: str) -> None:
    for _ in range(4):
        scan(programs, lan, offline=True)

    first = programs.call("GET", "/cases?limit=3&state=all").json()
    rest = programs.call("GET", f"/cases?limit=3&state=all&cursor={first['next']}").json()

    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) >= 5
    assert programs.call("GET", "/cases?cursor=x").status_code == 422


def test_the_roll_call_lists_everybody_by_zone(programs: Programs, lan: str) -> None:
    answer = programs.call("GET", "/roll-call")

    assert answer.status_code == 200, answer.text
    lobby = next(zone for zone in answer.json()["zones"] if zone["id"] == "lobby")
    assert [(one["name"], one["count"], one["needs_help"]) for one in lobby["people"]] == [("Nguyễn Thị Lan", 1, True)]
    assert set(lobby["people"][0]) >= {"name", "delegation", "since", "count"}


def test_an_exhibitor_gets_numbers_without_names(programs: Programs, lan: str) -> None:
    answer = programs.call("GET", "/roll-call", role="exhibitor")

    assert "Lan" not in answer.text
    assert sum(one["count"] for zone in answer.json()["zones"] for one in zone["people"]) == 1


def test_nobody_unknown_gets_the_list(programs: Programs) -> None:
    assert programs.client.get("/api/v1/roll-call").status_code == 401
