"""Files are read by their content, in a process that a hostile one may end; what comes back is sheets or a code."""

import io
import os
import struct
import time
import unicodedata
import zipfile
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

import pytest

from server.domain.errors import DomainError
from server.domain.registry import NoValue
from server.services import workbook
from server.services.workbook import read_workbook
from server.services.workbook_limits import MOST_BYTES
from tests.services.spreadsheets import ods, part, repacked, xls, xlsx

ROWS: list[list[Any]] = [["STT", "Họ và tên", "Số người"], [1, "Nguyễn Thị Lan", 2.5]]
LIST = "STT;Họ và tên;Đơn vị\n1;Nguyễn Thị Lan;Sở Y tế\n2;Trần Văn Minh;Sở Y tế\n"
CELLS = [line.split(";") for line in LIST.splitlines()]


def tones_apart(text: str) -> str:
    """Return the text as windows-1258 writes it: letters with their shape, tones as characters of their own."""
    apart = ""
    for char in text:
        base, *marks = list(unicodedata.normalize("NFD", char))
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        shape = [mark for mark in marks if mark not in tones]
        apart += unicodedata.normalize("NFC", "".join([base, *shape])) + "".join(tones)
    return apart


async def rows(content: bytes, name: str = "danh-sach") -> Any:
    (sheet,) = await read_workbook(content, name)
    return sheet.rows


async def code(content: bytes | Path) -> str:
    with pytest.raises(DomainError) as refused:
        await read_workbook(content, "so.xlsx")
    assert refused.value.arguments == {"file": "so.xlsx"}
    return refused.value.code


@pytest.mark.parametrize(
    "content", [xlsx(("DS", ROWS)), ods(("DS", ROWS)), xls("DS", ROWS)], ids=["xlsx", "ods", "xls"]
)
async def test_a_spreadsheet_of_any_kind_is_read_whatever_it_is_called(content: bytes) -> None:
    for name in ("so.xlsx", "so.csv", "so"):
        (sheet,) = await read_workbook(content, name)
        assert (sheet.name, sheet.rows) == ("DS", [["STT", "Họ và tên", "Số người"], [1.0, "Nguyễn Thị Lan", 2.5]])


async def test_rows_and_columns_keep_their_places() -> None:
    assert await rows(xlsx(("DS", [[], [], [None, None, "Lan"]]))) == [[], [], [None, None, "Lan"]]


async def test_dates_and_times_come_as_such() -> None:
    cells = [datetime(2020, 10, 12), datetime(2020, 10, 12, 8, 30), clock(8, 30), True, 0.375]
    assert await rows(xlsx(("DS", [cells]))) == [[date(2020, 10, 12), *cells[1:]]]


async def test_merged_cells_and_hidden_sheets_are_told() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "Sở Y tế"
    book.worksheets[0].merge_cells("A1:C2")
    book.create_sheet("Ẩn").sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    first, hidden = await read_workbook(stream.getvalue(), "so.xlsx")
    assert list(first.merged) == [(0, 0, 1, 2)]
    assert (first.is_hidden, hidden.is_hidden) == (False, True)


async def test_a_formula_without_a_value_and_an_error_are_told_from_an_empty_cell() -> None:
    cells = ["Lan", "=A1+1", "#REF!", None, "x"]
    assert await rows(xlsx(("DS", [[], cells]))) == [
        [],
        ["Lan", NoValue("formula", "=A1+1"), NoValue("error", "#REF!"), None, "x"],
    ]
    assert await rows(ods(("DS", [[], ["Lan", "=A1+1", "x"]]))) == [[], ["Lan", NoValue("formula", "=A1+1"), "x"]]


async def test_a_formula_with_a_value_is_that_value() -> None:
    book = xlsx(("DS", [["=1+1", '=""']]))
    page = part(book, "sheet1.xml").replace(b"<v />", b"<v>2</v>", 1).replace(b"<v></v>", b"<v>2</v>", 1)
    text = page.replace(b'<c r="B1">', b'<c r="B1" t="str">')
    assert await rows(repacked(book, sheet1_xml=text)) == [[2.0]]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
async def test_text_is_read_in_any_encoding_with_any_delimiter(encoding: str, mark: bytes, delimiter: str) -> None:
    assert await rows(mark + LIST.replace(";", delimiter).encode(encoding)) == CELLS


async def test_windows_1258_with_its_combining_tones_is_read() -> None:
    assert await rows(tones_apart(LIST).encode("cp1258")) == CELLS


async def test_text_in_an_old_font_keeps_its_letters_for_the_converter() -> None:
    assert await rows("Hä vµ tªn;§¬n vÞ\nNguyÔn ThÞ Lan;Së Y tÕ\n".encode("cp1252")) == [
        ["Hä vµ tªn", "§¬n vÞ"],
        ["NguyÔn ThÞ Lan", "Së Y tÕ"],
    ]


async def test_quoted_cells_hold_delimiters_lines_and_dittos() -> None:
    assert await rows(b'ten;don vi\n"Lan; An";"mot\nhai"\nMinh;""""\n') == [
        ["ten", "don vi"],
        ["Lan; An", "mot\nhai"],
        ["Minh", '"'],
    ]


async def test_titles_above_a_text_list_do_not_hide_its_delimiter() -> None:
    assert (await rows(("Sở Y tế, Quận 5, TP.HCM\n" + LIST).encode()))[1:] == CELLS


async def test_a_line_that_names_the_delimiter_is_taken_off() -> None:
    assert await rows(b"sep=|\na|b;c\n") == [["a", "b;c"]]


BOOK = xlsx(("DS", ROWS))


def bomb() -> bytes:
    page = part(BOOK, "sheet1.xml").replace(b"<sheetData>", b"<sheetData>" + b" " * 400_000_000)
    return repacked(BOOK, sheet1_xml=page)


def liar() -> bytes:
    """Return a bomb whose directory says that it is small."""
    content = bomb()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = max(info.file_size for info in archive.infolist())
    return content.replace(struct.pack("<I", size), struct.pack("<I", 1000))


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2000


def sealed() -> bytes:
    """Return an archive whose parts are marked as encrypted."""
    content = bytearray(BOOK)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(magic)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(magic, start + 4)
    return bytes(content)


def document() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return stream.getvalue()


def far_corner() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.worksheets[0]["XFD1048576"] = "xa"
    book.worksheets[0]["A1"] = "gần"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (BOOK[: len(BOOK) // 2], "broken_file"),
        (b"PK\x03\x04" + os.urandom(200), "broken_file"),
        (BOOK[:400] + b"\xff" * 40 + BOOK[440:], "broken_file"),
        (repacked(BOOK, sheet1_xml=b"<worksheet><sheetData><row"), "broken_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 400, "broken_file"),
        (xls("DS", ROWS)[:1100], "broken_file"),
        (document(), "wrong_type"),
        (b"%PDF-1.7 ...", "wrong_type"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "wrong_type"),
        (b"<html><table><tr><td>Lan</td></tr></table></html>", "wrong_type"),
        (bytes(range(256)) * 8, "wrong_type"),
        (encrypted(), "encrypted_file"),
        (sealed(), "encrypted_file"),
        (repacked(BOOK, sheet1_xml=b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + part(BOOK, "sheet1.xml")), "hostile_file"),
        (b"x" * (MOST_BYTES + 1), "file_too_large"),
        (far_corner(), "file_too_demanding"),
        (b"ten\n" + b"Lan\n" * 100_500, "too_many_rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_bad_file_is_refused_by_a_code(content: bytes, expected: str) -> None:
    assert await code(content) == expected


@pytest.mark.slow
@pytest.mark.parametrize("made", [bomb, liar])
async def test_a_bomb_is_refused_whatever_it_says_of_its_size(made: Any) -> None:
    assert await code(made()) == "zip_bomb"


async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert await code(tmp_path / "so.xlsx") == "file_missing"
    assert await code(tmp_path) == "file_missing"


async def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WALL_SECONDS", 0.01)
    began = time.perf_counter()
    assert await code(BOOK) == "file_too_demanding"
    assert time.perf_counter() - began < 5


async def test_what_a_library_prints_is_not_taken_for_an_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = tmp_path / "noisy.py"
    module.write_text(
        "import os, sys, python_calamine\n"
        'print(\'{"error": "printed"}\', flush=True)\n'
        "from server.services import workbook_child as child\n"
        "real = child._read_sheets\n"
        "def noisy(content, kind):\n"
        '    print(\'{"error": "printed"}\', flush=True); os.write(1, b\'{"error": "written"}\\n\')\n'
        "    yield from real(content, kind)\n"
        "child._read_sheets = noisy\n"
        "sys.exit(child.main())\n".replace('print(\'{"error": "printed"}\', flush=True)\nfrom', "from", 1)
    )
    monkeypatch.setattr(workbook, "_ROOT", f"{workbook._ROOT}:{tmp_path}")
    monkeypatch.setattr(workbook, "_CHILD", "noisy")
    assert (await rows(BOOK))[0] == ROWS[0]


async def test_the_reader_sees_nothing_of_the_house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANH_SMTP_URL", "smtp://hoa:secret@mail")
    (tmp_path / "curious.py").write_text(
        "import os, json; print(json.dumps({'sheet': ' '.join(os.environ), 'hidden': False, 'merged': []}))\n"
        "print(json.dumps({'end': True}))\n"
    )
    monkeypatch.setattr(workbook, "_ROOT", f"{workbook._ROOT}:{tmp_path}")
    monkeypatch.setattr(workbook, "_CHILD", "curious")
    (sheet,) = await read_workbook(BOOK, "so.xlsx")
    assert "SANH" not in sheet.name


def swollen() -> bytes:
    """Return a small workbook whose cells all show one long text."""
    text = "a" * 30_000
    page = part(BOOK, "sheet1.xml")
    cells = b'<c t="s"><v>0</v></c>' * 100
    rows = b"".join(b'<row r="%d">%s</row>' % (row, cells) for row in range(1, 400))
    start, end = page.index(b"<sheetData>") + 11, page.index(b"</sheetData>")
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    grown = repacked(BOOK, sheet1_xml=page[:start] + rows + page[end:], sharedStrings_xml=strings.encode())
    if "sharedStrings" not in str(zipfile.ZipFile(io.BytesIO(grown)).namelist()):
        stream = io.BytesIO(grown)
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr("xl/sharedStrings.xml", strings)
        types = part(grown, "[Content_Types].xml").replace(
            b"</Types>",
            b'<Override PartName="/xl/sharedStrings.xml" ContentType='
            b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
        )
        grown = repacked(stream.getvalue(), **{"[Content_Types]_xml": types})
    return grown


@pytest.mark.slow
async def test_a_small_file_that_shows_endless_text_is_given_up() -> None:
    content = swollen()
    assert len(content) < 200_000
    assert await code(content) == "file_too_demanding"


async def test_a_cell_longer_than_any_text_is_cut() -> None:
    assert [len(cell) for cell in (await rows(b"ten;don vi\n" + b"a" * 50_000 + b";b\n"))[1]] == [4000, 1]
