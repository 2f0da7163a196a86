"""The desk's pages of delegations as a browser without scripts sends and gets them."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from server.app import build_app
from server.services.clock import Clock
from server.settings import Settings
from tests.cast import MORNING
from tests.statements import run_sql

PASSWORD = "mat-khau-thu"
SCHOOL = {"organisation": "Trường THPT Hòa Bình", "kind": "school", "planned": "18", "minutes": "60", "language": "vi"}
HOSTILE = "<script>alert(1)</script>\"'"


class Desk:
    """Somebody of the staff at a browser without scripts."""

    def __init__(self, client: TestClient, login: str) -> None:
        self.client = client
        self.cookie = ""
        answer = self.post("/staff/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        self.cookie = answer.cookies["sanh_session"]

    def get(self, path: str) -> Any:
        self.client.cookies.clear()
        return self.client.get(path, headers=self._headers(), follow_redirects=False)

    def post(self, path: str, **form: Any) -> Any:
        self.client.cookies.clear()
        return self.client.post(path, data=form, headers=self._headers(), follow_redirects=False)

    def add(self, **form: Any) -> str:
        """Add a delegation; return its code."""
        answer = self.post("/staff/delegations/new", **{**SCHOOL, **form})
        assert answer.status_code == 303, _text(answer)
        return re.search(r"/staff/delegations/(\w+)", answer.headers["location"])[1]  # type: ignore[index]

    def form(self, code: str) -> dict[str, Any]:
        """Return the edit form's fields as a browser would send them back untouched."""
        page = self.get(f"/staff/delegations/{code}/edit").text
        page = page.split("sheet-form", 1)[1]
        fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
        fields |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</textarea>', page))
        for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page):
            chosen = re.search(r'value="([^"]*)" selected', options)
            fields[name] = chosen[1] if chosen else ""
        fields.pop("zones", None)
        fields.pop("forget_needs", None)
        return {name: html.unescape(value) for name, value in fields.items()}

    def _headers(self) -> dict[str, str]:
        cookie = {"cookie": f"sanh_session={self.cookie}"} if self.cookie else {}
        return cookie | {"sec-fetch-site": "same-origin"}


class House:
    """A house at eight in the morning of a day in 2020, and its staff."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._desks: dict[str, Desk] = {}
        for login, role in {"Hoa": "organizer", "Minh": "reception", "Quân": "guide", "Mai": "exhibitor"}.items():
            client.portal.call(client.app.state.house.accounts.add, login, role, PASSWORD)  # type: ignore

    def __getitem__(self, login: str) -> Desk:
        if login not in self._desks:
            self._desks[login] = Desk(self.client, login)
        return self._desks[login]

    def sql(self, statement: str, **values: Any) -> Any:
        query = lambda connection: run_sql(connection, statement=statement, **values)  # noqa: E731
        return self.client.portal.call(self.client.app.state.house.database.write, query)  # type: ignore


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    settings = Settings(database_url=module_database_url, secret_file=folder / "secret.json", _env_file=None)
    with TestClient(build_app(settings, Clock(MORNING, 1))) as client:
        yield House(client)


@pytest.fixture
def house(open_house: House) -> House:
    for name in ("pass", "editing", "visit", "standing", "visitor", "delegation", "organisation"):
        open_house.sql(f'DELETE FROM "{name}"')
    return open_house


def _text(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


DAY = f"{MORNING:%Y-%m-%d}"


def test_hoa_adds_a_delegation_and_finds_it_without_diacritics(house):
    code = house["Hoa"].add(visit_date=DAY, time="09:30", leader_name="Trần Minh")

    page = house["Hoa"].get("/staff/delegations?q=hoa+binh")

    assert page.status_code == 200
    assert "<mark>Hòa Bình</mark>" in page.text.replace("</mark> <mark>", " ")
    assert code in page.text


def test_a_row_says_why_it_was_found_where_its_name_does_not(house):
    house["Hoa"].add(visit_date=DAY, leader_name="Trần Quang Minh")
    assert "trưởng đoàn: Trần Quang Minh" in _text(house["Hoa"].get("/staff/delegations?q=quang"))


def test_an_exhibitor_neither_sees_nor_finds_by_the_names_of_people(house):
    house["Hoa"].add(visit_date=DAY, leader_name="Trần Quang Minh", phone="0903 123 456")
    listed = house["Mai"].get("/staff/delegations")
    assert "Hòa Bình" in listed.text
    assert "Quang" not in house["Mai"].get("/staff/delegations/D001").text
    for words in ("quang", "0903123456"):
        found = house["Mai"].get(f"/staff/delegations?q={words}")
        assert "D001" not in found.text
        assert "1 trong 1" not in _text(found)


def test_an_empty_list_names_the_filter_that_empties_it(house):
    house["Hoa"].add(visit_date=DAY)
    text = _text(house["Hoa"].get("/staff/delegations?q=kh%C3%B4ng+c%C3%B3&status=cancelled&kind=press"))
    assert "Từ tìm là “không có”" in text
    assert "Trạng thái: Đã hủy" in text
    assert "Loại đoàn: Báo chí" in text


@pytest.mark.parametrize(
    "query",
    ["week=x", "day=9999-99-99", "status=zoo", "kind=zoo&hand=zoo&sort=zoo", "after=x", "before=1~2~3~4", "q=%00%25_",
     "after=2020-01-01~2020-01-01T00:00:00~99999999999", "sort=people&after=x~1", "q=" + "a" * 5000, "days=all&after=-1",
     "day=2000-01-01", "week=2099-12-31", "after=0001-01-01~0001-01-01T00:00:00%2B14:00~1"],
)  # fmt: skip
def test_an_address_that_means_nothing_shows_a_list_all_the_same(house, query):
    assert house["Hoa"].get(f"/staff/delegations?{query}").status_code == 200


def test_a_word_misspelt_finds_what_is_called_nearly_so(house):
    code = house["Hoa"].add(visit_date=DAY)
    page = house["Hoa"].get("/staff/delegations?q=truogn+binh")
    assert f"/staff/delegations/{code}" in page.text


def test_hostile_text_is_shown_as_text(house):
    code = house["Hoa"].add(organisation=HOSTILE, name=HOSTILE, leader_name=HOSTILE, notes=HOSTILE, visit_date=DAY)
    house["Hoa"].post(f"/staff/delegations/{code}/names", names=HOSTILE)
    for path in (
        "",
        f"/{code}",
        f"/{code}/edit",
        f"/{code}?tab=facts",
        f"/{code}/protocol",
        "?q=script",
        f"/{code}/merge",
    ):
        page = house["Hoa"].get(f"/staff/delegations{path}")
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text


def test_long_names_and_combining_marks_are_kept(house):
    name = "Ủy ban nhân dân phường Nguyễn Thị Minh Khai và các đơn vị"
    import unicodedata

    house["Hoa"].add(organisation=unicodedata.normalize("NFD", name), visit_date=DAY)
    assert name in _text(house["Hoa"].get("/staff/delegations/D001"))
    assert "D001" in house["Hoa"].get("/staff/delegations?q=uy+ban").text


def test_what_was_typed_wrongly_stays_with_a_sentence_under_its_field(house):
    answer = house["Hoa"].post(
        "/staff/delegations/new", **SCHOOL | {"planned": "rất đông", "email": "minh@", "phone": "12"}
    )
    assert answer.status_code == 422
    text = _text(answer)
    assert "Số khách là một số từ 1 đến 10000." in text
    assert "Địa chỉ thư điện tử không đúng." in text
    assert "Số điện thoại không đúng." in text
    assert "rất đông" in answer.text


def test_a_time_without_a_day_is_asked_for_its_day(house):
    answer = house["Hoa"].post("/staff/delegations/new", **SCHOOL | {"time": "09:30"})
    assert (answer.status_code, "Có giờ hẹn thì cần ngày." in _text(answer)) == (422, True)


def test_a_full_slot_names_the_nearest_free_ones_and_may_be_taken_for_a_reason(house):
    house["Hoa"].add(visit_date=DAY, time="09:30", planned="60")
    asked = SCHOOL | {"visit_date": DAY, "time": "09:30"}

    refused = house["Hoa"].post("/staff/delegations/new", **asked)
    kept = house["Hoa"].post("/staff/delegations/new", **asked | {"anyway": "yes", "reason": " Bí thư  đã hẹn "})

    assert refused.status_code == 409
    assert "Giờ trống gần nhất" in _text(refused)
    assert kept.status_code == 303
    told = house.sql("SELECT after FROM audit_line WHERE action = 'add_delegation' ORDER BY seq DESC LIMIT 1")[0][0]
    told = json.loads(told) if isinstance(told, str) else told
    assert (told["overruled"], told["reason"]) == ("full", "Bí thư đã hẹn")
    assert "Bí thư đã hẹn" in _text(house["Hoa"].get(kept.headers["location"].split("?")[0] + "?tab=history"))


@pytest.mark.parametrize("reason", ["", "   "])
def test_nobody_takes_a_full_slot_without_saying_why(house, reason):
    house["Hoa"].add(visit_date=DAY, time="09:30", planned="60")
    code = house["Hoa"].add(visit_date=DAY, time="14:00")
    moved = house["Hoa"].form(code) | {"time": "09:30", "anyway": "yes", "reason": reason}

    new = house["Hoa"].post(
        "/staff/delegations/new", **SCHOOL, visit_date=DAY, time="09:30", anyway="yes", reason=reason
    )
    changed = house["Hoa"].post(f"/staff/delegations/{code}/edit", **moved)

    for answer in (new, changed):
        assert answer.status_code == 409
        assert "Cần ghi lý do vẫn giữ giờ này." in _text(answer)
    assert house.sql("SELECT count(*) FROM delegation") == [(2,)]


def test_a_guide_takes_no_full_slot_for_whatever_reason(house):
    house["Hoa"].add(visit_date=DAY, time="09:30", planned="60")
    asked = SCHOOL | {"visit_date": DAY, "time": "09:30", "anyway": "yes", "reason": "quen"}

    assert house["Quân"].post("/staff/delegations/new", **asked).status_code == 403
    assert house.sql("SELECT count(*) FROM delegation") == [(1,)]


def test_who_gives_places_back_needs_no_room(house):
    code = house["Hoa"].add(visit_date=DAY, time="09:30", planned="60")
    asked = SCHOOL | {"visit_date": DAY, "time": "09:30", "planned": "40", "anyway": "yes", "reason": "hai lớp"}
    assert house["Hoa"].post("/staff/delegations/new", **asked).status_code == 303

    fewer = house["Hoa"].post(f"/staff/delegations/{code}/edit", **house["Hoa"].form(code) | {"planned": "50"})
    more = house["Hoa"].post(f"/staff/delegations/{code}/edit", **house["Hoa"].form(code) | {"planned": "55"})

    assert (fewer.status_code, more.status_code) == (303, 409)


def test_a_form_sent_back_untouched_changes_nothing(house):
    code = house["Hoa"].add(visit_date=DAY, time="09:30", phone="0903 123 456", notes="một\nhai", needs="xe lăn")
    before = house.sql("SELECT * FROM delegation")

    answer = house["Hoa"].post(f"/staff/delegations/{code}/edit", **house["Hoa"].form(code))

    assert answer.status_code == 303
    assert house.sql("SELECT * FROM delegation") == before


def test_needs_are_opened_by_an_act_that_the_log_tells(house):
    code = house["Hoa"].add(needs="Một em đi xe lăn")
    told = "SELECT count(*) FROM audit_line WHERE action = 'open_needs'"
    before = house.sql(told)[0][0]
    page = house["Minh"].get(f"/staff/delegations/{code}")
    assert "Cần hỗ trợ" in page.text
    assert "xe lăn" not in page.text + house["Minh"].get(f"/staff/delegations/{code}/edit").text

    opened = house["Minh"].post(f"/staff/delegations/{code}/needs")

    assert "Một em đi xe lăn" in opened.text
    assert house.sql(told) == [(before + 1,)]


def test_two_who_edit_see_both_versions_and_choose(house):
    code = house["Hoa"].add(leader_name="Trần Minh", purpose="tham quan")
    hers, his = house["Hoa"].form(code), house["Minh"].form(code)
    house["Hoa"].post(f"/staff/delegations/{code}/edit", **hers | {"purpose": "học tập", "planned": "20"})

    answer = house["Minh"].post(f"/staff/delegations/{code}/edit", **his | {"purpose": "khảo sát", "sector": "y tế"})

    assert answer.status_code == 409
    text = _text(answer)
    assert "Hoa đã lưu" in text
    assert "học tập" in text
    assert "khảo sát" in text
    assert house.sql("SELECT purpose, planned FROM delegation") == [("học tập", 20)]
    hidden = dict(re.findall(r'name="(version|base|mine)" value="([^"]*)"', answer.text))
    chosen = {name: html.unescape(value) for name, value in hidden.items()}
    saved = house["Minh"].post(f"/staff/delegations/{code}/edit", **chosen, pick_purpose="mine", pick_sector="mine")
    assert saved.status_code == 303
    assert house.sql("SELECT purpose, planned, sector FROM delegation") == [("khảo sát", 20, "y tế")]


def test_keeping_the_others_version_keeps_it(house):
    code = house["Hoa"].add(purpose="tham quan")
    hers, his = house["Hoa"].form(code), house["Minh"].form(code)
    house["Hoa"].post(f"/staff/delegations/{code}/edit", **hers | {"purpose": "học tập"})
    answer = house["Minh"].post(f"/staff/delegations/{code}/edit", **his | {"purpose": "khảo sát"})
    hidden = dict(re.findall(r'name="(version|base|mine)" value="([^"]*)"', answer.text))
    chosen = {name: html.unescape(value) for name, value in hidden.items()}

    house["Minh"].post(f"/staff/delegations/{code}/edit", **chosen, pick_purpose="theirs")

    assert house.sql("SELECT purpose FROM delegation") == [("học tập",)]


def test_who_has_the_form_open_is_told_to_the_other(house):
    code = house["Hoa"].add()
    path = f"/staff/delegations/{code}/editing?version=1"
    assert house["Minh"].post(path).json() == {"sentence": ""}
    assert house["Hoa"].post(path).json() == {"sentence": "Minh đang sửa"}
    house["Minh"].post(f"/staff/delegations/{code}/edit", **house["Minh"].form(code) | {"planned": "20"})
    assert "vừa được người khác lưu" in house["Hoa"].post(path).json()["sentence"]


def test_many_are_confirmed_after_a_look_and_the_failed_stay_chosen(house):
    desk = house["Minh"]
    first = desk.add(status="requested", visit_date=DAY, time="09:30")
    second = desk.add(status="requested", visit_date=DAY)

    asked = desk.post("/staff/delegations/bulk", code=[first, second], act="confirm")
    done = desk.post("/staff/delegations/bulk", code=[first, second], act="confirm", sure="yes")

    assert "1 đoàn vướng" in _text(asked)
    assert done.status_code == 409
    assert f"{second} : Đoàn {second} chưa có giờ hẹn." in _text(done)
    assert re.search(rf'value="{second}" checked', done.text)
    assert not re.search(rf'value="{first}" checked', done.text)
    assert house.sql("SELECT status FROM delegation ORDER BY id") == [("confirmed",), ("requested",)]


def test_many_are_cancelled_with_one_reason(house):
    desk = house["Minh"]
    codes = [desk.add(visit_date=DAY) for _ in range(2)]
    answer = desk.post("/staff/delegations/bulk", code=codes, act="cancel", sure="yes", reason="mưa bão")
    assert answer.status_code == 200
    assert house.sql("SELECT status, cancel_reason FROM delegation") == [("cancelled", "mưa bão")] * 2


def test_the_list_leaves_as_a_workbook(house):
    house["Hoa"].add(visit_date=DAY)
    answer = house["Hoa"].get("/staff/delegations?format=csv")
    assert answer.status_code == 200
    assert "D001" in answer.text


def test_a_delegation_is_confirmed_cancelled_and_opened_again(house):
    desk = house["Minh"]
    code = desk.add(status="requested", visit_date=DAY, time="09:30")
    for act, status in (("confirm", "confirmed"), ("cancel", "cancelled"), ("reopen", "requested")):
        answer = desk.post(f"/staff/delegations/{code}/{act}", reason="")
        assert answer.status_code == 303
        assert house.sql("SELECT status FROM delegation") == [(status,)]
        assert desk.get(answer.headers["location"]).status_code == 200
    refused = desk.post(f"/staff/delegations/{code}/reopen")
    assert refused.status_code == 409


def test_a_pasted_list_becomes_members_once(house):
    code = house["Minh"].add()
    names = "1. Nguyễn Thị Lan\n2) Trần Minh\tGiám đốc\n\n   \n3. NGUYỄN THỊ LAN"

    first = house["Minh"].post(f"/staff/delegations/{code}/names", names=names)
    second = house["Minh"].post(f"/staff/delegations/{code}/names", names=names)

    assert "n=2&known=1" in first.headers["location"]
    assert "n=0&known=3" in second.headers["location"]
    assert house.sql("SELECT name FROM visitor ORDER BY id") == [("Nguyễn Thị Lan",), ("Trần Minh",)]
    assert house.sql("SELECT named FROM delegation") == [(2,)]


def test_a_list_too_long_to_paste_stays_typed(house):
    code = house["Minh"].add()
    names = "\n".join(f"Nguyễn Văn {chr(97 + n % 26)} {chr(97 + n // 26)}" for n in range(501))
    answer = house["Minh"].post(f"/staff/delegations/{code}/names", names=names)
    assert "tối đa 500 tên" in _text(answer)
    assert "Nguyễn Văn a a" in answer.text
    assert house.sql("SELECT count(*) FROM visitor") == [(0,)]


def test_members_are_moved_but_nobody_who_is_inside(house):
    desk = house["Minh"]
    first, second = desk.add(), desk.add()
    desk.post(f"/staff/delegations/{first}/names", names="Nguyễn Thị Lan\nTrần Minh")
    lan, minh = (row[0] for row in house.sql("SELECT id FROM visitor ORDER BY id"))
    house.sql("UPDATE standing SET inside = 1, places = '{\"lobby\": 1}' WHERE holder = :holder", holder=f"v:{lan}")
    form = {"member": [lan, minh], "act": "move", "to": second.lower(), "sure": "yes"}

    answer = desk.post(f"/staff/delegations/{first}/members", **form)

    assert "Nguyễn Thị Lan: Khách đang ở bên trong" in _text(answer)
    assert house.sql("SELECT named FROM delegation ORDER BY id") == [(1,), (1,)]


def test_the_rest_of_a_delegation_is_checked_in_by_hand(house):
    code = house["Minh"].add(visit_date=DAY, time="08:30")
    answer = house["Minh"].post(f"/staff/delegations/{code}/check-in")
    assert "notice=came&n=18" in answer.headers.get("location", _text(answer))
    again = house["Minh"].post(f"/staff/delegations/{code}/check-in")
    assert "Cả đoàn đã vào." in _text(again)


def test_two_entries_are_compared_and_merged(house):
    first, second = house["Hoa"].add(visit_date=DAY), house["Hoa"].add(visit_date=DAY, leader_name="Trần Minh")
    proposed = house["Hoa"].get(f"/staff/delegations/{first}/merge")
    assert f"merge?with={second}" in proposed.text
    beside = house["Hoa"].get(f"/staff/delegations/{first}/merge?with={second}")
    assert "Trần Minh" in beside.text

    done = house["Hoa"].post(f"/staff/delegations/{first}/merge", **{"with": second, "stays": first})

    assert done.headers["location"] == f"/staff/delegations/{first}?notice=merged"
    assert f"Đoàn này đã gộp vào {first}" in _text(house["Hoa"].get(f"/staff/delegations/{second}"))


def test_a_protocol_sheet_is_written_in_lines_and_read_as_one_sheet(house):
    code = house["Hoa"].add(kind="press")
    sheet = {"version": "1", "order": "Trần Minh; Giám đốc Sở\nNguyễn Thị Lan", "timing": "09:30 Đón tại sảnh",
             "interpreter": "Minh", "room": "A1", "seats": "Hàng 1"}  # fmt: skip

    assert house["Hoa"].post(f"/staff/delegations/{code}/protocol", **sheet).status_code == 303
    text = _text(house["Hoa"].get(f"/staff/delegations/{code}/protocol"))
    assert "Trần Minh Giám đốc Sở Nguyễn Thị Lan" in text
    assert "09:30 Đón tại sảnh" in text
    stale = house["Minh"].post(f"/staff/delegations/{code}/protocol", **sheet | {"room": "B2"})
    assert stale.status_code == 409
    assert "B2" in stale.text
    assert "A1" in stale.text


def test_who_follows_an_organisation_that_ended_is_proposed_for_a_new_booking(house):
    desk = house["Hoa"]
    desk.add(organisation="Quận 1", kind="district")
    desk.add(organisation="Phường Sài Gòn", kind="commune")
    ended = house.sql("SELECT id FROM organisation WHERE name = 'Quận 1'")[0][0]
    form = {
        "version": "1",
        "name": "Quận 1",
        "kind": "district",
        "valid_to": "2020-06-30",
        "successor": "phuong sai gon",
    }
    assert desk.post(f"/staff/organisations/{ended}", **form).status_code == 303

    asked = desk.post("/staff/delegations/new", **SCHOOL | {"organisation": "quan 1", "visit_date": DAY})
    taken = desk.post("/staff/delegations/new", **SCHOOL | {"organisation": "quan 1", "follow": "Phường Sài Gòn"})

    assert "Đơn vị kế tiếp là Phường Sài Gòn" in _text(asked)
    assert taken.status_code == 303
    assert "Phường Sài Gòn" in desk.get(taken.headers["location"]).text


@pytest.mark.parametrize(
    ("typed", "kept"), [("0100233488", "0100233488"), ("0100 233 488", "0100233488"), ("123", None)]
)
def test_a_tax_code_is_checked(house, typed, kept):
    house["Hoa"].add(organisation="Công ty Sao Mai")
    id_ = house.sql("SELECT id FROM organisation")[0][0]
    answer = house["Hoa"].post(
        f"/staff/organisations/{id_}", version="1", name="Công ty Sao Mai", kind="enterprise", tax_code=typed
    )
    assert answer.status_code == (303 if kept else 422)
    assert house.sql("SELECT tax_code FROM organisation") == [(kept,)]
    assert kept or "Mã số thuế không đúng." in _text(answer)


@pytest.mark.parametrize(
    ("login", "method", "path", "status"),
    [
        ("Mai", "POST", "/staff/delegations/new", 403),
        ("Mai", "GET", "/staff/delegations/D001/protocol", 403),
        ("Mai", "POST", "/staff/delegations/D001/needs", 403),
        ("Mai", "POST", "/staff/delegations/D001/check-in", 403),
        ("Mai", "GET", "/staff/delegations/D001/merge", 403),
        ("Quân", "GET", "/staff/delegations/D001/edit", 403),
        ("Quân", "POST", "/staff/delegations/D001/cancel", 403),
        ("Quân", "POST", "/staff/delegations/bulk", 403),
        ("Quân", "POST", "/staff/delegations/D001/names", 403),
        ("Quân", "GET", "/staff/delegations/D001", 200),
        ("Mai", "GET", "/staff/organisations", 200),
        ("Minh", "GET", "/staff/delegations/D999", 404),
        ("Minh", "POST", "/staff/delegations/D999/cancel", 404),
        ("Minh", "GET", "/staff/organisations/x", 404),
    ],
)
def test_each_role_comes_as_far_as_it_may(house, login, method, path, status):
    house["Hoa"].add()
    desk = house[login]
    answer = desk.get(path) if method == "GET" else desk.post(path)
    assert answer.status_code == status
