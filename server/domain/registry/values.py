"""The cells of one line → values; collects what is wrong and what is odd instead of stopping at the first."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar

from server.domain.phones import parse_phone, split_phones
from server.domain.registry.cells import (
    Cell,
    NoValue,
    Unreadable,
    as_text,
    is_blank,
    read_date,
    read_email,
    read_size,
    read_time,
    says_nothing,
)
from server.domain.registry.model import Field, Finding, Layout
from server.domain.registry.words import read_kind, read_language
from server.domain.text import clean, search_key, tidy_name

NAME_LENGTH = 200
TEXT_LENGTH = 2000
T = TypeVar("T")

_DATE_IN_TEXT = re.compile(
    r"(?:thứ \w+[,\s]*)?(?:ngày\s*)?\d{1,2}\s*"
    r"(?:[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2,4}|tháng\s*\d{1,2}(?:\s*,?\s*năm\s*\d{4})?)|\d{4}-\d{1,2}-\d{1,2}",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:đt|sđt|tel|phone|e-?mail|mail)\s*[:.]\s*", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """One line of data: its cells, dittos and merged cells already filled in, and its findings so far."""

    row: int
    cells: Sequence[Cell]
    layout: Layout
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def refuse(self, code: str, column: int | None, held: Field) -> None:
        """Note an error of this line."""
        self.errors.append(self._finding(code, column, held))

    def warn(self, code: str, column: int | None, held: Field, value: str | None = None) -> None:
        """Note something odd that does not keep the line out."""
        self.warnings.append(self._finding(code, column, held, value))

    def _finding(self, code: str, column: int | None, held: Field, value: str | None = None) -> Finding:
        header = self.layout.titles.get(column) if column is not None else None
        shown = value if value is not None else (as_text(self.cell(column)) if column is not None else "")
        return Finding(code, self.row, column, held, header, shown[:200])

    def cell(self, column: int) -> Cell:
        return self.cells[column] if column < len(self.cells) else None

    def filled(self, held: Field) -> list[tuple[int, Cell]]:
        """Return the filled cells of a field. One without a value (a formula never computed) is an error."""
        found: list[tuple[int, Cell]] = []
        if not (columns := self.layout.of(held)):
            return found
        for column in columns:
            cell = self.cell(column)
            if isinstance(cell, NoValue):
                code = "formula_without_value" if cell.why == "formula" else "formula_error"
                if held is Field.NOTES:
                    self.warn(code, column, held, cell.text)
                else:
                    self.errors.append(self._finding(code, column, held, cell.text))
            elif not is_blank(cell):
                found.append((column, cell))
        return found

    def text(self, held: Field, *, most: int = TEXT_LENGTH, code: str = "text_too_long") -> str:
        """Return the text of a field: of several columns the first; of notes all."""
        texts = []
        for column, cell in self.filled(held):
            text = as_text(cell)
            if len(text) > most:
                self.refuse(code, column, held)
            elif not says_nothing(text) or held is Field.NOTES:
                texts.append(text)
        return "; ".join(texts)[:TEXT_LENGTH] if held in (Field.NOTES, Field.NEEDS) else next(iter(texts), "")

    def name(self, *fields: Field) -> str:
        """Return a person's name from its column or its two columns; errors if it is too long or no name."""
        parts = [(column, as_text(cell)) for held in fields for column, cell in self.filled(held)]
        joined = " ".join(text for _, text in parts)
        if not parts or says_nothing(joined):
            return ""
        column, held = parts[0][0], fields[0]
        if len(joined) > NAME_LENGTH:
            self.refuse("name_too_long", column, held)
        elif not any(char.isalpha() for char in joined):
            self.refuse("bad_name", column, held)
        return tidy_name(joined)

    def organisation(self, held: Field) -> str:
        """Return the name of an organisation as it stands."""
        return self.text(held, most=NAME_LENGTH, code="name_too_long")

    def parsed(self, held: Field, read: Callable[[Cell], T | None]) -> T | None:
        """Return a field read by its parser; what it cannot read is an error of the line."""
        for column, cell in self.filled(held):
            try:
                if (value := read(cell)) is not None:
                    return value
            except Unreadable as error:
                self.refuse(error.code, column, held)
        return None

    def size(self) -> int | None:
        """Return the planned headcount, from its own column or from men and women."""
        total = self.parsed(Field.SIZE, read_size)
        parts = [self.parsed(held, _read_part) for held in (Field.MEN, Field.WOMEN)]
        return total if total is not None else sum(part or 0 for part in parts) or None

    def phone(self) -> str | None:
        """Return the first number in E.164; a cell of which nothing is a number is an error."""
        for column, cell in self.filled(Field.PHONE):
            text = as_text(cell)
            if says_nothing(text) or not re.search(r"[\w+]", text):
                continue
            if (number := self._number(cell if isinstance(cell, int | float) else text, column)) is not None:
                return number
        return self._reach(lambda text: None if "@" in text else text, self._number)

    def _number(self, value: str | float, column: int) -> str | None:
        numbers = split_phones(value)
        if len(numbers) > 1:
            self.warn("several_phones", column, Field.PHONE)
        found = next(filter(None, (parse_phone(number) for number in numbers)), None)
        if found is None:
            self.refuse("bad_phone", column, Field.PHONE)
        return found

    def email(self) -> str | None:
        """Return the first address; a cell that holds none is an error."""
        for column, cell in self.filled(Field.EMAIL):
            text = as_text(cell)
            if says_nothing(text) or not re.search(r"\w", text):
                continue
            return self._address(text, column)
        return self._reach(lambda text: text if "@" in text else None, self._address)

    def _address(self, text: str, column: int) -> str | None:
        parts = [part for part in re.split(r"[;,\s/]+", text) if part]
        addresses = [part for part in parts if "@" in part] or [text]
        if len(addresses) > 1:
            self.warn("several_emails", column, Field.EMAIL)
        if len(addresses) != len(parts) and len(addresses) == 1 and not re.search(r"[;,]|mailto", text):
            addresses = [text]
        try:
            return read_email(addresses[0])
        except Unreadable as error:
            self.refuse(error.code, column, Field.EMAIL)
            return None

    def _reach(self, pick: Callable[[str], str | None], read: Callable[[str, int], str | None]) -> str | None:
        """Read a column that holds phones and addresses together."""
        for column, cell in self.filled(Field.REACH):
            text = as_text(cell)
            for part in re.split(r"[;,\n|]|\s+-\s+|\s(?=\S+@)|(?<=\w)\s+(?=\d{9})", text):
                picked = pick(_LABEL.sub("", part.strip()))
                if picked and (("@" in picked) or sum(map(str.isdigit, picked)) >= 8):
                    return read(picked, column)
        return None

    def kind(self) -> str | None:
        """Return the kind a cell names; one that is not known is `other`, with a warning."""
        text = self.text(Field.KIND)
        if not text:
            return None
        if (kind := read_kind(text)) is None:
            self.warn("unknown_kind", self.layout.first(Field.KIND), Field.KIND)
        return kind or "other"

    def language(self) -> str | None:
        """Return the language's code; one that is not known is left out, with a warning."""
        text = self.text(Field.LANGUAGE)
        if not text:
            return None
        if (code := read_language(text)) is None:
            self.warn("unknown_language", self.layout.first(Field.LANGUAGE), Field.LANGUAGE)
        return code

    def code(self) -> str | None:
        """Return the code of a delegation as it stands in the sheet, in capitals."""
        text = self.text(Field.CODE)
        return text.upper()[:80] or None

    def when(self) -> tuple[date | None, time | None, time | None]:
        """Return the day, the beginning and the end, from whichever columns tell them."""
        day = self.parsed(Field.DATE, read_date)
        begins, ends = self._times(Field.TIME)
        if day is not None and begins is None:
            begins = next((_time_of(cell) for _, cell in self.filled(Field.DATE)), None)
        for column, cell in self.filled(Field.WHEN):
            if day is None and not self._holds_only_a_time(cell):
                day = self._read(read_date, cell, column, Field.WHEN)
            if begins is None:
                begins, ends = self._time_beside_date(cell, column)
        own_end = self._times(Field.END)[0]
        ends = own_end or ends
        return day, begins, ends if begins and ends and ends > begins else None

    def _times(self, held: Field) -> tuple[time | None, time | None]:
        for column, cell in self.filled(held):
            try:
                begins, ends, is_rough = read_time(cell)
            except Unreadable as error:
                self.refuse(error.code, column, held)
                continue
            if is_rough:
                self.warn("approximate_time", column, held)
            return begins, ends
        return None, None

    def _read(self, read: Callable[[Cell], T], cell: Cell, column: int, held: Field) -> T | None:
        try:
            return read(cell)
        except Unreadable as error:
            self.refuse(error.code, column, held)
            return None

    @staticmethod
    def _holds_only_a_time(cell: Cell) -> bool:
        if isinstance(cell, time) or (isinstance(cell, float) and 0 <= cell < 1):
            return True
        return (
            isinstance(cell, str)
            and re.fullmatch(r"\s*\d{1,2}\s*(?:[h:g]|giờ).*", cell) is not None
            and (_DATE_IN_TEXT.search(clean(cell)) is None)
        )

    def _time_beside_date(self, cell: Cell, column: int) -> tuple[time | None, time | None]:
        if not isinstance(cell, str):
            return _time_of(cell), None
        rest = _DATE_IN_TEXT.sub(" ", clean(cell)).strip(" ,;-–()")
        if not rest or search_key(rest) in ("ngay", "luc", "vao luc"):
            return None, None
        try:
            begins, ends, is_rough = read_time(re.sub(r"^(?:lúc|vào lúc|từ)\s+", "", rest, flags=re.IGNORECASE))
        except Unreadable as error:
            if re.search(r"\d", rest):
                self.refuse(error.code, column, Field.WHEN)
            return None, None
        if is_rough:
            self.warn("approximate_time", column, Field.WHEN)
        return begins, ends


def _read_part(cell: Cell) -> int | None:
    """Read men or women of a group: here none of them is a number like any other."""
    return None if as_text(cell) in ("0", "-") else read_size(cell)


def _time_of(cell: Cell) -> time | None:
    """Return the time that a date's cell bears, None when it bears none."""
    if isinstance(cell, datetime) and cell.time() != time():
        return cell.time().replace(second=0, microsecond=0)
    if isinstance(cell, time):
        return cell.replace(microsecond=0)
    if isinstance(cell, float) and cell % 1:
        minutes = round(cell % 1 * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    if isinstance(cell, str) and (rest := _DATE_IN_TEXT.sub(" ", clean(cell)).strip(" ,;-–()")):
        try:
            return read_time(rest)[0]
        except Unreadable:
            return None
    return None
