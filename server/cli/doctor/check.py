"""What the doctor says of one thing."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do when it is not well, `advice` what would be better."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    advice: str = ""


def is_sqlite(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite")


def database_file(settings: Settings) -> Path:
    """Return the SQLite file; for another database the folder that the server was started in."""
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        return Path()
    return Path(url.database or ".") if url.get_backend_name() == "sqlite" else Path()


def existing_parent(path: Path) -> Path:
    """Return the folder that exists already, above a file that may not."""
    return next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))


def without_password(url: str) -> str:
    """Return an address as it may be shown: without whoever signs in, and without its options."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    place, options, _ = rest.partition("?")
    place = f"…@{place.rpartition('@')[2]}" if "@" in place else place
    return f"{scheme}://{place}{options}{'…' if options else ''}"
