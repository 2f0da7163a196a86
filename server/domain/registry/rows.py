"""One line of data → a delegation or a person."""

import re

from server.domain.registry.cells import as_text
from server.domain.registry.model import DelegationRow, Field, Layout, MemberRow, Sheet
from server.domain.registry.preamble import tidy_leader
from server.domain.registry.values import NAME_LENGTH, Line
from server.domain.text import person_key, search_key

_CODE_LIKE = re.compile(r"[A-ZĐ]{0,4}[-_.]?\d{1,6}", re.IGNORECASE)
_LEADER_WORDS = ("truong doan", "head of delegation", "delegation leader", "doan truong")


def is_member_sheet(sheet: Sheet, layout: Layout) -> bool:
    """Tell whether a row of this sheet is a person (else it is a delegation).

    People have a name column; where headcounts stand beside names, names that speak for a delegation each, unless
    the delegations' codes repeat: then the headcount repeats too, and each row is a person after all.
    """
    fields = layout.fields
    if not fields & {Field.NAME, Field.FAMILY_NAME}:
        return False
    if Field.SIZE in fields or Field.MEN in fields:
        return _codes_repeat(sheet, layout)
    if Field.LEADER in fields and fields & {Field.DATE, Field.KIND, Field.WHEN}:
        return _codes_repeat(sheet, layout)
    return True


def _codes_repeat(sheet: Sheet, layout: Layout) -> bool:
    column = layout.first(Field.CODE)
    if column is None:
        column = layout.first(Field.DELEGATION)
    if column is None:
        return False
    codes = [as_text(row[column]) for row in sheet.rows[layout.below :] if column < len(row)]
    known = [search_key(code) for code in codes if code]
    return len(known) > 2 and len(set(known)) * 3 < len(known) * 2


def read_delegation(line: Line, *, section_kind: str | None = None, section: str = "") -> DelegationRow:
    """Read a delegation's line; what is wrong stays on the line."""
    organisation = line.organisation(Field.ORGANISATION)
    name = line.organisation(Field.DELEGATION)
    if not (organisation or name) and not line.errors:
        column = line.layout.first(Field.ORGANISATION)
        column = column if column is not None else line.layout.first(Field.DELEGATION)
        line.refuse("missing_organisation", column, Field.ORGANISATION)
    organisation = organisation or name
    spoken = line.name(Field.LEADER) or line.name(Field.NAME) or line.name(Field.FAMILY_NAME, Field.GIVEN_NAME)
    leader = tidy_leader(spoken)
    day, begins, ends = line.when()
    return DelegationRow(
        row=line.row,
        organisation=organisation,
        name=name,
        code=line.code(),
        kind=line.kind() or section_kind,
        leader=leader,
        leader_title=line.text(Field.TITLE, most=NAME_LENGTH),
        contact=line.name(Field.CONTACT),
        phone=line.phone(),
        email=line.email(),
        size=line.size(),
        day=day,
        begins=begins,
        ends=ends,
        language=line.language(),
        purpose=line.text(Field.PURPOSE),
        sector=line.text(Field.SECTOR),
        needs=line.text(Field.NEEDS),
        notes=line.text(Field.NOTES),
        letter=line.text(Field.LETTER),
        is_good=not line.errors,
    )


def read_member(line: Line, *, section: str = "") -> tuple[MemberRow, DelegationRow | None]:
    """Read a person's line, and the delegation if the line describes that as well (its day, its kind)."""
    name = line.name(Field.NAME) if Field.NAME in line.layout.fields else line.name(Field.FAMILY_NAME, Field.GIVEN_NAME)
    if not name and not any(error.field in (Field.NAME, Field.FAMILY_NAME, Field.GIVEN_NAME) for error in line.errors):
        column = line.layout.first(Field.NAME)
        line.refuse("missing_name", column if column is not None else line.layout.first(Field.FAMILY_NAME), Field.NAME)
    organisation, belongs = line.organisation(Field.ORGANISATION), line.organisation(Field.DELEGATION)
    code = line.code()
    if code is None and belongs and _CODE_LIKE.fullmatch(belongs):
        code, belongs = belongs.upper(), ""
    describes = bool(line.layout.fields & {Field.DATE, Field.WHEN, Field.KIND, Field.SIZE})
    delegation = None
    title, notes = line.text(Field.TITLE, most=NAME_LENGTH), line.text(Field.NOTES)
    # Where lines describe delegations, the phone of a line is the person's, not the delegation's.
    member_phone, member_email = line.phone(), line.email()
    if describes and (organisation or belongs or section):
        delegation = _described(line, code, belongs or organisation or section)
    member = MemberRow(
        row=line.row,
        name=name,
        code=code,
        organisation=belongs or organisation,
        section=section,
        day=delegation.day if delegation else None,
        title=title,
        phone=member_phone,
        email=member_email,
        language=line.language(),
        needs=line.text(Field.NEEDS),
        notes=notes,
        is_leader=_is_leader(line, name, title, notes),
        is_good=not line.errors,
    )
    return member, delegation


def _described(line: Line, code: str | None, organisation: str) -> DelegationRow:
    day, begins, ends = line.when()
    return DelegationRow(
        row=line.row,
        organisation=organisation,
        code=code,
        kind=line.kind(),
        leader=tidy_leader(line.text(Field.LEADER)) if len(line.text(Field.LEADER)) > 4 else "",
        size=line.size(),
        day=day,
        begins=begins,
        ends=ends,
        purpose=line.text(Field.PURPOSE),
        sector=line.text(Field.SECTOR),
        letter=line.text(Field.LETTER),
        is_implied=True,
        is_good=not line.errors,
    )


def _is_leader(line: Line, name: str, title: str, notes: str) -> bool:
    mark = line.text(Field.LEADER)
    if mark and (len(mark) <= 4 or person_key(mark) == person_key(name)):
        return search_key(mark) not in ("khong", "no", "0")
    if any(search_key(text).startswith(word) for text in (title, notes) for word in _LEADER_WORDS):
        return True
    return search_key(mark) in _LEADER_WORDS
