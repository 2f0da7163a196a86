"""The board of appointments: delegations beside each other in lanes, and those for whom there is no room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.appointments import Booking


@dataclass(frozen=True, slots=True)
class Lane:
    """Where something stands beside what overlaps it: lanes `index` to `index + span` of `of`."""

    index: int
    span: int
    of: int


@dataclass(frozen=True, slots=True)
class Excess:
    """Too many people: from `at` there would be `people`."""

    at: datetime
    people: int


def lay_out(times: Sequence[tuple[datetime, datetime]]) -> list[Lane]:
    """Return a lane for each (begin, end), in their order: what overlaps shares no lane, and fills the free ones."""
    lanes: dict[int, Lane] = {}
    for group in _groups(times):
        of = max(lane for _, lane in group) + 1
        for number, lane in group:
            begins, ends = times[number]
            taken = [
                other_lane
                for other, other_lane in group
                if other_lane > lane and times[other][0] < ends and begins < times[other][1]
            ]
            lanes[number] = Lane(lane, min(taken, default=of) - lane, of)
    return [lanes[number] for number in range(len(times))]


def over_capacity(bookings: Iterable[Booking], capacity: int) -> dict[str, Excess]:
    """Return whose booking does not fit beside those before it; the bookings come in the order of their claim."""
    kept: list[Booking] = []
    found: dict[str, Excess] = {}
    for booking in bookings:
        there = [other for other in kept if other.begins < booking.ends and booking.begins < other.ends]
        moments = sorted({booking.begins, *(other.begins for other in there if other.begins > booking.begins)})
        people = [
            booking.people + sum(other.people for other in there if other.begins <= moment < other.ends)
            for moment in moments
        ]
        if max(people) > capacity:
            worst = people.index(max(people))
            found[booking.whose] = Excess(moments[worst], people[worst])
        else:
            kept.append(booking)
    return found


def _groups(times: Sequence[tuple[datetime, datetime]]) -> list[list[tuple[int, int]]]:
    """Return (number, lane) in groups that do not overlap each other."""
    groups: list[list[tuple[int, int]]] = []
    ends: list[datetime] = []
    for number in sorted(range(len(times)), key=lambda n: (times[n][0], n)):
        begins, until = times[number]
        if not ends or begins >= max(ends):
            groups.append([])
            ends = []
        lane = next((n for n, end in enumerate(ends) if end <= begins), len(ends))
        ends[lane : lane + 1] = [until]
        groups[-1].append((number, lane))
    return groups
