"""A batch of scans in one transaction: load and lock, look for repeats, decide, save."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server.domain.admission import NOT_REMEMBERED, Answer, Code, Decision, PassFacts, Scan, apply, decide
from server.domain.kiosk import Kiosk
from server.domain.occupancy import WHOLE, Counts, levels_of
from server.domain.passes import PassKind, SignedPass
from server.domain.scans import SentScan, correct_time, is_skewed
from server.domain.space import Space
from server.services.scan_answers import Answers
from server.services.scan_records import Records, Source, holders_of
from server.services.worlds import build_world, pass_facts, queue_rows, standing_row
from server.storage.scans import Changes, Loaded, load_batch, save_batch
from server.storage.spaces import SPACE_ID


class Item(NamedTuple):
    """One scan to answer. `account` is who acts for the visitor at the desk, if not a device."""

    scan: SentScan
    kiosk: Kiosk
    received_at: datetime
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a batch is decided by, beside what it loads."""

    space: Space
    verify: Callable[[SignedPass], bool]
    wait_minutes: float | None = None
    throughput: float = 0.0
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a committed batch has brought: answers in order, and the counters if people moved."""

    answers: list[dict[str, Any]]
    counts: Counts | None
    misreads: Counter[tuple[str, str]]


def answer_batch(connection: Connection, rules: Rules, items: Sequence[Item]) -> BatchResult:
    """Answer every scan of a batch and save what it does; the answers hold once this transaction commits."""
    signed = [item.scan.signed for item in items if item.scan.signed is not None]
    wholes = {pass_.id for pass_ in signed if pass_.kind is PassKind.DELEGATION}
    loaded = load_batch(connection, {pass_.id for pass_ in signed}, {item.scan.id for item in items}, wholes)
    batch = _Batch(rules, loaded, max(item.received_at for item in items))
    answers = [batch.answer(item) for item in items]
    if batch.records.movements:
        save_batch(connection, batch.changes())
    return BatchResult(answers, batch.counts() if batch.has_moved else None, batch.misreads)


@dataclass(slots=True)
class _Stored:
    """A scan that was answered before: its first part, and what came of it since."""

    part: Any
    parts: int = 1
    conflict: str | None = None
    has_offline: bool = False


class _Given(NamedTuple):
    """An answer of this very batch, in the form of a stored movement."""

    answer: str
    code: str | None
    counted: int
    at: datetime
    pass_id: str
    device_id: str | None
    offline: bool
    reply: dict[str, Any]


class _Batch:
    def __init__(self, rules: Rules, loaded: Loaded, now: datetime) -> None:
        self._rules = rules
        self._loaded = loaded
        self._now = now
        self._world = build_world(rules.space, loaded, now)
        self._world.wait_minutes, self._world.throughput = rules.wait_minutes, rules.throughput
        self._passes = {row.id: row for row in loaded.passes}
        self._stored = _stored(loaded.answered)
        self._before = self._inside()
        self._levels = {row.id: row.level for row in loaded.zones} | {WHOLE: loaded.space.level}
        self._answers = Answers(rules.space, self._world, {row.id: row for row in loaded.groups})
        self._admitted = 0
        self.records = Records(rules.space, self._world)
        self.misreads: Counter[tuple[str, str]] = Counter()
        self.has_moved = False
        self.seq: int = loaded.space.seq

    def answer(self, item: Item) -> dict[str, Any]:
        sent = item.scan
        row = self._passes.get(sent.signed.id) if sent.signed else None
        if (stored := self._stored.get(sent.id)) is not None:
            return self._repeat(item, stored, row)
        if (code := self._unreadable(item, row)) is not None:
            return self._misread(item, code)
        facts = pass_facts(row)
        scan, skewed = _scan(item)
        decision = self._decide(facts, item.kiosk, scan)
        if decision.code in NOT_REMEMBERED:
            return self._misread(item, decision.code)
        reply = self._record(item, facts, scan, decision, skewed=skewed)
        answer = self._answers.first(sent.id, item.received_at, decision, reply, row)
        self._stored[sent.id] = _Stored(_given(answer, reply, facts, item), 1, answer["conflict"])
        return answer

    def counts(self) -> Counts:
        """Return the counters as they stand after the answers given so far."""
        return Counts(self.seq, self._inside(), self._levels)

    def changes(self) -> Changes:
        """Return the rows that this batch writes."""
        world, kept, zones = self._world, self._loaded.space, self._inside()
        before, self._levels = self._levels, levels_of(self._rules.space, zones, self._levels, error=self._rules.error)
        today = self._rules.space.day_of(self._now)
        self.seq += 1
        queue, numbers = queue_rows(world, self._loaded, today)
        admitted_before = kept.admitted if kept.admitted_day == today else 0
        return Changes(
            movements=self.records.movements,
            standings=[standing_row(world.standings[holder]) for holder in sorted(world.changed)],
            zones=[
                {"id": id_, "inside": inside, "staff": staff, "level": self._levels.get(id_, before[id_])}
                for id_, (inside, staff) in zones.items()
                if (inside, staff) != self._before[id_] or self._levels.get(id_, before[id_]) != before[id_]
            ],
            groups=[
                {"id": id_, "arrived": world.groups[id_].arrived, "arrived_day": world.groups[id_].arrived_day}
                for id_ in sorted(world.changed_groups)
            ],
            visits=list(self.records.visits.values()),
            cases=self.records.cases,
            queue=queue,
            measured_ends=self.records.measured_ends,
            space={
                "id": SPACE_ID,
                "seq": self.seq,
                "inside": sum(inside for inside, _ in zones.values()),
                "staff": sum(staff for _, staff in zones.values()),
                "level": self._levels[WHOLE],
                "admitted_day": today,
                "admitted": admitted_before + self._admitted,
                **numbers,
            },
        )

    def _inside(self) -> dict[str, tuple[int, int]]:
        return {id_: (zone.inside, zone.staff) for id_, zone in self._world.zones.items()}

    def _unreadable(self, item: Item, row: Any) -> Code | None:
        sent, kiosk = item.scan, item.kiosk
        if not kiosk.may_scan:
            return Code.NOT_A_SCANNER
        if (sent.force and kiosk.role != "desk") or (sent.reentry and kiosk.role != "gate"):
            return Code.MALFORMED
        if sent.signed is None:
            return Code.INVALID_PASS
        if row is None:
            return Code.UNKNOWN_PASS if self._rules.verify(sent.signed) else Code.INVALID_PASS
        # What was issued was signed by us: the same text needs no second proof, another text is a forgery.
        return None if _is_text_of(row, sent) else Code.INVALID_PASS

    def _misread(self, item: Item, code: Code) -> dict[str, Any]:
        self.misreads[item.kiosk.id, code.value] += 1
        return self._answers.first(item.scan.id, item.received_at, Decision(Answer.REFUSED, code), {}, None)

    def _decide(self, facts: PassFacts, kiosk: Kiosk, scan: Scan) -> Decision:
        if kiosk.zone not in self._world.zones:
            return Decision(Answer.REFUSED, Code.WRONG_GATE)
        if kiosk.zone not in self._rules.space.zone_ids:
            # The space file has this zone no more: its doors let nobody in, but everybody out.
            facts = facts._replace(zones=())
        return decide(self._world, facts, kiosk, scan)

    def _record(
        self, item: Item, facts: PassFacts, scan: Scan, decision: Decision, *, skewed: bool, first_part: int = 0
    ) -> dict[str, Any]:
        """Bring a decision into the world and note what is to be stored; return the reply that is kept."""
        standings = self._world.standings
        since = {holder: standings[holder].since if holder in standings else None for holder in holders_of(decision)}
        apply(self._world, facts, item.kiosk, scan, decision)
        source = Source(item.kiosk.id or None, item.account, item.kiosk.zone, item.received_at, skewed)
        reply = self._answers.kept(decision)
        self.records.add_movements(source, facts, scan, decision, reply, first_part)
        self.records.add_visits(since, facts, scan.at)
        self.records.add_case(source, facts, scan, decision)
        self.records.add_measured_end(facts, scan, decision)
        self.has_moved |= bool(decision.effects)
        if decision.answer is Answer.ADMITTED and not decision.is_echo:
            self._admitted += decision.people
        return reply

    def _repeat(self, item: Item, stored: _Stored, row: Any) -> dict[str, Any]:
        sent, part = item.scan, stored.part
        if row is None or part.pass_id != row.id or not _is_text_of(row, sent):
            return self._misread(item, Code.SCAN_ID_REUSED)
        if sent.offline and part.answer == Answer.REFUSED and not part.offline and not stored.has_offline:
            self._record_after_refusal(item, stored, row)
        is_same_device = part.device_id == (item.kiosk.id or None)
        return self._answers.repeat(sent.id, part, stored.conflict, row if is_same_device else None)

    def _record_after_refusal(self, item: Item, stored: _Stored, row: Any) -> None:
        """The refusal never arrived and the kiosk let them pass: record the fact, linked to that answer, once."""
        facts = pass_facts(row)
        scan, skewed = _scan(item)
        # Its refusal says where they are, too: a scan must not be superseded by its own answer.
        scan = scan._replace(at=max(scan.at, stored.part.at))
        decision = self._decide(facts, item.kiosk, scan)
        if decision.answer is Answer.REFUSED:
            return
        if decision.conflict is None:
            refusal = Code(stored.part.code)
            decision = decision._replace(conflict=refusal, case=decision.case or refusal.value)
        self._record(item, facts, scan, decision, skewed=skewed, first_part=stored.parts)
        stored.has_offline = True
        stored.parts += max(1, len(decision.effects))
        stored.conflict = str(decision.conflict)


def _scan(item: Item) -> tuple[Scan, bool]:
    """Return the scan with the time that it is ordered by, and whether its own clock is far off."""
    sent = item.scan
    at, skewed = item.received_at, is_skewed(sent.at, item.received_at)
    if sent.offline:
        at, skewed = correct_time(sent.at, item.received_at)
    return Scan(sent.id, at, sent.direction, sent.people, sent.offline, sent.force, sent.reentry), skewed


def _is_text_of(row: Any, sent: SentScan) -> bool:
    return bool(row.text[-135:].upper() == sent.token)


def _given(answer: dict[str, Any], reply: dict[str, Any], facts: PassFacts, item: Item) -> _Given:
    return _Given(
        answer["answer"],
        answer["code"],
        answer["people"],
        item.received_at,
        facts.id,
        item.kiosk.id or None,
        item.scan.offline,
        reply,
    )


def _stored(rows: Iterable[Any]) -> dict[str, _Stored]:
    found: dict[str, _Stored] = {}
    for row in rows:
        known = found.get(row.scan_id)
        if known is None:
            found[row.scan_id] = _Stored(row, row.part + 1, row.conflict)
            continue
        known.parts = row.part + 1
        known.has_offline |= row.offline and not known.part.offline
        known.conflict = known.conflict or row.conflict
    return found
