"""What a typed line may mean, and words that were nearly typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.finding import Vocabulary, distance, read_sought

WORDS = "nguyen tran thi minh lan hoa khoi long linh phuong truong".split()


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0903 123 456", "903123456"),
        ("+84 903.123.456", "903123456"),
        ("84903123456", "903123456"),
        ("3456", "3456"),
        ("12", ""),
        ("D017", ""),
        ("Lan 0903", ""),
    ],
)
def test_a_phone_is_looked_for_without_what_dialling_adds(typed: str, digits: str):
    assert read_sought(typed).digits == digits


def test_codes_are_read_in_any_writing():
    assert read_sought(" d017 ").code == "D017"
    assert read_sought("ab12-cd34").short == "AB12CD34"
    assert read_sought("ab12-cdU4").short == ""  # Crockford's alphabet has no U


def test_words_are_folded_and_bounded():
    assert read_sought("Nguyễn  ĐỨC hoà").words == ("nguyen", "duc", "hoa")
    assert len(read_sought(" ".join("a" * n for n in range(1, 60))).words) == 6


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nguyem", "nguyen"),
        ("ngyuen", "nguyen"),
        ("nguen", "nguyen"),
        ("nguyeen", "nguyen"),
        ("lna", "lan"),
        ("phunog", "phuong"),
    ],
)
def test_a_mistake_of_one_letter_is_forgiven(typed: str, meant: str):
    assert meant in Vocabulary(WORDS).corrections(typed)


def test_a_word_that_is_known_by_its_beginning_needs_no_correction():
    vocabulary = Vocabulary(WORDS)
    assert vocabulary.begins("ngu")
    assert not vocabulary.begins("ngx")
    assert vocabulary.corrections("xy") == []


@given(st.sampled_from([word for word in WORDS if len(word) > 3]), st.data())
def test_whichever_letter_is_wrong_the_word_is_found(word: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(word) - 1))
    kind = data.draw(st.sampled_from(["drop", "change", "add", "swap"]))
    letter = data.draw(st.sampled_from("abcxyz"))
    typed = {
        "drop": word[:place] + word[place + 1 :],
        "change": word[:place] + letter + word[place + 1 :],
        "add": word[:place] + letter + word[place:],
        "swap": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    }[kind]
    assert distance(word, typed, 1) <= 1
    assert word in Vocabulary(WORDS).corrections(typed)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_distance_is_the_same_both_ways(one: str, other: str):
    assert distance(one, other, 6) == distance(other, one, 6)
    assert (distance(one, other, 6) == 0) == (one == other)
