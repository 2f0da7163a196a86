"""Cells of a workbook that have no value to read: formulas saved without one, and errors such as `#REF!`.

The reader of workbooks shows both as empty; here the sheets' XML is looked through for them, by patterns and not by
an XML parser, so that nothing in it can expand.
"""

import html
import io
import re
import zipfile

Missing = dict[str, dict[tuple[int, int], tuple[str, str]]]

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*[^>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?f>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]+)</")
_ODS = re.compile(
    rb"<(table:table|table:table-row|table:table-cell|table:covered-table-cell)((?:\s[^>]*?)?)(/?)>|(</table:table-row>)"
)
_MOST_REPEATS = 1_100_000


def cells_without_value(content: bytes, kind: str) -> Missing:
    """Return, by sheet and by place (counted from 0), a tag (`f` formula, `e` error) and what stands there."""
    if kind == "xls":
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        try:
            return _of_ods(archive.read("content.xml")) if kind == "ods" else _of_xlsx(archive)
        except (KeyError, ValueError, zipfile.BadZipFile):
            # Odd, but the reader of workbooks made sense of it: then nothing is known to be missing.
            return {}


def _attributes(text: bytes) -> dict[str, str]:
    return {
        match[1].decode(errors="replace"): html.unescape((match[2] or match[3] or b"").decode(errors="replace"))
        for match in _ATTRIBUTE.finditer(text)
    }


def _of_xlsx(archive: zipfile.ZipFile) -> Missing:
    names = {name.lower().lstrip("/"): name for name in archive.namelist()}
    if "xl/workbook.xml" not in names:
        return {}
    relations: dict[str, str] = {}
    for match in _RELATION.finditer(archive.read(names["xl/_rels/workbook.xml.rels"])):
        relation = _attributes(match[1])
        relations[relation.get("Id", "")] = relation.get("Target", "")
    missing: Missing = {}
    for match in _SHEET.finditer(archive.read(names["xl/workbook.xml"])):
        sheet = _attributes(match[1])
        target = relations.get(next((value for key, value in sheet.items() if key.endswith(":id")), ""), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if path.lower() in names and (found := _of_sheet(archive.read(names[path.lower()]))):
            missing[sheet.get("name", "")] = found
    return missing


def _of_sheet(xml: bytes) -> dict[tuple[int, int], tuple[str, str]]:
    found: dict[tuple[int, int], tuple[str, str]] = {}
    if not re.search(rb"<(?:\w+:)?f[\s>/]|t=[\"']e[\"']", xml):
        return found
    for match in _CELL.finditer(xml):
        body = match[2]
        is_error = b't="e"' in match[1] or b"t='e'" in match[1]
        formula = _FORMULA.search(body)
        if not (is_error or formula):
            continue
        about = _attributes(match[1])
        value = _VALUE.search(body)
        # A formula whose text is empty has a value: the empty text.
        if (value is None and about.get("t") == "str") or (value is not None and not is_error):
            continue
        place = _place(about.get("r", ""))
        if place is None:
            continue
        if is_error and value is not None:
            found[place] = ("e", value[1].decode(errors="replace")[:40])
        elif formula is not None:
            found[place] = ("f", "=" + html.unescape((formula[1] or b"").decode(errors="replace"))[:80])
    return found


def _place(reference: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _of_ods(xml: bytes) -> Missing:
    missing: Missing = {}
    if b"table:formula" not in xml:
        return missing
    sheet, row, column, repeats = "", 0, 0, 1
    for match in _ODS.finditer(xml):
        if match[4]:
            row, column = row + repeats, 0
            continue
        about = _attributes(match[2])
        if match[1] == b"table:table":
            sheet, row = about.get("table:name", ""), 0
        elif match[1] == b"table:table-row":
            repeats = min(int(about.get("table:number-rows-repeated", "1")), _MOST_REPEATS)
            column = 0
            row += repeats if match[3] else 0
        else:
            if "table:formula" in about and not any(key.endswith("value-type") for key in about):
                formula = about["table:formula"].removeprefix("of:")
                missing.setdefault(sheet, {})[row, column] = ("f", formula[:80])
            column += min(int(about.get("table:number-columns-repeated", "1")), 20_000)
    return missing
