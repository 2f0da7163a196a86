"""A batch of scans in one transaction: load and lock, look for repeats, decide, save."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.domain.admission import (
    NOT_REMEMBERED,
    Answer,
    Code,
    Decision,
    PassFacts,
    Scan,
    apply,
    decide,
)
from server.domain.kiosk import Kiosk
from server.domain.passes import PassKind, SignedPass
from server.domain.scans import SentScan, correct_time, is_skewed
from server.domain.space import Space
from server.services.worlds import build_world, pass_facts, queue_rows, standing_row
from server.storage.scans import Changes, load_batch, save_batch


@dataclass(frozen=True, slots=True)
class Item:
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


@dataclass(slots=True)
class BatchResult:
    """What a committed batch has brought: answers in order, and the counters if they changed."""

    answers: list[dict[str, Any]]
    counts: dict[str, tuple[int, int]]
    seq: int
    has_moved: bool
    has_called: bool
    misreads: Counter[tuple[str, str]]


def answer_batch(connection: Connection, rules: Rules, items: Sequence[Item]) -> BatchResult:
    """Answer every scan of a batch and save what it does; the answers hold once this transaction commits."""
    signed = [item.scan.signed for item in items if item.scan.signed is not None]
    wholes = {pass_.id for pass_ in signed if pass_.kind is PassKind.DELEGATION}
    loaded = load_batch(connection, {pass_.id for pass_ in signed}, {item.scan.id for item in items}, wholes)
    batch = _Batch(rules, loaded, max(item.received_at for item in items))
    answers = [batch.answer(item) for item in items]
    if batch.movements or batch.world.changed:
        save_batch(connection, batch.changes())
    zones = batch.world.zones.values()
    return BatchResult(
        answers,
        {zone.id: (zone.inside, zone.staff) for zone in zones},
        batch.seq,
        batch.has_moved,
        batch.has_called,
        batch.misreads,
    )


@dataclass(slots=True)
class _Stored:
    """A scan that was answered before: its first part, and what came of it since."""

    part: Any
    parts: int = 1
    conflict: str | None = None
    has_offline: bool = False


class _Batch:
    def __init__(self, rules: Rules, loaded: Any, now: datetime) -> None:
        self.rules = rules
        self.space = rules.space
        self.world = build_world(rules.space, loaded, now)
        self.world.wait_minutes, self.world.throughput = rules.wait_minutes, rules.throughput
        self.loaded = loaded
        self.passes = {row.id: row for row in loaded.passes}
        self.groups = {row.id: row for row in loaded.groups}
        self.stored = _stored(loaded.answered)
        self.movements: list[dict[str, Any]] = []
        self.visits: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.ends: list[dict[str, Any]] = []
        self.misreads: Counter[tuple[str, str]] = Counter()
        self.admitted = 0
        self.has_moved = False
        self.has_called = False
        self._before = {id_: (zone.inside, zone.staff) for id_, zone in self.world.zones.items()}
        self._now = now
        self.seq: int = loaded.space.seq

    def answer(self, item: Item) -> dict[str, Any]:
        sent, kiosk = item.scan, item.kiosk
        row = self.passes.get(sent.signed.id) if sent.signed else None
        if (stored := self.stored.get(sent.id)) is not None:
            return self._repeat(item, stored, row)
        if (code := self._unreadable(item, row)) is not None:
            self.misreads[kiosk.id, str(code)] += 1
            return self._reply(item, Decision(Answer.REFUSED, code), None)
        facts = pass_facts(row)
        scan, skewed = self._scan(item)
        decision = self._decide(facts, kiosk, scan)
        if decision.code in NOT_REMEMBERED:
            self.misreads[kiosk.id, str(decision.code)] += 1
            return self._reply(item, decision, None)
        self._record(item, facts, scan, decision, skewed=skewed)
        answer = self._reply(item, decision, row)
        self.stored[sent.id] = _Stored(_Remembered(answer, facts.id, kiosk.id or None), 1, answer["conflict"])
        return answer

    def _unreadable(self, item: Item, row: Any) -> Code | None:
        sent, kiosk = item.scan, item.kiosk
        if not kiosk.may_scan:
            return Code.NOT_A_SCANNER
        if (sent.force and kiosk.role != "desk") or (sent.reentry and kiosk.role != "gate"):
            return Code.MALFORMED
        if sent.signed is None:
            return Code.INVALID_PASS
        if row is None:
            return Code.UNKNOWN_PASS if self.rules.verify(sent.signed) else Code.INVALID_PASS
        # What was issued was signed by us: the same text needs no second proof, another text is a forgery.
        return None if row.text[-135:].upper() == sent.token else Code.INVALID_PASS

    def _scan(self, item: Item) -> tuple[Scan, bool]:
        sent = item.scan
        at, skewed = item.received_at, is_skewed(sent.at, item.received_at)
        if sent.offline:
            at, skewed = correct_time(sent.at, item.received_at)
        scan = Scan(sent.id, at, sent.direction, sent.people, sent.offline, sent.force, sent.reentry)
        return scan, skewed

    def _decide(self, facts: PassFacts, kiosk: Kiosk, scan: Scan) -> Decision:
        if kiosk.zone not in self.world.zones:
            return Decision(Answer.REFUSED, Code.WRONG_GATE)
        return decide(self.world, facts, kiosk, scan)

    def _record(
        self, item: Item, facts: PassFacts, scan: Scan, decision: Decision, *, skewed: bool, first_part: int = 0
    ) -> None:
        holders = {effect.from_holder for effect in decision.effects}
        holders |= {effect.to_holder for effect in decision.effects}
        since = {holder: standing.since for holder in holders if (standing := self.world.standings.get(holder))}
        called = sum(place.called_at is not None for place in self.world.queue)
        apply(self.world, facts, item.kiosk, scan, decision)
        self.has_called |= called != sum(place.called_at is not None for place in self.world.queue)
        self.has_moved |= bool(decision.effects)
        if decision.answer is Answer.ADMITTED:
            self.admitted += decision.people
        self._add_movements(item, facts, scan, decision, skewed=skewed, first_part=first_part)
        for holder in sorted(holders):
            self._add_visit(holder, since.get(holder), facts, scan.at)
        if decision.case is not None:
            self._add_case(item, facts, scan, decision)
        is_exit = decision.answer is Answer.LEFT and decision.conflict is Code.SUPERSEDED
        if is_exit and self.world.ended_at is not None and scan.at < self.world.ended_at:
            self.ends.append({"who": facts.holder, "on": self.space.day_of(scan.at), "end": scan.at})

    def _add_movements(
        self, item: Item, facts: PassFacts, scan: Scan, decision: Decision, *, skewed: bool, first_part: int
    ) -> None:
        common = {
            "scan_id": scan.id,
            "pass_id": facts.id,
            "delegation_id": facts.delegation,
            "device_id": item.kiosk.id or None,
            "account_id": item.account,
            "answer": str(decision.answer),
            "code": decision.code and str(decision.code),
            "counted": decision.people,
            "at": scan.at,
            "received_at": item.received_at,
            "offline": scan.offline,
            "conflict": decision.conflict and str(decision.conflict),
            "assumed": False,
            "is_skewed": skewed,
            "reason": scan.force,
        }
        reply = self._kept_reply(decision)
        if not decision.effects:
            nothing = {"from_zone": None, "to_zone": None, "people": 0, "from_holder": None, "to_holder": None}
            self.movements.append(
                {**common, **nothing, "part": first_part, "holder": facts.holder, "reply": reply}
            )
        for part, effect in enumerate(decision.effects, start=first_part):
            self.movements.append(
                {
                    **common,
                    "part": part,
                    "holder": effect.to_holder if effect.to_zone else effect.from_holder,
                    "from_zone": effect.from_zone,
                    "to_zone": effect.to_zone,
                    "people": effect.people,
                    "from_holder": effect.from_holder,
                    "to_holder": effect.to_holder,
                    "reply": reply if part == 0 else None,
                }
            )

    def _add_visit(self, holder: str, since: datetime | None, facts: PassFacts, at: datetime) -> None:
        standing = self.world.standings[holder]
        row: dict[str, Any] = {"holder": holder, "delegation_id": standing.delegation, "pass_id": facts.id}
        row["is_assumed"] = False
        if since is None and standing.since is not None:
            entered = standing.since
            row |= {"day": self.space.day_of(at), "entered_at": entered, "left_at": None, "people": standing.inside}
        elif since is not None and standing.since is None:
            row |= {"day": self.space.day_of(since), "entered_at": since, "left_at": max(at, since), "people": 1}
        else:
            return
        self.visits.append(row)

    def _add_case(self, item: Item, facts: PassFacts, scan: Scan, decision: Decision) -> None:
        detail: dict[str, object] = {"answer": str(decision.answer), "people": decision.people}
        detail |= {"asked": scan.people, "zone": item.kiosk.zone, "reason": scan.force}
        self.cases.append(
            {
                "kind": str(decision.case),
                "scan_id": scan.id,
                "holder": facts.holder,
                "delegation_id": facts.delegation,
                "device_id": item.kiosk.id or None,
                "opened_at": item.received_at,
                "detail": {key: value for key, value in detail.items() if value is not None},
            }
        )

    def _repeat(self, item: Item, stored: _Stored, row: Any) -> dict[str, Any]:
        sent, part = item.scan, stored.part
        is_same = row is not None and part.pass_id == row.id and row.text[-135:].upper() == sent.token
        if not is_same:
            self.misreads[item.kiosk.id, "scan_id_reused"] += 1
            return self._reply(item, Decision(Answer.REFUSED, Code.SCAN_ID_REUSED), None)
        if sent.offline and part.answer == Answer.REFUSED and not part.offline and not stored.has_offline:
            self._record_after_refusal(item, stored, row)
        answer = self._base(item)
        answer |= {"answer": part.answer, "code": part.code, "people": part.counted, **(part.reply or {})}
        answer |= {"repeat": True, "conflict": stored.conflict, "at": self._local(part.at)}
        if part.device_id == (item.kiosk.id or None):
            self._name(answer, row)
        return answer

    def _record_after_refusal(self, item: Item, stored: _Stored, row: Any) -> None:
        """The refusal never arrived and the kiosk let them pass: record the fact, linked to that answer, once."""
        facts = pass_facts(row)
        scan, skewed = self._scan(item)
        refusal = Code(stored.part.code)
        decision = self._decide(facts, item.kiosk, scan)
        if decision.answer is Answer.REFUSED:
            return
        if decision.conflict is None:
            decision = _with_conflict(decision, refusal)
        self._record(item, facts, scan, decision, skewed=skewed, first_part=stored.parts)
        stored.has_offline = True
        stored.parts += max(1, len(decision.effects))
        stored.conflict = str(decision.conflict)

    def _reply(self, item: Item, decision: Decision, row: Any) -> dict[str, Any]:
        answer = self._base(item)
        answer |= {
            "answer": str(decision.answer),
            "code": decision.code and str(decision.code),
            "people": decision.people,
            "repeat": decision.is_echo,
            "conflict": decision.conflict and str(decision.conflict),
            "at": self._local(item.received_at),
            **self._kept_reply(decision),
        }
        if row is not None:
            self._name(answer, row)
        return answer

    def _kept_reply(self, decision: Decision) -> dict[str, Any]:
        """Return what of an answer is kept for its repeats, no person's name among it."""
        reply: dict[str, Any] = {"zone": decision.zone}
        if decision.since is not None:
            reply["since"] = self._local(decision.since).isoformat()
        if decision.free is not None:
            reply["free"] = decision.free
        if decision.most is not None:
            reply["max_people"] = decision.most
        if decision.queue is not None:
            queue = decision.queue
            reply["queue"] = {"number": queue.number, "ahead": queue.ahead, "wait_minutes": queue.wait_minutes}
        return reply

    def _base(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.scan.id,
            "zone": None,
            "visitor": None,
            "guide": None,
            "since": None,
            "free": None,
            "queue": None,
            "delegation": None,
            "max_people": None,
        }

    def _name(self, answer: dict[str, Any], row: Any) -> None:
        """Say whose pass it is, to the kiosk that scanned it."""
        group = self.groups.get(row.delegation_id or row.member_of)
        display = row.name if row.visitor_id else (group.name if group else None)
        answer["visitor"] = {"display": display, "delegation": group.code if group else None}
        if group is None:
            return
        answer["guide"] = group.guide or None
        now = self.world.groups[group.id]
        answer["delegation"] = {
            "code": group.code,
            "name": group.name,
            "covers": now.covers,
            "inside": self.world.group_inside(group.id),
            "arrived": now.arrived,
            "cancelled_at": group.cancelled_at and self._local(group.cancelled_at),
            "slot_at": group.slot_at and self._local(group.slot_at),
        }

    def _local(self, moment: datetime) -> datetime:
        return self.space.local(moment)

    def changes(self) -> Changes:
        """Return the rows that this batch writes."""
        world = self.world
        zones = [
            {"zone": id_, "inside_now": zone.inside, "staff_now": zone.staff}
            for id_, zone in world.zones.items()
            if (zone.inside, zone.staff) != self._before[id_]
        ]
        self.seq += 1
        everyone = sum(zone.inside for zone in world.zones.values())
        staff = sum(zone.staff for zone in world.zones.values())
        today = self.space.day_of(self._now)
        kept = self.loaded.space
        before = kept.admitted if kept.admitted_day == today else 0
        space = {"new_seq": self.seq, "new_inside": everyone, "new_staff": staff}
        space |= {"new_admitted_day": today, "new_admitted": before + self.admitted}
        queue, numbers = queue_rows(world, self.loaded, today)
        return Changes(
            movements=self.movements,
            standings=[standing_row(world.standings[holder]) for holder in sorted(world.changed)],
            zones=zones,
            groups=[
                {"group": id_, "most": world.groups[id_].arrived, "on": world.groups[id_].arrived_day}
                for id_ in sorted(world.changed_groups)
            ],
            visits=self.visits,
            cases=self.cases,
            queue=queue,
            measured_ends=self.ends,
            space=space | numbers,
        )


@dataclass(frozen=True, slots=True)
class _Remembered:
    """An answer of this very batch, in the form of a stored movement."""

    given: dict[str, Any]
    pass_id: str
    device_id: str | None
    offline: bool = False
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        return str(self.given["answer"])

    @property
    def code(self) -> str | None:
        code: str | None = self.given["code"]
        return code

    @property
    def counted(self) -> int:
        return int(self.given["people"])

    @property
    def at(self) -> datetime:
        at: datetime = self.given["at"]
        return at


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


def _with_conflict(decision: Decision, code: Code) -> Decision:
    return replace(decision, conflict=code, case=decision.case or str(code))
