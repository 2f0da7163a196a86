"""What the fuzzers have found at the web's doors, each with the input that showed it; on either engine."""

from collections.abc import Iterator
from typing import Any

import pytest

from server.domain.errors import DomainError
from tests.cast import add_delegation
from tests.web.records_house import Programs, open_programs

SIGN_IN = "/staff/sign-in"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("house"), module_database_url) as programs:
        programs.client.portal.call(programs.house.accounts.add, "Hoa", "administrator", "mat-khau-thu")  # type: ignore[union-attr]
        yield programs


def post_form(house: Programs, content: bytes, content_type: str) -> Any:
    return house.client.post(SIGN_IN, content=content, headers={"Content-Type": content_type})


def part(name: str, value: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n"


def test_a_zero_character_in_a_login_is_a_wrong_login(house: Programs) -> None:
    # PostgreSQL takes no zero character: 500.
    for login in (b"%00", b"hoa%00"):
        answer = post_form(house, b"login=" + login + b"&password=mat-khau-thu", "application/x-www-form-urlencoded")
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("charset", "value", "status"),
    [
        ("utf-7", b"+2AA-", 401),  # half of a pair
        ("unicode_escape", rb"\ud800", 401),
        ("undefined", b"a", 400),  # a codec that refuses everything
        ("idna", b"xn--a-", 400),
    ],
)
def test_a_form_in_a_codec_of_its_own_choice_fails_no_page(
    house: Programs, charset: str, value: bytes, status: int
) -> None:
    content = part("login", value) + part("password", b"x") + b"--x--\r\n"
    answer = post_form(house, content, f"multipart/form-data; boundary=x; charset={charset}")
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/delegations?cursor=999999999999999999",
        "/delegations?cursor=2147483648",
        "/revoked?cursor=2147483647",
    ],
)
def test_a_cursor_beyond_every_row_finds_nothing(house: Programs, path: str) -> None:
    # PostgreSQL's numbers end at 2,147,483,647: 500.
    answer = house.call("GET", path)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_cursor_that_no_revocation_can_have_is_refused(house: Programs) -> None:
    assert house.call("GET", "/revoked?cursor=9007199254740991").status_code == 422


def test_staff_check_in_by_hand_whatever_the_engine(house: Programs) -> None:
    # "token:" and an id were longer than the column; only PostgreSQL minds, and every check-in by hand was malformed.
    house.client.portal.call(house.house.database.write, add_delegation, "D031")  # type: ignore[union-attr]
    today = house.house.space.day_of(house.house.clock.now()).isoformat()
    assert house.call("PATCH", "/delegations/D031", json={"visit_date": today}).status_code == 200
    answer = house.call("POST", "/check-ins", json={"delegation": "D031", "reason": "đến sớm"}).json()
    assert (answer["answer"], answer["people"]) == ("admitted", 3)
    ((account,),) = house.sql("SELECT account_id FROM movement")
    assert (len(account), ":" in account) == (32, False)


@pytest.mark.parametrize("name", ["ΐ" * 100, "\x00", "a\ud800"])
def test_a_name_whose_login_no_column_holds_is_refused(house: Programs, name: str) -> None:
    # Folded, each ΐ is three letters.
    with pytest.raises(DomainError, match="bad_name"):
        house.client.portal.call(house.house.accounts.add, name, "guide", "mat-khau-thu")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["a\x00", "\ud800"])
def test_a_program_s_name_that_no_database_holds_is_refused(house: Programs, name: str) -> None:
    with pytest.raises(DomainError, match="bad_name"):
        house.client.portal.call(house.house.accounts.add_token, name, "guide")  # type: ignore[union-attr]
