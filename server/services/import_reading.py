"""An import's file with a person's corrections → sheets read, and what may be shown of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.domain.errors import DomainError
from server.domain.import_jobs import Edit, EditKind
from server.domain.registry import Corrections, Field, Sheet, SheetReading, read_sheet
from server.domain.registry.cells import as_text
from server.domain.registry.corrections import samples_of, titles_of
from server.services.import_outcomes import Choices, Place
from server.services.workbook import read_workbook
from server.storage import imports as storage
from server.storage.database import Database

_TOP_ROWS = 15
_FONT_SAMPLES = 6


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a person corrected, by sheet."""

    sheets: Mapping[int, Corrections] = field(default_factory=dict)
    included: Mapping[int, bool] = field(default_factory=dict)
    people: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def choices(self, job: str, file: str, sheets: Sequence[Sheet]) -> Choices:
        """Return what was said of rows, by their places."""
        said: dict[Place, str] = {}
        for (sheet, row), word in self.people.items():
            if sheet < len(sheets):
                said[file, sheets[sheet].name, row] = word
        return Choices(job, said)


def corrected_by(edits: Iterable[Edit]) -> Corrected:
    """Sort corrections by sheet."""
    kinds: dict[int, dict[EditKind, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for edit in edits:
        kinds[edit.sheet][edit.kind].append(edit)
    included, people = {}, {}
    for sheet, some in kinds.items():
        for edit in some[EditKind.SHEET]:
            included[sheet] = edit.value == "yes"
        for edit in some[EditKind.PERSON]:
            people[sheet, edit.row] = edit.value or ""
    return Corrected({sheet: _corrections(some) for sheet, some in kinds.items()}, included, people)


def _corrections(edits: Mapping[EditKind, Sequence[Edit]]) -> Corrections:
    header = next((int(edit.value or 0) for edit in edits.get(EditKind.HEADER, ())), None)
    return Corrections(
        header=header,
        fields={edit.column: Field(edit.value) if edit.value else None for edit in edits.get(EditKind.FIELD, ())},
        cells={(edit.row, edit.column): edit.value or "" for edit in edits.get(EditKind.CELL, ())},
        skipped=frozenset(edit.row for edit in edits.get(EditKind.SKIP, ())),
    )


async def read_file(database: Database, job_id: str, name: str) -> list[Sheet]:
    """Return the sheets of an import's file. Raise `DomainError` with a file's code, `no_list_found` without a row."""
    parts: list[bytes] = []
    while (part := await database.read(storage.read_part, job_id, len(parts))) is not None:
        parts.append(part)
    sheets = await read_workbook(b"".join(parts), name)
    if not any(cell is not None for sheet in sheets for row in sheet.rows for cell in row):
        raise DomainError("file_empty", file=name)
    return sheets


@dataclass(slots=True)
class Read:
    """Every sheet as read, in order; None where it is left out, and why: `hidden`, `not_understood`, `left_out`."""

    sheets: list[Sheet]
    readings: list[SheetReading | None]
    left_out: dict[int, str]

    @property
    def understood(self) -> list[SheetReading]:
        return [reading for reading in self.readings if reading is not None]


def read_sheets(sheets: Sequence[Sheet], corrected: Corrected, *, converts: bool) -> Read:
    """Read every sheet that is to be imported, with its corrections."""
    readings: list[SheetReading | None] = []
    left_out: dict[int, str] = {}
    for index, sheet in enumerate(sheets):
        wish = corrected.included.get(index)
        if wish is False or (sheet.is_hidden and wish is None):
            left_out[index] = "left_out" if wish is False else "hidden"
            readings.append(None)
            continue
        reading = read_sheet(sheet, corrections=corrected.sheets.get(index), converts=converts)
        if not reading.is_understood:
            left_out[index] = "not_understood"
        readings.append(reading if reading.is_understood else None)
    return Read(list(sheets), readings, left_out)


def describe_sheets(read: Read) -> list[dict[str, Any]]:
    """Return what the page shows of each sheet: its header, columns with samples, old fonts."""
    return [_describe(index, sheet, read) for index, sheet in enumerate(read.sheets)]


def _describe(index: int, sheet: Sheet, read: Read) -> dict[str, Any]:
    reading = read.readings[index]
    shown: dict[str, Any] = {
        "name": sheet.name,
        "included": reading is not None,
        "why": read.left_out.get(index, ""),
        "rows": reading.rows if reading else sum(1 for row in sheet.rows if any(cell is not None for cell in row)),
        "header_row": reading.header_row if reading else None,
        "is_bare": bool(reading and reading.is_bare),
        "is_members": bool(reading and reading.is_members),
        "owner": reading.about.organisation if reading and reading.about else "",
        "top": [[as_text(cell)[:40] for cell in row[:8]] for row in sheet.rows[:_TOP_ROWS]],
        "columns": [],
        "fonts": [],
    }
    if reading is not None and reading.layout is not None and reading.sheet is not None:
        shown["below"] = reading.layout.below
        shown["columns"] = [_column(reading, column, title) for column, title in _titles(reading).items()]
        pairs = {mended.before: mended.after for mended in reading.mended}
        shown["fonts"] = [[old[:80], new[:80]] for old, new in list(pairs.items())[:_FONT_SAMPLES]]
        shown["font_rows"] = len(reading.mended)
    return shown


def _titles(reading: SheetReading) -> dict[int, str]:
    assert reading.layout is not None
    assert reading.sheet is not None
    return titles_of(reading.sheet, reading.layout)


def _column(reading: SheetReading, column: int, title: str) -> dict[str, Any]:
    assert reading.layout is not None
    assert reading.sheet is not None
    held = reading.layout.columns.get(column)
    # What is not imported is not kept for show either: identity numbers stand in such columns.
    samples = [] if held is Field.IGNORED else samples_of(reading.sheet, reading.layout, column)
    return {"column": column, "title": title[:120], "field": held.value if held else None, "samples": samples}
