"""What must hold of any input, said once for hypothesis (`make test`) and for atheris (`make soak`).

Each function takes an input, and returns, or raises AssertionError or whatever the house should not have raised.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import orjson

from server.domain.errors import DomainError
from server.domain.passes import KeyRing, PassKind, SigningKey, read_pass, read_short_code
from server.domain.phones import parse_phone, split_phones
from server.domain.registry import (
    Cell,
    DelegationRow,
    MemberRow,
    Sheet,
    build_groups,
    codes_named,
    guess_kind,
    read_sheet,
)
from server.domain.registry.cells import Unreadable, as_text, read_date, read_email, read_size, read_time
from server.domain.registry.words import field_of_title, looks_like_organisation, read_kind, read_language
from server.domain.scans import MOST_PEOPLE, MalformedScan, SentScan, correct_time, is_skewed, read_scan
from server.domain.space import parse_space
from server.domain.text import clean, search_key
from server.services.workbook_formulas import cells_without_value
from server.services.workbook_limits import Refused
from server.services.workbook_text import read_text
from server.services.workbook_types import tell_type

RING = KeyRing(SigningKey(bytes(range(32))))
LAN = RING.issue("00112233445566ff", PassKind.VISITOR, valid_until=datetime(2021, 1, 10, tzinfo=UTC))
NOON = datetime(2020, 10, 12, 5, tzinfo=UTC)

# What neither database stores, and no page shows.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FILE_CODES = {
    "file_empty", "file_too_large", "too_many_rows", "wrong_type", "broken_file", "encrypted_file", "zip_bomb",
    "hostile_file", "file_too_demanding",
}  # fmt: skip


def one_text_is_one_pass(text: str) -> None:
    """A text is no pass, or it is the one text of its pass: nothing reads as Lan's but what was issued to her."""
    signed = read_pass(text)
    if signed is not None:
        assert text.strip().upper().endswith(signed.token)
        again = read_pass(signed.token)
        assert again == signed
        if RING.verify(signed):
            assert signed.token == LAN.token
    code = read_short_code(text)
    assert code is None or (len(code) == 8 and read_short_code(code) == code)


def a_scan_is_read_or_malformed(sent: Any) -> None:
    """Whatever JSON holds becomes a scan within its bounds, or is malformed; its answer can be written as JSON."""
    read = read_scan(sent)
    if isinstance(read, MalformedScan):
        assert read.id is None or len(read.id) <= 64
        orjson.dumps(read.id)
        return
    assert isinstance(read, SentScan)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", read.id)
    assert read.direction in ("auto", "in", "out")
    assert read.people is None or (type(read.people) is int and 1 <= read.people <= MOST_PEOPLE)
    assert (type(read.offline), type(read.reentry)) == (bool, bool)
    assert read.force is None or (0 < len(read.force) <= 500 and not _UNSTORABLE.search(read.force))
    assert read.at.utcoffset() == timedelta(0)
    is_skewed(read.at, NOON)
    at, _ = correct_time(read.at, NOON)
    assert at <= NOON
    # It is shown and stored by every space's clock, half a day around the world.
    for hours in (-12, 14):
        at.astimezone(timezone(timedelta(hours=hours)))


def a_cell_is_a_value_or_unreadable(cell: Cell) -> None:
    """Every parser of cells returns a plausible value or raises `Unreadable`."""
    text = as_text(cell)
    assert clean(text) == text
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", text)
    day = _or_none(read_date, cell)
    assert day is None or date(2000, 1, 1) <= day < date(2100, 1, 1)
    begins, ends, _ = _or_none(read_time, cell) or (None, None, False)
    assert begins is None or type(begins) is time
    assert ends is None or (begins is not None and ends > begins)
    size = _or_none(read_size, cell)
    assert size is None or (type(size) is int and 1 <= size <= 10_000)
    if isinstance(cell, str):
        _a_text_is_a_value(cell)
    elif isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        _a_phone(parse_phone(cell))


def _a_text_is_a_value(text: str) -> None:
    for number in split_phones(text):
        _a_phone(parse_phone(number))
    address = _or_none(read_email, text)
    assert address is None or (address.isascii() and address.count("@") == 1 and len(address) <= 254)
    language = read_language(text)
    assert language is None or re.fullmatch("[a-z]{2}", language)
    assert len(read_kind(text) or "") <= 20
    assert len(guess_kind(text)) <= 20
    field_of_title(text)
    looks_like_organisation(text)
    key = search_key(text)
    assert search_key(key) == key


def a_sheet_is_read(sheet: Sheet) -> None:
    """A sheet is read whatever stands in it; its rows stand in the sheet, its good rows can be stored."""
    reading = read_sheet(sheet)
    assert reading.rows <= len(sheet.rows)
    rows: list[DelegationRow | MemberRow] = [*reading.delegations, *reading.members]
    assert all(1 <= row.row <= len(sheet.rows) for row in rows)
    assert len(reading.members) <= reading.rows
    assert len({row.row for row in reading.members}) == len(reading.members)
    bad = {finding.row for finding in reading.errors}
    for row in rows:
        assert row.is_good == (row.row not in bad)
        if row.is_good:
            _can_be_stored(row)
    readings = [("f.xlsx", [reading])]
    codes_named(readings)
    groups, _, _ = build_groups(readings, {})
    for group in groups:
        assert group.row is None or group.row.organisation


def _can_be_stored(row: Any) -> None:
    name = getattr(row, "name", None)
    for slot in row.__slots__:
        value = getattr(row, slot)
        if isinstance(value, str):
            assert not _UNSTORABLE.search(value), (slot, value)
    for text in (name, getattr(row, "organisation", ""), getattr(row, "leader", "")):
        assert len(text or "") <= 200
    assert row.phone is None or len(row.phone) <= 20
    assert row.email is None or len(row.email) <= 254


def a_file_is_rows_or_a_code(content: bytes) -> None:
    """What is ours in the reading of files ends in rows or in a code, whatever the bytes."""
    try:
        kind = tell_type(content)
        if kind == "text":
            for row in read_text(content):
                assert all(isinstance(cell, str) and "\x00" not in cell for cell in row)
        else:
            for places in cells_without_value(content, kind).values():
                for (line, column), (tag, text) in places.items():
                    assert min(line, column) >= 0
                    assert tag in ("f", "e")
                    orjson.dumps(text)
    except Refused as refused:
        _holds(refused.code in _FILE_CODES, refused.code)


def a_space_is_read_or_refused(text: str) -> None:
    """A space file is read or refused with the place that is wrong."""
    try:
        space = parse_space(text)
    except DomainError as error:
        _holds(error.code == "bad_space_file" and {"where", "why"} <= error.arguments.keys(), str(error))
        return
    assert space.zones
    assert len(set(space.zone_ids)) == len(space.zones)
    for zone in space.zones:
        assert 0 < len(zone.id) <= 40
        assert not _UNSTORABLE.search(zone.id + zone.name)
        assert 0 < zone.capacity < 2**31
    assert 0 < space.capacity < 2**31
    space.opening.is_open(datetime(2020, 10, 12, 8))


def known_refusals() -> frozenset[str]:
    """Return the codes with which a file may be refused."""
    return frozenset(_FILE_CODES)


def _or_none(read: Callable[[Any], Any], cell: Any) -> Any:
    try:
        return read(cell)
    except Unreadable as error:
        _holds(bool(re.fullmatch("[a-z_]+", error.code)), error.code)
        return None


def _holds(claim: bool, what: str) -> None:
    assert claim, what


def _a_phone(number: str | None) -> None:
    assert number is None or re.fullmatch(r"\+[0-9]{7,15}", number), number
