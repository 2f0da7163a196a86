"""Old font encodings are told from Unicode, and from foreign names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.legacy_fonts import _TCVN3, _VNI, convert, detect_font, is_syllable, mend_text

TO_TCVN3 = {letter: char for char, letter in _TCVN3.items()}
TO_VNI = {letter: chars for chars, letter in _VNI.items()}
NAMES = (
    "Nguyễn Thị Lan, Trần Văn Minh, Phạm Đức Hoà, Huỳnh Thuý Ngọc, Lê Hữu Phước, Đặng Quốc Thịnh, Võ Thị Hường".split(
        ", "
    )
)


def typed(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)


@pytest.mark.parametrize(
    ("old", "unicode"),
    [
        ("NguyÔn V¨n", "Nguyễn Văn"),
        ("Nguyeãn Vaên", "Nguyễn Văn"),
        ("TrÇn ThÞ H\u00ad¬ng", "Trần Thị Hương"),
        ("Hä vµ tªn", "Họ và tên"),
        ("Hoï vaø teân", "Họ và tên"),
        ("NGUYÔN V¡N", "NGUYỄN VĂN"),
    ],
)
def test_an_old_text_is_told_and_converted(old: str, unicode: str) -> None:
    assert mend_text(old) == unicode


@pytest.mark.parametrize("table", [TO_TCVN3, TO_VNI], ids=["tcvn3", "vni"])
def test_a_list_of_names_is_told_as_a_whole(table: dict[str, str]) -> None:
    old = [typed(name, table) for name in NAMES]
    font = detect_font(old)
    assert font is not None
    assert [mend_text(name, font=font) for name in old] == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Thị Hoà",
        "Jean-Luc Besançon",
        "José",
        "Müller",
        "São Paulo",
        "Công ty ABC®",
        "«tour»",
        "Bö",
        "Đỗ",
        "25 m²",
    ],
)
def test_unicode_and_foreign_names_stay(text: str) -> None:
    assert mend_text(text) == text


def test_a_name_in_unicode_stays_among_old_ones() -> None:
    assert mend_text("Nguyễn Thị Hoà", font="vni") == "Nguyễn Thị Hoà"


def test_names_in_unicode_are_no_old_font() -> None:
    assert detect_font([*NAMES, "Besançon"]) is None


@pytest.mark.parametrize("name", NAMES)
def test_words_of_names_are_syllables(name: str) -> None:
    assert all(map(is_syllable, name.split()))


def test_a_stopped_syllable_bears_one_of_two_tones() -> None:
    assert is_syllable("học")
    assert not is_syllable("hòc")


@given(st.text())
def test_converting_fails_on_nothing(text: str) -> None:
    assert isinstance(convert(text, "tcvn3"), str)
    assert isinstance(mend_text(text), str)
