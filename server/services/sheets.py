"""Files of rows that a spreadsheet opens without running what somebody wrote into a name."""

import csv
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

Cell = str | int | bool | date | datetime | None
"""A moment stands here as its clock shows it, without a time zone: no spreadsheet knows one."""
Row = Sequence[Cell]

ROWS_OF_A_SHEET = 1_048_576
_CELL_LENGTH = 32_767
_RUNS = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
# A spreadsheet that parts cells at `;` pays no heed to quotes that begin inside one.
_RUNS_APART = re.compile(r"([;\t\r\n]\s*)(?=[=@＝＋－＠]|[+\-](?!\d{7,15}\b)\S)")
_PHONE = re.compile(r"\+\d{7,15}")
_NO_TITLE = re.compile(r"[\[\]:*?/\\']")
_TITLE_LENGTH = 27  # a sheet's name has 31 characters, and the further sheets bear a number


def disarm(text: str) -> str:
    """Return a CSV cell that no spreadsheet runs: text that begins like a formula gets a leading apostrophe.

    So does what begins like one behind a semicolon, a tab or a line's end, where another spreadsheet cuts. A number
    in E.164 (`+84903123456`) stays as it is: programs read it, and a spreadsheet makes but a number of it.
    """
    text = _RUNS_APART.sub(r"\1'", text)
    return f"'{text}" if _RUNS.match(text) and not _PHONE.fullmatch(text) else text


class Sheet(ABC):
    """A file that takes rows."""

    @abstractmethod
    def write(self, rows: Iterable[Row]) -> None: ...


@contextmanager
def open_sheet(
    path: Path, suffix: str, name: str, columns: Sequence[str], *, for_people: bool = False
) -> Iterator[Sheet]:
    """Open a file for rows, its first row the columns' names: a workbook for `.xlsx`, else CSV in UTF-8.

    CSV for people begins with a byte order mark, by which spreadsheets know the encoding; programs stumble over it.
    """
    encoding = "utf-8-sig" if for_people else "utf-8"
    opened = _open_workbook(path, name, columns) if suffix == ".xlsx" else _open_csv(path, columns, encoding)
    with opened as sheet:
        yield sheet


class _Csv(Sheet):
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, rows: Iterable[Row]) -> None:
        self._writer.writerows([_csv_text(cell) for cell in row] for row in rows)


@contextmanager
def _open_csv(path: Path, columns: Sequence[str], encoding: str) -> Iterator[Sheet]:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(disarm, columns))
        yield _Csv(writer)


def _csv_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return "" if cell is None else disarm(cell) if isinstance(cell, str) else str(cell)


class _Workbook(Sheet):
    """Rows beyond what one sheet can hold go on in further sheets, each with the columns' names."""

    def __init__(self, book: "xlsxwriter.Workbook", name: str, columns: Sequence[str]) -> None:
        self._book, self._columns = book, columns
        self._name = _NO_TITLE.sub(" ", name)[:_TITLE_LENGTH]
        self._bold = book.add_format({"bold": True})
        self._day = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self._moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
        self._sheets = 0
        self._begin()

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._row == ROWS_OF_A_SHEET:
                self._begin()
            for column, cell in enumerate(row):
                self._write_cell(column, cell)
            self._row += 1

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(self._columns) - 1, 18)
        for column, title in enumerate(self._columns):
            self._sheet.write_string(0, column, title, self._bold)
        self._row = 1

    def _write_cell(self, column: int, cell: Cell) -> None:
        # As a string a formula is only text, and a long number keeps its digits.
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, column, cell)
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, column, cell)
        elif isinstance(cell, date):
            style = self._moment if isinstance(cell, datetime) else self._day
            self._sheet.write_datetime(self._row, column, cell, style)
        elif cell:
            self._sheet.write_string(self._row, column, cell[:_CELL_LENGTH])


@contextmanager
def _open_workbook(path: Path, name: str, columns: Sequence[str]) -> Iterator[Sheet]:
    # Rows leave the memory as they are written.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with path.open("wb") as file, xlsxwriter.Workbook(file, options) as book:
        yield _Workbook(book, name, columns)
