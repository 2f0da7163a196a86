"""QR codes of passes: the smallest that hold the text, drawn as SVG or PNG."""

import io
from functools import lru_cache
from typing import Literal

import qrcode
from PIL import Image

Level = Literal["M", "Q"]

QUIET_ZONE = 4
_LEVELS = {"M": qrcode.constants.ERROR_CORRECT_M, "Q": qrcode.constants.ERROR_CORRECT_Q}
# A signed token is noise already, so that any mask is as good: trying all eight costs 5 ms and buys nothing.
_MASK = 2


@lru_cache(maxsize=1_000)
def modules(text: str, level: Level = "M") -> tuple[bytes, ...]:
    """Return the smallest code that holds the text, no quiet zone: a row each, a byte a module, 1 dark."""
    code = qrcode.QRCode(error_correction=_LEVELS[level], border=0, mask_pattern=_MASK)
    code.add_data(text, optimize=0)  # the densest mode that takes the whole text
    code.make(fit=True)
    return tuple(bytes(map(bool, row)) for row in code.get_matrix())


def draw_svg(text: str, level: Level = "M") -> str:
    """Return the code as an SVG document whose unit is one module, quiet zone included."""
    side = len(modules(text, level)) + 2 * QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{svg_path(text, level, QUIET_ZONE)}"/></svg>'
    )


@lru_cache(maxsize=1_000)
def svg_path(text: str, level: Level = "M", offset: int = 0) -> str:
    """Return the dark modules as the `d` of an SVG path, one stroke per run of modules in a row."""
    strokes: list[str] = []
    for y, row in enumerate(modules(text, level), start=offset):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                strokes.append(f"M{start + offset} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return "".join(strokes)


def draw_png(text: str, level: Level = "M", *, pixels_per_module: int = 8) -> bytes:
    """Return the code as a black and white PNG, quiet zone included."""
    rows = modules(text, level)
    side = len(rows) + 2 * QUIET_ZONE
    image = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows, start=QUIET_ZONE):
        for x, is_dark in enumerate(row, start=QUIET_ZONE):
            if is_dark:
                image.putpixel((x, y), 0)
    buffer = io.BytesIO()
    image.resize((side * pixels_per_module,) * 2, Image.Resampling.NEAREST).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
