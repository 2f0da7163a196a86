"""Delegations, visitors and movements as a spreadsheet or as CSV, read in pages so that no read lasts long."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import orjson

from server.domain.delegations import DelegationFilter, DelegationRecord
from server.domain.errors import DomainError
from server.domain.people import VisitorFilter, VisitorRecord
from server.services.desk import Desk
from server.services.sheets import Cell, Row, Sheet, open_sheet
from server.storage import exports as storage
from server.storage.audit import append_line
from server.storage.delegations import list_delegations
from server.storage.people import list_visitors

Subject = Literal[
    "delegations", "visitors", "movements", "visits", "passes", "prints", "devices", "organisations", "accounts",
    "cases", "audit",
]  # fmt: skip
"""The lists that leave whole. `accounts` has no password, `passes` no code to scan."""
PAGE = 2_000
_SLICE = 200

_DELEGATION = (
    "code,name,organisation,kind,status,planned,named,covers,inside,arrived,visit_date,slot_at,minutes,leader_name,"
    "leader_title,contact_name,phone,email,language,purpose,sector,needs,notes,letter,guide"
).split(",")
_VISITOR = ("id,delegation,name,title,organisation,phone,email,language,needs,notes,visit_date,inside,erased").split(
    ","
)
_MOVEMENT = (
    "seq,id,pass,delegation,device,answer,code,from_zone,to_zone,people,from_holder,to_holder,at,received_at,"
    "offline,conflict,assumed"
).split(",")
_RENAMED = {"id": "scan_id", "pass": "pass_id", "device": "device_id"}

Pages = Callable[[Desk], AsyncIterator[list[Row]]]


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: its columns, and a way to read its rows in pages."""

    columns: list[str]
    pages: Pages


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the desk on its way to a file: a name for the file and the log, titles of columns, rows in pages."""

    name: str
    columns: Sequence[str]
    pages: AsyncIterator[Sequence[Row]]
    title: str = ""
    """What the sheet is called; the name, if nothing else is said."""


async def export(desk: Desk, subject: Subject, path: Path) -> int:
    """Write every row to a file named .xlsx or .csv, whole or not at all; return how many rows there are.

    Times are RFC 3339 on the space's clock. Raise `cannot_write_file`.
    """
    table = TABLES[subject]
    part = path.with_name(f".{path.name}.part")
    try:
        opened = open_sheet(part, path.suffix.lower(), subject, table.columns)
        rows = await _fill(opened, table.pages(desk))
        part.replace(path)
    except OSError as error:
        raise DomainError("cannot_write_file", path=str(path), why=error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    await _tell(desk, subject, {"rows": rows})
    return rows


def whole_list(desk: Desk, subject: Subject, *, title: str = "", titles: Sequence[str] | None = None) -> Listing:
    """Return a list that leaves whole; its columns bear `titles`, or their names as in the contract."""
    table = TABLES[subject]
    return Listing(subject, titles or table.columns, table.pages(desk), title)


async def export_list(desk: Desk, listing: Listing, path: Path, *, narrowed_by: Sequence[str] = ()) -> int:
    """Write a list of the desk to a file named .xlsx or .csv; return how many rows there are.

    The audit log tells which fields the list was `narrowed_by`, not to what: that may be somebody's name. Moments
    are shown on the space's clock. Raise `cannot_write_file`.
    """
    suffix = path.suffix.lower()
    try:
        opened = open_sheet(path, suffix, listing.title or listing.name, listing.columns, for_people=True)
        rows = await _fill(opened, _local(desk, listing.pages))
    except OSError as error:
        raise DomainError("cannot_write_file", path=path.name, why=error.strerror or str(error)) from error
    told: dict[str, object] = {"rows": rows, "format": suffix[1:]}
    await _tell(desk, listing.name, told | ({"narrowed_by": sorted(narrowed_by)} if narrowed_by else {}))
    return rows


async def _fill(opened: AbstractContextManager[Sheet], pages: AsyncIterator[Sequence[Row]]) -> int:
    """Write pages of rows in a thread, since a large workbook takes seconds and scans are answered meanwhile."""
    rows = 0
    stack = ExitStack()
    try:
        sheet = await asyncio.to_thread(stack.enter_context, opened)
        async for page in pages:
            await asyncio.to_thread(sheet.write, page)
            rows += len(page)
    finally:
        await asyncio.to_thread(stack.close)
    return rows


async def _local(desk: Desk, pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[Sequence[Row]]:
    async for page in pages:
        for start in range(0, len(page), _SLICE):
            yield [[_shown(desk, cell) for cell in row] for row in page[start : start + _SLICE]]
            await asyncio.sleep(0)


def _shown(desk: Desk, cell: Cell) -> Cell:
    is_moment = isinstance(cell, datetime) and cell.tzinfo is not None
    return desk.space.local(cell).replace(tzinfo=None) if is_moment else cell  # type: ignore[arg-type]


async def _tell(desk: Desk, name: str, told: dict[str, object]) -> None:
    await desk.database.write(append_line, desk.entry(f"export_{name}", f"export:{name}", after=told))


async def _delegations(desk: Desk) -> AsyncIterator[list[Row]]:
    after = 0
    while page := await desk.database.read(list_delegations, DelegationFilter(), after=after, limit=PAGE):
        after = page[-1].id
        yield [[_plain(desk, _of_delegation(one, name)) for name in _DELEGATION] for one in page]


async def _visitors(desk: Desk) -> AsyncIterator[list[Row]]:
    after = ""
    while page := await desk.database.read(list_visitors, VisitorFilter(), after=after, limit=PAGE):
        after = page[-1].id
        yield [[_plain(desk, _of_visitor(one, name)) for name in _VISITOR] for one in page]


async def _movements(desk: Desk) -> AsyncIterator[list[Row]]:
    after = 0
    while page := await desk.database.read(storage.movements_after, after, PAGE):
        after = page[-1]["seq"]
        yield [[_plain(desk, row[_RENAMED.get(name, name)]) for name in _MOVEMENT] for row in page]


def _plain_table(name: str) -> Table:
    """Return a list that leaves as it is stored."""
    columns = storage.columns_of(name)

    async def pages(desk: Desk) -> AsyncIterator[list[Row]]:
        after = None
        while page := await desk.database.read(storage.rows_after, name, after, PAGE):
            after = storage.key_of(name, page[-1])
            yield [[_plain(desk, row[column]) for column in columns] for row in page]

    return Table(columns, pages)


TABLES: dict[Subject, Table] = {
    "delegations": Table(_DELEGATION, _delegations),
    "visitors": Table(_VISITOR, _visitors),
    "movements": Table(_MOVEMENT, _movements),
    "visits": _plain_table("visits"),
    "passes": _plain_table("passes"),
    "prints": _plain_table("prints"),
    "devices": _plain_table("devices"),
    "organisations": _plain_table("organisations"),
    "accounts": _plain_table("accounts"),
    "cases": _plain_table("cases"),
    "audit": _plain_table("audit"),
}


def _of_delegation(record: DelegationRecord, name: str) -> object:
    if name in ("covers", "inside"):
        return getattr(record.count, name)
    return record.status.value if name == "status" else getattr(record, name)


def _of_visitor(record: VisitorRecord, name: str) -> object:
    return record.erased_at is not None if name == "erased" else getattr(record, name)


def _plain(desk: Desk, value: object) -> Cell:
    if isinstance(value, datetime):
        return desk.space.local(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    raise TypeError(f"{type(value).__name__} has no cell")
