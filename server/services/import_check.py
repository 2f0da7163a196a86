"""Checking an import: every row's errors, who is known already, and what applying it would do."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.domain.import_jobs import Edit, EditKind, ImportLine, ImportRecord
from server.domain.registry import Field, Placed, SheetReading
from server.domain.registry.cells import as_text
from server.services.desk import Desk
from server.services.import_outcomes import Outcome
from server.services.import_reading import Corrected, Read, corrected_by, describe_sheets, read_sheets
from server.services.import_report import ImportReport
from server.services.imports import Import, Watch

HIDDEN = "•"
"""Stands for what is in a column that is not imported."""

_SHOWN_NOTES = 40
Findings = Mapping[tuple[str, int], Sequence[dict[str, Any]]]


async def prepare(
    desk: Desk, record: ImportRecord, read: Read, corrected: Corrected, watch: Watch | None = None
) -> Import:
    """Return the import of what was read, its delegations found. Raise `unknown_delegation`."""
    file = record.name
    choices = corrected.choices(record.id, file, read.sheets)
    # The command line's pace: what a running server wants to write goes first.
    work = Import(desk, [(file, read.understood)], 0.004, choices=choices, watch=watch)
    await work.prepare(record.delegation)
    return work


async def check(
    desk: Desk, record: ImportRecord, sheets: Sequence[Any], edits: Sequence[Edit]
) -> tuple[dict[str, Any], list[ImportLine]]:
    """Return what the wizard shows: a summary, and every row of data."""
    corrected = corrected_by(edits)
    read = await asyncio.to_thread(read_sheets, sheets, corrected, converts=record.converts)
    work = await prepare(desk, record, read, corrected)
    await work.run(is_dry=True)
    report = await asyncio.to_thread(work.finished)
    return await asyncio.to_thread(_tell, read, report, work.outcomes, edits)


def _tell(
    read: Read, report: ImportReport, outcomes: Sequence[Outcome], edits: Sequence[Edit]
) -> tuple[dict[str, Any], list[ImportLine]]:
    errors, warnings = _by_row(report.errors), _by_row(report.warnings)
    by_place = {(outcome.place[1], outcome.place[2]): outcome for outcome in outcomes}
    said = {(edit.sheet, edit.row): edit.value for edit in edits if edit.kind is EditKind.PERSON}
    lines: list[ImportLine] = []
    for index, reading in enumerate(read.readings):
        if reading is None:
            continue
        for row, kind, section in _data_rows(reading):
            place = (reading.name, row)
            about: dict[str, Any] = {"kind": kind, "errors": errors.get(place, []), "warnings": warnings.get(place, [])}
            if section:
                about["section"] = section
            if (outcome := by_place.get(place)) is not None:
                about |= _outcome(outcome)
            if (index, row) in said:
                about["choice"] = said[index, row]
            lines.append(line_of(index, row, shown_cells(reading, row), about))
    lines.extend(_skipped(read, edits))
    lines.sort(key=lambda line: (line.sheet, line.row))
    return _summary(read, report, lines), lines


def line_of(sheet: int, row: int, cells: Mapping[str, str], about: Mapping[str, Any]) -> ImportLine:
    """Return a row with its state and codes told from what is known about it."""
    codes = [found["code"] for part in ("errors", "warnings") for found in about.get(part, ())]
    twin = _twin(about)
    if twin:
        codes.append(twin)
    state = "bad" if about.get("errors") else "twin" if twin else "warned" if about.get("warnings") else "good"
    return ImportLine(sheet, row, state, f" {' '.join(codes)} ", cells, about)


def _twin(about: Mapping[str, Any]) -> str:
    """Return what a row may repeat, as long as nobody has said: a row of the file, or somebody known."""
    if about.get("choice") or about.get("kind") != "member":
        return ""
    if about.get("outcome") == "repeat" or about.get("likeness"):
        return "twin_in_file"
    return "twin_known" if about.get("by") == "mark" else ""


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {"outcome": outcome.what}
    for name in ("name", "by", "other", "likeness"):
        if value := getattr(outcome, name):
            told[name] = value
    if outcome.changes:
        told["changes"] = {name: list(pair) for name, pair in outcome.changes.items()}
    return told


def _data_rows(reading: SheetReading) -> list[tuple[int, str, str]]:
    rows = {row.row: (row.row, "delegation", "") for row in reading.delegations if not row.is_implied}
    rows |= {member.row: (member.row, "member", member.section) for member in reading.members}
    return list(rows.values())


def shown_cells(reading: SheetReading, row: int) -> dict[str, str]:
    """Return what stands in a row's columns, what is not imported hidden."""
    assert reading.layout is not None
    assert reading.sheet is not None
    cells = reading.sheet.rows[row - 1] if row <= len(reading.sheet.rows) else ()
    shown: dict[str, str] = {}
    for column, held in reading.layout.columns.items():
        text = as_text(cells[column])[:400] if column < len(cells) else ""
        if text:
            shown[str(column)] = HIDDEN if held is Field.IGNORED else text
    return shown


def _skipped(read: Read, edits: Iterable[Edit]) -> list[ImportLine]:
    lines = []
    for edit in edits:
        reading = read.readings[edit.sheet] if edit.sheet < len(read.readings) else None
        if edit.kind is not EditKind.SKIP or reading is None or reading.layout is None:
            continue
        own = read.sheets[edit.sheet].rows
        cells = own[edit.row - 1] if edit.row <= len(own) else ()
        shown = {
            str(column): as_text(cells[column])[:400]
            for column, held in reading.layout.columns.items()
            if column < len(cells) and held is not Field.IGNORED and as_text(cells[column])
        }
        bare: dict[str, Any] = {"kind": "member" if reading.is_members else "delegation", "errors": [], "warnings": []}
        lines.append(ImportLine(edit.sheet, edit.row, "skipped", " ", shown, bare))
    return lines


def _by_row(findings: Iterable[Placed]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for placed in findings:
        if placed.finding.row is not None:
            found[placed.sheet, placed.finding.row].append(finding_json(placed))
    return found


def finding_json(placed: Placed) -> dict[str, Any]:
    """Return a finding as it is kept."""
    finding = placed.finding
    held = finding.field.value if finding.field else None
    return {"code": finding.code, "column": finding.column, "field": held, "value": finding.value}


def _summary(read: Read, report: ImportReport, lines: Sequence[ImportLine]) -> dict[str, Any]:
    rows = {(line.sheet, line.row) for line in lines}
    places = {reading.name: index for index, reading in enumerate(read.readings) if reading is not None}
    notes = [
        {"sheet": placed.sheet, "row": placed.finding.row, **finding_json(placed)}
        for placed in (*report.errors, *report.warnings)
        if (places.get(placed.sheet, -1), placed.finding.row) not in rows
    ]
    return {
        "sheets": describe_sheets(read),
        "rows": report.rows,
        "states": dict(Counter(line.state for line in lines)),
        "codes": dict(Counter(code for line in lines for code in set(line.codes.split()))),
        "errors": sorted({found["code"] for line in lines for found in line.about["errors"]}),
        "delegations": report.delegations.as_json(),
        "visitors": report.visitors.as_json(),
        "notes": notes[:_SHOWN_NOTES],
    }
