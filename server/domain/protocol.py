"""The protocol sheet of a leaders' or press visit: who is greeted in which order, when, where, in which language."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from server.domain.text import clean

MOST_LINES = 100
"""More lines than that are no sheet of paper."""

_LINE_LENGTH = 300
_TIME = re.compile(r"([01]?\d|2[0-3])[:hg.]([0-5]\d)?\s*[-–:,.]?\s+(.*)|([01]?\d|2[0-3])[:hg]([0-5]\d)?$")
_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+")


@dataclass(frozen=True, slots=True)
class Guest:
    """A person in the order in which they are greeted and named."""

    name: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timing; `at` is `09:30`, or empty for what has no time of its own."""

    at: str
    what: str


@dataclass(frozen=True, slots=True)
class ProtocolSheet:
    """The sheet. `order` names the guests, `hosts` those who receive them; `seats` is how they sit, line by line."""

    order: list[Guest] = field(default_factory=list)
    hosts: list[Guest] = field(default_factory=list)
    timing: list[Moment] = field(default_factory=list)
    interpreter: str = ""
    room: str = ""
    seats: list[str] = field(default_factory=list)
    remarks: str = ""

    @property
    def is_empty(self) -> bool:
        return self == ProtocolSheet()


def read_sheet(stored: Mapping[str, Any] | None) -> ProtocolSheet:
    """Return a sheet from how it is stored; nothing stored is an empty one."""
    if not stored:
        return ProtocolSheet()
    return ProtocolSheet(
        order=[Guest(**one) for one in stored.get("order", ())],
        hosts=[Guest(**one) for one in stored.get("hosts", ())],
        timing=[Moment(**one) for one in stored.get("timing", ())],
        interpreter=stored.get("interpreter", ""),
        room=stored.get("room", ""),
        seats=list(stored.get("seats", ())),
        remarks=stored.get("remarks", ""),
    )


def stored_sheet(sheet: ProtocolSheet) -> dict[str, Any] | None:
    """Return how a sheet is stored; an empty one is nothing."""
    return None if sheet.is_empty else asdict(sheet)


def read_guests(text: str) -> list[Guest]:
    """Return the guests of a list, one a line: `Trần Minh; Giám đốc Sở`. A number before the name is left out."""
    guests: list[Guest] = []
    for line in read_lines(text):
        name, _, title = line.partition(";")
        if not title:
            name, _, title = line.partition(",")
        guests.append(Guest(clean(name), clean(title)))
    return [guest for guest in guests if guest.name]


def read_timing(text: str) -> list[Moment]:
    """Return the lines of a timing, each `09:30 Đón tại sảnh`; one without a time keeps its place."""
    moments: list[Moment] = []
    for line in read_lines(text, numbered=False):
        match = _TIME.fullmatch(line)
        if match is None:
            moments.append(Moment("", line))
        elif match[4] is not None:
            moments.append(Moment(f"{int(match[4]):02}:{match[5] or '00'}", ""))
        else:
            moments.append(Moment(f"{int(match[1]):02}:{match[2] or '00'}", match[3]))
    return moments


def read_lines(text: str, *, numbered: bool = True) -> list[str]:
    """Return the lines that say something, cleaned, without the numbers before them, at most `MOST_LINES`."""
    lines = (clean(_NUMBER.sub("", line) if numbered else line)[:_LINE_LENGTH] for line in text.splitlines())
    return [line for line in lines if line][:MOST_LINES]


def write_guests(guests: list[Guest]) -> str:
    """Return guests as `read_guests` reads them."""
    return "\n".join(f"{one.name}; {one.title}" if one.title else one.name for one in guests)


def write_timing(moments: list[Moment]) -> str:
    """Return a timing as `read_timing` reads it."""
    return "\n".join(f"{one.at} {one.what}".strip() for one in moments)
