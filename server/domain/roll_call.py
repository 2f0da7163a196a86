"""Roll call: who is inside, line by line, and what the ticks of several tablets say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

LineKind = Literal["visitor", "staff", "unnamed"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: a person, or `count` unnamed people of a delegation in a zone. `key` stays the same."""

    key: str
    kind: str
    zone: str
    count: int
    since: datetime | None
    name: str | None = None
    role: str | None = None
    delegation: str | None = None
    delegation_name: str | None = None
    needs_help: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """So many of a line are safe, says a tablet."""

    key: str
    tablet: str
    safe: int
    at: datetime
    actor: str


def merge_ticks(ticks: Iterable[Tick]) -> dict[str, Tick]:
    """Return the tick that holds for each line: the largest number wins, then the earliest."""
    merged: dict[str, Tick] = {}
    for tick in ticks:
        known = merged.get(tick.key)
        if known is None or (tick.safe, known.at) > (known.safe, tick.at):
            merged[tick.key] = tick
    return merged


def without_names(lines: Sequence[Listed]) -> list[Listed]:
    """Return numbers in place of people: one line for each delegation, the walk-ins and the staff of a zone."""
    sums: dict[tuple[str, str, str | None], Listed] = {}
    for line in lines:
        kind = "staff" if line.kind == "staff" else "unnamed"
        at = (line.zone, kind, line.delegation)
        known = sums.get(at)
        if known is None:
            key = f"{'s' if kind == 'staff' else 'n'}:{line.delegation or ''}@{line.zone}"
            sums[at] = replace(line, key=key, kind=kind, name=None, role=None)
        else:
            moments = [moment for moment in (known.since, line.since) if moment is not None]
            sums[at] = replace(
                known,
                count=known.count + line.count,
                since=min(moments) if moments else None,
                needs_help=known.needs_help or line.needs_help,
            )
    return list(sums.values())
