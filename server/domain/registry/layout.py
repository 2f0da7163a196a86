"""Where a sheet's header is and what its columns hold: proposed from titles, one row or two, open to correction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.domain.registry.cells import Cell, as_text
from server.domain.registry.model import Field, Layout, Sheet
from server.domain.registry.words import field_of_title
from server.domain.text import search_key

HEADER_WITHIN = 30
_ANCHORS = {Field.NAME, Field.FAMILY_NAME, Field.ORGANISATION, Field.LEADER, Field.DELEGATION}
_POINTS = {3: 3.0, 2: 2.5, 1: 1.5}
# Fields that several columns may hold: the first that is filled counts, or all are joined.
_SHARED = {
    *(Field.PHONE, Field.EMAIL, Field.REACH, Field.ORGANISATION),
    *(Field.NOTES, Field.NEEDS, Field.IGNORED, Field.TITLE),
}
Merge = tuple[int, int, int, int]


def find_layout(sheet: Sheet, *, start: int = 0, within: int = HEADER_WITHIN) -> Layout | None:
    """Return the best header among the first rows from `start`, None when there is none."""
    best: Layout | None = None
    for index in range(start, min(start + within, len(sheet.rows))):
        if (found := layout_at(sheet, index)) is not None and (best is None or found.score > best.score):
            best = found
    return _split_name(sheet, best) if best is not None else None


def layout_below(sheet: Sheet, index: int) -> Layout | None:
    """Return the layout of a header that a person pointed at (from 0), although its titles may mean nothing."""
    if not 0 <= index < len(sheet.rows):
        return None
    found = layout_at(sheet, index)
    if found is None:
        return Layout(index, index + 1, {}, _titles(sheet.rows[index]))
    return _split_name(sheet, found)


def layout_at(sheet: Sheet, index: int) -> Layout | None:
    """Return the layout if a header begins at this row, of one row or of two."""
    top = _titles(sheet.rows[index])
    if not top:
        return None
    single = _judge(index, index + 1, {column: (title, field_of_title(title)) for column, title in top.items()})
    double = _two_rows(sheet, index, top)
    return max((layout for layout in (single, double) if layout), key=lambda layout: layout.score, default=None)


def _titles(row: Sequence[Cell]) -> dict[int, str]:
    return {column: as_text(cell) for column, cell in enumerate(row[:200]) if isinstance(cell, str) and as_text(cell)}


def _two_rows(sheet: Sheet, index: int, top: dict[int, str]) -> Layout | None:
    if index + 1 >= len(sheet.rows):
        return None
    row = sheet.rows[index + 1]
    under = _titles(row)
    numbers = sum(1 for cell in row if cell is not None and not isinstance(cell, str))
    if not under or numbers or any(title.endswith(":") for title in under.values()):
        return None
    spread = _spread(top, under, [merge for merge in sheet.merged[:5000] if merge[0] == index])
    joined: dict[int, tuple[str, tuple[Field, int] | None]] = {}
    for column in sorted(top.keys() | under.keys()):
        group, title = spread.get(column, ""), under.get(column, "")
        meaning = _meaning(group, title)
        # A row of data has words that are no titles: then this is no second row of the header.
        if title and meaning is None and field_of_title(title) is None:
            return None
        joined[column] = (f"{group} {title}".strip(), meaning)
    return _judge(index, index + 2, joined, is_double=True)


def _spread(top: dict[int, str], under: dict[int, str], merges: Sequence[Merge]) -> dict[int, str]:
    """Give each column the title above it: by merged cells, else a title reaches over empty cells above a title."""
    spread = dict(top)
    for _, left, _, right in merges:
        for column in range(left, min(right, left + 60) + 1):
            if left in top:
                spread.setdefault(column, top[left])
    if not merges:
        last = ""
        for column in range(max([*top, *under]) + 1):
            last = top.get(column, last if column in under else "")
            if last and column in under:
                spread.setdefault(column, last)
    return spread


def _meaning(group: str, title: str) -> tuple[Field, int] | None:
    above, below = (field_of_title(text) if text else None for text in (group, title))
    if not (group and title):
        return above or below
    if above and below:
        if above[0] in (Field.LEADER, Field.CONTACT) and below[0] in (Field.NAME, Field.GIVEN_NAME):
            return above
        if below[0] in (Field.MEN, Field.WOMEN) and above[0] is not Field.SIZE:
            return Field.IGNORED, 3
        return below
    return below or field_of_title(f"{group} {title}") or above


def _judge(
    header: int, below: int, meanings: Mapping[int, tuple[str, tuple[Field, int] | None]], *, is_double: bool = False
) -> Layout | None:
    surest: dict[Field, tuple[int, int]] = {}
    columns: dict[int, Field] = {}
    unknown = 0
    for column, (title, meaning) in meanings.items():
        if meaning is None or title.endswith(":"):
            unknown += 1
            continue
        found, sureness = meaning
        if found in surest and surest[found][0] >= sureness:
            if found in _SHARED:
                columns[column] = found
            continue
        if found in surest and found not in _SHARED:
            del columns[surest[found][1]]
        surest[found] = (sureness, column)
        columns[column] = found
    telling = set(surest) - {Field.IGNORED}
    is_lone_name = len(meanings) == 1 and surest.get(Field.NAME, (0, 0))[0] == 3
    if not (telling & _ANCHORS) or not (len(telling) >= 2 or is_lone_name):
        return None
    score = sum(_POINTS[sureness] for sureness, _ in surest.values()) - 0.8 * unknown
    if score < 3 or unknown > len(meanings) * 0.7:
        return None
    titles = {column: title for column, (title, _) in meanings.items()}
    # A second row must earn its place: the row below a plain header may hold a word that is a title elsewhere.
    return Layout(header, below, _settle(columns, titles), titles, score - (0.5 if is_double else 0.0))


def _settle(columns: dict[int, Field], titles: Mapping[int, str]) -> dict[int, Field]:
    """Settle what depends on the other columns: names in two parts, men and women, a date with its time."""
    settled = dict(columns)
    fields = set(columns.values())
    if Field.FAMILY_NAME in fields:
        for column, held in columns.items():
            if (
                held is Field.NAME
                and search_key(titles[column]).split(" ")[-1] in ("ten", "name")
                and (len(search_key(titles[column]).split(" ")) == 1 or _is_grouped(titles, column))
            ):
                settled[column] = Field.GIVEN_NAME
    has_parts = {Field.FAMILY_NAME, Field.GIVEN_NAME} <= set(settled.values())
    for column, held in columns.items():
        if held in (Field.MEN, Field.WOMEN) and (Field.SIZE in fields or Field.NAME in fields or has_parts):
            settled[column] = Field.IGNORED
        if held in (Field.FAMILY_NAME, Field.GIVEN_NAME) and not has_parts and Field.NAME not in fields:
            settled[column] = Field.NAME
    return settled


def _is_grouped(titles: Mapping[int, str], column: int) -> bool:
    """Tell whether a title is `Họ và tên Tên`: the group's title and its own."""
    words = search_key(titles[column]).split(" ")
    return words[-1] == "ten" and " ".join(words[:-1]) in ("ho va ten", "ho ten")


def _split_name(sheet: Sheet, layout: Layout) -> Layout:
    """Give the given name its column where one title stands above two: `Họ và tên` over `Nguyễn Văn` and `An`."""
    column = layout.first(Field.NAME)
    if column is None or column + 1 in layout.titles or Field.FAMILY_NAME in layout.fields:
        return layout
    pairs = both = 0
    for row in sheet.rows[layout.below : layout.below + 40]:
        family = as_text(row[column]) if column < len(row) else ""
        given = row[column + 1] if column + 1 < len(row) else None
        if family:
            pairs += 1
            both += isinstance(given, str) and 0 < len(as_text(given).split()) <= 2 and not any(map(str.isdigit, given))
    if not pairs or both * 2 < pairs:
        return layout
    columns = {**layout.columns, column: Field.FAMILY_NAME, column + 1: Field.GIVEN_NAME}
    return replace(layout, columns=columns, titles={**layout.titles, column + 1: layout.titles[column]})
