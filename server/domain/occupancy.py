"""Occupancy: how crowded the space is, and how far its counter has been off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Literal

from server.domain.space import Space

Level = Literal["quiet", "busy", "amber", "red"]
WHOLE = ""
"""The space's own key among its zones' levels."""

_FROM_PERCENT: tuple[tuple[Level, int], ...] = (("red", 95), ("amber", 80), ("busy", 50))
_HYSTERESIS = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters at a sequence: per zone everybody inside and the staff among them, and how crowded it is.

    `levels` has the space's own under `WHOLE`. A higher `seq` is a later state, whichever process tells it.
    """

    seq: int
    zones: Mapping[str, tuple[int, int]]
    levels: Mapping[str, str]


def levels_of(
    space: Space, zones: Mapping[str, tuple[int, int]], previous: Mapping[str, str], *, error: float
) -> dict[str, str]:
    """Return the level of each zone of the space, and of the whole; `error` is the p90 of the occupancy error."""
    everyone = sum(inside for inside, _ in zones.values())
    levels: dict[str, str] = {WHOLE: level(everyone, space.capacity, previous.get(WHOLE), margin=error)}
    for zone in space.zones:
        inside = zones.get(zone.id, (0, 0))[0]
        levels[zone.id] = level(inside, zone.capacity, previous.get(zone.id))
    return levels


def level(people: int, capacity: int, previous: str | None = None, *, margin: float = 0) -> Level:
    """Return the crowding level: quiet < 50 % ≤ busy < 80 % ≤ amber < 95 % ≤ red of `capacity`.

    A level is left only 5 points below where it begins, lest it flicker: `previous` is the level shown before.
    `margin` is the p90 of the occupancy error, in people: the level is that of `people + margin`.
    """
    share = 100 * (people + margin)
    was_reached = False
    for name, percent in _FROM_PERCENT:
        was_reached = was_reached or name == previous
        if share >= (percent - _HYSTERESIS if was_reached else percent) * capacity:
            return name
    return "quiet"


def occupancy_error(residuals: Sequence[int]) -> tuple[float, int]:
    """Return the median and the 90th percentile of the people still counted at closing, over the days given.

    The percentile is the nearest rank, so a number of people that was really seen. No days: no error known, 0.
    """
    if not residuals:
        return 0.0, 0
    off = sorted(abs(residual) for residual in residuals)
    return float(median(off)), off[ceil(9 * len(off) / 10) - 1]
