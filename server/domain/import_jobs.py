"""An import as the wizard keeps it: where it stands, what people corrected, and what became of each row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

KEPT = timedelta(days=7)
"""How long the file, its rows and the way back are kept."""


class ImportState(StrEnum):
    """`uploading` until the file is whole; `reading` until its rows are checked for the first time."""

    UPLOADING = "uploading"
    READING = "reading"
    READY = "ready"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"
    EXPIRED = "expired"


class EditKind(StrEnum):
    """What a person corrected: `field` of a column, a `cell`, the `header`'s row, a `sheet` left out or taken in.

    `person` says whether a row is somebody new or known; `skip` leaves a row out.
    """

    FIELD = "field"
    CELL = "cell"
    HEADER = "header"
    SHEET = "sheet"
    PERSON = "person"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Edit:
    """One correction. Rows count from 1 as in the sheet, columns and sheets from 0; 0 where there is none.

    A `value` of None takes the correction back.
    """

    kind: EditKind
    sheet: int
    row: int = 0
    column: int = 0
    value: str | None = None


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import. `done` of `total` rows are through the work at hand; `summary` is of the last check, by `checked`."""

    id: str
    name: str
    size: int
    actor: str
    person: str
    state: ImportState
    delegation: str | None
    converts: bool
    revision: int
    checked: int
    done: int
    total: int
    problem: str
    is_stopping: bool
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None
    applied_at: datetime | None
    undone_at: datetime | None
    summary: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_checking(self) -> bool:
        """Tell whether the rows shown are older than the last correction."""
        return self.state is ImportState.READY and self.checked < self.revision

    @property
    def is_working(self) -> bool:
        """Tell whether something goes on that ends by itself."""
        moving = (ImportState.UPLOADING, ImportState.READING, ImportState.APPLYING, ImportState.UNDOING)
        return self.state in moving or self.is_checking


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A row of data. `cells` by column; `about` holds its findings and what would become of it.

    `state` is `bad`, `twin` (perhaps the same person as another), `warned`, `good` or `skipped`.
    """

    sheet: int
    row: int
    state: str
    codes: str
    cells: Mapping[str, str]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which rows of an import: of a sheet, in a state, with a finding of this code."""

    sheet: int | None = None
    state: str | None = None
    code: str | None = None
