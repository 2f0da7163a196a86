"""The words of a registry: sheets, columns, typed rows, and what was found wrong or odd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from server.domain.registry.cells import Cell


class Field(StrEnum):
    """What a column holds. `IGNORED` is known and meant to be left out, identity numbers among it."""

    ORDINAL = "ordinal"
    CODE = "code"
    ORGANISATION = "organisation"
    DELEGATION = "delegation"
    KIND = "kind"
    LEADER = "leader"
    NAME = "name"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    CONTACT = "contact"
    TITLE = "title"
    PHONE = "phone"
    EMAIL = "email"
    REACH = "reach"
    SIZE = "size"
    MEN = "men"
    WOMEN = "women"
    DATE = "date"
    TIME = "time"
    END = "end"
    WHEN = "when"
    LANGUAGE = "language"
    PURPOSE = "purpose"
    SECTOR = "sector"
    NEEDS = "needs"
    NOTES = "notes"
    LETTER = "letter"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it came: `rows[0]` is its row 1. `merged` holds (top, left, bottom, right), counted from 0."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or a warning. `row` is the sheet's own number from 1, `column` counts from 0, `value` stood there."""

    code: str
    row: int | None = None
    column: int | None = None
    field: Field | None = None
    header: str | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """A delegation as a row states it; None and empty texts are what it does not say.

    `is_implied` marks one that stands on a person's row, not on a row of its own.
    """

    row: int
    organisation: str
    code: str | None = None
    name: str = ""
    kind: str | None = None
    leader: str = ""
    leader_title: str = ""
    contact: str = ""
    phone: str | None = None
    email: str | None = None
    size: int | None = None
    day: date | None = None
    begins: time | None = None
    ends: time | None = None
    language: str | None = None
    purpose: str = ""
    sector: str = ""
    needs: str = ""
    notes: str = ""
    letter: str = ""
    is_implied: bool = False
    is_good: bool = True


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person as a row states it. Their delegation: by `code`, else by `organisation` or `section`, and `day`."""

    row: int
    name: str
    code: str | None = None
    organisation: str = ""
    section: str = ""
    day: date | None = None
    title: str = ""
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    needs: str = ""
    notes: str = ""
    is_leader: bool = False
    is_good: bool = True


@dataclass(frozen=True, slots=True)
class Mended:
    """A cell that was written in an old font's encoding."""

    column: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The header's first row (counted from 0), the first row below it, and what each column holds."""

    header: int
    below: int
    columns: Mapping[int, Field]
    titles: Mapping[int, str] = field(default_factory=dict)
    score: float = 0.0
    _places: Mapping[Field, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for thirty times a row.
        places: dict[Field, tuple[int, ...]] = {}
        for column, held in sorted(self.columns.items()):
            places[held] = (*places.get(held, ()), column)
        object.__setattr__(self, "_places", places)

    @property
    def fields(self) -> frozenset[Field]:
        return frozenset(self.columns.values())

    def of(self, wanted: Field) -> tuple[int, ...]:
        """Return the columns that hold a field, from the left."""
        return self._places.get(wanted, ())

    def first(self, wanted: Field) -> int | None:
        """Return the first column that holds a field."""
        return next(iter(self.of(wanted)), None)


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What a sheet says. Bad rows are among the rows too, with `is_good` false, and their findings in `errors`.

    `is_bare` marks a list of people that names no delegations by code: its people belong to `about` (what the lines
    above the list say of the delegation), or to the organisation on their own row or section. `is_owner_said` is true
    where a label or a title names whose list it is; a letterhead alone does not. `sheet` is what
    was read: in Unicode, and corrected.
    """

    name: str
    header_row: int | None = None
    columns: dict[int, Field] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    delegations: tuple[DelegationRow, ...] = ()
    members: tuple[MemberRow, ...] = ()
    about: DelegationRow | None = None
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    rows: int = 0
    is_owner_said: bool = False
    layout: Layout | None = None
    sheet: Sheet | None = None
    is_members: bool = False
    mended: tuple[Mended, ...] = ()

    @property
    def is_understood(self) -> bool:
        return self.header_row is not None

    @property
    def is_bare(self) -> bool:
        return bool(self.members) and not self.delegations and Field.CODE not in self.columns.values()
