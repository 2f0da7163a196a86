"""The import wizard: send a file, match columns, mend rows, look ahead, apply, take back. Plain forms throughout."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.import_jobs import Edit, EditKind, ImportRecord, LineFilter
from server.domain.registry import Field
from server.domain.registry.suggestions import suggest
from server.domain.roles import Right
from server.services import import_jobs as service
from server.services.import_jobs import Wishes
from server.services.import_sample import sample_workbook
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.exports import MEDIA_TYPES, table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.i18n import language
from server.web.pages.staff.desk import enter, render_desk
from server.web.pages.staff.import_view import describe_list, describe_step, row_texts
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of
from server.web.uploads import open_upload

_MOST_SURE = 500
_PAGE_ROWS = 1_000


async def show_imports(request: Request) -> Response:
    """List the imports, and take a new file."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    house_of(request).imports.warm()
    return await _list(request, principal)


async def send_file(request: Request) -> Response:
    """Take a file; a problem with it is said on the same page."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    code = ""
    try:
        async with open_upload(request, "file") as upload:
            code = upload.fields.get("delegation", "").strip()[:40]
            record = await service.begin_import(
                await desk_of(request), upload.name, upload.pieces(), person=principal.name, delegation=code
            )
    except DomainError as error:
        return await _list(request, principal, error, code)
    house_of(request).imports.wake()
    return RedirectResponse(f"/staff/imports/{record.id}", 303)


async def give_sample(request: Request) -> Response:
    """Give a file to begin with."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    content = await asyncio.to_thread(sample_workbook, language())
    headers = {"Content-Disposition": 'attachment; filename="sanh-mau.xlsx"'}
    return Response(content, headers=headers, media_type=MEDIA_TYPES["xlsx"])


async def show_import(request: Request) -> Response:
    """Show an import at the step that it is at, or at the one that is asked for."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    record = await service.get_import(house_of(request).database, request.path_params["id"])
    if wants_table(request):
        return await _bad_rows(request, record)
    return await _show(request, principal, record)


async def correct_columns(request: Request) -> Response:
    """Take what columns mean, where headers are, fonts, and whose a bare list is."""
    return await _correct(request, _column_wishes, "columns")


async def correct_row(request: Request) -> Response:
    """Take a row's cells, whether it is somebody new, or that it is left out."""
    return await _correct(request, _row_wishes, "rows")


async def correct_sure(request: Request) -> Response:
    """Mend every mistake whose mend is certain."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    id_ = request.path_params["id"]
    edits = await sure_edits(request, id_)
    if edits:
        await service.correct_import(await desk_of(request), id_, Wishes(edits))
        house_of(request).imports.wake()
    return RedirectResponse(f"/staff/imports/{id_}?step=rows&mended={len(edits)}", 303)


async def sure_edits(request: Request, id_: str) -> list[Edit]:
    """Return the certain mends of an import's bad rows."""
    rows = await service.list_rows(house_of(request).database, id_, LineFilter(state="bad"), limit=_MOST_SURE)
    return [
        Edit(EditKind.CELL, line.sheet, line.row, found["column"], better)
        for line in rows
        for found in line.about.get("errors", ())
        if found["column"] is not None and (better := suggest(found["code"], found["value"])) is not None
    ][:_MOST_SURE]


async def apply_import(request: Request) -> Response:
    """Begin to write the good rows."""
    return await _act(request, "apply")


async def undo_import(request: Request) -> Response:
    """Begin to take an import back."""
    return await _act(request, "undo")


async def stop_import(request: Request) -> Response:
    """Stop after the slice at hand."""
    return await _act(request, "stop")


async def drop_import(request: Request) -> Response:
    """Forget an import."""
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    await service.drop_import(await desk_of(request), request.path_params["id"])
    return RedirectResponse("/staff/imports?dropped", 303)


async def _act(request: Request, verb: str) -> Response:
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    id_ = request.path_params["id"]
    desk = await desk_of(request)
    try:
        if verb == "apply":
            await service.apply_import(desk, id_)
        elif verb == "undo":
            await service.undo_import(desk, id_)
        else:
            await service.stop_import(desk.database, id_)
    except DomainError as error:
        return await _again(request, principal, error)
    house_of(request).imports.wake()
    return RedirectResponse(f"/staff/imports/{id_}", 303)


async def _correct(request: Request, wishes_of: Any, step: str) -> Response:
    principal = await enter(request, Right.IMPORT)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    id_ = request.path_params["id"]
    try:
        record = await service.get_import(house_of(request).database, id_)
        await service.correct_import(await desk_of(request), id_, wishes_of(form, record))
    except DomainError as error:
        return await _again(request, principal, error, step)
    house_of(request).imports.wake()
    query = {"step": form.get("next", step)} | {key: form[key] for key in ("show", "page") if form.get(key)}
    return RedirectResponse(f"/staff/imports/{id_}?{urlencode(query)}", 303)


def _column_wishes(form: Mapping[str, str], record: ImportRecord) -> Wishes:
    edits: list[Edit] = []
    for index, sheet in enumerate(record.summary.get("sheets", ())):
        edits += _sheet_edits(form, index, sheet)
    converts = form["converts"] == "yes" if "converts" in form else None
    delegation = None
    if "whose" in form:
        delegation = form.get("delegation", "").strip()[:40] if form["whose"] == "one" else ""
    return Wishes(edits, converts, delegation)


def _sheet_edits(form: Mapping[str, str], index: int, sheet: Mapping[str, Any]) -> list[Edit]:
    edits: list[Edit] = []
    wish = form.get(f"sheet-{index}", "")
    if wish in ("yes", "no") and (wish == "yes") != bool(sheet["included"] or sheet["why"] == "not_understood"):
        edits.append(Edit(EditKind.SHEET, index, value=wish))
    header = form.get(f"header-{index}", "")
    if header.isdecimal() and header.isascii() and 0 < int(header[:7]) != sheet["header_row"]:
        # The columns of another header are others: what was said of the old ones goes with it.
        return [*edits, Edit(EditKind.HEADER, index, value=header[:7])]
    known = {field.value for field in Field}
    for column in sheet["columns"]:
        held = form.get(f"column-{index}-{column['column']}")
        if held is not None and held != (column["field"] or "") and held in known | {""}:
            edits.append(Edit(EditKind.FIELD, index, column=column["column"], value=held))
    return edits


def _row_wishes(form: Mapping[str, str], _record: ImportRecord) -> Wishes:
    sheet, row = _number(form, "sheet"), _number(form, "row")
    edits: list[Edit] = []
    person = form.get("person")
    if person in ("new", "same", "unsaid"):
        edits.append(Edit(EditKind.PERSON, sheet, row, value=None if person == "unsaid" else person))
    if form.get("skip") in ("yes", "no"):
        edits.append(Edit(EditKind.SKIP, sheet, row, value="yes" if form["skip"] == "yes" else None))
    for name, value in form.items():
        column = name.removeprefix("cell-")
        if name.startswith("cell-") and column.isdecimal() and value != form.get(f"was-{column}", ""):
            edits.append(Edit(EditKind.CELL, sheet, row, int(column[:5]), value[:2_000].strip()))
    return Wishes(edits)


def _number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    if not (text.isdecimal() and text.isascii() and len(text) < 8):
        raise DomainError("no_such_cell")
    return int(text)


async def _list(request: Request, principal: Principal, problem: DomainError | None = None, code: str = "") -> Response:
    status = PROBLEMS[problem.code].status if problem and problem.code in PROBLEMS else 200
    context = await describe_list(request)
    sentence = sentence_of(problem) if problem else None
    is_code = problem is not None and problem.code == "unknown_delegation"
    return render_desk(
        request, principal, "staff/imports/list.html", status, problem=sentence, is_code=is_code, code=code, **context
    )


async def _again(request: Request, principal: Principal, error: DomainError, step: str = "") -> Response:
    record = await service.get_import(house_of(request).database, request.path_params["id"])
    status = PROBLEMS[error.code].status if error.code in PROBLEMS else 422
    return await _show(request, principal, record, status, sentence_of(error), step)


async def _show(
    request: Request,
    principal: Principal,
    record: ImportRecord,
    status: int = 200,
    problem: str | None = None,
    step: str = "",
) -> Response:
    sure = len(await sure_edits(request, record.id)) if record.state in ("ready", "applied") else 0
    context = await describe_step(request, record, step)
    template = f"staff/imports/{context['step']}.html"
    return render_desk(request, principal, template, status, record=record, refusal=problem, sure=sure, **context)


async def _bad_rows(request: Request, record: ImportRecord) -> Response:
    sheets = record.summary.get("sheets", ())
    width = max((len(sheet["columns"]) for sheet in sheets if sheet["included"]), default=0)
    titles: Sequence[Mapping[str, Any]] = next(
        (sheet["columns"] for sheet in sheets if len(sheet["columns"]) == width), []
    )
    columns = [_("Trang tính"), _("Dòng"), *(column["title"] or "?" for column in titles), _("Cần sửa")]

    async def pages() -> AsyncIterator[Sequence[Any]]:
        after = (-1, 0)
        database = house_of(request).database
        while rows := await service.list_rows(
            database, record.id, LineFilter(state="bad"), after=after, limit=_PAGE_ROWS
        ):
            after = (rows[-1].sheet, rows[-1].row)
            yield [row_texts(line, sheets, width) for line in rows]

    return await table_response(request, "import-errors", columns, pages())
