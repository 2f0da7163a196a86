"""Phones as people and spreadsheets write them."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.phones import parse_phone, split_phones

LAN = "+84983822612"


@pytest.mark.parametrize(
    "written",
    [
        "0983822612",
        "0983 822 612",
        "0983.822.612",
        "(0983) 822-612",
        "+84 983 822 612",
        "+84 (0) 983 822 612",
        "84983822612",
        "0084983822612",
        "ĐT: 0983822612",
        "0983822612 (Zalo)",
        "'0983822612",
        "983822612",
        "983822612.0",
        "9.83822612E8",
        983822612.0,
        983822612,
        84983822612.0,
    ],
)
def test_one_mobile_number_in_many_clothes(written: str | float) -> None:
    assert parse_phone(written) == LAN


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("01238291234", "+84838291234"),
        (1238291234.0, "+84838291234"),
        ("01681234567", "+84381234567"),
        ("0120 829 1234", "+84708291234"),
        ("01991234567", "+84591234567"),
        ("028 3829 1234", "+842838291234"),
        (2838291234.0, "+842838291234"),
        ("(08) 38291234", "+842838291234"),
        ("028 3829 1234 ext 12", "+842838291234"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033 612345678", "+33612345678"),
        ("19001234", "+8419001234"),
    ],
)
def test_old_fixed_and_foreign_numbers(written: str | float, number: str) -> None:
    assert parse_phone(written) == number


@pytest.mark.parametrize("written", ["", "abc", "12345", "00000000000", "098382261", "0983822612345", "không có", 3.5])
def test_what_is_no_number_is_none(written: str | float) -> None:
    assert parse_phone(written) is None


def test_two_numbers_in_one_cell_are_two() -> None:
    assert split_phones("0983822612 / 0903700090") == ["0983822612", "0903700090"]


@given(st.from_regex(r"0(3[2-9]|7[06-9]|8[1-6]|9[0-46-8])[0-9]{7}", fullmatch=True))
def test_a_number_without_its_zero_is_the_same_number(number: str) -> None:
    assert parse_phone(number) == parse_phone(float(number)) == parse_phone(f"+84{number[1:]}")


@given(st.text(max_size=40))
def test_whatever_comes_out_is_a_valid_number(text: str) -> None:
    number = parse_phone(text)
    assert number is None or phonenumbers.is_valid_number(phonenumbers.parse(number))


@given(st.from_regex(r"\+?[0-9]{8,14}", fullmatch=True))
def test_reading_a_result_again_gives_it_back(text: str) -> None:
    number = parse_phone(text)
    assert number is None or parse_phone(number) == number
