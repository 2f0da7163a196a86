"""One cell → one value, or a stable code."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.phones import parse_phone
from server.domain.registry.cells import (
    MOST_PEOPLE,
    NoValue,
    Unreadable,
    as_text,
    is_ditto,
    read_date,
    read_email,
    read_size,
    read_time,
)

DAY = date(2020, 10, 12)
CELLS = st.one_of(
    st.none(), st.text(max_size=30), st.booleans(), st.integers(), st.floats(), st.dates(), st.times(), st.datetimes(),
    st.builds(NoValue, st.just("formula")), st.from_regex(r"[0-9hg:./ -]{1,12}", fullmatch=True),
)  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    [
        DAY, datetime(2020, 10, 12, 8, 30), 44116, 44116.0, "44116", "12/10/2020", "12-10-2020", "12.10.2020", "12/10/20",
        "2020-10-12", "ngày 12 tháng 10 năm 2020", "Thứ hai, 12/10/2020", "12/10/2020 08:30", "12 Oct 2020", "12102020",
        "12-13/10/2020", " 12 / 10 / 2020 ",
    ],
)  # fmt: skip
def test_one_day_in_many_clothes(cell: Any) -> None:
    assert read_date(cell) == DAY


@pytest.mark.parametrize(
    "cell",
    [
        "31/02/2020",
        "32/01/2020",
        "12/13/2020",
        "12/10",
        "mai",
        "12/10/20200",
        "12/10/1820",
        9e9,
        -1,
        0.5,
        time(0, 0),
        True,
    ],
)
def test_a_day_that_cannot_be_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        read_date(cell)
    assert refused.value.code == "impossible_date"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("8h30", (8, 30)), ("8 h 30", (8, 30)), ("8g30", (8, 30)), ("9 giờ", (9, 0)), ("9 giờ 30 phút", (9, 30)),
        ("09:00", (9, 0)), ("09:00:00", (9, 0)), (0.375, (9, 0)), ("0.375", (9, 0)), (8.0, (8, 0)), (8.5, (8, 30)),
        (13.3, (13, 30)), ("14h", (14, 0)), ("2h chiều", (14, 0)), ("2 PM", (14, 0)), ("9:00 AM", (9, 0)), ("7h rưỡi", (7, 30)),
        (time(8, 30), (8, 30)), (datetime(1899, 12, 31, 8, 30), (8, 30)), ("8.30", (8, 30)), ("từ 8h đến 10h", (8, 0)),
    ],
)  # fmt: skip
def test_one_time_in_many_clothes(cell: Any, expected: tuple[int, int]) -> None:
    begins, _, is_rough = read_time(cell)
    assert begins == time(*expected)
    assert not is_rough


def test_a_span_of_hours_says_its_end() -> None:
    assert read_time("8h30 - 10h")[:2] == (time(8, 30), time(10, 0))
    assert read_time("8-10h")[:2] == (time(8, 0), time(10, 0))


def test_a_part_of_the_day_is_only_rough() -> None:
    assert read_time("Buổi chiều") == (time(13, 0), None, True)


@pytest.mark.parametrize("cell", ["25h", "8h75", "24:00", "8h300", "trưa mai", "-1", -0.5, 99, float("nan"), DAY, True])
def test_a_time_that_cannot_be_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        read_time(cell)
    assert refused.value.code == "impossible_time"


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        (3.0, 3),
        (15, 15),
        ("15 người", 15),
        ("khoảng 20", 20),
        ("15-20", 20),
        ("10 + 5", 15),
        ("1.200", 1200),
        ("05", 5),
    ],
)
def test_a_headcount_in_many_clothes(cell: Any, people: int) -> None:
    assert read_size(cell) == people


@pytest.mark.parametrize("cell", [0, -5, 3.5, 1e9, "-5", "0", "nhiều", "2,5", float("nan"), float("inf"), True, DAY])
def test_a_headcount_that_cannot_be_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        read_size(cell)
    assert refused.value.code == "impossible_size"


@pytest.mark.parametrize("cell", ["", "-", "không có", "n/a", "Chưa có"])
def test_an_empty_cell_is_no_mistake(cell: str) -> None:
    assert read_date(cell) is None
    assert read_time(cell) == (None, None, False)
    assert read_size(cell) is None


@pytest.mark.parametrize("cell", ['"', "''", "”", "nt", "-nt-", "n/t", "Như trên", "(nt)"])
def test_a_ditto_is_told(cell: str) -> None:
    assert is_ditto(cell)


@pytest.mark.parametrize("cell", ["Nt Lan", "ntd", "Lan", "", None, 1.0])
def test_a_word_is_no_ditto(cell: Any) -> None:
    assert not is_ditto(cell)


@pytest.mark.parametrize(
    "text", ["lan@example.vn", "Lan.Nguyen+a@Example.VN", "mailto:lan@example.vn", "<lan@example.vn>"]
)
def test_an_address_is_read(text: str) -> None:
    assert read_email(text).endswith("@example.vn")


@pytest.mark.parametrize(
    "text", ["lan", "lan@", "@example.vn", "lan@example", "lan nguyen@example.vn", "a..b@example.vn", "lần@example.vn"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_email(text)


def test_whole_floats_show_no_point() -> None:
    assert (as_text(3.0), as_text(3.5), as_text(DAY), as_text(time(8, 5))) == ("3", "3.5", "12/10/2020", "08:05")


@pytest.mark.parametrize("read", [read_date, read_time, read_size])
@given(CELLS)
def test_a_cell_is_read_or_refused_and_nothing_else(read: Callable[[Any], Any], cell: Any) -> None:
    try:
        value = read(cell)
    except Unreadable:
        return
    assert value is None or isinstance(value, date | int | tuple)
    assert not isinstance(value, int) or 1 <= value <= MOST_PEOPLE


@pytest.mark.parametrize(
    "text", ["1+" * 20_000 + "-", "8h" * 20_000, "(" * 40_000, "1/" * 20_000, "a@" * 20_000, "9 " * 20_000]
)
def test_a_hostile_cell_takes_no_time(text: str) -> None:
    began = process_time()
    for read in (read_date, read_time, read_size, read_email, parse_phone):
        with suppress(Unreadable):
            read(text)
    is_ditto(text)
    assert process_time() - began < 0.5
