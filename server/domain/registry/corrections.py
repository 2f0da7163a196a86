"""What a person corrected of a sheet: its header, what its columns mean, cells, rows left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.registry.cells import Cell, as_text
from server.domain.registry.layout import find_layout, layout_below
from server.domain.registry.model import Field, Finding, Layout, Sheet
from server.domain.registry.rows import read_delegation, read_member
from server.domain.registry.values import Line

MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Corrections:
    """`header` and rows count from 1 as in the sheet, columns from 0. A field of None means: not this column."""

    header: int | None = None
    fields: Mapping[int, Field | None] = field(default_factory=dict)
    cells: Mapping[tuple[int, int], str] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()


def correct_sheet(sheet: Sheet, corrections: Corrections) -> Sheet:
    """Return the sheet with its corrected cells; rows left out are empty."""
    if not corrections.cells and not corrections.skipped:
        return sheet
    rows = list(sheet.rows)
    for (row, column), text in corrections.cells.items():
        if not 1 <= row <= len(rows) or not 0 <= column < 256:
            continue
        cells: list[Cell] = list(rows[row - 1])
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = text or None
        rows[row - 1] = cells
    for row in corrections.skipped:
        if 1 <= row <= len(rows):
            rows[row - 1] = []
    return replace(sheet, rows=rows)


def correct_layout(sheet: Sheet, corrections: Corrections) -> Layout | None:
    """Return where the header is and what the columns hold: proposed, then as a person said."""
    layout = find_layout(sheet) if corrections.header is None else layout_below(sheet, corrections.header - 1)
    if layout is None or not corrections.fields:
        return layout
    columns = dict(layout.columns)
    for column, held in corrections.fields.items():
        if held is None:
            columns.pop(column, None)
        else:
            columns[column] = held
    return replace(layout, columns=columns)


def check_line(
    row: int, cells: Sequence[Cell], layout: Layout, *, is_members: bool, section: str = ""
) -> tuple[list[Finding], list[Finding]]:
    """Return the errors and warnings of one row by itself, as reading its sheet would find them."""
    line = Line(row, cells, layout)
    if is_members:
        read_member(line, section=section)
    else:
        read_delegation(line, section=section)
    return line.errors, line.warnings


def titles_of(sheet: Sheet, layout: Layout) -> dict[int, str]:
    """Return the title of every column that has a title or content, empty where it has none."""
    width = max((len(row) for row in sheet.rows[layout.header : layout.below + 50]), default=0)
    top = sheet.rows[layout.header] if layout.header < len(sheet.rows) else ()
    titles: dict[int, str] = {}
    for column in range(min(width, MOST_COLUMNS)):
        title = layout.titles.get(column) or (as_text(top[column]) if column < len(top) else "")
        if title or column in layout.columns or samples_of(sheet, layout, column, 1):
            titles[column] = title
    return titles


def samples_of(sheet: Sheet, layout: Layout, column: int, most: int = 3) -> list[str]:
    """Return the first different values of a column."""
    found: list[str] = []
    for row in sheet.rows[layout.below : layout.below + 60]:
        text = as_text(row[column])[:80] if column < len(row) else ""
        if text and text not in found:
            found.append(text)
            if len(found) == most:
                break
    return found
