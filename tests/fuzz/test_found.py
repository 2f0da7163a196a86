"""What the fuzzers have found, each with the input that showed it."""

import time

import pytest

from server.domain.errors import DomainError
from server.domain.registry import Cell, Sheet, read_sheet
from server.domain.scans import MalformedScan, read_scan
from server.domain.space import parse_space

HEADER: list[Cell] = ["STT", "Họ và tên", "Đơn vị", "Ghi chú"]


def test_an_empty_cell_merged_downwards_at_the_end_of_a_row_is_empty() -> None:
    # A row ends with its last filled cell, so the merged one lies beyond it. It ended the whole import.
    rows: list[list[Cell]] = [HEADER, [1, "Nguyễn Thị Lan", "Sở Y tế"], [2, "Trần Văn Minh", "Sở Y tế"]]
    reading = read_sheet(Sheet("S", rows, [(1, 3, 2, 3)]))
    assert [(member.name, member.notes) for member in reading.members] == [
        ("Nguyễn Thị Lan", ""),
        ("Trần Văn Minh", ""),
    ]


def test_a_sheet_whose_merged_cells_lie_on_each_other_is_read_at_once() -> None:
    people: list[list[Cell]] = [[n, f"Nguyễn Thị Lan {n}", "Sở Y tế"] for n in range(500)]
    # Ten million cells to fill, in a file of some kilobytes; up to five thousand million.
    merged = [(1, 2, 500, 2)] * 20_000
    began = time.process_time()
    assert read_sheet(Sheet("S", [HEADER, *people], merged)).rows == 500
    assert time.process_time() - began < 3


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z"])
def test_a_time_that_no_clock_shows_is_malformed(at: str) -> None:
    # West of Greenwich that is the year before the first; and in 1900 Saigon was seven hours six minutes and 30 seconds
    # ahead, which no RFC 3339 time can say.
    scan = {"id": "7ec68a23-10fe-4474-81a5-cd5c6e8a98b4", "pass": "x", "at": at, "offline": True}
    assert isinstance(read_scan(scan), MalformedScan)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("zones = 1", "zones"),
        ("a = " + "[" * 5_000, "TOML"),
        ('[space]\nname = "\\u0000"', "space.name"),
        ("[space]\ncapacity = 99999999999", "space.capacity"),
        ("[passes]\nvalid_days = 99999999999", "passes.valid_days"),
        ("[space]\nplan = [1, nan]", "space.plan"),
        ('[[zones]]\nid = "a"\ncapacity = 1\nexhibit = 1', "zones[1]"),
        ('[[zones]]\nid = "a"\ncapacity = 1\narea_m2 = inf', "zones[1]"),
    ],
)
def test_a_space_file_that_no_house_can_keep_is_refused_at_its_place(text: str, where: str) -> None:
    with pytest.raises(DomainError) as raised:
        parse_space(text)
    assert (raised.value.code, raised.value.arguments["where"]) == ("bad_space_file", where)
