"""The page that makes a new house's first administrator, and is gone afterwards."""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from server.domain.errors import DomainError
from server.domain.roles import Role
from tests.web.records_house import Programs, open_programs

PASSWORD = "một mật khẩu"
HERE = {"origin": "http://testserver"}


@pytest.fixture
def programs(tmp_path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        yield opened


def code_of(programs: Programs) -> str:
    return str(programs.client.portal.call(programs.house.set_up.code))  # type: ignore[union-attr]


def send(programs: Programs, **form: str):
    whole = {"name": "Hoa", "password": PASSWORD, "again": PASSWORD, "code": ""} | form
    return programs.client.post("/staff/set-up", data=whole, headers=HERE, follow_redirects=False)


def test_the_first_administrator_is_made_with_the_code_and_is_signed_in(programs: Programs) -> None:
    for path in ("/", "/staff/sign-in"):
        assert 'href="/staff/set-up"' in programs.client.get(path).text
    assert programs.client.get("/staff/set-up").status_code == 200
    answer = send(programs, code=f" {code_of(programs).upper().replace('-', ' ')} ", name="Hoa  Lê")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    assert programs.client.get("/staff/accounts").status_code == 200
    [account] = programs.client.portal.call(programs.house.accounts.listed)  # type: ignore[union-attr]
    assert (account.name, account.role, account.must_change) == ("Hoa Lê", Role.ADMINISTRATOR, False)
    assert programs.sql("SELECT actor, action FROM audit_line ORDER BY seq")[0][:] == ("set-up page", "add_account")


def test_the_code_is_in_the_log_at_each_start_until_there_is_an_account(tmp_path, database_url: str) -> None:
    told = []
    for start in range(3):
        with capture_logs() as lines, open_programs(tmp_path, database_url) as programs:
            told.append([line["code"] for line in lines if line["event"] == "set_up_code"])
            if start == 1:
                send(programs, code=told[0][0])
    assert told == [told[0], told[0], []]


def test_afterwards_there_is_no_such_page(programs: Programs) -> None:
    code = code_of(programs)
    send(programs, code=code)
    programs.client.cookies.clear()
    assert programs.client.get("/staff/set-up").status_code == 404
    assert send(programs, code=code, name="Minh").status_code == 404
    for path in ("/", "/staff/sign-in"):
        assert "/staff/set-up" not in programs.client.get(path).text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"code": "sai"}, "Mã thiết lập chưa đúng"),
        ({"again": "khác"}, "Hai lần gõ chưa giống nhau"),
        ({"password": "ngắn", "again": "ngắn"}, "ít nhất 8 ký tự"),
        ({"name": " "}, "Tên phải có từ 1"),
        ({"name": "<b>" + "x" * 100}, "Tên phải có từ 1"),
    ],
)
def test_what_is_wrong_is_said_and_makes_no_account(programs: Programs, form: dict[str, str], sentence: str) -> None:
    answer = send(programs, **({"code": code_of(programs)} | form))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<b>x" not in answer.text
    assert programs.sql("SELECT * FROM account") in ([], ())


def test_codes_cannot_be_tried_for_long(programs: Programs) -> None:
    for _ in range(10):
        assert send(programs, code="sai").status_code == 422
    assert send(programs, code=code_of(programs)).status_code == 429


def test_of_two_at_once_one_becomes_the_administrator(programs: Programs) -> None:
    async def both() -> list[object]:
        set_up = programs.house.set_up
        code = await set_up.code()
        tries = (set_up.make_first(name, PASSWORD, code, address="here") for name in ("Hoa", "Minh"))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    done = programs.client.portal.call(both)  # type: ignore[union-attr]
    assert sorted(str(getattr(one, "code", None)) for one in done) == ["None", "not_found"]
    assert isinstance(next(one for one in done if isinstance(one, Exception)), DomainError)
    assert programs.sql("SELECT count(*) FROM account")[0][0] == 1
