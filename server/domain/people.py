"""Visitors: what the register knows of a person, and what becomes of it when they ask to be forgotten."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

FORGOTTEN = "…"
"""What stands in a note where a forgotten person's name, phone or address stood."""

_SHORTEST_TRACE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRecord:
    """A visitor as they stand in the register; `delegation` is a code, `places` the zone they are in."""

    id: str
    delegation_id: int | None
    delegation: str | None
    name: str | None
    title: str
    organisation: str
    phone: str | None
    email: str | None
    language: str
    needs: str
    notes: str
    visit_date: date | None
    places: Mapping[str, int] | None
    erased_at: datetime | None
    version: int

    @property
    def inside(self) -> str | None:
        """Return the zone where the visitor is on their own standing; None outside."""
        return next(iter(self.places), None) if self.places else None


@dataclass(frozen=True, slots=True)
class VisitorFilter:
    """What a list of visitors is narrowed to; `words` are folded, and each must be found."""

    words: Sequence[str] = ()
    delegation_id: int | None = None
    is_inside: bool | None = None


def forget(text: str, traces: tuple[str, ...]) -> str:
    """Return a note without a person's traces (name, phone, address), whatever their case and encoding."""
    text = unicodedata.normalize("NFC", text)
    for trace in sorted(traces, key=len, reverse=True):
        words = unicodedata.normalize("NFC", trace).split()
        if len("".join(words)) < _SHORTEST_TRACE:
            continue
        pattern = r"\s+".join(map(re.escape, words))
        text = re.sub(rf"(?<!\w){pattern}(?!\w)", FORGOTTEN, text, flags=re.IGNORECASE)
    return text


def traces_of(name: str | None, phone: str | None, email: str | None) -> tuple[str, ...]:
    """Return the texts by which a person is recognised in a note; a phone also as it is written at home."""
    traces = [trace for trace in (name, phone, email) if trace]
    if phone and phone.startswith("+84"):
        national = f"0{phone[3:]}"
        traces += [
            national,
            f"{national[:4]} {national[4:7]} {national[7:]}",
            f"{national[:4]}.{national[4:7]}.{national[7:]}",
        ]
    return tuple(traces)
