"""Cases: what a person may find when they look at one, and which movements that adds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OPEN_VISIT = "open_visit"
COUNT_ERROR = "count_error"
RECOUNT = "recount"
NOT_COUNTED = frozenset({"already_inside", "not_inside"})


@dataclass(frozen=True, slots=True)
class CaseWish:
    """Which cases are wanted: open or closed (None: both), of a kind, opened in a span of time."""

    is_closed: bool | None = False
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A movement that a closing adds: of the case's holder, or of another person who is registered for it."""

    who: Literal["holder", "another"]
    direction: Literal["in", "out"]
    people: int
    when: Literal["now", "scan", "asked"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to close a case. `change` is what it does to the number of people inside (staff are not counted)."""

    code: str
    moves: tuple[Move, ...] = ()
    change: int = 0
    needs_note: bool = False
    needs_time: bool = False


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a case. `counted` is the effect of its scan, `inside` how many of its holder are inside now.

    `free` is how many of the holder could still come in, `is_past` tells that its day has ended since.
    """

    kind: str
    holder: str | None
    counted: int = 0
    inside: int = 0
    free: int = 0
    is_past: bool = False
    is_gone: bool = False


def choices_of(facts: CaseFacts) -> tuple[Choice, ...]:
    """Return how a case may be closed, the likeliest first; always as it is recorded, and for another reason."""
    found: list[Choice] = []
    if facts.holder is not None and not facts.is_gone:
        found = _open_visit(facts) if facts.kind == OPEN_VISIT else _of_scan(facts)
    same = Choice("explained" if facts.kind in (COUNT_ERROR, RECOUNT) else "as_recorded")
    last = Choice("other", needs_note=True)
    if facts.kind == "already_inside":
        return (*found, Choice("scanned_twice"), last)
    return (same, *found, last) if facts.kind != OPEN_VISIT else (*found, same, last)


def _open_visit(facts: CaseFacts) -> list[Choice]:
    people = max(1, facts.counted)
    found = [Choice("left_at", (Move("holder", "out", people, "asked"),), needs_time=True)]
    return found + _still_inside(facts, people)


def _of_scan(facts: CaseFacts) -> list[Choice]:
    is_staff = facts.holder is not None and facts.holder.startswith("s:")
    is_visitor = facts.holder is not None and facts.holder.startswith("v:")
    sign = 0 if is_staff else 1
    found: list[Choice] = []
    if facts.is_past:
        # Everybody of that day has left since; where they are today is another matter.
        return [Choice("another_person")] if is_visitor else []
    if is_visitor and facts.kind == "already_inside":
        found.append(Choice("another_person", (Move("another", "in", 1, "scan"),), 1))
    if facts.inside:
        leaves = facts.inside if facts.kind in NOT_COUNTED else min(facts.inside, facts.counted or facts.inside)
        out = Move("holder", "out", leaves, "asked")
        found.append(Choice("left_unscanned", (out,), -leaves * sign, needs_time=True))
        if facts.counted and facts.kind not in NOT_COUNTED:
            if is_visitor:
                swap = (Move("holder", "out", 1, "now"), Move("another", "in", 1, "now"))
                found.append(Choice("another_person", swap))
            nobody = (Move("holder", "out", leaves, "now"),)
            found.append(Choice("nobody_came", nobody, -leaves * sign))
    if facts.kind == "not_inside":
        found.append(Choice("came_unscanned"))
        found += _still_inside(facts, facts.counted or 1)
    return found


def _still_inside(facts: CaseFacts, people: int) -> list[Choice]:
    coming = min(people, facts.free)
    if facts.inside or coming < 1 or facts.holder is None:
        return []
    is_staff = facts.holder.startswith("s:")
    return [Choice("still_inside", (Move("holder", "in", coming, "now"),), 0 if is_staff else coming)]
