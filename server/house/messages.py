"""Reads the sentences from the code into the catalogues: `python -m server.house.messages`.

The key is the Vietnamese sentence; each `locales/en.po` holds the English ones. Translations are kept, new
sentences come in empty, sentences that the code no longer says go. No dates and no line numbers, so that a
catalogue changes only when a sentence does.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent.parent

KEYWORDS = {"_": None, "gettext": None, "mark": None, "ngettext": (1, 2), "_n": (1, 2)}
METHODS = [
    ("**/tests/**", "ignore"),
    ("**/vendor/**", "ignore"),
    ("**.py", "python"),
    ("**.html", "jinja2"),
    ("**.svg", "jinja2"),
    ("**.txt", "jinja2"),
]
OPTIONS = {pattern: {"trimmed": "true", "silent": "false"} for pattern in ("**.html", "**.svg", "**.txt")}
HEADER = """\
# English, by Vietnamese sentence. `make messages` brings in new sentences; write their English here.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who keeps a catalogue, and the folders whose sentences are in it."""

    folder: Path
    sources: tuple[Path, ...]

    @property
    def catalogue(self) -> Path:
        return self.folder / "locales" / "en.po"


def owners(root: Path = ROOT) -> list[Owner]:
    """Return the house, the kiosk and each exhibit."""
    house = Owner(root / "server", (root / "server", root / "templates"))
    plugins = [root / "kiosk", *sorted(path.parent for path in root.glob("exhibits/*/manifest.toml"))]
    return [house, *(Owner(folder, (folder,)) for folder in plugins if folder.is_dir())]


def extract(owner: Owner, root: Path = ROOT) -> Catalog:
    """Return the sentences that an owner's code and templates say, without translations."""
    catalogue = Catalog(locale="en")
    for source in owner.sources:
        if not source.is_dir():
            continue
        found = extract_from_dir(source, METHODS, OPTIONS, KEYWORDS, comment_tags=("i18n:",))
        for filename, _, message, comments, context in found:
            place = (source / filename).relative_to(root).as_posix()
            catalogue.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return catalogue


def read(path: Path) -> Catalog:
    """Return the catalogue of a file; an empty one when there is no file."""
    if not path.is_file():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def renew(owner: Owner, root: Path = ROOT) -> int:
    """Bring an owner's catalogue up to date and return how many sentences wait for their English."""
    known = read(owner.catalogue)
    fresh = Catalog(locale="en")
    waiting = 0
    for message in extract(owner, root):
        if not message.id:
            continue
        old = known.get(message.id, message.context)
        english = old.string if old and isinstance(old.string, str) == isinstance(message.id, str) else ""
        places = [(place, 0) for place in sorted({place for place, _ in message.locations})]
        fresh.add(message.id, english, places, flags=message.flags, auto_comments=message.auto_comments)
        waiting += not (all(english) if isinstance(english, tuple) else english)
    owner.catalogue.parent.mkdir(exist_ok=True)
    owner.catalogue.write_bytes(render(fresh))
    return waiting


def render(catalogue: Catalog) -> bytes:
    """Return a catalogue's file: the fixed header, then the sentences in the order of their keys."""
    body = io.BytesIO()
    write_po(body, catalogue, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.encode() + body.getvalue()


def main() -> None:
    """Bring every catalogue up to date and say what waits for its English."""
    for owner in owners():
        count = renew(owner)
        path = owner.catalogue.relative_to(ROOT)
        print(f"{path}: {count} without English" if count else f"{path}: complete")  # noqa: T201


if __name__ == "__main__":
    main()
