"""The wizard's imports as people and programs handle them: begin, look, correct, apply, take back, forget."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.import_jobs import KEPT, Edit, EditKind, ImportLine, ImportRecord, ImportState, LineFilter
from server.domain.registry import Field, Layout, Placed, check_line
from server.domain.registry.cells import Cell
from server.domain.text import clean
from server.services.clock import real_now
from server.services.desk import Desk
from server.services.import_check import HIDDEN, finding_json, line_of
from server.services.import_runner import forget_content
from server.services.workbook_limits import MOST_BYTES
from server.storage import delegations
from server.storage import import_changes as journal
from server.storage import import_lines as lines
from server.storage import imports as storage
from server.storage.audit import append_line
from server.storage.database import Database

PART_BYTES = 128 * 1024
MOST_EDITS = 500
_OPEN = (ImportState.READY, ImportState.APPLIED)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What shall change: corrections, whether old fonts are converted, whose a bare list is (empty: nobody's)."""

    edits: Sequence[Edit] = ()
    converts: bool | None = None
    delegation: str | None = None


async def begin_import(
    desk: Desk, name: str, content: AsyncIterator[bytes], *, person: str = "", delegation: str | None = None
) -> ImportRecord:
    """Keep a file and have it read. Raise `file_empty`, `file_too_large`, `unknown_delegation`."""
    name = clean(name.replace("\\", "/").rpartition("/")[2])[:200] or "?"
    delegation = await _known_code(desk, delegation)
    values = {
        "name": name,
        "actor": desk.actor,
        "person": person[:200],
        "state": ImportState.UPLOADING,
        "delegation": delegation,
        "created_at": desk.at,
        "changed_at": desk.at,
        "expires_at": desk.at + KEPT,
    }
    id_ = await desk.database.write(storage.add_job, values)
    try:
        size = await _keep(desk.database, id_, name, content)
    except BaseException:
        await forget_import(desk.database, id_)
        raise
    await desk.database.write(_opened, desk, id_, size)
    return await get_import(desk.database, id_)


async def _keep(database: Database, id_: str, name: str, content: AsyncIterator[bytes]) -> int:
    size = place = 0
    waiting = bytearray()
    async for piece in content:
        waiting += piece
        size += len(piece)
        if size > MOST_BYTES:
            raise DomainError("file_too_large", file=name)
        while len(waiting) >= PART_BYTES:
            await database.write(storage.add_part, id_, place, bytes(waiting[:PART_BYTES]))
            place += 1
            del waiting[:PART_BYTES]
    if not size:
        raise DomainError("file_empty", file=name)
    if waiting:
        await database.write(storage.add_part, id_, place, bytes(waiting))
    return size


def _opened(connection: Connection, desk: Desk, id_: str, size: int) -> None:
    values = {"state": ImportState.READING, "size": size, "started_at": real_now()}
    storage.change_job(connection, id_, values)
    append_line(connection, desk.entry("upload_import", f"import:{id_}", after={"bytes": size}))


async def _known_code(desk: Desk, code: str | None) -> str | None:
    code = (code or "").strip().upper()
    if code and await desk.database.read(delegations.find_delegation, code) is None:
        raise DomainError("unknown_delegation", delegation=code)
    return code or None


async def get_import(database: Database, id_: str) -> ImportRecord:
    """Return an import, or raise `unknown_import`."""
    found = await database.read(storage.find_job, id_) if len(id_) == 32 else None
    if found is None:
        raise DomainError("unknown_import")
    return found


async def list_imports(database: Database, *, before: str = "", limit: int = 50) -> list[ImportRecord]:
    """Return the imports, the newest first."""
    return await database.read(storage.list_jobs, before=before, limit=limit)


async def list_rows(
    database: Database,
    id_: str,
    wanted: LineFilter,
    *,
    after: tuple[int, int] = (-1, 0),
    skip: int = 0,
    limit: int = 50,
) -> list[ImportLine]:
    """Return rows of an import, in order."""
    return await database.read(lines.list_lines, id_, wanted, after=after, skip=skip, limit=limit)


async def count_rows(database: Database, id_: str, wanted: LineFilter) -> int:
    """Return how many rows fit."""
    return await database.read(lines.count_lines, id_, wanted)


async def count_states(database: Database, id_: str) -> dict[str, int]:
    """Return how many rows of an import are in each state."""
    return await database.read(lines.count_states, id_)


async def touched_delegations(database: Database, id_: str, limit: int = 12) -> list[tuple[str, str]]:
    """Return (code, name) of delegations that an import made or changed."""
    return await database.read(journal.touched_codes, id_, limit)


async def correct_import(desk: Desk, id_: str, wishes: Wishes) -> ImportRecord:
    """Change what columns mean, cells, and what becomes of rows; the whole is checked again behind.

    Raise `unknown_import`, `import_busy` while it is read, applied or taken back, `unknown_delegation`,
    `no_such_cell`.
    """
    code = await _known_code(desk, wishes.delegation) if wishes.delegation is not None else None
    await desk.database.write(_correct, desk, id_, wishes, code)
    return await get_import(desk.database, id_)


def _correct(connection: Connection, desk: Desk, id_: str, wishes: Wishes, code: str | None) -> None:
    record = _hold(connection, id_)
    if record.state not in _OPEN:
        raise DomainError("import_busy")
    values: dict[str, Any] = {"state": ImportState.READY, "changed_at": desk.at, "tries": 0, "problem": ""}
    if wishes.converts is not None:
        values["converts"] = wishes.converts
    if wishes.delegation is not None:
        values["delegation"] = code
    for edit in wishes.edits:
        _demand_place(record, edit)
        if edit.kind is EditKind.HEADER:
            lines.drop_fields(connection, id_, edit.sheet)
    lines.save_edits(connection, id_, wishes.edits)
    for place in {(edit.sheet, edit.row) for edit in wishes.edits if edit.kind is EditKind.CELL}:
        _check_row(connection, record, place, wishes.edits)
    storage.change_job(connection, id_, {**values, "revision": record.revision + 1})


def _demand_place(record: ImportRecord, edit: Edit) -> None:
    sheets = record.summary.get("sheets", [])
    if edit.sheet >= len(sheets):
        raise DomainError("no_such_cell")
    columns = {column["column"]: column for column in sheets[edit.sheet]["columns"]}
    if edit.kind in (EditKind.FIELD, EditKind.CELL) and edit.column not in columns:
        raise DomainError("no_such_cell")


def _check_row(connection: Connection, record: ImportRecord, place: tuple[int, int], edits: Sequence[Edit]) -> None:
    """Check a corrected row by itself, so that whoever corrects sees at once; what others say of it follows."""
    line = lines.find_line(connection, record.id, *place)
    if line is None:
        raise DomainError("no_such_cell")
    cells = dict(line.cells)
    for edit in edits:
        if edit.kind is EditKind.CELL and (edit.sheet, edit.row) == place:
            cells[str(edit.column)] = edit.value or ""
    sheet = record.summary["sheets"][line.sheet]
    layout = layout_of(sheet)
    width = max((int(column) for column in cells), default=0) + 1
    row: list[Cell] = [cells.get(str(column)) or None for column in range(width)]
    row = [None if cell == HIDDEN else cell for cell in row]
    is_members = line.about.get("kind") == "member"
    errors, warnings = check_line(
        line.row, row, layout, is_members=is_members, section=str(line.about.get("section", ""))
    )
    about = {
        **line.about,
        "errors": [finding_json(Placed("", "", found)) for found in errors],
        "warnings": [finding_json(Placed("", "", found)) for found in warnings],
    }
    lines.save_lines(connection, record.id, [line_of(line.sheet, line.row, cells, about)])


def layout_of(sheet: dict[str, Any]) -> Layout:
    """Return the layout of a sheet as it was described."""
    columns = {column["column"]: Field(column["field"]) for column in sheet["columns"] if column["field"]}
    titles = {column["column"]: column["title"] for column in sheet["columns"]}
    return Layout((sheet["header_row"] or 1) - 1, sheet.get("below", 1), columns, titles)


async def apply_import(desk: Desk, id_: str) -> ImportRecord:
    """Have the good rows of an import written. Asked again, it is written once all the same. Raise `import_busy`."""
    await desk.database.write(_apply, desk, id_)
    return await get_import(desk.database, id_)


def _apply(connection: Connection, desk: Desk, id_: str) -> None:
    record = _hold(connection, id_)
    if record.state is ImportState.APPLYING:
        return
    if record.state is ImportState.APPLIED and record.result.get("is_whole", True):
        return
    if record.state not in _OPEN:
        raise DomainError("import_busy")
    _begin(connection, desk, record, ImportState.APPLYING)


async def undo_import(desk: Desk, id_: str) -> ImportRecord:
    """Have an import taken back. Raise `import_busy`, `nothing_to_undo`."""
    await desk.database.write(_undo, desk, id_)
    return await get_import(desk.database, id_)


def _undo(connection: Connection, desk: Desk, id_: str) -> None:
    record = _hold(connection, id_)
    if record.state in (ImportState.UNDOING, ImportState.UNDONE):
        return
    if record.state not in _OPEN:
        raise DomainError("import_busy")
    if record.applied_at is None:
        raise DomainError("nothing_to_undo")
    _begin(connection, desk, record, ImportState.UNDOING)


def _begin(connection: Connection, desk: Desk, record: ImportRecord, state: ImportState) -> None:
    values = {"state": state, "actor": desk.actor, "changed_at": desk.at, "started_at": real_now()}
    fresh = {"done": 0, "total": 0, "tries": 0, "worker": None, "beat_at": None, "is_stopping": False, "problem": ""}
    storage.change_job(connection, record.id, values | fresh)


async def stop_import(database: Database, id_: str) -> ImportRecord:
    """Have what is being applied stop after the slice at hand; what is written can be taken back."""
    await database.write(storage.change_job, id_, {"is_stopping": True}, states=(ImportState.APPLYING,))
    return await get_import(database, id_)


async def drop_import(desk: Desk, id_: str) -> None:
    """Forget an import with its file and rows; what it has written stays. Raise `unknown_import`, `import_busy`."""
    record = await desk.database.write(_hold, id_)
    if record.state in (ImportState.APPLYING, ImportState.UNDOING):
        raise DomainError("import_busy")
    await desk.database.write(storage.change_job, id_, {"state": ImportState.EXPIRED, "worker": None})
    await forget_import(desk.database, id_)
    await desk.database.write(append_line, desk.entry("drop_import", f"import:{id_}"))


async def forget_import(database: Database, id_: str) -> None:
    """Delete everything of an import."""
    await forget_content(database, id_)
    await database.write(storage.drop_job, id_)


def _hold(connection: Connection, id_: str) -> ImportRecord:
    record = storage.hold_job(connection, id_)
    if record is None:
        raise DomainError("unknown_import")
    return record
