"""Protocol sheets: what is typed line by line becomes people and times."""

import pytest

from server.domain.protocol import (
    Guest,
    Moment,
    ProtocolSheet,
    read_guests,
    read_sheet,
    read_timing,
    stored_sheet,
    write_guests,
    write_timing,
)
from server.services.protocol import sheet_without


@pytest.mark.parametrize(
    ("line", "guest"),
    [
        ("Trần Minh; Giám đốc Sở", Guest("Trần Minh", "Giám đốc Sở")),
        ("1. Trần Minh, Giám đốc, Sở Y tế", Guest("Trần Minh", "Giám đốc, Sở Y tế")),
        ("  Lan  ", Guest("Lan", "")),
    ],
)
def test_a_line_is_a_guest(line, guest):
    assert read_guests(line) == [guest]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("09:30 Đón tại sảnh", Moment("09:30", "Đón tại sảnh")),
        ("9h Chào mừng", Moment("09:00", "Chào mừng")),
        ("9g15 - Tham quan", Moment("09:15", "Tham quan")),
        ("14:05", Moment("14:05", "")),
        ("Chụp ảnh", Moment("", "Chụp ảnh")),
        ("25:00 Không có giờ này", Moment("", "25:00 Không có giờ này")),
    ],
)
def test_a_line_is_a_moment(line, moment):
    assert read_timing(line) == [moment]


def test_a_sheet_is_kept_and_read_again():
    sheet = ProtocolSheet(
        [Guest("Lan", "Đoàn")], [Guest("Hoa")], [Moment("09:30", "Đón")], "Minh", "A1", ["Hàng 1"], "ghi"
    )
    assert read_sheet(stored_sheet(sheet)) == sheet
    assert stored_sheet(ProtocolSheet()) is None
    assert read_guests(write_guests(sheet.order)) == sheet.order
    assert read_timing(write_timing(sheet.timing)) == sheet.timing


def test_a_person_who_is_forgotten_leaves_the_sheet_too():
    sheet = ProtocolSheet([Guest("Nguyễn Thị Lan", "Trưởng phòng"), Guest("Minh", "Giám đốc")], seats=["Lan ngồi giữa"])
    mended = sheet_without(sheet, ("Nguyễn Thị Lan",))
    assert mended.order == [Guest("…", ""), Guest("Minh", "Giám đốc")]
