"""What the kiosks have sent and what they were told: the other side's memory, which no crash of the server touches."""

from dataclasses import dataclass, field
from typing import Any

NOT_REMEMBERED = frozenset(("malformed", "invalid_pass", "unknown_pass", "scan_id_reused", "not_a_scanner"))
"""Codes of answers that the contract lets the server forget."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A scan as it left its kiosk first. `target` is the zone that it asserts, empty for outside.

    `pass_id` is empty where the kiosk read what is no pass.
    """

    pass_id: str
    device: str
    target: str
    at: str


@dataclass(frozen=True, slots=True)
class Told:
    """The first answer to a scan that reached its kiosk: it counts as acknowledged from then on."""

    answer: str
    code: str
    people: int

    @property
    def is_remembered(self) -> bool:
        return self.code not in NOT_REMEMBERED


@dataclass(slots=True)
class Ledger:
    """Ids → what was sent, ids → what was told first. `contradictions` are answers that differ from the first."""

    sent: dict[str, Sent] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    acknowledged: int = 0
    resent: int = 0
    repeats: int = 0
    _known: dict[Told, Told] = field(default_factory=dict)

    def send(self, scan_id: str, pass_id: str, device: str, target: str, at: str) -> None:
        """Note what leaves a kiosk under an id for the first time."""
        self.sent.setdefault(scan_id, Sent(pass_id, device, target, at))

    def take(self, item: dict[str, Any]) -> None:
        """Take one answer, the first or a further one."""
        scan_id: str = item["id"]
        told = Told(item["answer"], item["code"] or "", item["people"])
        first = self.told.get(scan_id)
        if first is None:
            self.told[scan_id] = self._known.setdefault(told, told)
            self.acknowledged += 1
            return
        self.repeats += 1
        # Sent once more with another pass on purpose: that is no second answer to the scan.
        if told.code != "scan_id_reused" and told != first:
            self.contradictions.append(f"{scan_id}: first {first}, then {told}")

    def is_good(self, scan_id: str) -> bool:
        """Tell whether a scan had a genuine pass: nothing that the server may forget is an answer to it."""
        return scan_id in self.sent and bool(self.sent[scan_id].pass_id)

    def forget(self) -> None:
        """Let go of what was checked: a long run would keep every scan of an hour."""
        self.sent.clear()
        self.told.clear()
