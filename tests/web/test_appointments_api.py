"""Free times, appointments and guides as programs see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.records_house import Programs, open_programs

DAY = "2099-11-25"  # a Wednesday, and no holiday
NINE = f"{DAY}T09:00:00+07:00"
WEEK = [[{"opens": "07:30:00", "closes": "17:00:00"}]] * 5


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        yield opened


def add(programs: Programs, people: int = 10) -> str:
    added = programs.call("POST", "/delegations", json={"name": "Đoàn Lan", "planned": people})
    return str(added.json()["code"])


def place(programs: Programs, code: str, **values: Any) -> Any:
    return programs.call("PUT", f"/delegations/{code}/appointment", json={"at": NINE} | values)


def test_a_day_has_its_free_times(programs: Programs) -> None:
    place(programs, add(programs, 55))
    items = programs.call("GET", f"/slots?day={DAY}&people=6").json()["items"]
    nine = next(one for one in items if one["at"] == NINE)
    assert nine == {"at": NINE, "minutes": 60, "capacity": 60, "taken": 55, "free": 5, "reason": "full"}


def test_a_refused_time_says_why_and_what_is_nearest(programs: Programs) -> None:
    place(programs, add(programs, 55))
    answer = place(programs, add(programs, 6))
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["reason"], problem["left"]) == ("slot_taken", "full", 5)
    assert problem["detail"] == "Khung giờ này chỉ còn 5/60 chỗ."
    assert problem["free"][0] == f"{DAY}T08:00:00+07:00"


def test_a_time_can_be_forced_and_taken_away(programs: Programs) -> None:
    place(programs, add(programs, 60))
    code = add(programs, 6)
    assert place(programs, code, force="Khách mời").json()["at"] == NINE
    assert place(programs, code, at=None).json()["at"] is None


def test_minh_goes_with_one_delegation_at_a_time(programs: Programs) -> None:
    minh = programs.call("POST", "/guides", json={"name": "Trần Minh", "languages": ["vi"], "hours": WEEK}).json()
    first, second = add(programs), add(programs)
    for code in (first, second):
        place(programs, code)
    assert (
        programs.call("POST", f"/delegations/{first}/guides", json={"guide": minh["id"]}).json()["guide"] == "Trần Minh"
    )
    refused = programs.call("POST", f"/delegations/{second}/guides", json={"guide": minh["id"]})
    assert (refused.status_code, refused.json()["objections"]) == (409, ["busy"])
    assert programs.call("DELETE", f"/delegations/{first}/guides/{minh['id']}").json()["guide"] == ""
    assert [one["name"] for one in programs.call("GET", "/guides").json()["items"]] == ["Trần Minh"]


def test_hours_that_close_before_they_open_are_refused(programs: Programs) -> None:
    hours = [[{"opens": "17:00:00", "closes": "07:30:00"}]]
    answer = programs.call("POST", "/guides", json={"name": "Minh", "languages": ["vi"], "hours": hours})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_hours")


def test_a_guide_may_not_give_times(programs: Programs) -> None:
    code = add(programs)
    assert programs.call("PUT", f"/delegations/{code}/appointment", role="guide", json={"at": NINE}).status_code == 403


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "1700000000"])
def test_a_day_that_cannot_be_is_no_failure(programs: Programs, day: str) -> None:
    assert programs.call("GET", f"/slots?day={day}").status_code == 422
