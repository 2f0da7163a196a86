"""The rows that a batch of scans writes: movements, visits, cases."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from server.domain.admission import Answer, Code, Decision, PassFacts, Scan, World
from server.domain.space import Space

Row = dict[str, Any]
_NOTHING = {"from_zone": None, "to_zone": None, "people": 0, "from_holder": None, "to_holder": None}


class Source(NamedTuple):
    """Where a scan came from: its device, or who acted at the desk; when we got it; whether its clock is far off."""

    device: str | None
    account: str | None
    zone: str
    received_at: datetime
    is_skewed: bool


@dataclass(slots=True)
class Records:
    """Collects the rows of a batch. `measured_ends` are exits that came after their visit's end was assumed.

    `visits` has one row for a holder's day: one that begins and ends within the batch is stored once.
    """

    space: Space
    world: World
    movements: list[Row] = field(default_factory=list)
    visits: dict[tuple[str, date], Row] = field(default_factory=dict)
    cases: list[Row] = field(default_factory=list)
    measured_ends: list[Row] = field(default_factory=list)

    def add_movements(
        self, source: Source, facts: PassFacts, scan: Scan, decision: Decision, reply: Row, first_part: int
    ) -> None:
        """Add a movement for each effect, or one without any; the first part bears the reply."""
        common = {
            "scan_id": scan.id,
            "pass_id": facts.id,
            "delegation_id": facts.delegation,
            "device_id": source.device,
            "account_id": source.account,
            "answer": decision.answer.value,
            "code": decision.code and decision.code.value,
            "counted": decision.people,
            "at": scan.at,
            "received_at": source.received_at,
            "offline": scan.offline,
            "conflict": decision.conflict and decision.conflict.value,
            "assumed": False,
            "is_skewed": source.is_skewed,
            "reason": scan.force,
        }
        if not decision.effects:
            alone = {"part": first_part, "holder": facts.holder, "reply": reply}
            self.movements.append({**common, **_NOTHING, **alone})
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

    def add_visits(self, since: dict[str, datetime | None], facts: PassFacts, at: datetime) -> None:
        """Begin or end the visits of holders; `since` says when each came in before this scan."""
        for holder in sorted(since):
            before, standing = since[holder], self.world.standings[holder]
            common = {"holder": holder, "delegation_id": standing.delegation, "pass_id": facts.id, "is_assumed": False}
            if before is None and standing.since is not None:
                began = {
                    "day": self.space.day_of(standing.since),
                    "entered_at": standing.since,
                    "people": standing.inside,
                }
                self._add_visit(common | began | {"left_at": None})
            elif before is not None and standing.since is None:
                ended = {"day": self.space.day_of(before), "entered_at": before, "people": 1}
                self._add_visit(common | ended | {"left_at": max(at, before)})

    def _add_visit(self, row: Row) -> None:
        known = self.visits.setdefault((row["holder"], row["day"]), row)
        known["left_at"], known["is_assumed"] = row["left_at"], row["is_assumed"]

    def add_case(self, source: Source, facts: PassFacts, scan: Scan, decision: Decision) -> None:
        """Open a case, if the decision wants one."""
        if decision.case is None:
            return
        detail: dict[str, object] = {"answer": decision.answer.value, "people": decision.people}
        detail |= {"asked": scan.people, "zone": source.zone, "reason": scan.force}
        self.cases.append(
            {
                "kind": str(decision.case),
                "scan_id": scan.id,
                "holder": facts.holder,
                "delegation_id": facts.delegation,
                "device_id": source.device,
                "opened_at": source.received_at,
                "detail": {key: value for key, value in detail.items() if value is not None},
            }
        )

    def add_measured_end(self, facts: PassFacts, scan: Scan, decision: Decision) -> None:
        """Link an exit from before the last day's end to the exit that was assumed there."""
        ended = self.world.ended_at
        is_exit = decision.answer is Answer.LEFT and decision.conflict is Code.SUPERSEDED
        if is_exit and ended is not None and scan.at < ended:
            self.measured_ends.append({"who": facts.holder, "on": self.space.day_of(scan.at), "end": scan.at})


def holders_of(decision: Decision) -> Collection[str]:
    """Return the holders whose number a decision changes."""
    return {holder for effect in decision.effects for holder in (effect.from_holder, effect.to_holder)}
