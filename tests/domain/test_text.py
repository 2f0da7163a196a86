"""Vietnamese text: what is found, how it is sorted, how names are kept."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.text import (
    clean,
    date_in_letters,
    given_name,
    person_key,
    person_sort_key,
    search_key,
    tidy_name,
    vietnamese_sort_key,
)

VIETNAMESE = st.text(
    alphabet="aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ ĐÀƯ"
)


@pytest.mark.parametrize("spelling", ["Hòa", "Hoà", "HÒA", unicodedata.normalize("NFD", "Hòa"), "  hoa!"])
def test_hoa_is_found_however_it_is_spelled(spelling: str) -> None:
    assert search_key(spelling) == "hoa"


def test_d_with_stroke_is_found_as_d() -> None:
    assert search_key("Đặng Văn Đức") == "dang van duc"


def test_signs_part_words() -> None:
    assert search_key("Tên đoàn / Đơn vị (*)") == "ten doan don vi"


@given(st.text())
def test_a_search_key_of_a_search_key_is_itself(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@given(st.text())
def test_decomposed_text_is_found_like_composed(text: str) -> None:
    assert search_key(unicodedata.normalize("NFD", text)) == search_key(unicodedata.normalize("NFC", text))


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_invisible_characters_go_and_spaces_collapse() -> None:
    assert clean("\ufeffLan\u00a0\u200b  Thị\tAn\n") == "Lan Thị An"


def test_letters_sort_before_tones_and_tones_before_case() -> None:
    words = ["Đa", "da", "ạ", "á", "ã", "ả", "à", "a", "A", "ă", "â", "ba", "ơ", "ô", "o", "ư", "u"]
    expected = ["a", "A", "à", "ả", "ã", "á", "ạ", "ă", "â", "ba", "da", "Đa", "o", "ô", "ơ", "u", "ư"]
    assert sorted(words, key=vietnamese_sort_key) == expected


def test_a_word_sorts_before_the_longer_one_that_begins_with_it() -> None:
    assert sorted(["an bình", "anh", "an"], key=vietnamese_sort_key) == ["an", "an bình", "anh"]


@given(VIETNAMESE)
def test_sort_keys_of_vietnamese_are_ascii(text: str) -> None:
    assert vietnamese_sort_key(text).isascii()


@given(VIETNAMESE, VIETNAMESE)
def test_words_that_differ_have_keys_that_differ(one: str, other: str) -> None:
    assert (clean(one) == clean(other)) == (vietnamese_sort_key(one) == vietnamese_sort_key(other))


def test_people_sort_by_given_name_then_family_name_then_the_middle() -> None:
    people = ["Trần Văn Bình", "Nguyễn Thị An", "Lê Văn An", "Nguyễn Thị Ân", "Lê Thị An"]
    expected = ["Lê Thị An", "Lê Văn An", "Nguyễn Thị An", "Nguyễn Thị Ân", "Trần Văn Bình"]
    assert sorted(people, key=person_sort_key) == expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("NGUYỄN THỊ LAN", "Nguyễn Thị Lan"),
        ("nguyễn thị lan", "Nguyễn Thị Lan"),
        ("Nguyễn  Thị   Lan", "Nguyễn Thị Lan"),
        ("JEAN-LUC BESANÇON", "Jean-Luc Besançon"),
        ("H'HEN NIÊ", "H'Hen Niê"),
        ("John McDonald", "John McDonald"),
        ("Bà Nguyễn Thị Lan", "Nguyễn Thị Lan"),
        ("Ông Văn Tùng", "Ông Văn Tùng"),
        ("TS. NGUYỄN VĂN MINH", "TS. Nguyễn Văn Minh"),
    ],
)
def test_a_name_is_kept_tidy(typed: str, kept: str) -> None:
    assert tidy_name(typed) == kept


@given(st.text())
def test_tidying_a_name_twice_changes_nothing(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)


def test_two_spellings_of_one_person_have_one_key() -> None:
    assert person_key("ThS. Nguyễn Thị Hoà") == person_key("bà NGUYỄN THỊ HÒA") == "nguyen thi hoa"


def test_people_are_addressed_by_their_last_word() -> None:
    assert given_name("Nguyễn Thị Lan") == "Lan"


@pytest.mark.parametrize(
    ("day", "letters"),
    [
        (date(2026, 7, 5), "ngày 05 tháng 7 năm 2026"),
        (date(2026, 2, 12), "ngày 12 tháng 02 năm 2026"),
        (date(2026, 11, 24), "ngày 24 tháng 11 năm 2026"),
    ],
)
def test_only_small_days_and_two_months_bear_a_zero(day: date, letters: str) -> None:
    assert date_in_letters(day) == letters
