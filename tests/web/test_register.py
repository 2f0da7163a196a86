"""The public asks for a visit: three steps without scripts, a number, a page of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from server.app import build_app
from server.services.clock import Clock
from server.services.requests import new_key
from server.settings import Settings
from tests.web.records_house import Programs

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
SLOT = "2026-11-18T02:00:00+00:00"


@pytest.fixture
def public(tmp_path: Path, database_url: str) -> Iterator[Programs]:
    settings = Settings(database_url=database_url, secret_file=tmp_path / "secret.json", _env_file=None)
    with TestClient(build_app(settings, Clock(NOW)), follow_redirects=False) as client:
        yield Programs(client)


def _form(**fields: str) -> dict[str, str]:
    form = {"key": new_key(), "organisation": "Trường Tiểu học Lê Lai", "kind": "school", "planned": "32"}
    form |= {"slot": SLOT, "contact_name": "Nguyễn Thị Lan", "phone": "0903 123 456", "email": "lan@lelai.example"}
    return form | {"consent_contact": "yes", "go": "send"} | fields


def test_a_school_walks_the_three_steps_and_gets_a_number_and_a_message(public: Programs) -> None:
    client = public.client
    first = client.get("/register")
    assert first.status_code == 200
    assert "checked" not in first.text
    second = client.post("/register", data=_form(go="2", slot="", day="2026-11-18"))
    assert second.status_code == 200
    assert "2026-11-18T09:00:00+07:00" in second.text
    third = client.post("/register", data=_form(go="3", consent_contact=""))
    assert third.status_code == 200
    assert "Lê Lai" in third.text
    assert "checked" not in third.text
    sent = client.post("/register", data=_form())
    assert sent.status_code == 303
    done = client.get(sent.headers["location"])
    assert "D001" in done.text
    assert "la•••@lelai.example" in done.text
    [(status, source)] = public.sql("SELECT status, source FROM delegation")
    assert (status, source) == ("requested", "register")
    [(step, recipient)] = public.sql("SELECT step, recipient FROM message")
    assert (step, recipient) == ("requested", "lan@lelai.example")
    assert client.get(sent.headers["location"].replace("?", "/lich.ics?")).text.startswith("BEGIN:VCALENDAR")


def test_the_same_form_sent_twice_is_one_request(public: Programs) -> None:
    form = _form()
    first, second = (public.client.post("/register", data=form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert public.sql("SELECT count(*) FROM delegation")[0][0] == 1


def test_what_was_typed_stays_where_something_is_wrong(public: Programs) -> None:
    answer = public.client.post("/register", data=_form(phone="12", consent_contact="", purpose="<b>Xem</b>"))
    assert answer.status_code == 422
    assert "lan@lelai.example" in answer.text
    assert "&lt;b&gt;Xem" in answer.text
    assert "Cần đồng ý" in answer.text


def test_a_slot_taken_meanwhile_stays_on_its_step_with_the_two_nearest(public: Programs) -> None:
    assert public.client.post("/register", data=_form(planned="50")).status_code == 303
    answer = public.client.post("/register", data=_form(organisation="Đơn vị khác", planned="50"))
    assert answer.status_code == 409
    assert answer.text.count('class="choice"') == 2
    assert "Lan" in answer.text


def test_a_robot_that_fills_every_field_registers_nothing(public: Programs) -> None:
    assert public.client.post("/register", data=_form(website="x")).headers["location"] == "/register"
    assert public.sql("SELECT count(*) FROM delegation")[0][0] == 0


def test_a_request_opens_by_its_key_or_the_phones_last_digits_and_is_taken_back(public: Programs) -> None:
    client = public.client
    where = client.post("/register", data=_form()).headers["location"]
    page, key = where.split("?key=")
    assert "Lê Lai" not in client.get(page).text
    assert "Lê Lai" not in client.get(f"{page}?key={new_key()}").text
    assert "Lê Lai" not in client.post(page, data={"digits": "0000"}).text
    assert "Lê Lai" in client.post(page, data={"digits": "3456"}).text
    client.post(page, data={"key": key, "act": "withdraw"})
    assert public.sql("SELECT status FROM delegation")[0][0] == "cancelled"


def test_guesses_at_a_number_are_counted(public: Programs) -> None:
    page = public.client.post("/register", data=_form()).headers["location"].split("?")[0]
    answers: list[Any] = [public.client.post(page, data={"digits": f"{n:04}"}).text for n in range(12)]
    assert "Quá nhiều lần thử" in answers[-1]
