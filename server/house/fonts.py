"""Sanh Tabular: digits of equal width, derived from Be Vietnam Pro (OFL) under a name of its own.

Times, counts and tables need digits that do not dance while they change; Be Vietnam Pro has none.
"""

import io
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Sanh Tabular"
DIGITS = "0123456789"
CHARACTERS = DIGITS + ".,:/+-−–%×·"
SLASH_BEARING = 30


def derive_tabular(source: Path, weight: int) -> bytes:
    """Return a WOFF2 face with equal digits made from the Latin face `source`."""
    font = TTFont(source, recalcTimestamp=False)
    _keep_characters(font)
    _decompose(font)
    names = font.getBestCmap()
    widest = max(font["hmtx"][names[ord(digit)]][0] for digit in DIGITS)
    for digit in DIGITS:
        _centre(font, names[ord(digit)], widest)
    for mark in ".,:":
        # A point and a colon of one width, so that 1.479 stands under 9.999 and 07:30 under 11:05.
        _centre(font, names[ord(mark)], font["hmtx"][names[ord(":")]][0])
    slash = names[ord("/")]
    _centre(font, slash, _ink_width(font, slash) + 2 * SLASH_BEARING)
    _raise_colon(font, names[ord(":")])
    _rename(font, weight)
    font.flavor = "woff2"
    result = io.BytesIO()
    font.save(result)
    return result.getvalue()


def _keep_characters(font: TTFont) -> None:
    options = Options()
    options.layout_features = []  # kerning would pull the digits apart again
    options.hinting = False  # hints are for the outlines where they stood
    options.notdef_outline = True
    options.name_IDs = ["*"]
    subsetter = Subsetter(options)
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font)
    for table in ("GPOS", "GSUB", "GDEF"):
        if table in font:
            del font[table]


def _decompose(font: TTFont) -> None:
    """Give every glyph its own outline: a colon made of two points would move with the point."""
    glyphs = font.getGlyphSet()
    for name in font.getGlyphOrder():
        if font["glyf"][name].isComposite():
            outline = DecomposingRecordingPen(glyphs)
            glyphs[name].draw(outline)
            pen = TTGlyphPen(None)
            outline.replay(pen)
            font["glyf"][name] = pen.glyph()
            font["glyf"][name].recalcBounds(font["glyf"])


def _ink_width(font: TTFont, name: str) -> int:
    glyph = font["glyf"][name]
    return int(glyph.xMax - glyph.xMin)


def _centre(font: TTFont, name: str, width: int) -> None:
    glyph = font["glyf"][name]
    left = (width - _ink_width(font, name)) // 2
    _shift(font, name, left - glyph.xMin, 0)
    font["hmtx"][name] = (width, left)


def _raise_colon(font: TTFont, name: str) -> None:
    glyph = font["glyf"][name]
    middle_of_digits = font["OS/2"].sCapHeight // 2
    _shift(font, name, 0, middle_of_digits - (glyph.yMin + glyph.yMax) // 2)


def _shift(font: TTFont, name: str, dx: int, dy: int) -> None:
    glyph = font["glyf"][name]
    glyph.coordinates.translate((dx, dy))
    glyph.recalcBounds(font["glyf"])


def _rename(font: TTFont, weight: int) -> None:
    style = {400: "Regular", 600: "SemiBold", 700: "Bold", 800: "ExtraBold"}[weight]
    new_names = {
        1: f"{FAMILY} {style}",
        2: "Regular",
        3: f"{FAMILY} {style} 1.0",
        4: f"{FAMILY} {style}",
        6: f"SanhTabular-{style}",
        16: FAMILY,
        17: style,
    }
    table = font["name"]
    for record in list(table.names):
        if record.nameID in (1, 2, 3, 4, 6, 16, 17):
            table.removeNames(nameID=record.nameID)
    for name_id, text in new_names.items():
        table.setName(text, name_id, 3, 1, 0x409)
