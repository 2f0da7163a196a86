"""How people behave, in numbers: every distribution of a simulated day is drawn here.

Times in minutes. Medians are plausible figures for a small exhibition, not measurements of this space.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

NO_SHOW = 0.04  # of delegations
ABSENT = 0.07  # of a delegation's members
ON_GROUP_PASS = 0.45  # of delegations of three and more
LATE_MEMBER = 0.10
OWN_WAY = 0.12  # of members: they go where they like
STEPS_OUT = 0.18  # of members on the group's pass: they scan their own badge at an exhibit
ALSO_OWN_BADGE = 0.08  # of members on the group's pass: they hold up their own at the gate as well, right after it
LEAVES_EARLY = 0.06  # of members on the group's pass: they go before the group, on their own badge
GROUP_FORGETS_EXIT = 0.03
SKIPS_A_SCAN = 0.10  # at an exhibit
FORGETS_EXIT = 0.04
SCANS_TWICE = 0.05
WRONG_GATE = 0.03
LUNCH_OUT = 0.40  # of delegations whose visit ends around noon
COMES_BACK_IN = 0.75  # of those who are told that they are inside already: they press "I come in again"


def lateness(rng: Random) -> timedelta:
    """Draw how late a delegation is: median 0, some early, a long tail, never above 45 minutes."""
    minutes = rng.lognormvariate(math.log(7), 0.7) - 7
    return timedelta(minutes=min(45.0, max(-7.0, minutes)))


def dwell(rng: Random, *, liked: bool) -> timedelta:
    """Draw how long people stay in a zone: lognormal, median 11 minutes, 15 where they came for it."""
    minutes = rng.lognormvariate(math.log(15 if liked else 11), 0.45)
    return timedelta(minutes=min(35.0, max(2.0, minutes)))


def greeting(rng: Random) -> timedelta:
    """Draw the time between the gate and the first zone."""
    return timedelta(seconds=rng.uniform(60, 240))


def walk(rng: Random) -> timedelta:
    """Draw the way from one zone to the next."""
    return timedelta(seconds=rng.uniform(15, 50))


def straggle(rng: Random) -> timedelta:
    """Draw how far behind their group a person holds up the badge."""
    return timedelta(seconds=min(120.0, rng.expovariate(1 / 25)))


def patience(rng: Random) -> timedelta:
    """Draw how long people wait at a full zone before they try again."""
    return timedelta(minutes=min(8.0, rng.lognormvariate(math.log(2), 0.5)))


def arrival_of_walk_in(rng: Random, spans: Sequence[tuple[datetime, datetime]]) -> datetime:
    """Draw when somebody without an appointment comes: in two waves, mid-morning and mid-afternoon."""
    opens, closes = spans[0][0], spans[-1][1]
    length = (closes - opens).total_seconds()
    while True:
        share = rng.gauss(*rng.choice(((0.27, 0.10), (0.75, 0.11))))
        moment = opens + timedelta(seconds=share * length)
        if any(start <= moment < end - timedelta(minutes=20) for start, end in spans):
            return moment


def family_sizes(rng: Random, total: int) -> list[int]:
    """Cut a number of walk-ins into people who come together."""
    sizes: list[int] = []
    while total > 0:
        size = min(total, rng.choices((1, 2, 3, 4), (50, 30, 12, 8))[0])
        sizes.append(size)
        total -= size
    return sizes
