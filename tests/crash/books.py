"""The books that an outsider keeps: who is where, added up from the effects of the movements and nothing else.

Imports nothing of the house: what it says must not follow from what it checks.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.crash.movements import Move, Record


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the counts: of each zone, of the space, of each delegation (how many its pass covers).

    `groups` are the ids of the passes that stand for a delegation.
    """

    zones: Mapping[str, int]
    lobby: str
    space: int
    covers: Mapping[str, int]
    groups: frozenset[str] = frozenset()


@dataclass(slots=True)
class Books:
    """Enter each decision in order. `negative`, `split`, `crowded` and `overfull` collect what must not be."""

    limits: Limits
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    staff: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    negative: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    overfull: list[str] = field(default_factory=list)
    _zones_of: dict[str, set[str]] = field(default_factory=dict)
    _holders: dict[str, str] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    def enter(self, record: Record) -> int:
        """Enter one decision and return the people that its answer must name."""
        people = self._people_of(record)
        for move in record:
            if move.has_effect:
                self._move(move)
                self._check(move)
        if record[0].has_effect:
            self._remember(record, people)
        return people

    def hand_over(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Return what was found since it was asked last, and begin anew: what follows belongs to the next check."""
        found = self.negative, self.split, self.crowded, self.overfull
        self.negative, self.split, self.crowded, self.overfull = [], [], [], []
        return found

    def place_of(self, holder: str) -> str:
        """Return the zone of one person; an empty text outside."""
        return next(iter(self._zones_of.get(holder, ())), "")

    def place_of_pass(self, pass_id: str) -> str:
        """Return the zone of a person by their pass."""
        return self.place_of(self._holders.get(pass_id, ""))

    def _people_of(self, record: Record) -> int:
        """Return the change that was counted: in from outside, out to outside, or moved between zones."""
        first = record[0]
        if first.answer in ("refused", "present"):
            return 0
        if not first.has_effect:
            # A fact that changed nothing says so by its conflict; else a person's badge was held up twice.
            is_echo = not first.conflict and first.pass_id not in self.limits.groups
            return self._last_people(first.pass_id) if is_echo else 0
        if first.answer == "moved":
            return sum(move.people for move in record)
        change = sum((not move.from_zone) * move.people - (not move.to_zone) * move.people for move in record)
        return change if first.answer == "admitted" else -change

    def _last_people(self, pass_id: str) -> int:
        return self._last.get(self._holders.get(pass_id, pass_id), 1)

    def _remember(self, record: Record, people: int) -> None:
        own = record[0].pass_id
        for move in record:
            # A delegation's pass brings nobody of a standing of their own into a zone: who comes in holds the pass.
            if move.to_zone and not move.to_holder.startswith("d:"):
                self._holders[own] = move.to_holder
        for move in record:
            if move.from_holder.startswith("v:"):
                self._last[move.from_holder] = move.people
        self._last[self._holders.get(own, own)] = people

    def _move(self, move: Move) -> None:
        for zone, holder, people in (
            (move.from_zone, move.from_holder, -move.people),
            (move.to_zone, move.to_holder, move.people),
        ):
            if not zone:
                continue
            self.zones[zone] += people
            self.staff[zone] += people if holder.startswith("s:") else 0
            self.inside[move.delegation] += people
            left = self.places[holder, zone] = self.places[holder, zone] + people
            held = self._zones_of.setdefault(holder, set())
            (held.add if left > 0 else held.discard)(zone)
            if left < 0 or self.zones[zone] < 0 or move.people < 1:
                self.negative.append(f"seq {move.seq}: {holder} has {left} in {zone}, the zone {self.zones[zone]}")

    def _check(self, move: Move) -> None:
        for holder in {move.from_holder, move.to_holder}:
            if not holder.startswith("d:") and (
                len(self._zones_of.get(holder, ())) > 1 or self.places[holder, move.to_zone] > 1
            ):
                self.split.append(f"seq {move.seq}: {holder} is in {sorted(self._zones_of[holder])}")
        code, limits = move.delegation, self.limits
        if code and self.inside[code] > limits.covers.get(code, 0):
            self.crowded.append(
                f"seq {move.seq}: {self.inside[code]} of {code}, which covers {limits.covers.get(code)}"
            )
        everybody = sum(self.zones.values())
        if not move.from_zone and everybody > limits.space:
            self.overfull.append(f"seq {move.seq}: {everybody} in a space for {limits.space}")
        zone = move.to_zone
        if zone and zone != limits.lobby and self.zones[zone] > limits.zones[zone]:
            self.overfull.append(f"seq {move.seq}: {self.zones[zone]} in {zone}, made for {limits.zones[zone]}")
