"""The rows of `sanh export movements FILE.csv`, as the contract names their columns. Imports nothing of the house."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

COLUMNS = (
    "seq,id,pass,delegation,device,answer,code,from_zone,to_zone,people,from_holder,to_holder,at,received_at,"
    "offline,conflict,assumed"
).split(",")


@dataclass(frozen=True, slots=True)
class Move:
    """One row. Zones, holders and codes are empty texts where there are none; outside is an empty zone."""

    seq: int
    id: str
    pass_id: str
    delegation: str
    device: str
    answer: str
    code: str
    from_zone: str
    to_zone: str
    people: int
    from_holder: str
    to_holder: str
    at: datetime
    received_at: datetime
    offline: bool
    conflict: str

    @property
    def has_effect(self) -> bool:
        return bool(self.from_zone or self.to_zone)


Record = tuple[Move, ...]
"""What one decision has stored: a row for each effect, or one without any."""


def read_moves(path: Path, after: int = 0) -> list[Move]:
    """Return the rows behind number `after`, in the order of their numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        assert rows.fieldnames == COLUMNS, f"the export has other columns: {rows.fieldnames}"
        moves = [_read(row) for row in rows if int(row["seq"]) > after]
    return sorted(moves, key=lambda move: move.seq)


def records_of(moves: Iterable[Move]) -> Iterator[Record]:
    """Yield the decisions in order. A fact that follows a refusal under its id is a decision of its own."""
    for _, rows in groupby(moves, key=lambda move: (move.id, move.offline, move.answer, move.received_at)):
        yield tuple(rows)


def _read(row: dict[str, str]) -> Move:
    return Move(
        seq=int(row["seq"]),
        id=row["id"],
        pass_id=row["pass"],
        delegation=row["delegation"],
        device=row["device"],
        answer=row["answer"],
        code=row["code"],
        from_zone=row["from_zone"],
        to_zone=row["to_zone"],
        people=int(row["people"]),
        from_holder=row["from_holder"],
        to_holder=row["to_holder"],
        at=datetime.fromisoformat(row["at"]),
        received_at=datetime.fromisoformat(row["received_at"]),
        offline=row["offline"] == "true",
        conflict=row["conflict"],
    )
