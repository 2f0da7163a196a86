"""What programs send and get of an import."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field as Limits

from server.domain.import_jobs import ImportState
from server.domain.registry import Field
from server.services import import_jobs as service
from server.web.api.records import unset
from server.web.openapi import NO_CONTROLS, Line, Model, Page

SheetIndex = Annotated[int, Limits(ge=0, le=1_000)]
RowNumber = Annotated[int, Limits(ge=1, le=1_048_576)]
ColumnIndex = Annotated[int, Limits(ge=0, le=255)]


class FindingOut(Model):
    code: str
    column: int | None
    field: str | None
    value: str
    message: str


class RowOut(Model):
    """A row of data. `outcome` is what applying makes of it; `repeats` a row of the file with the same person."""

    sheet: int
    row: int
    state: Literal["bad", "twin", "warned", "good", "skipped"]
    cells: dict[str, str]
    errors: list[FindingOut]
    warnings: list[FindingOut]
    outcome: str | None
    known_as: str | None
    recognised_by: str | None
    repeats: int | None
    changes: dict[str, list[str]]
    choice: str | None


class ColumnOut(Model):
    column: int
    title: str
    field: str | None
    samples: list[str]


class SheetOut(Model):
    """A sheet; `why` tells what keeps it out: `hidden`, `left_out`, `not_understood`."""

    sheet: int
    name: str
    included: bool
    why: str
    rows: int
    header_row: int | None
    columns: list[ColumnOut]
    fonts: list[list[str]]


class Progress(Model):
    done: int
    total: int
    seconds_left: int | None


class CountsOut(Model):
    new: int
    changed: int
    unchanged: int = 0


class ProblemOut(Model):
    code: str
    detail: str


class ResultOut(Model):
    """What was written; `whole` is false where it stopped on the way."""

    delegations: CountsOut
    visitors: CountsOut
    left: int
    whole: bool


class KeptOut(Model):
    kind: str
    name: str
    reason: str


class UndoneOut(Model):
    removed: dict[str, int]
    restored: dict[str, int]
    kept: list[KeptOut]


class RowList(Model):
    items: list[RowOut]
    next: str | None


class ImportBrief(Model):
    id: str
    name: str
    state: ImportState
    created_at: datetime
    by: str


class ImportList(Model):
    items: list[ImportBrief]
    next: str | None


class ImportOut(ImportBrief):
    """An import. `checking` tells that a correction is not yet reckoned in everywhere."""

    checking: bool
    size: int
    delegation: str | None
    convert_fonts: bool
    progress: Progress
    problem: ProblemOut | None
    sheets: list[SheetOut]
    counts: dict[str, int]
    codes: dict[str, int]
    delegations: CountsOut
    visitors: CountsOut
    result: ResultOut | None
    undo: UndoneOut | None
    rows: RowList


class ColumnChange(Model):
    """What a column holds; null leaves it out."""

    sheet: SheetIndex = 0
    column: ColumnIndex
    field: Field | None


class CellChange(Model):
    sheet: SheetIndex = 0
    row: RowNumber
    column: ColumnIndex
    value: Annotated[str, Limits(max_length=2_000, pattern=NO_CONTROLS)]


class RowChange(Model):
    """Whether a row is somebody new or the same as known, or is left out; null takes the choice back."""

    sheet: SheetIndex = 0
    row: RowNumber
    person: Literal["new", "same"] | None = unset()
    skip: bool = unset()


class SheetChange(Model):
    sheet: SheetIndex = 0
    header_row: RowNumber = unset()
    included: bool = unset()


class ImportChange(Model):
    """Corrections, any number at once. `delegation` takes a bare list of members; null lets the file say."""

    columns: Annotated[list[ColumnChange], Limits(max_length=service.MOST_EDITS)] = unset()
    cells: Annotated[list[CellChange], Limits(max_length=service.MOST_EDITS)] = unset()
    rows: Annotated[list[RowChange], Limits(max_length=service.MOST_EDITS)] = unset()
    sheets: Annotated[list[SheetChange], Limits(max_length=service.MOST_EDITS)] = unset()
    convert_fonts: bool = unset()
    delegation: Line | None = unset()


class RowPage(Page):
    """Which rows are shown."""

    sheet: SheetIndex | None = None
    state: Literal["bad", "twin", "good", "skipped"] | None = None
    code: Annotated[str, Limits(max_length=40, pattern=r"^[a-z_]+$")] | None = None
