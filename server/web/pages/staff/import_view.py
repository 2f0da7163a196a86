"""What the wizard's pages show of an import."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from server.domain.import_jobs import KEPT, ImportLine, ImportRecord, ImportState, LineFilter
from server.domain.registry import Finding
from server.domain.registry.suggestions import suggest
from server.services import import_jobs as service
from server.web.api.imports import finding_out, problem_of, seconds_left
from server.web.import_messages import sentence_of_finding
from server.web.import_words import code_names, field_names, kept_reasons, outcome_names, state_names
from server.web.problems import sentence_of
from server.web.templating import house_of

ROWS_A_PAGE = 50
_STEPS = ("columns", "rows", "apply")
_SHOWN = ("bad", "twin", "good", "skipped")
_HINTS = 6


async def describe_list(request: Request) -> dict[str, Any]:
    """Return the newest imports, for the first page."""
    house = house_of(request)
    found = await service.list_imports(house.database, limit=50)
    imports = [{"record": record, "at": house.space.local(record.created_at)} for record in found]
    return {"imports": imports, "states": state_names()}


async def describe_step(request: Request, record: ImportRecord, wish: str = "") -> dict[str, Any]:
    """Return what the step shows that an import is at, or the one that is wished for."""
    step = _step(request, record, wish)
    sheets = list(record.summary.get("sheets", ()))
    shown: dict[str, Any] = {
        "step": step,
        "base": f"/staff/imports/{record.id}",
        "sheets": sheets,
        "fields": field_names(),
        "counts": await service.count_states(house_of(request).database, record.id),
        "seconds": seconds_left(record),
        "problem": sentence_of(problem) if (problem := problem_of(record)) else None,
        "states": state_names(),
        "is_busy": record.is_working,
    }
    shown["rows_read"] = sum(shown["counts"].values())
    shown["good"] = sum(shown["counts"].get(state, 0) for state in ("good", "warned", "twin"))
    shown["fine"] = shown["good"] - shown["counts"].get("twin", 0)
    if step == "rows":
        shown |= await _rows(request, record, sheets)
    elif step == "apply":
        shown |= await _ahead(request, record)
    elif step == "done":
        shown |= await _done(request, record)
    return shown


def _step(request: Request, record: ImportRecord, wish: str) -> str:
    state = record.state
    if state in (ImportState.FAILED, ImportState.EXPIRED):
        return "failed"
    if state in (ImportState.UPLOADING, ImportState.READING, ImportState.APPLYING, ImportState.UNDOING):
        return "working"
    wish = wish or request.query_params.get("step", "")
    if state is ImportState.UNDONE or (state is ImportState.APPLIED and wish not in _STEPS):
        return "done"
    if wish in _STEPS:
        return wish
    understood = any(sheet["included"] for sheet in record.summary.get("sheets", ()))
    return "rows" if understood else "columns"


async def _rows(request: Request, record: ImportRecord, sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    query = request.query_params
    database = house_of(request).database
    show, code = query.get("show", ""), query.get("code", "")
    code = code if code in code_names() else ""
    wanted = LineFilter(state=show if show in _SHOWN else None, code=code or None)
    total = await service.count_rows(database, record.id, wanted)
    pages = max(1, math.ceil(total / ROWS_A_PAGE))
    page = min(pages, max(1, _number(query.get("page", ""), 1)))
    lines = await service.list_rows(database, record.id, wanted, skip=(page - 1) * ROWS_A_PAGE, limit=ROWS_A_PAGE)
    rows = [_row(line, sheets) for line in lines]
    chosen = await _chosen(request, record, sheets)
    codes = record.summary.get("codes", {})
    kinds = [(name, code_names()[name], codes[name]) for name in code_names() if codes.get(name)]
    return {
        "rows": rows,
        "columns": _columns(sheets),
        "chosen": chosen,
        "hints": [] if chosen else [row for row in rows if row["hints"]][:_HINTS],
        "show": show if show in _SHOWN else "",
        "code": code,
        "kinds": kinds,
        "page": page,
        "pages": pages,
        "outcomes": outcome_names(),
        "column_words": change_names(),
        "ignored": sum(column["field"] == "ignored" for sheet in sheets for column in sheet["columns"]),
        "known": sum(bool(column["field"]) for sheet in sheets for column in sheet["columns"]),
    }


async def _chosen(request: Request, record: ImportRecord, sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    sheet, _, row = request.query_params.get("row", "").partition(".")
    if not row:
        return None
    after = (_number(sheet, 0), _number(row, 1) - 1)
    found = await service.list_rows(house_of(request).database, record.id, LineFilter(), after=after, limit=1)
    return _row(found[0], sheets) if found and (found[0].sheet, found[0].row) == (after[0], after[1] + 1) else None


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 8 else otherwise


def _columns(sheets: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the columns to show for each sheet: those that are imported, then those that are not."""
    return [
        [column for column in sheet["columns"] if column["field"] and column["field"] != "ordinal"] for sheet in sheets
    ]


def _row(line: ImportLine, sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    about = line.about
    by_column: dict[int, list[dict[str, Any]]] = {}
    loose: list[str] = []
    hints: list[dict[str, Any]] = []
    for found in about.get("errors", ()):
        told = finding_out(found)
        hint = {
            "message": told.message,
            "column": told.column,
            "value": told.value,
            "better": suggest(told.code, told.value) if told.column is not None else None,
            "code": told.code,
        }
        hints.append(hint)
        if told.column is None:
            loose.append(told.message)
        else:
            by_column.setdefault(told.column, []).append(hint)
    warnings = [finding_out(found).message for found in about.get("warnings", ())]
    return {
        "sheet": line.sheet,
        "row": line.row,
        "key": f"{line.sheet}.{line.row}",
        "state": line.state,
        "cells": line.cells,
        "errors": by_column,
        "loose": loose,
        "hints": hints if hints or line.state != "twin" else [{"twin": True}],
        "warnings": warnings,
        "sheet_name": sheets[line.sheet]["name"] if line.sheet < len(sheets) else "",
        **{key: about.get(key) for key in ("outcome", "name", "by", "other", "likeness", "changes", "choice", "kind")},
    }


async def _ahead(request: Request, record: ImportRecord) -> dict[str, Any]:
    summary = record.summary
    sheets = summary.get("sheets", ())
    notes = [
        {
            "sheet": note["sheet"],
            "row": note["row"],
            "message": sentence_of_finding(Finding(note["code"], value=note["value"])),
        }
        for note in summary.get("notes", ())
    ]
    lines = await service.list_rows(house_of(request).database, record.id, LineFilter(), limit=2_000)
    changed = [_row(line, sheets) for line in lines if line.about.get("changes")]
    return {
        "delegations": summary.get("delegations", {}),
        "visitors": summary.get("visitors", {}),
        "notes": notes,
        "changed": changed[:30],
        "column_words": change_names(),
    }


def change_names() -> dict[str, str]:
    """Return what the columns that an import may change are called."""
    fields = field_names()
    return {
        "name": fields["name"],
        "title": fields["title"],
        "phone": fields["phone"],
        "email": fields["email"],
        "needs": fields["needs"],
        "notes": fields["notes"],
        "organisation": fields["organisation"],
        "kind": fields["kind"],
        "planned": fields["size"],
        "visit_date": fields["date"],
        "slot_at": fields["time"],
        "leader_name": fields["leader"],
        "contact_name": fields["contact"],
        "language": fields["language"],
        "purpose": fields["purpose"],
        "sector": fields["sector"],
        "letter": fields["letter"],
    }


async def _done(request: Request, record: ImportRecord) -> dict[str, Any]:
    house = house_of(request)
    return {
        "result": record.result if "delegations" in record.result else None,
        "undone": record.result.get("undo"),
        "reasons": kept_reasons(),
        "touched": await service.touched_delegations(house.database, record.id),
        "is_asking": "undo" in request.query_params,
        "kept_until": house.space.local(record.created_at + KEPT),
    }


def row_texts(line: ImportLine, sheets: Sequence[Mapping[str, Any]], width: int) -> list[str | int]:
    """Return a row for a file: its sheet and number, its cells, and what is wrong."""
    sheet = sheets[line.sheet]
    texts = [line.cells.get(str(column["column"]), "") for column in sheet["columns"]]
    texts = [text if text != "•" else "" for text in texts] + [""] * (width - len(texts))
    errors = " ".join(finding_out(found).message for found in line.about.get("errors", ()))
    return [sheet["name"], line.row, *texts[:width], errors]
