"""Itineraries: which zones a delegation visits in which order, checked against the others and the zones' capacity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.space import Space

STEP = 5
"""Stays are whole multiples of this many minutes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A zone from a moment for so many minutes."""

    zone: str
    at: datetime
    minutes: int

    @property
    def ends(self) -> datetime:
        return self.at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Stay:
    """Another delegation's stop, with its people."""

    code: str
    people: int
    stop: Stop


@dataclass(frozen=True, slots=True)
class Crowd:
    """What speaks against a stop: with the delegation, `people` would be in a zone for `capacity`.

    `codes` are the other delegations there then; none when the delegation alone is larger than the zone.
    """

    position: int
    people: int
    capacity: int
    codes: tuple[str, ...]


def people_in(zone: str, begins: datetime, ends: datetime, others: Sequence[Stay]) -> tuple[int, tuple[str, ...]]:
    """Return the most people of others in a zone at one moment of an interval, and whose they are."""
    there = [one for one in others if one.stop.zone == zone and one.stop.at < ends and begins < one.stop.ends]
    fullest = 0
    codes: tuple[str, ...] = ()
    for moment in sorted({begins, *(one.stop.at for one in there if one.stop.at > begins)}):
        now = [one for one in there if one.stop.at <= moment < one.stop.ends]
        if sum(one.people for one in now) > fullest:
            fullest, codes = sum(one.people for one in now), tuple(sorted({one.code for one in now}))
    return fullest, codes


def crowds_of(space: Space, people: int, stops: Sequence[Stop], others: Sequence[Stay]) -> list[Crowd]:
    """Return the stops at which a zone would hold more people than it may."""
    found = []
    for position, stop in enumerate(stops):
        capacity = space.zone(stop.zone).capacity
        there, codes = people_in(stop.zone, stop.at, stop.ends, others)
        if there + people > capacity:
            found.append(Crowd(position, there + people, capacity, codes))
    return found


def overlaps_of(stops: Sequence[Stop]) -> list[int]:
    """Return the positions of stops that begin before the stop before them ends."""
    return [n for n in range(1, len(stops)) if stops[n].at < stops[n - 1].ends]


def propose(
    space: Space,
    people: int,
    begins: datetime,
    minutes: int,
    others: Sequence[Stay],
    zones: Sequence[str] | None = None,
) -> list[Stop]:
    """Return a way through every zone but the lobby, always next to where the fewest people are for their room.

    Zones that `zones` leaves out are left out. All stays are of equal length; where time is short, the last ones fall.
    """
    left = [zone for zone in space.zones[1:] if zones is None or zone.id in zones]
    if not left:
        return []
    stay = max(STEP, minutes // len(left) // STEP * STEP)
    stops: list[Stop] = []
    at, end = begins, begins + timedelta(minutes=minutes)
    while left and at + timedelta(minutes=stay) <= end:
        until = at + timedelta(minutes=stay)
        # Of equally quiet zones the one that stands first: a walk in the order of the space.
        there = {zone.id: people_in(zone.id, at, until, others)[0] for zone in left}
        zone = min(left, key=lambda one: max(0.0, (there[one.id] + people) / one.capacity) if there[one.id] else 0.0)
        left.remove(zone)
        stops.append(Stop(zone.id, at, stay))
        at = until
    return stops
