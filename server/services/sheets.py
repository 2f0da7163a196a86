"""Files of rows that a spreadsheet opens without running what somebody wrote into a name."""

import csv
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

Cell = str | int | bool | None
Row = Sequence[Cell]

ROWS_OF_A_SHEET = 1_048_576
_CELL_LENGTH = 32_767
_RUNS = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_PHONE = re.compile(r"\+\d{7,15}")


def disarm(text: str) -> str:
    """Return a CSV cell that no spreadsheet runs: text that begins like a formula gets a leading apostrophe.

    A number in E.164 (`+84903123456`) stays as it is: programs read it, and a spreadsheet makes but a number of it.
    """
    return f"'{text}" if _RUNS.match(text) and not _PHONE.fullmatch(text) else text


class Sheet(ABC):
    """A file that takes rows."""

    @abstractmethod
    def write(self, rows: Iterable[Row]) -> None: ...


@contextmanager
def open_sheet(path: Path, suffix: str, name: str, columns: Sequence[str]) -> Iterator[Sheet]:
    """Open a file for rows, its first row the columns' names: a workbook for `.xlsx`, else CSV in UTF-8."""
    opened = _open_workbook(path, name, columns) if suffix == ".xlsx" else _open_csv(path, columns)
    with opened as sheet:
        yield sheet


class _Csv(Sheet):
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, rows: Iterable[Row]) -> None:
        self._writer.writerows([_csv_text(cell) for cell in row] for row in rows)


@contextmanager
def _open_csv(path: Path, columns: Sequence[str]) -> Iterator[Sheet]:
    # No byte order mark: programs read this file. People get the workbook.
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        yield _Csv(writer)


def _csv_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else disarm(cell) if isinstance(cell, str) else str(cell)


class _Workbook(Sheet):
    """Rows beyond what one sheet can hold go on in further sheets, each with the columns' names."""

    def __init__(self, book: "xlsxwriter.Workbook", name: str, columns: Sequence[str]) -> None:
        self._book, self._name, self._columns = book, name, columns
        self._bold = book.add_format({"bold": True})
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
        elif cell:
            self._sheet.write_string(self._row, column, cell[:_CELL_LENGTH])


@contextmanager
def _open_workbook(path: Path, name: str, columns: Sequence[str]) -> Iterator[Sheet]:
    # Rows leave the memory as they are written.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with path.open("wb") as file, xlsxwriter.Workbook(file, options) as book:
        yield _Workbook(book, name, columns)
