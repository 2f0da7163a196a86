"""Imports: send a file, see every row's errors, correct columns and cells, apply, take back."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.import_jobs import Edit, EditKind, ImportLine, ImportRecord, LineFilter
from server.domain.registry import Field, Finding
from server.domain.roles import Right
from server.services import import_jobs as service
from server.services.clock import real_now
from server.services.import_jobs import Wishes
from server.web.api import records
from server.web.api.import_models import (
    ColumnOut,
    CountsOut,
    FindingOut,
    ImportBrief,
    ImportChange,
    ImportList,
    ImportOut,
    KeptOut,
    ProblemOut,
    Progress,
    ResultOut,
    RowList,
    RowOut,
    RowPage,
    SheetOut,
    UndoneOut,
)
from server.web.auth import principal_of
from server.web.import_messages import sentence_of_finding
from server.web.openapi import Page, operation, reply
from server.web.problems import sentence_of
from server.web.templating import house_of
from server.web.uploads import open_upload


@operation("imports", right=Right.IMPORT, answers={202: ImportOut}, problems=(404, 415), upload="file")
async def post_import(request: Request) -> Response:
    """Send a file (.xlsx, .xls, .ods, .csv; 20 MB and 100,000 rows at most) to be read."""
    desk = await records.desk_of(request)
    principal = await principal_of(request)
    async with open_upload(request, "file") as upload:
        begun = await service.begin_import(
            desk, upload.name, upload.pieces(), person=principal.name, delegation=upload.fields.get("delegation")
        )
    house_of(request).imports.wake()
    return await _reply(request, begun, 202)


@operation("imports", right=Right.IMPORT, answers={200: ImportList})
async def list_imports(request: Request, query: Page) -> Response:
    """List the imports, the newest first."""
    before = records.id_cursor(query.cursor) if query.cursor else ""
    found = await service.list_imports(house_of(request).database, before=before, limit=query.limit)
    next_ = found[-1].id if len(found) == query.limit else None
    return reply(ImportList(items=[_brief(request, record) for record in found], next=next_))


@operation("imports", right=Right.IMPORT, answers={200: ImportOut}, problems=(404,))
async def get_import(request: Request, query: RowPage) -> Response:
    """Get an import: its progress, columns, counts, and its rows with all their errors."""
    record = await service.get_import(house_of(request).database, request.path_params["id"])
    return await _reply(request, record, 200, query)


@operation("imports", right=Right.IMPORT, answers={200: ImportOut}, problems=(404, 409))
async def change_import(request: Request, body: ImportChange) -> Response:
    """Correct what columns mean, cells, and what becomes of rows."""
    desk = await records.desk_of(request)
    changed = await service.correct_import(desk, request.path_params["id"], wishes_of(body))
    house_of(request).imports.wake()
    return await _reply(request, changed, 200)


@operation("imports", right=Right.IMPORT, answers={202: ImportOut}, problems=(404, 409))
async def apply_import(request: Request) -> Response:
    """Write the good rows; asked again, they are written once all the same."""
    begun = await service.apply_import(await records.desk_of(request), request.path_params["id"])
    house_of(request).imports.wake()
    return await _reply(request, begun, 202)


@operation("imports", right=Right.IMPORT, answers={200: ImportOut}, problems=(404,))
async def stop_import(request: Request) -> Response:
    """Stop what is being applied; what is written already can be taken back."""
    database = house_of(request).database
    await service.get_import(database, request.path_params["id"])
    return await _reply(request, await service.stop_import(database, request.path_params["id"]), 200)


@operation("imports", right=Right.IMPORT, answers={202: ImportOut}, problems=(404, 409))
async def undo_import(request: Request) -> Response:
    """Take an import back, but for what was used or changed since."""
    begun = await service.undo_import(await records.desk_of(request), request.path_params["id"])
    house_of(request).imports.wake()
    return await _reply(request, begun, 202)


@operation("imports", right=Right.IMPORT, answers={204: None}, problems=(404, 409))
async def drop_import(request: Request) -> Response:
    """Forget an import with its file and rows; what it has written stays."""
    await service.drop_import(await records.desk_of(request), request.path_params["id"])
    return Response(status_code=204)


def wishes_of(body: ImportChange) -> Wishes:
    """Return what a program asked for as corrections."""
    sent = body.model_fields_set
    edits: list[Edit] = []
    for sheet in body.sheets if "sheets" in sent else ():
        if "header_row" in sheet.model_fields_set:
            edits.append(Edit(EditKind.HEADER, sheet.sheet, value=str(sheet.header_row)))
        if "included" in sheet.model_fields_set:
            edits.append(Edit(EditKind.SHEET, sheet.sheet, value="yes" if sheet.included else "no"))
    for column in body.columns if "columns" in sent else ():
        held = column.field.value if column.field else ""
        edits.append(Edit(EditKind.FIELD, column.sheet, column=column.column, value=held))
    cells = body.cells if "cells" in sent else ()
    edits += [Edit(EditKind.CELL, cell.sheet, cell.row, cell.column, cell.value) for cell in cells]
    for row in body.rows if "rows" in sent else ():
        if "person" in row.model_fields_set:
            edits.append(Edit(EditKind.PERSON, row.sheet, row.row, value=row.person))
        if "skip" in row.model_fields_set:
            edits.append(Edit(EditKind.SKIP, row.sheet, row.row, value="yes" if row.skip else None))
    delegation = (body.delegation or "") if "delegation" in sent else None
    return Wishes(edits, body.convert_fonts if "convert_fonts" in sent else None, delegation)


def seconds_left(record: ImportRecord) -> int | None:
    """Return how long the work at hand may still take; None before it can be told."""
    if record.started_at is None or not record.done or record.done >= record.total:
        return None
    gone = (real_now() - record.started_at).total_seconds()
    return max(1, round(gone * (record.total - record.done) / record.done))


def problem_of(record: ImportRecord) -> DomainError | None:
    """Return what kept an import from going on."""
    if not record.problem:
        return None
    return DomainError(record.problem, file=record.name, delegation=record.delegation or "")


def finding_out(found: Mapping[str, Any]) -> FindingOut:
    """Return a finding that was kept, with its sentence."""
    held = Field(found["field"]) if found.get("field") else None
    finding = Finding(found["code"], column=found["column"], field=held, value=found["value"])
    return FindingOut(
        code=finding.code, column=finding.column, field=held, value=finding.value, message=sentence_of_finding(finding)
    )


def row_out(line: ImportLine) -> RowOut:
    """Return a row for programs."""
    about = line.about
    repeats = about.get("other") or about.get("likeness")
    return RowOut.model_validate(
        {
            "sheet": line.sheet,
            "row": line.row,
            "state": line.state,
            "cells": dict(line.cells),
            "errors": [finding_out(found) for found in about.get("errors", ())],
            "warnings": [finding_out(found) for found in about.get("warnings", ())],
            "outcome": about.get("outcome"),
            "known_as": about.get("name"),
            "recognised_by": about.get("by"),
            "repeats": repeats,
            "changes": about.get("changes", {}),
            "choice": about.get("choice"),
        }
    )


def _place(cursor: str) -> tuple[int, int]:
    sheet, dot, row = cursor.partition(".")
    if not cursor:
        return -1, 0
    if not (dot and sheet.isdecimal() and row.isdecimal() and len(sheet) < 5 and len(row) < 9 and cursor.isascii()):
        raise DomainError("bad_cursor")
    return int(sheet), int(row)


async def _rows(request: Request, record: ImportRecord, query: RowPage) -> RowList:
    wanted = LineFilter(query.sheet, query.state, query.code)
    database = house_of(request).database
    found = await service.list_rows(database, record.id, wanted, after=_place(query.cursor), limit=query.limit)
    next_ = f"{found[-1].sheet}.{found[-1].row}" if len(found) == query.limit else None
    return RowList(items=[row_out(line) for line in found], next=next_)


def _brief(request: Request, record: ImportRecord) -> ImportBrief:
    at = house_of(request).space.local(record.created_at)
    return ImportBrief(id=record.id, name=record.name, state=record.state, created_at=at, by=record.person)


async def _reply(request: Request, record: ImportRecord, status: int, query: RowPage | None = None) -> Response:
    summary = record.summary
    problem = problem_of(record)
    states = await service.count_states(house_of(request).database, record.id)
    out = ImportOut(
        **_brief(request, record).model_dump(),
        checking=record.is_checking,
        size=record.size,
        delegation=record.delegation,
        convert_fonts=record.converts,
        progress=Progress(done=record.done, total=record.total, seconds_left=seconds_left(record)),
        problem=ProblemOut(code=problem.code, detail=sentence_of(problem)) if problem else None,
        sheets=[_sheet(index, sheet) for index, sheet in enumerate(summary.get("sheets", ()))],
        counts={"rows": sum(states.values()), **states},
        codes=dict(summary.get("codes", {})),
        delegations=_counts(summary.get("delegations")),
        visitors=_counts(summary.get("visitors")),
        result=_result(record.result),
        undo=_undone(record.result.get("undo")),
        rows=await _rows(request, record, query or RowPage()),
    )
    response = reply(out, status)
    if status == 202:
        response.headers["Location"] = f"/api/v1/imports/{record.id}"
    return response


def _sheet(index: int, sheet: Mapping[str, Any]) -> SheetOut:
    columns = [ColumnOut.model_validate(column) for column in sheet["columns"]]
    told = {name: sheet[name] for name in ("name", "included", "why", "rows", "header_row", "fonts")}
    return SheetOut(sheet=index, columns=columns, **told)


def _counts(counts: Any) -> CountsOut:
    return CountsOut.model_validate(counts or {"new": 0, "changed": 0})


def _result(result: Mapping[str, Any]) -> ResultOut | None:
    if "delegations" not in result:
        return None
    return ResultOut(
        delegations=_counts(result["delegations"]),
        visitors=_counts(result["visitors"]),
        left=result["left"],
        whole=result["is_whole"],
    )


def _undone(undo: Any) -> UndoneOut | None:
    if not undo:
        return None
    kept = [KeptOut.model_validate(one) for one in undo["kept"]]
    return UndoneOut(removed=undo["removed"], restored=undo["restored"], kept=kept)
