"""Parsers under whatever input: each ends in a value or in its own refusal."""

import base64
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.passes import read_pass
from server.domain.registry import Sheet
from tests.fuzz import inputs
from tests.fuzz.properties import (
    LAN,
    a_cell_is_a_value_or_unreadable,
    a_file_is_rows_or_a_code,
    a_scan_is_read_or_malformed,
    a_sheet_is_read,
    a_space_is_read_or_refused,
    one_text_is_one_pass,
)

# Grids are large: what hypothesis finds slow about them is meant.
LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=400)
@given(inputs.near_tokens() | st.text())
def test_one_text_is_one_pass(text: str) -> None:
    one_text_is_one_pass(text)


def test_no_last_letter_but_its_own_spells_a_pass() -> None:
    spelled = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if read_pass(LAN.token[:-1] + letter)]
    # The last letter holds two bits of the signature and three of nothing: four of 32 are well-formed texts.
    assert len(spelled) == 4
    octets = {base64.b32decode(LAN.token[:-1] + letter + "=") for letter in spelled}
    assert len(octets) == 4


@pytest.mark.parametrize("text", ["http://a/p/" * 181, "HTTP://" + "a/p/" * 498, "http://" + "/P/" * 600 + LAN.token])
def test_a_text_made_to_be_tried_again_and_again_is_read_at_once(text: str) -> None:
    began = time.process_time()
    for _ in range(1000):
        read_pass(text)
    assert time.process_time() - began < 2


@settings(max_examples=300)
@given(inputs.scans(inputs.near_tokens() | inputs.json) | inputs.json)
def test_a_scan_is_read_or_malformed(sent: object) -> None:
    a_scan_is_read_or_malformed(sent)


@settings(max_examples=500)
@given(inputs.cells)
def test_a_cell_is_a_value_or_unreadable(cell: object) -> None:
    a_cell_is_a_value_or_unreadable(cell)  # type: ignore[arg-type]


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=LARGE)
@given(inputs.sheets)
def test_a_sheet_is_read_whatever_stands_in_it(sheet: Sheet) -> None:
    a_sheet_is_read(sheet)


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_bytes_are_rows_or_a_code(content: bytes) -> None:
    a_file_is_rows_or_a_code(content)


@settings(max_examples=300)
@given(inputs.space_files)
def test_a_space_file_is_read_or_refused(text: str) -> None:
    a_space_is_read_or_refused(text)
