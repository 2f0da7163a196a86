"""Passes: what is issued can be read and verified, and nothing else can."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.passes import (
    TOKEN_LENGTH,
    KeyRing,
    PassKind,
    SignedPass,
    SigningKey,
    hard_end,
    new_pass_id,
    new_short_code,
    pass_text,
    read_pass,
    read_short_code,
    show_short_code,
)
from server.domain.space import default_space, parse_space

RING = KeyRing(SigningKey.generate())
PASS_IDS = st.binary(min_size=8, max_size=8).map(bytes.hex)
ENDS = st.none() | st.datetimes(datetime(1971, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))
LAN = RING.issue("00112233445566ff", PassKind.VISITOR, valid_until=datetime(2021, 1, 10, tzinfo=UTC))


@given(
    PASS_IDS,
    st.sampled_from(PassKind),
    ENDS,
    st.sampled_from(["", "http://127.0.0.1:8000", "https://sanh.example/x"]),
)
def test_an_issued_pass_reads_back_and_verifies(
    pass_id: str, kind: PassKind, valid_until: datetime | None, public_url: str
) -> None:
    token = RING.issue(pass_id, kind, valid_until=valid_until).token
    assert len(token) == TOKEN_LENGTH
    read = read_pass(pass_text(public_url, token) if public_url else token)
    assert read is not None
    assert (read.id, read.kind, read.token) == (pass_id, kind, token)
    assert read.valid_until == (valid_until and valid_until.replace(microsecond=0))
    assert RING.verify(read)


@settings(max_examples=200)
@given(st.integers(0, 84 * 8 - 1))
def test_a_pass_with_any_bit_flipped_is_refused(bit: int) -> None:
    octets = bytearray(LAN.payload + LAN.signature)
    octets[bit // 8] ^= 1 << bit % 8
    forged = SignedPass("", PassKind.VISITOR, None, "", bytes(octets[:20]), bytes(octets[20:]))
    read = read_pass(forged.token)
    assert read is None or not RING.verify(read)


@given(st.text() | st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=TOKEN_LENGTH, max_size=TOKEN_LENGTH))
def test_no_text_raises(text: str) -> None:
    read = read_pass(text)
    assert read is None or not RING.verify(read)
    read_short_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x" * 10_000,
        "\x00\xff\ud800",
        LAN.token[:-1],
        LAN.token + "A",
        LAN.token.replace(LAN.token[3], "1", 1),
        LAN.token + "=",
        "/p/" + LAN.token,
        "ftp://sanh.example/p/" + LAN.token,
        "https://sanh.example/q/" + LAN.token,
        "https://sanh.example/p/" + LAN.token + "?a=1",
        LAN.token[:50] + " " + LAN.token[50:],
        LAN.token + "\n" + LAN.token,
        "Ａ" + LAN.token[1:],
        "С" + LAN.token[1:],
    ],
)
def test_a_text_that_is_no_pass_is_none(text: str) -> None:
    assert read_pass(text) is None


def test_a_long_s_is_not_taken_for_an_s() -> None:
    token = next(
        token
        for token in (RING.issue(new_pass_id(), PassKind.STAFF, valid_until=None).token for _ in range(99))
        if "S" in token
    )
    assert read_pass(token.replace("S", "ſ", 1)) is None


def test_only_one_of_the_spellings_that_base32_reads_alike_is_a_pass() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    read = [letter for letter in alphabet if read_pass(LAN.token[:-1] + letter)]
    assert LAN.token[-1] in read
    assert [alphabet.index(letter) % 8 for letter in read] == [0] * 4


def test_upper_and_lower_case_and_a_scanner_s_newline_give_the_same_pass() -> None:
    address = "http://127.0.0.1:8000/p/" + LAN.token
    for text in (address, address.upper(), address.lower(), LAN.token.lower(), LAN.token + "\r\n"):
        assert read_pass(text) == LAN


def test_an_address_that_is_only_a_host_goes_into_the_code_in_upper_case() -> None:
    assert pass_text("http://127.0.0.1:8000/", LAN.token) == f"HTTP://127.0.0.1:8000/P/{LAN.token}"


def test_an_address_with_a_path_keeps_its_case() -> None:
    assert pass_text("https://sanh.example/Tham-quan", LAN.token) == f"https://sanh.example/Tham-quan/p/{LAN.token}"


def test_a_pass_of_another_space_is_refused() -> None:
    assert not KeyRing(SigningKey.generate()).verify(LAN)


def test_an_old_key_still_verifies_after_rotation_and_the_new_one_signs() -> None:
    rotated = RING.rotated(SigningKey.generate())
    fresh = rotated.issue(LAN.id, LAN.kind, valid_until=LAN.valid_until)
    assert rotated.verify(LAN)
    assert rotated.verify(fresh)
    assert fresh.key_id == rotated.active_id != LAN.key_id
    assert not RING.verify(fresh)


@pytest.mark.parametrize("pass_id", ["", "00", "zz" * 8, "00" * 9])
def test_an_id_that_is_not_sixteen_hex_characters_is_a_broken_promise(pass_id: str) -> None:
    with pytest.raises(ValueError):
        RING.issue(pass_id, PassKind.VISITOR, valid_until=None)


def test_a_time_before_1970_is_a_broken_promise() -> None:
    with pytest.raises(ValueError):
        RING.issue(LAN.id, LAN.kind, valid_until=datetime(1970, 1, 1, tzinfo=UTC) - timedelta(days=1))


def test_a_pass_ends_with_the_ninetieth_day_after_its_appointment() -> None:
    assert hard_end(default_space(), date(2020, 10, 12)) == datetime(2021, 1, 10, 17, tzinfo=UTC)


def test_a_pass_never_ends_where_the_window_is_none() -> None:
    space = parse_space('[passes]\nwindow = "none"')
    assert hard_end(space, date(2020, 10, 12)) is None


def test_a_new_short_code_reads_back_as_shown() -> None:
    for code in (new_short_code() for _ in range(99)):
        assert read_short_code(code) == read_short_code(show_short_code(code).lower()) == code


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert read_short_code(" o1il-abcd ") == "0111ABCD"


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "1234567U", "1234567_", "1234567８", "A" * 10_000])
def test_a_text_that_is_no_short_code_is_none(text: str) -> None:
    assert read_short_code(text) is None
