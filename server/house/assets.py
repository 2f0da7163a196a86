"""Other people's scripts, fonts and icons: copies them from `node_modules/` to `static/vendor/`, checked.

Run as `python -m server.house.assets` after `npm ci`. Imports nothing of the house. None of what it copies or
derives is committed, and every page works without it.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ROOT / "node_modules"
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
CHECKSUMS = STATIC / "vendor.sha256"

FONT_WEIGHTS = (400, 500, 600, 700, 800)
FONT_SUBSETS = ("latin", "latin-ext", "vietnamese")
TABULAR_WEIGHTS = (400, 600, 700, 800)
FONT_FILES = "@fontsource/be-vietnam-pro/files/be-vietnam-pro-{subset}-{weight}-normal.woff2"

COPIES = {
    "idiomorph/dist/idiomorph.esm.js": "idiomorph.js",
    "idiomorph/LICENSE": "idiomorph.LICENSE",
    # The reader finds its neighbours by these relative places.
    "zxing-wasm/dist/es/share.js": "zxing/es/share.js",
    "zxing-wasm/dist/es/reader/index.js": "zxing/es/reader/index.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing/reader/zxing_reader.wasm",
    "zxing-wasm/LICENSE": "zxing/LICENSE",
    "axe-core/axe.min.js": "axe.js",
    "axe-core/LICENSE": "axe.LICENSE",
    "@phosphor-icons/core/LICENSE": "icons.LICENSE",
    "@fontsource/be-vietnam-pro/LICENSE": "fonts/LICENSE",
    **{
        FONT_FILES.format(subset=subset, weight=weight): f"fonts/be-vietnam-pro-{subset}-{weight}.woff2"
        for subset in FONT_SUBSETS
        for weight in FONT_WEIGHTS
    },
}

ICON_STYLES = ("thin", "light", "bold", "fill", "duotone")


class AssetError(Exception):
    """An asset is missing or is not what was agreed on."""


def build() -> None:
    """Fill `static/vendor/` anew. Raises AssetError when a package is absent or a file differs."""
    agreed = read_checksums()
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in COPIES.items():
        content = _read_package_file(source)
        if agreed.get(target) != hashlib.sha256(content).hexdigest():
            raise AssetError(f"{source}: not the file that {CHECKSUMS.name} names")
        _write(target, content)
    _write("icons.svg", build_sprite((STATIC / "icons.txt").read_text()).encode())
    for weight in TABULAR_WEIGHTS:
        latin = PACKAGES / FONT_FILES.format(subset="latin", weight=weight)
        _write(f"fonts/sanh-tabular-{weight}.woff2", _tabular(latin, weight))


def missing() -> list[str]:
    """Return which files of `static/vendor/` are not there, as paths under it."""
    derived = ["icons.svg", *(f"fonts/sanh-tabular-{weight}.woff2" for weight in TABULAR_WEIGHTS)]
    return [name for name in [*COPIES.values(), *derived] if not (VENDOR / name).is_file()]


def read_checksums() -> dict[str, str]:
    """Return the agreed SHA-256 of each copied file by its name under `static/vendor/`."""
    lines = CHECKSUMS.read_text().splitlines() if CHECKSUMS.is_file() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def write_checksums() -> None:
    """Agree on the files as npm installed them just now (npm has checked them against its own lock)."""
    lines = (
        f"{hashlib.sha256(_read_package_file(source)).hexdigest()}  {target}\n" for source, target in COPIES.items()
    )
    CHECKSUMS.write_text("".join(lines))


def build_sprite(names: str) -> str:
    """Return one SVG with a symbol per line of `names`, such as `house` or `house-bold`."""
    symbols = [_symbol(line) for line in map(str.strip, names.splitlines()) if line and line[0] != "#"]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _symbol(name: str) -> str:
    last = name.rpartition("-")[2]
    style = last if last in ICON_STYLES else "regular"
    drawing = _read_package_file(f"@phosphor-icons/core/assets/{style}/{name}.svg").decode()
    inside = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    if inside is None:
        raise AssetError(f"{name}: no drawing")
    return f'<symbol id="{name}" viewBox="0 0 256 256" fill="currentColor">{inside[1]}</symbol>'


def _tabular(source: Path, weight: int) -> bytes:
    from server.house.fonts import derive_tabular

    return derive_tabular(source, weight)


def _read_package_file(name: str) -> bytes:
    path = PACKAGES / name
    if not path.is_file():
        raise AssetError(f"{name}: not in node_modules/ (run make setup)")
    return path.read_bytes()


def _write(name: str, content: bytes) -> None:
    path = VENDOR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    try:
        if "--agree" in sys.argv:
            write_checksums()
        build()
    except AssetError as error:
        sys.exit(f"assets: {error}")
