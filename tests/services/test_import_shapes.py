"""The reference registry, rewritten as other offices would send it, says the same."""

import csv
import io
import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.domain.legacy_fonts import _TCVN3, _VNI
from server.domain.registry import DelegationRow, MemberRow, SheetReading, read_sheet
from server.services.workbook import read_workbook
from tests.services.spreadsheets import ods, xlsx
from tests.services.test_workbook import tones_apart

REFERENCE = Path(__file__).parents[2] / "server/demo/so-dang-ky-doan-2020.xlsx"
Rows = list[list[Any]]
Change = Callable[[str, Any], Any]
OTHER_TITLES = {
    "STT": "TT", "Mã đoàn": "Mã số đoàn", "Tên đoàn / Đơn vị": "Cơ quan", "Loại đoàn": "Loại hình", "Trưởng đoàn": "Họ tên trưởng đoàn",
    "Chức vụ": "Chức danh", "Số điện thoại": "SĐT", "Email": "Thư điện tử", "Số người": "Số lượng", "Ngày tham quan": "Ngày",
    "Giờ": "Giờ đến", "Họ và tên": "HỌ TÊN", "Đơn vị": "Nơi công tác",
}  # fmt: skip


@cache
def reference() -> tuple[Rows, Rows]:
    """Return the rows of both sheets; an eighth of them, to be quick."""
    book = openpyxl.load_workbook(REFERENCE)
    delegations, members = ([list(row) for row in page.iter_rows(values_only=True)] for page in book.worksheets)
    return delegations[:35] + delegations[-1:], members[:101]


def written(title: str, cell: Any) -> Any:
    """Return a cell as people type it."""
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, time):
        return f"{cell.hour}h{cell.minute:02}" if cell.minute else f"{cell.hour} giờ"
    return "" if cell is None else str(cell)


def bare_numbers(title: str, cell: Any) -> Any:
    """Return a cell whose format was lost: phones, dates and times are plain numbers."""
    if title == "Số điện thoại" and cell and cell.isdigit():
        return float(cell)
    if isinstance(cell, datetime):
        return float((cell - datetime(1899, 12, 30)).days)
    if isinstance(cell, time):
        return (cell.hour * 60 + cell.minute) / 1440
    return cell


def in_font(table: dict[str, str]) -> Change:
    """Type every cell in an old font; one with a letter that the font has not (Ủ) stays as it is."""
    letters = {letter: chars for chars, letter in table.items()}

    def change(title: str, cell: Any) -> Any:
        old = "".join(letters.get(char, char) for char in written(title, cell))
        return written(title, cell) if any(char > "\xff" for char in old) else old

    return change


def changed(rows: Rows, change: Change) -> Rows:
    header = next(index for index, row in enumerate(rows) if row[0] == "STT")
    titles = [str(title) for title in rows[header]]
    return [[change(title, cell) for title, cell in zip(titles, row, strict=True)] for row in rows]


def workbook(change: Change) -> list[bytes]:
    return [xlsx(("Đoàn", changed(reference()[0], change)), ("Khách", changed(reference()[1], change)))]


def text(rows: Rows, delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(changed(rows, written))
    return stream.getvalue()


def texts(delimiter: str, encode: Callable[[str], bytes]) -> list[bytes]:
    return [encode(text(rows, delimiter)) for rows in reference()]


def other_columns() -> list[bytes]:
    order = list(range(15))
    random.Random(1).shuffle(order)
    (delegations, members), above = reference(), [["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]] * 12
    shuffled = [[OTHER_TITLES.get(row[place], row[place]) for place in order] for row in delegations[4:-1]]
    return [
        xlsx(("A", [*above, *shuffled]), ("B", [[OTHER_TITLES.get(cell, cell) for cell in row] for row in members]))
    ]


def two_rows_of_titles() -> list[bytes]:
    delegations, members = reference()
    top = [
        "STT",
        "Mã đoàn",
        "Thông tin đoàn",
        "",
        "Người dẫn đoàn",
        "",
        "Liên hệ",
        "",
        "Số người",
        "Thời gian",
        "",
        *delegations[4][11:],
    ]
    under = [
        "",
        "",
        "Tên đơn vị",
        "Loại đoàn",
        "Họ và tên",
        "Chức vụ",
        "Điện thoại",
        "Email",
        "",
        "Ngày",
        "Giờ",
        "",
        "",
        "",
        "",
    ]
    return [xlsx(("A", [*delegations[:4], top, under, list(range(1, 16)), *delegations[5:]]), ("B", members))]


def names_in_two_columns() -> list[bytes]:
    delegations, members = reference()
    rows = [[*row[:2], *row[2].rsplit(" ", 1), *row[3:]] for row in members[1:]]
    return [xlsx(("A", delegations), ("B", [["STT", "Mã đoàn", "Họ và tên đệm", "Tên", *members[0][3:]], *rows]))]


def as_above(sign: str) -> list[bytes]:
    delegations, members = reference()
    rows: Rows = [members[0]]
    above = None
    for row in members[1:]:
        rows.append([row[0], sign, *row[2:4], sign, *row[5:]] if row[1] == above else row)
        above = row[1]
    foot: Rows = [
        ["", "Tổng cộng", 100],
        ["Danh sách có 100 người./."],
        ["", "", "NGƯỜI LẬP BIỂU"],
        ["", "", "Trần Thị Hoa"],
    ]
    return [xlsx(("A", delegations), ("B", [*rows, *foot]))]


def in_capitals() -> list[bytes]:
    return workbook(lambda title, cell: cell.upper() if title == "Họ và tên" and cell != title else cell)


async def readings(files: Sequence[bytes]) -> tuple[list[DelegationRow], list[MemberRow]]:
    sheets: list[SheetReading] = [read_sheet(sheet) for file in files for sheet in await read_workbook(file, "so")]
    assert [finding for sheet in sheets for finding in sheet.errors] == []
    delegations = [replace(row, row=0) for sheet in sheets for row in sheet.delegations]
    return delegations, [replace(row, row=0) for sheet in sheets for row in sheet.members]


SHAPES: dict[str, Callable[[], list[bytes]]] = {
    "typed texts": lambda: workbook(written),
    "bare numbers": lambda: workbook(bare_numbers),
    "TCVN3": lambda: workbook(in_font(_TCVN3)),
    "VNI": lambda: workbook(in_font(_VNI)),
    "decomposed": lambda: workbook(lambda title, cell: unicodedata.normalize("NFD", written(title, cell))),
    "OpenDocument": lambda: [
        ods(*((name, changed(rows, written)) for name, rows in zip("AB", reference(), strict=True)))
    ],
    "UTF-8": lambda: texts(",", str.encode),
    "UTF-8 with its mark": lambda: texts(";", lambda content: content.encode("utf-8-sig")),
    "Unicode text": lambda: texts("\t", lambda content: content.encode("utf-16")),
    "windows-1258": lambda: texts(";", lambda content: tones_apart(content).encode("cp1258")),
    "other columns": other_columns,
    "two rows of titles": two_rows_of_titles,
    "names in two columns": names_in_two_columns,
    "nt": lambda: as_above("nt"),
    "in capitals": in_capitals,
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_another_shape_of_the_registry_says_the_same(shape: str) -> None:
    expected = await readings([xlsx(("A", reference()[0]), ("B", reference()[1]))])
    assert (len(expected[0]), len(expected[1])) == (30, 100)
    assert await readings(SHAPES[shape]()) == expected


async def test_codes_left_empty_below_the_first_are_filled_by_the_groups() -> None:
    from server.domain.registry import build_groups

    files = as_above("")
    sheets = [read_sheet(sheet) for sheet in await read_workbook(files[0], "so")]
    groups, errors, _ = build_groups([("so", sheets)], {})
    whole = [row[1] for row in reference()[1][1:]]
    assert [group.code for group in groups for _ in group.members] == whole
    assert not errors
