"""The desk's list of visitors: what it is narrowed to, and what one line of it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Show = Literal["today", "inside", "walk-in", "needs", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorWish:
    """What the list is narrowed to; all of it must hold. `words` are folded; `ids` are what a search has found."""

    show: Show = "all"
    day: date
    words: Sequence[str] = ()
    ids: Sequence[str] | None = None
    delegation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorLine:
    """A visitor in the list. `needs` says only that they need a hand, not which; `zone` is where they are now."""

    id: str
    name: str | None
    title: str
    organisation: str
    phone: str | None
    email: str | None
    language: str
    delegation: str | None
    delegation_name: str | None
    day: date | None
    slot_at: datetime | None
    needs: bool
    is_erased: bool
    zone: str | None
    came_at: datetime | None
    left_at: datetime | None
    pass_id: str | None
    short: str | None
    had_pass: bool
    """Whether one was issued that holds no more."""
    printed_at: datetime | None
