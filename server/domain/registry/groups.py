"""Sheets of several files → delegations with their members: who belongs to whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePath

from server.domain.registry.model import DelegationRow, Field, Finding, MemberRow, SheetReading
from server.domain.registry.words import is_department
from server.domain.text import search_key


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding and where it is."""

    file: str
    sheet: str
    finding: Finding


@dataclass(slots=True)
class Group:
    """A delegation to import. Without a row it is one that is known already, named by `code`.

    `has_list` tells whether a list of members was given, so that nobody is made of the leader's name alone.
    """

    file: str
    sheet: str
    row: DelegationRow | None
    code: str | None
    members: list[tuple[str, str, MemberRow]] = field(default_factory=list)
    has_list: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A delegation that is in the database already."""

    code: str
    organisation_key: str


@dataclass(slots=True)
class _Book:
    """The delegations' rows of one file, found by code and by organisation. None stands for a refused row."""

    by_code: dict[str, list[Group | None]] = field(default_factory=dict)
    by_organisation: dict[str, list[Group]] = field(default_factory=dict)
    own_rows: list[Group] = field(default_factory=list)


def codes_named(readings: Iterable[tuple[str, Sequence[SheetReading]]]) -> set[str]:
    """Return every code that a row names, to ask the database which of them are known."""
    return {
        code
        for _, sheets in readings
        for sheet in sheets
        for code in (*(row.code for row in sheet.delegations), *(member.code for member in sheet.members))
        if code
    }


def build_groups(
    readings: Sequence[tuple[str, Sequence[SheetReading]]], known: Mapping[str, Known], *, into: str | None = None
) -> tuple[list[Group], list[Placed], list[Placed]]:
    """Return the delegations in the order of the files, the errors of people who belong nowhere, and warnings.

    `known` are the delegations of the database by code; `into` is the code that takes bare lists.
    """
    builder = _Builder(known, into)
    for file, sheets in readings:
        builder.take_delegations(file, sheets)
    for file, sheets in readings:
        for sheet in sheets:
            builder.take_members(file, sheet)
    groups = [group for group in builder.groups if group.row is not None or group.members]
    return groups, builder.errors, builder.warnings


class _Builder:
    def __init__(self, known: Mapping[str, Known], into: str | None) -> None:
        self.known = known
        self.into = into
        self.groups: list[Group] = []
        self.errors: list[Placed] = []
        self.warnings: list[Placed] = []
        self.books: dict[str, _Book] = {}
        self.existing: dict[str, Group] = {}
        self.made: dict[tuple[str, str, str], Group] = {}
        self.own: dict[int, dict[str, str]] = {}

    def take_delegations(self, file: str, sheets: Sequence[SheetReading]) -> None:
        """Note the delegations' own rows, then those that only people's rows describe."""
        book = self.books.setdefault(file, _Book())
        for sheet in sheets:
            for row in sheet.delegations:
                if row.is_implied:
                    continue
                group = Group(file, sheet.name, row, row.code) if row.is_good else None
                if row.code:
                    book.by_code.setdefault(row.code, []).append(group)
                if group is not None:
                    self._add(book, group)
                    book.own_rows.append(group)
        for sheet in sheets:
            for row in sheet.delegations:
                if row.is_implied and not self._is_named(book, row):
                    group = Group(file, sheet.name, row, row.code)
                    if row.code:
                        book.by_code.setdefault(row.code, []).append(group)
                    self._add(book, group)

    def _add(self, book: _Book, group: Group) -> None:
        self.groups.append(group)
        if group.row is not None:
            book.by_organisation.setdefault(search_key(group.row.organisation), []).append(group)
            if group.row.name and search_key(group.row.name) != search_key(group.row.organisation):
                book.by_organisation.setdefault(search_key(group.row.name), []).append(group)

    def _is_named(self, book: _Book, row: DelegationRow) -> bool:
        """Tell whether an implied delegation has a row of its own in the file."""
        if row.code:
            return row.code in book.by_code
        return any(_same_day(group, row.day) for group in book.by_organisation.get(search_key(row.organisation), ()))

    def take_members(self, file: str, sheet: SheetReading) -> None:
        """Put each person of a sheet into their delegation, or note why that cannot be."""
        before: tuple[Group | None, str] = (None, "")
        for member in sheet.members:
            group, code = self._find(file, sheet, member, before)
            organisation = search_key(member.organisation)
            if group is not None:
                group.has_list = True
                before = (group, organisation)
                if member.is_good:
                    group.members.append((file, sheet.name, member))
            elif member.is_good:
                column = next((col for col, held in sheet.columns.items() if held is Field.CODE), None)
                header = sheet.headers.get(column) if column is not None else None
                finding = Finding(code, member.row, column, Field.CODE, header, member.code or "")
                self.errors.append(Placed(file, sheet.name, finding))

    def _find(
        self, file: str, sheet: SheetReading, member: MemberRow, before: tuple[Group | None, str]
    ) -> tuple[Group | None, str]:
        book = self.books[file]
        if member.code:
            return self._find_code(file, member)
        if Field.CODE not in sheet.columns.values():
            return self._find_bare(file, book, sheet, member), "missing_delegation"
        # A list with codes, and none on this row: its organisation tells, or the row above.
        organisation = search_key(member.organisation)
        fits = book.by_organisation.get(organisation, []) if organisation else []
        if len(fits) == 1:
            return fits[0], ""
        if before[0] is not None and organisation in ("", before[1]):
            return before[0], ""
        if self.into:
            return self._existing(file, sheet.name, self.into), ""
        return None, "missing_delegation"

    def _find_code(self, file: str, member: MemberRow) -> tuple[Group | None, str]:
        code = member.code or ""
        organisation = search_key(member.organisation)
        others = [book for name, book in self.books.items() if name != file]
        for book in (self.books[file], *others):
            if code not in book.by_code:
                continue
            rows = book.by_code[code]
            good = [group for group in rows if group is not None]
            for group in good:
                if group.row is not None and search_key(group.row.organisation) == organisation:
                    return group, ""
            return (good[0], "") if good else (None, "delegation_refused")
        if code in self.known:
            return self._existing(file, "", code), ""
        return None, "unknown_delegation"

    def _existing(self, file: str, sheet: str, code: str) -> Group:
        if code not in self.existing:
            self.existing[code] = Group(file, sheet, None, code)
            self.groups.append(self.existing[code])
        return self.existing[code]

    def _find_bare(self, file: str, book: _Book, sheet: SheetReading, member: MemberRow) -> Group | None:
        if self.into:
            return self._existing(file, sheet.name, self.into)
        others = [other for name, other in self.books.items() if name != file]
        for name in (member.organisation, member.section, sheet.name):
            for there in (book, *others) if name else ():
                fits = there.by_organisation.get(search_key(name), ())
                same_day = [group for group in fits if member.day is None or _same_day(group, member.day)]
                if same_day:
                    return same_day[0]
        named = book.by_code.get(sheet.name.strip().upper())
        if named and named[0] is not None:
            return named[0]
        if len(book.own_rows) == 1:
            return book.own_rows[0]
        return self._make(file, book, sheet, member)

    def _make(self, file: str, book: _Book, sheet: SheetReading, member: MemberRow) -> Group:
        """Make the delegation of a bare list: of the organisation that it names, or that its rows and sections name."""
        about = sheet.about or DelegationRow(row=sheet.header_row or 1, organisation="")
        said = self._owner(sheet, member) or about.organisation
        owner = said or _stem(file)
        made = self.made.get((file, sheet.name, search_key(owner)))
        if made is not None:
            return made
        is_own = search_key(owner) == search_key(about.organisation)
        row = replace(
            about,
            organisation=owner,
            code=None,
            kind=about.kind if is_own else None,
            size=about.size if is_own else None,
            leader=about.leader if is_own else "",
        )
        group = self.made[file, sheet.name, search_key(owner)] = Group(file, sheet.name, row, None)
        self._add(book, group)
        if not said:
            guessed = Finding("organisation_guessed", sheet.header_row, value=owner)
            self.warnings.append(Placed(file, sheet.name, guessed))
        return group

    def _owner(self, sheet: SheetReading, member: MemberRow) -> str:
        """Return the organisation to which a bare list's row belongs; empty to leave it to the list as a whole."""
        if sheet.is_owner_said:
            return ""
        if member.section:
            return member.section
        if id(sheet) not in self.own:
            self.own[id(sheet)] = _organisations(sheet)
        own = self.own[id(sheet)]
        if len(own) == 1:
            return next(iter(own.values()))
        has_letterhead = sheet.about is not None and bool(sheet.about.organisation)
        departments = sum(map(is_department, own.values()))
        return "" if has_letterhead and departments * 2 >= len(own) else member.organisation


def _organisations(sheet: SheetReading) -> dict[str, str]:
    return {search_key(row.organisation): row.organisation for row in sheet.members if row.organisation}


def _same_day(group: Group, day: date | None) -> bool:
    return group.row is not None and (group.row.day == day or group.row.day is None or day is None)


def _stem(file: str) -> str:
    return PurePath(file).stem.replace("_", " ").replace("-", " ").strip()[:200] or "?"
