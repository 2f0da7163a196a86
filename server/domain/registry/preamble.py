"""What the lines above a list say: whose list it is, when they come, who speaks for them."""

import re
from collections.abc import Sequence

from server.domain.phones import parse_phone
from server.domain.registry.cells import Cell, Unreadable, as_text, read_date, read_email, read_size, read_time
from server.domain.registry.model import DelegationRow, Field, Layout, Sheet
from server.domain.registry.values import NAME_LENGTH, Line
from server.domain.registry.words import field_of_title, looks_like_organisation, read_kind
from server.domain.text import search_key, tidy_name

_MOTTO = re.compile(r"cong hoa xa hoi chu nghia|doc lap tu do hanh phuc|kem theo|dang cong san")
# Where the name in a title ends, and the visit begins.
_VISIT = re.compile(
    r"\s+(?:tại|đến|đi|dự|tham quan|tham dự|tham gia|trải nghiệm|làm việc|ngày|năm|at|visiting)(?:\s.*)?$",
    re.IGNORECASE,
)
# CÁN BỘ is staff and no ministry, SỐ a number and no department.
_NO_BODY = re.compile(r"(?:số|cán|toàn)(?:\s|$)", re.IGNORECASE)
_LONGEST = 400
# These begin the name of a body, and other things in a title as well.
_LOOSE = frozenset("doan nhom ban hoi khoi xa to quan huyen phuong khu".split())
_COUNT = re.compile(
    r"\s*[:(\-–]\s*\(?\s*(?:gồm\s*|có\s*)?\d+\s*(?:người|đại biểu|khách|thành viên|đ/c|đoàn|hs)?\s*\)?\s*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s*([^:：]{2,60})[:：]\s*(.*)")


def read_preamble(sheet: Sheet, layout: Layout) -> tuple[DelegationRow, bool]:
    """Return what stands above the header, as a delegation; its organisation is empty when none is named.

    The second value tells whether a label or a title names the organisation (not just a letterhead).
    """
    above = sheet.rows[: layout.header]
    cells, titles = _labelled(above)
    line = Line(layout.header + 1, cells, Layout(0, 0, titles))
    organisation = line.organisation(Field.ORGANISATION) or line.organisation(Field.DELEGATION)
    organisation = organisation or _of_title(above)
    is_said = bool(organisation)
    organisation = organisation or _of_letterhead(above) or _of_name(sheet.name)
    day, begins, ends = line.when()
    leader = tidy_leader(line.name(Field.LEADER))
    about = DelegationRow(
        row=layout.header + 1,
        organisation=organisation[:NAME_LENGTH],
        code=line.code(),
        kind=read_kind(line.text(Field.KIND)),
        leader=leader,
        contact=line.name(Field.CONTACT),
        phone=parse_phone(line.text(Field.PHONE)),
        email=_address(line.text(Field.EMAIL)),
        size=line.size(),
        day=day,
        begins=begins,
        ends=ends,
        language=line.language(),
        purpose=line.text(Field.PURPOSE),
        sector=line.text(Field.SECTOR),
        needs=line.text(Field.NEEDS),
        letter=line.text(Field.LETTER),
    )
    return about, is_said


def _address(text: str) -> str | None:
    try:
        return read_email(text) if text else None
    except Unreadable:
        return None


def _labelled(rows: Sequence[Sequence[Cell]]) -> tuple[list[Cell], dict[int, Field]]:
    """Return the values that stand behind a label (`Đơn vị: Sở Y tế`, or in the next cell), and what each is."""
    cells: list[Cell] = []
    fields: dict[int, Field] = {}
    for row in rows:
        filled = [cell for cell in row if cell is not None and as_text(cell)]
        for position, cell in enumerate(filled):
            if not isinstance(cell, str) or len(cell) > _LONGEST:
                continue
            for part in re.split(r";\s+", cell):
                label = _LABEL.fullmatch(part.strip())
                meaning = field_of_title(label[1]) if label else None
                if label is None or meaning is None:
                    continue
                value: Cell = label[2].strip()
                if not value and position + 1 < len(filled):
                    value = filled[position + 1]
                if value and _is_readable(meaning[0], value) and meaning[0] not in fields.values():
                    fields[len(cells)] = meaning[0]
                    cells.append(value)
    return cells, fields


def _is_readable(held: Field, value: Cell) -> bool:
    """Tell whether a value above the list can be what its label says; what cannot is left out, and is no error."""
    try:
        if held is Field.DATE:
            read_date(value)
        elif held is Field.TIME:
            read_time(value)
        elif held is Field.SIZE:
            read_size(value)
    except Unreadable:
        return False
    return True


def _of_title(rows: Sequence[Sequence[Cell]]) -> str:
    """Return the organisation that a title names: `DANH SÁCH ĐOÀN THAM QUAN CỦA SỞ Y TẾ`."""
    for row in rows:
        for cell in row:
            text = as_text(cell) if isinstance(cell, str) and len(cell) < _LONGEST else ""
            if not re.match(r"(?:danh sach|ds|so dang ky|phieu dang ky|doan|list)\b", search_key(text)):
                continue
            words = text.split(" ")
            for start in range(1, len(words)):
                phrase = _VISIT.sub("", " ".join(words[start:])).strip(" .,:;()")
                is_loose = search_key(words[start]) in _LOOSE or any(map(_NO_BODY.match, words[start - 1 : start + 1]))
                if not is_loose and looks_like_organisation(phrase):
                    return phrase
    return ""


def _of_letterhead(rows: Sequence[Sequence[Cell]]) -> str:
    """Return the last body in the letterhead: below the superior stands who sends the list."""
    found = ""
    for row in rows:
        for cell in row:
            text = as_text(cell) if isinstance(cell, str) and len(cell) < _LONGEST else ""
            folded = search_key(text)
            if isinstance(cell, str) and re.match(r"(?:danh sach|so dang ky|phieu dang ky)\b", folded):
                return found
            is_plain = isinstance(cell, str) and ":" not in text and not _MOTTO.search(folded)
            if is_plain and looks_like_organisation(text):
                found = text
    return found


def _of_name(name: str) -> str:
    return name.strip() if looks_like_organisation(name) else ""


def organisation_of_section(text: str) -> str:
    """Return a section's title without its number and its count: `II. Sở Y tế (12 người)` → `Sở Y tế`."""
    bare = re.sub(r"^\s*(?:(?:[IVX]+|[A-H]|\d+(?:\.\d+)*)\s*[./):-]+\s*)", "", text)
    bare = _COUNT.sub("", bare)
    return bare.strip(" :.-–")


def tidy_leader(text: str) -> str:
    """Return a leader's name without what follows it: `Ông Nguyễn Văn A - Giám đốc` → `Nguyễn Văn A`."""
    return tidy_name(re.split(r"\s+[-–]\s+|,\s|\(", text)[0])
