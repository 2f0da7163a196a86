"""What came of a simulated day, counted by answer."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.simulator.link import Answer, Link

_KEPT_LATENCIES = 50_000


@dataclass(slots=True)
class Tally:
    """Counts of scans and answers; `summary` is what `sanh simulate --json` prints."""

    sent: int = 0
    offline: int = 0
    people_in: int = 0
    people_out: int = 0
    repeats: int = 0
    reconnects: int = 0
    gave_up: int = 0
    caught_up: int = 0
    unsent: int = 0
    forgotten_exits: int = 0
    cpu_seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def note(self, answer: Answer, seconds: float | None) -> None:
        """Count one answer of the server; `seconds` is None for one that came with a flush."""
        self.answers[answer.answer] += 1
        if answer.code:
            self.refusals[answer.code] += 1
        if answer.conflict:
            self.conflicts[answer.conflict] += 1
        if answer.repeat:
            self.repeats += 1
        elif answer.answer == "admitted":
            self.people_in += answer.people
        elif answer.answer == "left":
            self.people_out += answer.people
        if seconds is not None and len(self.latencies) < _KEPT_LATENCIES:
            self.latencies.append(seconds)

    def count_links(self, links: Iterable[Link]) -> None:
        """Add what only the kiosks know at the end."""
        for link in links:
            self.reconnects += max(0, link.attempts - 1)
            self.unsent += link.pending
            self.problems.update(link.problems)

    def summary(self) -> dict[str, Any]:
        """Return the counts, with the answers' latency in milliseconds."""
        ordered = sorted(self.latencies)
        return {
            "scans": self.sent,
            "offline": self.offline,
            "answered": sum(self.answers.values()),
            "answers": dict(self.answers.most_common()),
            "refusals": dict(self.refusals.most_common()),
            "conflicts": dict(self.conflicts.most_common()),
            "problems": dict(self.problems.most_common()),
            "repeats": self.repeats,
            "people_in": self.people_in,
            "people_out": self.people_out,
            "forgotten_exits": self.forgotten_exits,
            "gave_up": self.gave_up,
            "caught_up": self.caught_up,
            "unsent": self.unsent,
            "reconnects": self.reconnects,
            "cpu_us_per_scan": round(self.cpu_seconds / self.sent * 1e6) if self.sent else None,
            "latency_ms": {"p50": _percentile(ordered, 0.50), "p99": _percentile(ordered, 0.99)},
        }


def _percentile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)
