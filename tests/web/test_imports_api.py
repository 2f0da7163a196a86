"""A program sends a registry, sees every row's errors, mends, applies once, and takes it back."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.spreadsheets import xlsx
from tests.web.records_house import Programs, open_programs

pytestmark = pytest.mark.slow

MEMBERS = ["STT", "Họ và tên", "Chức vụ", "Số điện thoại", "Email", "Số CCCD"]
LAN = [1, "Nguyễn Thị Lan", "Giáo viên", "0903114208", "lan@truong.example", "079090000001"]
MINH = [2, "Trần Văn Minh", "Học sinh", "", "minh@truong,example", "079090000002"]
HOA = [3, "", "Học sinh", "0977640331", "", "079090000003"]
SCHOOL = [["Danh sách đoàn Trường THPT Bến Nghé"], MEMBERS]


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("imports"), database_url) as opened:
        yield opened


def send(programs: Programs, content: bytes, name: str = "lop.xlsx", **fields: str) -> Any:
    return programs.call("POST", "/imports", files={"file": (name, content)}, data=fields)


def settled(programs: Programs, id_: str, query: str = "") -> Any:
    """Return the import when nothing of it is at work any more."""
    for _ in range(300):
        found = programs.call("GET", f"/imports/{id_}{query}").json()
        if found["state"] in ("ready", "applied", "undone", "failed") and not found["checking"]:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def opened(programs: Programs, *rows: Any, sheet: str = "Lớp 11A3") -> Any:
    answer = send(programs, xlsx((sheet, [*SCHOOL, *rows])))
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    return settled(programs, answer.json()["id"])


def change(programs: Programs, id_: str, **body: Any) -> Any:
    answer = programs.call("PATCH", f"/imports/{id_}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def act(programs: Programs, id_: str, verb: str) -> Any:
    answer = programs.call("POST", f"/imports/{id_}/{verb}")
    assert answer.status_code == 202, answer.text
    return settled(programs, id_)


def names(programs: Programs) -> list[str]:
    return [one["name"] for one in programs.call("GET", "/visitors").json()["items"]]


def test_every_error_of_a_file_is_told_at_once_with_its_columns(programs: Programs):
    found = opened(programs, LAN, MINH, HOA)
    assert found["state"] == "ready"
    (sheet,) = found["sheets"]
    assert sheet["header_row"] == 2
    assert [column["field"] for column in sheet["columns"]] == [
        *("ordinal", "name", "title", "phone", "email", "ignored")
    ]
    assert found["counts"] == {"rows": 3, "bad": 2, "good": 1}
    assert {(row["row"], error["code"]) for row in found["rows"]["items"] for error in row["errors"]} == {
        *((4, "bad_email"), (5, "missing_name"))
    }
    assert found["visitors"]["new"] == 1
    assert names(programs) == []


def test_numbers_of_identity_cards_are_kept_nowhere(programs: Programs):
    found = opened(programs, LAN)
    assert "079090000001" not in programs.call("GET", f"/imports/{found['id']}").text
    (row,) = programs.sql("SELECT cells FROM import_row")
    assert "079090000001" not in str(row)


def test_a_mended_cell_is_good_at_once_and_a_column_is_what_a_person_says(programs: Programs):
    found = opened(programs, LAN, MINH, HOA)
    cells = [{"row": 4, "column": 4, "value": "minh@truong.example"}, {"row": 5, "column": 1, "value": "Lê Thị Hoa"}]
    at_once = change(programs, found["id"], cells=cells)
    assert [row["state"] for row in at_once["rows"]["items"]] == ["good", "good", "good"]
    assert settled(programs, found["id"])["visitors"]["new"] == 3
    change(programs, found["id"], columns=[{"column": 2, "field": "notes"}, {"column": 3, "field": None}])
    change(programs, found["id"], cells=[{"row": 5, "column": 4, "value": "hoa@truong.example"}])
    settled(programs, found["id"])
    applied = act(programs, found["id"], "apply")
    assert applied["result"] == {
        "delegations": {"new": 1, "changed": 0, "unchanged": 0},
        "visitors": {"new": 3, "changed": 0, "unchanged": 0},
        "left": 0,
        "whole": True,
    }
    people = {one["name"]: one for one in programs.call("GET", "/visitors").json()["items"]}
    assert people["Trần Văn Minh"]["email"] == "minh@truong.example"
    assert people["Nguyễn Thị Lan"]["notes"] == "Giáo viên"
    assert people["Nguyễn Thị Lan"]["phone"] is None


def test_good_rows_go_in_first_and_the_mended_rest_later(programs: Programs):
    found = opened(programs, LAN, MINH)
    assert act(programs, found["id"], "apply")["result"]["left"] == 1
    assert names(programs) == ["Nguyễn Thị Lan"]
    change(programs, found["id"], cells=[{"row": 4, "column": 4, "value": ""}])
    settled(programs, found["id"])
    applied = act(programs, found["id"], "apply")
    assert applied["result"]["visitors"]["new"] == 2
    assert names(programs) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert len(programs.call("GET", "/delegations").json()["items"]) == 1


def test_applied_by_two_at_once_it_is_written_once(programs: Programs):
    found = opened(programs, LAN)
    answers: list[int] = []

    def apply() -> None:
        answers.append(programs.call("POST", f"/imports/{found['id']}/apply").status_code)

    threads = [threading.Thread(target=apply) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 4
    settled(programs, found["id"])
    act(programs, found["id"], "apply")
    assert names(programs) == ["Nguyễn Thị Lan"]


def test_an_import_that_is_taken_back_leaves_nothing_and_says_so(programs: Programs):
    found = opened(programs, LAN)
    act(programs, found["id"], "apply")
    undone = act(programs, found["id"], "undo")
    assert undone["state"] == "undone"
    assert undone["undo"] == {
        "removed": {"delegation": 1, "visitor": 1},
        "restored": {"delegation": 0, "visitor": 0},
        "kept": [],
    }
    assert names(programs) == []
    assert programs.call("GET", "/delegations").json()["items"] == []
    assert list(programs.sql("SELECT id FROM organisation")) == []
    assert programs.call("POST", f"/imports/{found['id']}/undo").status_code == 202


def test_who_has_a_pass_or_was_edited_since_stays_with_the_reason(programs: Programs):
    found = opened(programs, LAN, [4, "Lê Thị Hoa", "", "", "", ""], [5, "Phạm Văn Minh", "", "", "", ""])
    act(programs, found["id"], "apply")
    people = {one["name"]: one["id"] for one in programs.call("GET", "/visitors").json()["items"]}
    issued = programs.call("POST", "/passes", json={"visitor": people["Nguyễn Thị Lan"]})
    assert issued.status_code == 201
    programs.call("PATCH", f"/visitors/{people['Lê Thị Hoa']}", json={"title": "Cô giáo"})
    undone = act(programs, found["id"], "undo")
    assert {(kept["name"], kept["reason"]) for kept in undone["undo"]["kept"]} == {
        ("Nguyễn Thị Lan", "has_pass"),
        ("Lê Thị Hoa", "edited"),
        ("D001", "has_members"),
    }
    assert sorted(names(programs)) == ["Lê Thị Hoa", "Nguyễn Thị Lan"]


def test_what_an_import_changed_is_put_back(programs: Programs):
    first = opened(programs, LAN)
    act(programs, first["id"], "apply")
    second = opened(programs, [1, "Nguyễn Thị Lan", "Hiệu trưởng", "0903114208", "lan@truong.example", ""])
    (row,) = second["rows"]["items"]
    assert row["outcome"] == "changed"
    assert row["changes"] == {"title": ["Giáo viên", "Hiệu trưởng"]}
    act(programs, second["id"], "apply")
    (lan,) = programs.call("GET", "/visitors").json()["items"]
    assert lan["title"] == "Hiệu trưởng"
    act(programs, second["id"], "undo")
    (lan,) = programs.call("GET", "/visitors").json()["items"]
    assert lan["title"] == "Giáo viên"


def test_a_person_says_who_is_the_same(programs: Programs):
    twice = [2, "Nguyen Thi Lan", "", "", "lan@truong.example", ""]
    found = opened(programs, LAN, twice, [3, "Trần Văn Minh", "", "", "", ""], [4, "Trần Văn Minh", "", "", "", ""])
    assert [row["state"] for row in found["rows"]["items"]] == ["good", "twin", "good", "twin"]
    assert found["rows"]["items"][1]["repeats"] == 3
    assert found["visitors"]["new"] == 3
    change(programs, found["id"], rows=[{"row": 4, "person": "new"}, {"row": 6, "person": "same"}])
    found = settled(programs, found["id"])
    assert [row["state"] for row in found["rows"]["items"]] == ["good", "good", "good", "warned"]
    assert found["visitors"]["new"] == 3
    act(programs, found["id"], "apply")
    assert names(programs) == ["Nguyễn Thị Lan", "Trần Văn Minh", "Nguyen Thi Lan"] or len(names(programs)) == 3


def test_a_row_left_out_comes_back(programs: Programs):
    found = opened(programs, LAN, HOA)
    change(programs, found["id"], rows=[{"row": 4, "skip": True}])
    found = settled(programs, found["id"])
    assert found["counts"] == {"rows": 2, "good": 1, "skipped": 1}
    change(programs, found["id"], rows=[{"row": 4, "skip": False}])
    assert settled(programs, found["id"])["counts"] == {"rows": 2, "good": 1, "bad": 1}


def test_the_header_is_where_a_person_points(programs: Programs):
    rows = [["abc", "xyz"], ["Ai", "Gì"], ["Nguyễn Thị Lan", "Kỹ sư"]]
    answer = send(programs, xlsx(("Sở Y tế", rows)))
    found = settled(programs, answer.json()["id"])
    assert found["sheets"][0]["why"] == "not_understood"
    change(programs, found["id"], sheets=[{"header_row": 2}])
    found = settled(programs, found["id"])
    assert [column["title"] for column in found["sheets"][0]["columns"]] == ["Ai", "Gì"]
    change(programs, found["id"], columns=[{"column": 0, "field": "name"}, {"column": 1, "field": "title"}])
    found = settled(programs, found["id"])
    assert found["visitors"]["new"] == 1


def test_old_fonts_are_converted_unless_a_person_says_no(programs: Programs):
    found = opened(programs, [1, "NguyÔn V¨n §øc", "", "", "", ""], [2, "TrÇn ThÞ B×nh", "", "", "", ""])
    assert ["NguyÔn V¨n §øc", "Nguyễn Văn Đức"] in found["sheets"][0]["fonts"]
    assert found["rows"]["items"][0]["cells"]["1"] == "Nguyễn Văn Đức"
    change(programs, found["id"], convert_fonts=False)
    found = settled(programs, found["id"])
    assert found["rows"]["items"][0]["cells"]["1"] == "NguyÔn V¨n §øc"
    assert found["sheets"][0]["fonts"]


def test_a_bare_list_goes_to_the_delegation_that_is_named(programs: Programs):
    programs.call("POST", "/delegations", json={"name": "Đoàn Sở Y tế"})
    answer = send(programs, xlsx(("Lớp", [*SCHOOL, LAN])), delegation="d001")
    found = settled(programs, answer.json()["id"])
    assert found["delegations"]["new"] == 0
    assert send(programs, xlsx(("Lớp", [*SCHOOL, LAN])), delegation="D999").status_code == 404
    act(programs, found["id"], "apply")
    assert len(programs.call("GET", "/delegations/D001/visitors").json()["items"]) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.4 ...", "wrong_type"),
        (b"PK\x03\x04" + b"\0" * 40, "broken_file"),
        (xlsx(("Trống", [])), "file_empty"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(programs: Programs, content: bytes, code: str):
    answer = send(programs, content, name="x.xlsx")
    found = settled(programs, answer.json()["id"])
    assert (found["state"], found["problem"]["code"]) == ("failed", code)
    assert "x.xlsx" in found["problem"]["detail"]


def test_bad_uploads_are_refused_at_the_door(programs: Programs):
    assert send(programs, b"", name="x.xlsx").json()["code"] == "file_empty"
    assert programs.call("POST", "/imports", json={}).status_code == 415
    assert programs.call("POST", "/imports", data={"a": "b"}, files={"other": ("x", b"y")}).status_code == 422
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert programs.call("POST", "/imports", content=b"nonsense", headers=headers).status_code in (400, 422)
    assert send(programs, b"x" * (21 * 1024 * 1024)).status_code == 413
    assert list(programs.sql("SELECT id FROM import_job")) == []


def test_hostile_names_are_data(programs: Programs):
    name = "<script>alert(1)</script>"
    found = opened(programs, [1, name, "=HYPERLINK(1)", "", "", ""], [2, "Lê A" * 40, "", "", "", ""])
    assert found["rows"]["items"][0]["cells"]["1"] == name
    answer = send(programs, xlsx(("Lớp", [*SCHOOL, LAN])), name="../../etc/passwd\u202e.xlsx")
    assert "/" not in answer.json()["name"]


def test_an_import_that_is_forgotten_is_gone_with_its_rows(programs: Programs):
    found = opened(programs, LAN)
    assert programs.call("DELETE", f"/imports/{found['id']}").status_code == 204
    assert programs.call("GET", f"/imports/{found['id']}").status_code == 404
    for name in ("import_part", "import_row", "import_edit"):
        assert list(programs.sql(f"SELECT job_id FROM {name}")) == []


def test_who_may_not_import_is_refused(programs: Programs):
    assert programs.call("GET", "/imports", role="guide").status_code == 403
    found = opened(programs, LAN)
    assert programs.call("POST", f"/imports/{found['id']}/apply", role="guide").status_code == 403
    assert programs.call("POST", f"/imports/{found['id']}/undo").json()["code"] == "nothing_to_undo"
    wrong = {"cells": [{"row": 3, "column": 99, "value": "x"}]}
    assert programs.call("PATCH", f"/imports/{found['id']}", json=wrong).json()["code"] == "no_such_cell"
