"""Sheets as offices send them, written as rows."""

from collections.abc import Sequence
from typing import Any

from server.domain.registry import Sheet, SheetReading, read_sheet

DELEGATIONS = [
    "STT",
    "Mã đoàn",
    "Tên đoàn / Đơn vị",
    "Loại đoàn",
    "Trưởng đoàn",
    "Số điện thoại",
    "Số người",
    "Ngày tham quan",
    "Giờ",
]
MEMBERS = ["STT", "Mã đoàn", "Họ và tên", "Chức vụ", "Đơn vị", "Số điện thoại", "Email", "Ghi chú"]
BARE = ["STT", "Họ và tên", "Chức vụ", "Số điện thoại", "Ghi chú"]


def sheet(*rows: Sequence[Any], name: str = "Trang 1", merged: list[tuple[int, int, int, int]] | None = None) -> Sheet:
    return Sheet(name, [[None if cell == "" else cell for cell in row] for row in rows], merged or [])


def read(*rows: Sequence[Any], **about: Any) -> SheetReading:
    return read_sheet(sheet(*rows, **about))


def codes(reading: SheetReading) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.code) for finding in reading.errors]


def names(reading: SheetReading) -> list[str]:
    return [member.name for member in reading.members]
