"""A sheet → its reading: columns found, every row typed, every error and warning at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from server.domain.legacy_fonts import Font, detect_font, mend_text
from server.domain.registry.cells import Cell, as_text, is_blank, is_ditto
from server.domain.registry.corrections import Corrections, correct_layout, correct_sheet
from server.domain.registry.layout import find_layout
from server.domain.registry.lines import Line as LineKind
from server.domain.registry.lines import Reader
from server.domain.registry.model import DelegationRow, Field, Finding, Layout, MemberRow, Mended, Sheet, SheetReading
from server.domain.registry.preamble import organisation_of_section, read_preamble
from server.domain.registry.rows import is_member_sheet, read_delegation, read_member
from server.domain.registry.values import Line
from server.domain.registry.words import is_role, read_kind
from server.domain.text import search_key

_SAMPLE = 4000
_UNIQUE = {Field.ORDINAL, Field.NAME, Field.FAMILY_NAME, Field.GIVEN_NAME}


@dataclass(slots=True)
class _Reading:
    """What has been read of one sheet so far."""

    sheet: Sheet
    layout: Layout
    mended: dict[int, Mended]
    is_members: bool
    section: str = ""
    above: dict[int, Cell] = field(default_factory=dict)
    fills: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    delegations: list[DelegationRow] = field(default_factory=list)
    members: list[MemberRow] = field(default_factory=list)
    implied: set[tuple[str, date | str | None]] = field(default_factory=set)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    rows: int = 0


def read_sheet(
    sheet: Sheet,
    *,
    layout: Layout | None = None,
    corrections: Corrections | None = None,
    converts: bool = True,
) -> SheetReading:
    """Read a sheet with the columns proposed from its titles, or with those of a given layout.

    A person's corrections go before. Old fonts' texts become Unicode unless `converts` is false. A sheet without a
    header is not understood: `header_row` is None and it has no rows.
    """
    font = detect_font(_sample(sheet))
    better, mended = _mend(sheet, font)
    sheet = better if converts else sheet
    corrections = corrections or Corrections()
    sheet = correct_sheet(sheet, corrections)
    layout = layout or correct_layout(sheet, corrections)
    if layout is None:
        return SheetReading(sheet.name)
    about, is_owner_said = read_preamble(sheet, layout)
    reading = _Reading(
        sheet, layout, mended if converts else {}, is_member_sheet(sheet, layout), fills=_vertical(sheet, layout)
    )
    _walk(reading)
    own_code = about.code if Field.CODE not in layout.fields else None
    members = tuple(replace(member, code=member.code or own_code) for member in reading.members)
    return SheetReading(
        name=sheet.name,
        header_row=layout.header + 1,
        columns=dict(layout.columns),
        headers=dict(layout.titles),
        delegations=tuple(reading.delegations),
        members=members,
        about=about,
        errors=tuple(reading.errors),
        warnings=tuple(reading.warnings),
        rows=reading.rows,
        is_owner_said=is_owner_said,
        layout=layout,
        sheet=sheet,
        is_members=is_member_sheet(sheet, layout),
        mended=tuple(mended.values()),
    )


def _walk(reading: _Reading) -> None:
    reader = Reader(reading.sheet, reading.layout)
    reader.is_members = reading.is_members
    for index in range(reading.layout.below, len(reading.sheet.rows)):
        told = reader.tell(index)
        if told is LineKind.SECTION:
            texts = [as_text(cell) for cell in reading.sheet.rows[index] if not is_blank(cell)]
            title = organisation_of_section(max(texts, key=len))
            reading.section = reading.section if is_role(title) else title
        elif told is LineKind.NEW_HEADER:
            found = find_layout(reading.sheet, start=index, within=1)
            if found is not None:
                reading.layout = found
                reading.is_members = is_member_sheet(reading.sheet, found)
                reading.fills = _vertical(reading.sheet, found)
                reading.above.clear()
                reader.is_members = reading.is_members
                reader.adopt(found)
        elif told is LineKind.DATA:
            _read_line(reading, index)
        elif told is LineKind.CLOSING and _is_lost_name(reading, index):
            text = as_text(reading.sheet.rows[index][reading.layout.of(Field.NAME)[0]])
            reading.warnings.append(Finding("row_skipped", index + 1, None, None, None, text[:200]))


def _is_lost_name(reading: _Reading, index: int) -> bool:
    """Tell whether a line below the list has a name and more besides, and yet no number: a person should look."""
    column = reading.layout.first(Field.NAME)
    row = reading.sheet.rows[index]
    filled = sum(not is_blank(cell) for cell in row)
    return column is not None and column < len(row) and not is_blank(row[column]) and filled >= 2


def _read_line(reading: _Reading, index: int) -> None:
    cells = _filled(reading, index)
    telling = [column for column, held in reading.layout.columns.items() if held not in (Field.ORDINAL, Field.IGNORED)]
    if all(is_blank(cells[column]) for column in telling):
        return
    line = Line(index + 1, cells, reading.layout)
    reading.rows += 1
    if index in reading.mended:
        mended = reading.mended[index]
        held = reading.layout.columns.get(mended.column, Field.IGNORED)
        line.warn("converted_font", mended.column, held, mended.after)
    section_kind = read_kind(reading.section, exactly=True) if reading.section else None
    if reading.is_members:
        member, delegation = read_member(line, section="" if section_kind else reading.section)
        reading.members.append(member)
        if delegation is not None:
            key = (delegation.code or search_key(delegation.organisation), "" if delegation.code else delegation.day)
            if key not in reading.implied and delegation.is_good:
                reading.implied.add(key)
                reading.delegations.append(delegation)
    else:
        reading.delegations.append(read_delegation(line, section_kind=section_kind, section=reading.section))
    reading.errors.extend(line.errors)
    reading.warnings.extend(line.warnings)


def _filled(reading: _Reading, index: int) -> list[Cell]:
    """Return the row's cells with "as above" and cells merged downwards filled in."""
    row = list(reading.sheet.rows[index])
    width = max(reading.layout.columns, default=0) + 1
    row.extend([None] * (width - len(row)))
    for column, held in reading.layout.columns.items():
        cell = row[column]
        if is_blank(cell) and (source := reading.fills.get((index, column))) is not None:
            above = reading.sheet.rows[source[0]]
            # A row ends with its last filled cell: the one that shows may be empty itself.
            cell = above[source[1]] if source[1] < len(above) else None
        elif held not in _UNIQUE and is_ditto(cell):
            cell = reading.above.get(column)
        row[column] = cell
        if not is_blank(cell):
            reading.above[column] = cell
    return row


def _vertical(sheet: Sheet, layout: Layout) -> dict[tuple[int, int], tuple[int, int]]:
    """Map each cell hidden under one merged downwards to the cell that shows."""
    fills: dict[tuple[int, int], tuple[int, int]] = {}
    # No cell is merged twice; a file that says otherwise, fifty thousand times over, is not followed.
    left_over = len(sheet.rows) * len(layout.columns)
    for top, left, bottom, _ in sheet.merged[:50_000]:
        if bottom > top >= layout.below and layout.columns.get(left, Field.NAME) not in _UNIQUE:
            last = min(bottom, len(sheet.rows) - 1, top + left_over)
            left_over -= max(0, last - top)
            for row in range(top + 1, last + 1):
                fills[row, left] = (top, left)
    return fills


def _sample(sheet: Sheet) -> list[str]:
    found: list[str] = []
    for row in sheet.rows:
        found.extend(cell for cell in row if isinstance(cell, str) and not cell.isascii())
        if len(found) > _SAMPLE:
            break
    return found


def _mend(sheet: Sheet, font: Font | None) -> tuple[Sheet, dict[int, Mended]]:
    """Return the sheet in Unicode, and the first converted cell of each row that had one."""
    mended: dict[int, Mended] = {}
    rows: list[Sequence[Cell]] = []
    for index, row in enumerate(sheet.rows):
        if not any(isinstance(cell, str) and not cell.isascii() for cell in row):
            rows.append(row)
            continue
        better = [mend_text(cell, font=font) if isinstance(cell, str) else cell for cell in row]
        for column, (old, new) in enumerate(zip(row, better, strict=True)):
            if old != new and search_key(str(old)) != search_key(str(new)) and index not in mended:
                mended[index] = Mended(column, str(old), str(new))
        rows.append(better)
    return replace(sheet, rows=rows), mended
