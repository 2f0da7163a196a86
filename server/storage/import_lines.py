"""The rows of an import as its page shows them, and what people corrected in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, Index, and_, delete, func, or_, select
from sqlmodel import Field, SQLModel

from server.domain.import_jobs import Edit, EditKind, ImportLine, LineFilter
from server.storage.bulk import upsert_rows
from server.storage.core import table


class ImportRow(SQLModel, table=True):
    """A row of data of an import's sheet: what stands in it, what is wrong with it, what would become of it."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_state", "job_id", "state", "sheet", "row"),)
    job_id: str = Field(primary_key=True, foreign_key="import_job.id", max_length=32)
    sheet: int = Field(primary_key=True)
    row: int = Field(primary_key=True)
    state: str = Field(max_length=8)
    codes: str = ""
    cells: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    about: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class ImportEdit(SQLModel, table=True):
    """A correction, applied again whenever the file is read."""

    __tablename__ = "import_edit"
    job_id: str = Field(primary_key=True, foreign_key="import_job.id", max_length=32)
    kind: str = Field(primary_key=True, max_length=8)
    sheet: int = Field(primary_key=True)
    row: int = Field(primary_key=True)
    column: int = Field(primary_key=True)
    value: str = ""


_ROWS: Any = table(ImportRow)
_EDITS: Any = table(ImportEdit)
_SHOWN = (_ROWS.c.sheet, _ROWS.c.row, _ROWS.c.state, _ROWS.c.codes, _ROWS.c.cells, _ROWS.c.about)


def save_lines(connection: Connection, job_id: str, lines: Sequence[ImportLine]) -> None:
    """Keep these rows as they are now."""
    rows = [
        {
            "job_id": job_id,
            "sheet": line.sheet,
            "row": line.row,
            "state": line.state,
            "codes": line.codes,
            "cells": line.cells,
            "about": line.about,
        }
        for line in lines
    ]
    upsert_rows(connection, _ROWS, rows, key=("job_id", "sheet", "row"), change=("state", "codes", "cells", "about"))


def drop_lines(connection: Connection, job_id: str, places: Sequence[tuple[int, int]]) -> None:
    """Forget these rows, named by sheet and row."""
    for sheet in {place[0] for place in places}:
        rows = [row for there, row in places if there == sheet]
        connection.execute(delete(_ROWS).where(_ROWS.c.job_id == job_id, _ROWS.c.sheet == sheet, _ROWS.c.row.in_(rows)))


def drop_some_lines(connection: Connection, job_id: str, most: int) -> bool:
    """Forget some of an import's rows; tell whether there were any."""
    some = select(_ROWS.c.sheet, _ROWS.c.row).where(_ROWS.c.job_id == job_id).limit(most)
    places = [(row[0], row[1]) for row in connection.execute(some)]
    drop_lines(connection, job_id, places)
    return bool(places)


def all_lines(connection: Connection, job_id: str) -> list[ImportLine]:
    """Return every row of an import, in order."""
    query = select(*_SHOWN).where(_ROWS.c.job_id == job_id).order_by(_ROWS.c.sheet, _ROWS.c.row)
    return [ImportLine(*row) for row in connection.execute(query)]


def find_line(connection: Connection, job_id: str, sheet: int, row: int) -> ImportLine | None:
    """Return one row of an import."""
    query = select(*_SHOWN).where(_ROWS.c.job_id == job_id, _ROWS.c.sheet == sheet, _ROWS.c.row == row)
    found = connection.execute(query).first()
    return ImportLine(*found) if found else None


def list_lines(
    connection: Connection,
    job_id: str,
    wanted: LineFilter,
    *,
    after: tuple[int, int] = (-1, 0),
    skip: int = 0,
    limit: int = 50,
) -> list[ImportLine]:
    """Return the rows that fit, in order, from behind (sheet, row) `after`, leaving out the first `skip`."""
    behind = or_(_ROWS.c.sheet > after[0], and_(_ROWS.c.sheet == after[0], _ROWS.c.row > after[1]))
    query = select(*_SHOWN).where(*_conditions(job_id, wanted), behind)
    query = query.order_by(_ROWS.c.sheet, _ROWS.c.row).offset(skip).limit(limit)
    return [ImportLine(*row) for row in connection.execute(query)]


def count_states(connection: Connection, job_id: str) -> dict[str, int]:
    """Return how many rows are in each state."""
    query = select(_ROWS.c.state, func.count()).where(_ROWS.c.job_id == job_id).group_by(_ROWS.c.state)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def count_lines(connection: Connection, job_id: str, wanted: LineFilter) -> int:
    """Return how many rows fit."""
    return int(connection.scalar(select(func.count()).where(*_conditions(job_id, wanted))) or 0)


def save_edits(connection: Connection, job_id: str, edits: Sequence[Edit]) -> None:
    """Keep corrections; a later one of the same place replaces an earlier one, None takes it back."""
    by_place = {(edit.kind, edit.sheet, edit.row, edit.column): edit for edit in edits}
    for edit in by_place.values():
        if edit.value is None:
            own = and_(_EDITS.c.kind == edit.kind, _EDITS.c.sheet == edit.sheet, _EDITS.c.row == edit.row)
            place = and_(_EDITS.c.job_id == job_id, own, _EDITS.c.column == edit.column)
            connection.execute(delete(_EDITS).where(place))
    rows = [
        {
            "job_id": job_id,
            "kind": edit.kind.value,
            "sheet": edit.sheet,
            "row": edit.row,
            "column": edit.column,
            "value": edit.value,
        }
        for edit in by_place.values()
        if edit.value is not None
    ]
    upsert_rows(connection, _EDITS, rows, key=("job_id", "kind", "sheet", "row", "column"), change=("value",))


def drop_fields(connection: Connection, job_id: str, sheet: int) -> None:
    """Forget what columns of a sheet were said to mean: its header is another one now."""
    own = and_(_EDITS.c.job_id == job_id, _EDITS.c.kind == EditKind.FIELD, _EDITS.c.sheet == sheet)
    connection.execute(delete(_EDITS).where(own))


def all_edits(connection: Connection, job_id: str) -> list[Edit]:
    """Return every correction of an import."""
    query = select(_EDITS.c.kind, _EDITS.c.sheet, _EDITS.c.row, _EDITS.c.column, _EDITS.c.value)
    return [Edit(EditKind(row[0]), *row[1:]) for row in connection.execute(query.where(_EDITS.c.job_id == job_id))]


def drop_edits(connection: Connection, job_id: str) -> None:
    """Forget every correction of an import."""
    connection.execute(delete(_EDITS).where(_EDITS.c.job_id == job_id))


def _conditions(job_id: str, wanted: LineFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_ROWS.c.job_id == job_id]
    if wanted.sheet is not None:
        conditions.append(_ROWS.c.sheet == wanted.sheet)
    if wanted.state == "good":
        conditions.append(_ROWS.c.state.in_(("good", "warned")))
    elif wanted.state is not None:
        conditions.append(_ROWS.c.state == wanted.state)
    if wanted.code is not None:
        conditions.append(_ROWS.c.codes.contains(f" {wanted.code} ", autoescape=True))
    return conditions
