"""The second step in a browser's own words: forms, cookies, pages."""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest

from server.web.auth import SESSION_COOKIE
from tests.web.records_house import Programs, open_programs

PASSWORD = "một mật khẩu"
HERE = {"origin": "http://testserver"}


@pytest.fixture
def programs(tmp_path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        opened.client.portal.call(opened.house.accounts.add, "Hoa", "organizer", PASSWORD)  # type: ignore[union-attr]
        yield opened


def post(programs: Programs, path: str, **form: str):
    return programs.client.post(path, data=form, headers=HERE, follow_redirects=False)


def sign_in(programs: Programs, path: str = "/staff/sign-in"):
    return post(programs, path, login="Hoa", password=PASSWORD)


def switch_on(programs: Programs) -> tuple[str, list[str]]:
    sign_in(programs)
    where = post(programs, "/staff/account/second-step").headers["location"]
    page = programs.client.get(where)
    assert page.headers["cache-control"] == "no-store"
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page.text))
    code = pyotp.TOTP(secret).now()
    page = post(programs, "/staff/account/second-step/confirm", code=code)
    assert page.headers["cache-control"] == "no-store"
    codes = re.findall(r"<li><code>([a-z0-9-]{19})</code>", page.text)
    assert len(codes) == 10
    post(programs, "/staff/sign-out")
    return secret, codes


def test_after_the_right_pair_a_code_is_asked_and_leads_to_the_page_that_was_wanted(programs: Programs) -> None:
    secret, codes = switch_on(programs)
    answer = sign_in(programs, "/staff/sign-in?next=/staff/delegations")
    assert answer.headers["location"] == "/staff/sign-in/code?next=/staff/delegations"
    assert SESSION_COOKIE not in programs.client.cookies
    assert programs.client.get("/staff/delegations", follow_redirects=False).status_code == 303
    assert 'name="code"' in programs.client.get(answer.headers["location"]).text
    wrong = post(programs, answer.headers["location"], code="<b>sai</b>")
    assert wrong.status_code == 401
    assert "Mã chưa đúng" in wrong.text
    assert "<b>sai" not in wrong.text
    late = pyotp.TOTP(secret).at(int(time.time()) + 30)
    answer = post(programs, answer.headers["location"], code=late)
    assert answer.headers["location"] == "/staff/delegations"
    assert programs.client.get("/staff/delegations").status_code == 200
    assert codes[0] not in programs.client.get("/staff/account").text


def test_the_code_page_leads_back_where_nobody_has_begun(programs: Programs) -> None:
    for answer in (
        programs.client.get("/staff/sign-in/code?next=/staff", follow_redirects=False),
        post(programs, "/staff/sign-in/code?next=/staff", code="123456"),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in?next=/staff")


def test_a_wrong_code_keeps_the_secret_that_was_scanned(programs: Programs) -> None:
    sign_in(programs)
    post(programs, "/staff/account/second-step")
    before = programs.client.get("/staff/account?second").text
    wrong = post(programs, "/staff/account/second-step/confirm", code="12")
    assert wrong.status_code == 401
    shown = [re.findall(r"<span>([A-Z2-7]{4})</span>", page) for page in (before, wrong.text)]
    assert shown[0]
    assert shown[0] == shown[1]


def test_it_is_switched_off_with_the_password_only(programs: Programs) -> None:
    _secret, codes = switch_on(programs)
    sign_in(programs)
    post(programs, "/staff/sign-in/code", code=codes[0])
    assert "còn 9 mã khôi phục" in programs.client.get("/staff/account").text
    assert post(programs, "/staff/account/second-step/off", password="sai").status_code == 422
    assert post(programs, "/staff/account/second-step/off", password=PASSWORD).status_code == 303
    post(programs, "/staff/sign-out")
    assert sign_in(programs).headers["location"] == "/staff"


def test_a_lent_password_opens_no_second_step(programs: Programs) -> None:
    from server.services.staff import lend_password

    house = programs.house
    hoa = programs.client.portal.call(house.accounts.listed)[0]  # type: ignore[union-attr]

    async def lend() -> str:
        return await lend_password(house.database, house.accounts, hoa.id, actor="test")

    post(programs, "/staff/sign-in", login="Hoa", password=programs.client.portal.call(lend))  # type: ignore[union-attr]
    assert post(programs, "/staff/account/second-step").headers["location"] == "/staff/account"
    assert programs.sql("SELECT totp_secret FROM account")[0][0] is None
