"""What a badge looks like before it is printed: its words, its code, the tiles at its head, as the press takes them."""

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from server.services import qr

BadgeLayout = Literal["badge", "sheet", "label"]
Band = Literal["shutter", "river", "post", "night"]

_COLUMNS, _ROWS = 8, 4
_GLYPHS = Path(__file__).parents[2] / "static" / "glyphs.svg"
# Ground and ink of the exhibits' signs, as on the wall.
_SIGNS = {
    "egov": ("#0A6350", "#FFFFFF"),
    "home": ("#F6B91F", "#0C1B17"),
    "edu": ("#1A5C9C", "#FFFFFF"),
    "health": ("#B0331D", "#FFFFFF"),
    "id": ("#A02C6B", "#FFFFFF"),
    "economy": ("#A5CE3A", "#0C1B17"),
    "lobby": ("#0A6350", "#FFFFFF"),
}
_ENDLESS = re.compile(r"\S{24}(?=\S)")
# Ground, dark, light and accent of a band; shutter, river, post office and night as in the design's palette.
_BANDS: dict[Band, tuple[str, str, str, str]] = {
    "shutter": ("#0A6350", "#09423A", "#15866D", "#F6B91F"),
    "river": ("#1A5C9C", "#11457A", "#2F7BC2", "#F6B91F"),
    "post": ("#F6B91F", "#9A6700", "#FFCB4A", "#0A6350"),
    "night": ("#0C1B17", "#1F2B27", "#34413C", "#F6B91F"),
}
# Each in a square of 40, as in static/glyphs.svg.
_TILES = (
    "M0 0H40V40H0Z",
    "M0 0H40A40 40 0 0 1 0 40Z",
    "M40 0A40 40 0 0 0 0 40 40 40 0 0 0 40 0Z",
    "M20 0 40 20 20 40 0 20Z",
    "M20 1A19 19 0 0 0 39 20 19 19 0 0 0 20 39 19 19 0 0 0 1 20 19 19 0 0 0 20 1Z",
    "M0 40A20 20 0 0 1 40 40Z",
)


@dataclass(frozen=True, slots=True)
class Card:
    """The words on one badge. `before` stands above `large`, which shrinks to `lines` lines before it wraps on."""

    text: str
    short: str
    tag: str
    before: str
    large: str
    lines: int
    organisation: str
    when: str
    when_short: str
    band: Band
    pattern: str
    """Cards with the same word here bear the same tiles."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words that every badge or sheet bears."""

    space: str
    hint: str
    help: str
    sheet: str
    """Of the sheet's foot, with `{n}` and `{of}`."""
    scale: str
    language: str
    back: Mapping[str, Any] | None = None
    """Of the other side, if it is printed: `title`, `rows` of (`sign` as SVG, `name`, `other`), `again`, `how`."""


def content_of(cards: Sequence[Card], layout: BadgeLayout, words: Words) -> dict[str, Any]:
    """Return what the template is told: words, codes and tiles drawn already."""
    level: qr.Level = "M" if layout == "label" else "Q"
    bands = {} if layout == "label" else {_key(card): draw_band(card.band, card.pattern) for card in cards}
    places = {key: place for place, key in enumerate(bands)}
    drawn = [replace(card, text=_draw(card.text, level)) for card in cards]
    return {
        "layout": layout,
        "words": asdict(words),
        "bands": list(bands.values()),
        "cards": [_breakable(asdict(card)) | {"place": places.get(_key(card), 0)} for card in drawn],
    }


@lru_cache(maxsize=256)
def draw_band(band: Band, pattern: str) -> str:
    """Return the tiles at the head of a badge as SVG; the same words give the same tiles."""
    ground, *tones = _BANDS[band]
    chance = random.Random(pattern)  # noqa: S311 - decoration
    tiles = [f'<rect width="{_COLUMNS * 40}" height="{_ROWS * 40}" fill="{ground}"/>']
    for cell in range(_COLUMNS * _ROWS):
        if chance.random() < 0.28:
            continue
        x, y = cell % _COLUMNS * 40, cell // _COLUMNS * 40
        tone = chance.choices(tones, (4, 5, 2))[0]
        turn = chance.randrange(4) * 90
        shape = chance.choice(_TILES)
        tiles.append(f'<path transform="translate({x} {y}) rotate({turn} 20 20)" fill="{tone}" d="{shape}"/>')
    size = f'viewBox="0 0 {_COLUMNS * 40} {_ROWS * 40}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(tiles)}</svg>'


def draw_sign(glyph: str) -> str:
    """Return the sign of an exhibit as SVG; a plain tile where its glyph is none of ours."""
    ground, ink = _SIGNS.get(glyph, ("#15866D", "#FFFFFF"))
    shape = _glyphs().get(glyph, "").replace("currentColor", ink)
    tile = f'<rect width="40" height="40" fill="{ground}"/>'
    inner = f'<g transform="translate(4 4) scale(.8)">{shape}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">{tile}{inner}</svg>'


@lru_cache(maxsize=1)
def _glyphs() -> dict[str, str]:
    sprite = _GLYPHS.read_text(encoding="utf-8")
    return dict(re.findall(r'<symbol id="([a-z-]+)" viewBox="0 0 40 40">(.*?)</symbol>', sprite, re.DOTALL))


def _draw(text: str, level: qr.Level) -> str:
    side = len(qr.modules(text, level))
    path = qr.svg_path(text, level)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>'


def _breakable(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card whose endless words may be parted where no space is."""
    for field in ("before", "large", "organisation"):
        # Composed, so that no letter is parted from its tone.
        card[field] = _ENDLESS.sub("\\g<0>\u200b", unicodedata.normalize("NFC", card[field]))
    return card


def _key(card: Card) -> str:
    return f"{card.band} {card.pattern}"
