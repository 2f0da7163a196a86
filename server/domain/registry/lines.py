"""What a line below the header is: data, a section's title, a total, the end of the list, or nothing."""

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise

from server.domain.registry.cells import Cell, NoValue, as_text, is_blank
from server.domain.registry.layout import layout_at
from server.domain.registry.model import Field, Layout, Sheet
from server.domain.registry.words import field_of_title, is_role, looks_like_organisation, read_kind
from server.domain.text import search_key


class Line(Enum):
    BLANK = auto()
    NUMBERS = auto()
    HEADER = auto()
    NEW_HEADER = auto()
    TOTAL = auto()
    CLOSING = auto()
    SECTION = auto()
    DATA = auto()


_ORDINAL = re.compile(r"\d+(?:[.,]\d+)*\s*[.)]?")
_ROMAN = re.compile(r"(?=[IVXABCDEFGH])(?:X{0,3}(?:IX|IV|V?I{0,3})|[A-H])\s*[.)/:]?")
_SECTION_PREFIX = re.compile(
    r"(?:(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{1,3}|[A-H])\s*[./):-]|(?:PHẦN|NHÓM|KHỐI|ĐOÀN)\s+(?:[IVX]+|\d+)\b)\s*\S",
    re.IGNORECASE,
)
_COUNTED = (
    r"(?: (?:so|nguoi|khach|doan|dai bieu|thanh vien|luot|cac|la|gom|co|ca|hai|muc|luong|toan|bo|danh sach|chung|nhom|"
    r"i+|iv|v|[a-e]|don vi|hoc sinh|\d+))*"
)
_TOTAL = re.compile(rf"(?:tong cong|tong so|tong|cong|total|grand total|subtotal|sum|cong nhom|cong muc){_COUNTED}")
_CLOSING = re.compile(
    r"(?:danh sach (?:nay |tren )?(?:co|gom)\b|an dinh (?:danh sach|so)|nguoi lap|noi nhan|thu truong|nguoi tong hop|"
    r"xac nhan cua|ky ten|dai dien (?:don vi|doan) ky|lap bang|lap bieu|nguoi ky|ky ghi ro|ghi chu|luu y|chu thich|"
    r"(?:tm|kt|tl|tuq|q) (?:uy ban|giam doc|chu tich|hieu truong|thu truong|ubnd|ban|tong giam doc|truong)|"
    r"(?:.{0,40} )?ngay (?:\d{1,2} )?thang (?:\d{1,2} )?nam(?: \d{4})?$|"
    r"tong hop boi|het$|da ky$|prepared by|approved by|"
    r"hieu truong$|giam doc$|chu tich$|truong phong$|chanh van phong$|the list has|tong cong danh sach)"
)  # fmt: skip


class Reader:
    """Tells the lines of one sheet, one after another; remembers whether the list has ended."""

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self.sheet = sheet
        self.layout = layout
        self.is_closed = False
        self.is_members = True
        self._ordinal = layout.first(Field.ORDINAL)
        self._wide = {merge[0] for merge in sheet.merged[:50_000] if merge[3] - merge[1] >= 2}
        self._last_numbered = self._find_last_numbered()
        self._last_data = -1

    def adopt(self, layout: Layout) -> None:
        """Go on with the columns of another header further down."""
        self.layout = layout
        self._ordinal = layout.first(Field.ORDINAL)
        self.is_closed = False
        self._last_numbered = self._find_last_numbered()

    def tell(self, index: int) -> Line:
        """Tell what the line at this index (from 0) is."""
        row = self.sheet.rows[index]
        texts = {column: as_text(cell) for column, cell in enumerate(row) if not is_blank(cell)}
        body = {column: text for column, text in texts.items() if column != self._ordinal}
        is_numbered = self.is_numbered(row)
        if not texts or (not body and (is_numbered or _ROMAN.fullmatch(texts[min(texts)]))):
            return Line.BLANK
        if _is_numbers(texts):
            return Line.NUMBERS
        if not is_numbered:
            line = self._tell_unnumbered(index, texts, body)
            if line is not None:
                return line
        if not any(column in self.layout.columns for column in body):
            # Only remarks beside the list: nothing that a column asks for.
            return Line.BLANK
        if self.is_closed and not is_numbered:
            return Line.CLOSING
        self.is_closed = False
        self._last_data = index
        return Line.DATA

    def is_numbered(self, row: Sequence[Cell]) -> bool:
        """Tell whether a row bears its own number in the list."""
        if self._ordinal is None or self._ordinal >= len(row):
            return False
        cell = row[self._ordinal]
        return isinstance(cell, NoValue) or (cell is not None and _ORDINAL.fullmatch(as_text(cell)) is not None)

    def _tell_unnumbered(self, index: int, texts: dict[int, str], body: dict[int, str]) -> Line | None:
        first = texts[min(texts)]
        folded = search_key(first)
        if self._repeats_header(texts):
            return Line.HEADER
        if len(texts) >= 3 and _may_be_header(texts) and layout_at(self.sheet, index) is not None:
            return Line.NEW_HEADER
        if _TOTAL.fullmatch(folded) and not first.lower().startswith("công"):
            return Line.TOTAL
        if len(texts) <= 3 and (_CLOSING.match(folded) or first.startswith(("*", "(*"))):
            self.is_closed = True
            return Line.CLOSING
        if self._is_section(index, texts, body):
            if self.is_closed and not _SECTION_PREFIX.match(first):
                return Line.CLOSING
            self.is_closed = False
            return Line.SECTION
        if self._last_numbered is not None and index > self._last_numbered and len(body) <= 2:
            # Somebody was added right below the last number; names further down are those of who signs.
            return None if index == self._last_data + 1 and len(body) == 2 and self._names(body) else Line.CLOSING
        return None

    def _names(self, body: dict[int, str]) -> bool:
        wanted = (Field.NAME, Field.FAMILY_NAME) if self.is_members else (Field.ORGANISATION, Field.DELEGATION)
        return any(self.layout.columns.get(column) in wanted for column in body)

    def _is_section(self, index: int, texts: dict[int, str], body: dict[int, str]) -> bool:
        ordinal = texts.get(self._ordinal, "") if self._ordinal is not None else ""
        words = [text for text in body.values() if not re.fullmatch(r"[\d.,]+", text)]
        if _ROMAN.fullmatch(ordinal) and len(words) == 1:
            return True
        if len(words) > 1 or (len(words) == 1 and len(texts) > 2) or (not words and ordinal == ""):
            return False
        text = words[0] if words else ordinal
        if is_role(text):
            return True
        if self._last_numbered is not None and index > self._last_numbered:
            return False
        if _SECTION_PREFIX.match(text) or index in self._wide or (ordinal and not words):
            return True
        in_list = self._last_numbered is not None
        if self.is_members:
            return looks_like_organisation(text) or (in_list and read_kind(text, exactly=True) is not None)
        return read_kind(text, exactly=True) is not None or (in_list and not looks_like_organisation(text))

    def _repeats_header(self, texts: dict[int, str]) -> bool:
        same = sum(search_key(text) == search_key(self.layout.titles.get(column, "")) for column, text in texts.items())
        return same >= 2 and same * 2 >= len(texts)

    def _find_last_numbered(self) -> int | None:
        rows = self.sheet.rows
        numbered = [index for index in range(self.layout.below, len(rows)) if self.is_numbered(rows[index])]
        return numbered[-1] if len(numbered) >= 1 else None


def _may_be_header(texts: dict[int, str]) -> bool:
    known = 0
    for text in texts.values():
        meaning = field_of_title(text) if len(text) < 60 else None
        if meaning is None or meaning[1] < 2:
            return False
        known += 1
    return known >= 3


def _is_numbers(texts: dict[int, str]) -> bool:
    """Tell whether a row numbers the columns: (1) (2) (3), 1 2 3 or A B 1 2."""
    marks = [text.strip("()[]. ").split("=")[0].strip("() ") for text in texts.values()]
    if len(marks) < 3 or not all(re.fullmatch(r"\d{1,2}|[A-Za-z]", mark) for mark in marks):
        return False
    numbers = [int(mark) for mark in marks if mark.isdigit()]
    letters = [mark.upper() for mark in marks if not mark.isdigit()]
    in_order = all(b == a + 1 for a, b in pairwise(numbers))
    lettered = all(ord(b) == ord(a) + 1 for a, b in pairwise(letters))
    return in_order and lettered and (not numbers or numbers[0] <= 2)
