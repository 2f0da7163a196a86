"""What an import reports: counts, and every finding with its place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from server.domain.registry import Finding, Placed, SheetReading

Readings = Sequence[tuple[str, Sequence[SheetReading]]]


@dataclass(slots=True)
class Counts:
    """How many were new, changed, or known just so."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def as_json(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged}


@dataclass(slots=True)
class ImportReport:
    """What an import did, or (`is_applied` false) would do. `rows` counts the rows of data, bad ones too."""

    delegations: Counts = field(default_factory=Counts)
    visitors: Counts = field(default_factory=Counts)
    rows: int = 0
    errors: list[Placed] = field(default_factory=list)
    warnings: list[Placed] = field(default_factory=list)
    is_applied: bool = True

    def as_json(self, sentence: Callable[[Finding], str]) -> dict[str, Any]:
        """Return the report for programs; `sentence` says a finding in the reader's language."""
        return {
            "delegations": self.delegations.as_json(),
            "visitors": self.visitors.as_json(),
            "rows": self.rows,
            "errors": [_placed_json(placed, sentence) for placed in self.errors],
            "warnings": [_placed_json(placed, sentence) for placed in self.warnings],
            "applied": self.is_applied,
        }


def _placed_json(placed: Placed, sentence: Callable[[Finding], str]) -> dict[str, Any]:
    finding = placed.finding
    return {
        "file": placed.file,
        "sheet": placed.sheet,
        "row": finding.row,
        "column": finding.header,
        "cell": _cell_name(finding.row, finding.column),
        "field": str(finding.field) if finding.field else None,
        "code": finding.code,
        "message": sentence(finding),
        "value": finding.value,
    }


def _cell_name(row: int | None, column: int | None) -> str | None:
    if row is None or column is None:
        return None
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return f"{name}{row}"


def in_order(findings: Sequence[Placed], readings: Readings) -> list[Placed]:
    """Return findings in the order of files, sheets and rows, each with its column's title."""
    order = {(file, sheet.name): place for place, (file, sheet) in enumerate(_each(readings))}
    titles = {(file, sheet.name): _titles(sheet) for file, sheet in _each(readings)}

    def key(placed: Placed) -> tuple[int, int]:
        return order.get((placed.file, placed.sheet), len(order)), placed.finding.row or 0

    return [_titled(placed, titles.get((placed.file, placed.sheet), {})) for placed in sorted(findings, key=key)]


def _each(readings: Readings) -> Iterator[tuple[str, SheetReading]]:
    for file, sheets in readings:
        for sheet in sheets:
            yield file, sheet


def _titles(sheet: SheetReading) -> dict[str, tuple[int, str]]:
    """Map each field to its first column and that column's title."""
    titles: dict[str, tuple[int, str]] = {}
    for column, held in sorted(sheet.columns.items()):
        titles.setdefault(held, (column, sheet.headers.get(column, "")))
    return titles


def _titled(placed: Placed, titles: Mapping[str, tuple[int, str]]) -> Placed:
    finding = placed.finding
    if finding.column is not None or finding.field is None or finding.field not in titles:
        return placed
    column, title = titles[finding.field]
    return replace(placed, finding=replace(finding, column=column, header=title))
