"""Languages: Vietnamese is the key, English comes from the catalogues, the language from the context.

A catalogue is an `en.po` that is read as it stands when it is first needed: there is no compile step, and a
changed sentence is there after a restart. A sentence without a translation is shown in Vietnamese.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from gettext import GNUTranslations
from pathlib import Path
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_MONTHS_EN = "January February March April May June July August September October November December".split()

_language: ContextVar[Language] = ContextVar("language", default="vi")
_folders: list[Path] = [Path(__file__).parent.parent / "locales"]
_loaded: dict[Path, GNUTranslations | None] = {}


def add_catalogue(folder: Path) -> None:
    """Add a plug-in's `locales` folder. The house's own sentences win over a plug-in's."""
    if folder not in _folders:
        _folders.append(folder)


def language() -> Language:
    """Return the language of this request, task or command."""
    return _language.get()


def choose_language(*wishes: str | None) -> Language:
    """Return the first wish that is a language we have, else Vietnamese. A wish may be an Accept-Language."""
    for wish in wishes:
        for part in (wish or "").split(","):
            code = part.split(";")[0].strip().lower().split("-")[0]
            if code == "vi":
                return "vi"
            if code == "en":
                return "en"
    return "vi"


def set_language(code: str) -> None:
    """Set the language for the rest of this context (a request's task, a command)."""
    _language.set(choose_language(code))


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Speak another language inside a `with` block."""
    token = _language.set(choose_language(code))
    try:
        yield
    finally:
        _language.reset(token)


def mark(message: str) -> str:
    """Return a sentence unchanged; marks one that `gettext` is given later, as in a table of problems."""
    return message


def gettext(message: str, /, **arguments: object) -> str:
    """Return a sentence in the current language, its `%(name)s` filled when arguments are given."""
    sentence = _find(message)
    return sentence % arguments if arguments else sentence


def ngettext(one: str, many: str, n: int, /, **arguments: object) -> str:
    """Return the form of a sentence for `n`; its `%(n)s` is filled with the number, thousands marked.

    Vietnamese has a single form: give the same sentence twice.
    """
    return _find_plural(one, many, n) % {"n": format_number(n), **arguments}


def install(environment: Environment) -> None:
    """Give templates `_("…", name=…)`, `_n("…", "…", n)` and `{% trans %}`.

    What `_` returns is plain text, so that autoescaping covers the sentence and its arguments alike.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(_find, _find_plural, newstyle=False)  # type: ignore[attr-defined]
    environment.globals.update(
        _=gettext,
        _n=ngettext,
        language=language,
        format_date=format_date,
        format_time=format_time,
        format_number=format_number,
    )


def format_date(moment: date) -> str:
    """Return `24/11/2026` or `24 November 2026`."""
    if _language.get() == "vi":
        return f"{moment:%d/%m/%Y}"
    return f"{moment.day} {_MONTHS_EN[moment.month - 1]} {moment.year}"


def format_time(moment: datetime | time) -> str:
    """Return the 24-hour clock, `07:30`, in both languages. The moment must be local already."""
    return f"{moment:%H:%M}"


def format_number(number: float) -> str:
    """Return `1.479.227` and `0,5` in Vietnamese, `1,479,227` and `0.5` in English."""
    text = f"{number:,}"
    return text.translate(str.maketrans(",.", ".,")) if _language.get() == "vi" else text


def _find(message: str) -> str:
    if _language.get() != "vi":
        for catalogue in _catalogues():
            found = catalogue.gettext(message)
            if found != message:
                return found
    return message


def _find_plural(one: str, many: str, n: int) -> str:
    if _language.get() != "vi":
        for catalogue in _catalogues():
            found = catalogue.ngettext(one, many, n)
            if found not in (one, many):
                return found
    return many


def _catalogues() -> Iterator[GNUTranslations]:
    for folder in _folders:
        if folder not in _loaded:
            _loaded[folder] = _read_catalogue(folder / "en.po")
        catalogue = _loaded[folder]
        if catalogue is not None:
            yield catalogue


def _read_catalogue(path: Path) -> GNUTranslations | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        catalogue = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
