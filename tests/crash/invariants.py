"""The invariants of the domain, checked from the exported movements and from what the kiosks were told.

A naive program on purpose. It imports nothing of the house: where the two agree, they agree by two ways.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.crash.books import Books
from tests.crash.ledger import Ledger, Told
from tests.crash.movements import Move, Record, records_of


@dataclass(frozen=True, slots=True)
class Counters:
    """What the house says: visitors per zone (`GET /api/v1/occupancy`), and both columns of `sanh recount --json`.

    `occupancy` is None where no server runs.
    """

    occupancy: Mapping[str, int] | None
    counted: Mapping[str, int]
    recounted: Mapping[str, int]


@dataclass(slots=True)
class Findings:
    """What is wrong, by kind; nothing where everything holds."""

    lost: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    miscounted: list[str] = field(default_factory=list)
    negative: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    overfull: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)

    def by_kind(self) -> dict[str, list[str]]:
        """Return the kinds that were found, each with its complaints."""
        kinds = {name: getattr(self, name) for name in self.__slots__}
        return {name: complaints for name, complaints in kinds.items() if complaints}


def check(moves: Sequence[Move], books: Books, ledger: Ledger, *, is_online: bool) -> Findings:
    """Enter the movements in the books and hold them against the ledger.

    `is_online` tells that no scan was offline, forced or a re-entry: only then capacities are never exceeded.
    """
    found = Findings()
    first: dict[str, Record] = {}
    linked: set[str] = set()
    for record in records_of(moves):
        people = books.enter(record)
        scan_id = record[0].id
        if not record[0].has_effect and len(record) > 1:
            found.doubled.append(f"{scan_id} is stored {len(record)} times")
        if scan_id not in first:
            first[scan_id] = record
            found.contradicted += _contradictions(record, people, ledger.told.get(scan_id))
        elif scan_id in linked or not _is_fact_after_refusal(first[scan_id], record):
            found.doubled.append(f"{scan_id} is decided again: {record[0].answer} at seq {record[0].seq}")
        else:
            linked.add(scan_id)
    found.invented = [f"{id_} was never sent" for id_ in first if id_ not in ledger.sent]
    found.lost = [f"{id_}: {told}" for id_, told in ledger.told.items() if told.is_remembered and id_ not in first]
    # A genuine pass in a whole scan: whoever is told that it is none throws the scan away.
    found.lost += [
        f"{id_}: {told}" for id_, told in ledger.told.items() if not told.is_remembered and ledger.is_good(id_)
    ]
    found.contradicted += ledger.contradictions
    found.negative, found.split, found.crowded, overfull = books.hand_over()
    found.overfull = overfull if is_online else []
    return found


def check_counters(books: Books, counters: Counters) -> list[str]:
    """Compare the sums of the effects with what the house counts."""
    wrong = []
    for zone in sorted({*books.zones, *(counters.occupancy or ()), *counters.counted, *counters.recounted}):
        everybody = books.zones[zone]
        visitors = everybody - books.staff[zone]
        seen = visitors if counters.occupancy is None else counters.occupancy.get(zone, 0)
        said = seen, counters.counted.get(zone, 0), counters.recounted.get(zone, 0)
        if said != (visitors, everybody, everybody):
            wrong.append(f"{zone}: effects {visitors} ({everybody} with staff); occupancy, counter, recount {said}")
    return wrong


Whereabouts = dict[str, tuple[datetime, str]]
"""Pass → when and where its latest scan says that its visitor went."""


def check_offline(books: Books, moves: Sequence[Move], ledger: Ledger, latest: Whereabouts) -> list[str]:
    """Whoever was scanned offline only is where their latest scan says, in whatever order the scans arrived.

    `latest` has the passes of which that is asked, and is brought up to date.
    """
    for move in moves:
        known, sent = latest.get(move.pass_id), ledger.sent.get(move.id)
        if known is not None and sent is not None and move.at > known[0]:
            latest[move.pass_id] = (move.at, sent.target)
    return [
        f"{pass_id} is in '{books.place_of_pass(pass_id)}', last seen going to '{target}'"
        for pass_id, (_, target) in latest.items()
        if books.place_of_pass(pass_id) != target
    ]


def _contradictions(record: Record, people: int, told: Told | None) -> list[str]:
    first = record[0]
    kept = Told(first.answer, first.code, people)
    if told is None or not told.is_remembered:
        return [] if told is None else [f"{first.id}: told {told}, yet stored"]
    return [] if kept == told else [f"{first.id}: told {told}, stored {kept} at seq {first.seq}"]


def _is_fact_after_refusal(first: Record, record: Record) -> bool:
    """A refusal that never arrived, and a kiosk that let them pass: the one reason for a second record."""
    return first[0].answer == "refused" and not first[0].offline and record[0].offline and bool(record[0].conflict)
