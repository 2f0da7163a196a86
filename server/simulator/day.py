"""A believable day as a pure function of a seed, the delegations and the space: who means to do what when.

Nothing here knows a socket. `driver.py` plays the plan and deals with what the doors answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from server.simulator import habits
from server.simulator.interests import favourites
from server.simulator.people import Guest, Intention, Outage, Party, Plan, Step
from server.simulator.routes import Floor, Route, draw_route
from server.simulator.visits import Visits

MOST_OUTAGES = 12

# A visit that ends in this stretch of the day may be broken off for lunch.
_NOON = (timedelta(hours=3, minutes=30), timedelta(hours=5))
_LUNCH_ENDS = timedelta(hours=5, minutes=20)


def plan_day(floor: Floor, parties: Iterable[Party], walkers: Sequence[Guest], seed: int = 1) -> Plan:
    """Return the intentions of all who come that day, and the kiosks' outages, in the order of their time.

    Equal arguments give equal plans, and a party's plan does not depend on who else comes.
    """
    intentions: list[Intention] = []
    for party in parties:
        rng = Random(f"{seed}/{floor.hours.day}/{party.code}")
        if party.guests and rng.random() >= habits.NO_SHOW:
            intentions += _plan_party(rng, floor, party)
    for family in _families(floor, walkers, seed):
        rng = Random(f"{seed}/{floor.hours.day}/{family.code}")
        route = draw_route(rng, floor, (), _slot(rng, floor, family))
        intentions += Visits(rng, floor).of_badges(family, [route] if route else [])
    intentions.sort(key=lambda intention: (intention.at, intention.actor))
    return Plan(tuple(intentions), _outages(floor, seed))


def scale(parties: Sequence[Party], people: int, seed: int = 1) -> tuple[tuple[Party, ...], int]:
    """Return the parties cut down to about so many people, and how many walk-ins are still missing."""
    booked = sum(len(party.guests) for party in parties)
    if people >= booked:
        return tuple(parties), people - booked
    rng = Random(f"{seed}/scale")
    coming = set(rng.sample([guest.id for party in parties for guest in party.guests], people))
    fewer = (replace(p, guests=tuple(g for g in p.guests if g.id in coming)) for p in parties)
    return tuple(party for party in fewer if party.guests), 0


def history(plan: Plan, now: datetime, capacities: Mapping[str, int]) -> tuple[Intention, ...]:
    """Return what was scanned before `now`, in its order; whoever found a zone full stayed where they were."""
    crowd = Crowd(capacities)
    past = (step for step in plan.intentions if step.at <= now and step.step != Step.MISTAKE)
    return tuple(step for step in past if crowd.takes(step) and step.is_scanned)


def standing_at(plan: Plan, now: datetime) -> tuple[Intention, ...]:
    """Return the fewest scans after which everybody is where the plan has them at `now`."""
    entries: dict[str, Intention] = {}
    places: dict[str, Intention] = {}
    for step in plan.intentions:
        if step.at > now or step.step == Step.MISTAKE:
            continue
        if step.step == Step.ENTER:
            entries[step.actor] = step
        elif step.step == Step.GO:
            places[step.actor] = step
        else:
            entries.pop(step.actor, None)
            places.pop(step.actor, None)
    ordered = (*sorted(entries.values(), key=_by_time), *sorted(places.values(), key=_by_time))
    return tuple(replace(step, twice=False) for step in ordered)


def remaining(plan: Plan, now: datetime) -> dict[str, tuple[Intention, ...]]:
    """Return each actor's intentions after `now`, in the order of their time."""
    steps: dict[str, list[Intention]] = defaultdict(list)
    for step in plan.intentions:
        if step.at > now:
            steps[step.actor].append(step)
    return {actor: tuple(later) for actor, later in steps.items()}


class Crowd:
    """Who is where, as far as a plan knows: a group on one pass counts as many as came in with it."""

    def __init__(self, capacities: Mapping[str, int]) -> None:
        self._capacities = capacities
        self._where: dict[str, tuple[str, int]] = {}

    def takes(self, step: Intention) -> bool:
        """Let somebody do a step; False when their zone is full, and they stay where they are."""
        if step.is_exit:
            self._where.pop(step.actor, None)
            return True
        group = step.actor.partition("/")[0]
        _, people = self._where.get(step.actor) or self._where.get(group) or ("", 1)
        people = step.people or people
        others = sum(count for who, (zone, count) in self._where.items()
                     if zone == step.zone and who not in (step.actor, group))  # fmt: skip
        if step.step == Step.GO and others + people > self._capacities.get(step.zone, 10**9):
            return False
        if group != step.actor:
            self._where.pop(group, None)  # it goes round in parts now
        self._where[step.actor] = (step.zone, people)
        return True


def _plan_party(rng: Random, floor: Floor, party: Party) -> list[Intention]:
    wanted = favourites(party)
    first = draw_route(rng, floor, wanted, _slot(rng, floor, party) + habits.lateness(rng))
    if first is None:
        return []
    routes = [first, *_after_lunch(rng, floor, party, first)]
    visits = Visits(rng, floor)
    on_one_pass = bool(party.pass_text) and len(party.guests) >= 3 and rng.random() < habits.ON_GROUP_PASS
    return list(visits.of_group(party, routes) if on_one_pass else visits.of_badges(party, routes))


def _after_lunch(rng: Random, floor: Floor, party: Party, first: Route) -> list[Route]:
    opens = floor.hours.opens
    around_noon = _NOON[0] <= first.leaves - opens <= _NOON[1]
    if not around_noon or party.lunch_on_site or rng.random() >= habits.LUNCH_OUT:
        return []
    afternoon = floor.hours.span_after(first.leaves)
    back = max(opens + _LUNCH_ENDS, afternoon[0] if afternoon else opens)
    back += timedelta(minutes=rng.uniform(2, 15))
    second = draw_route(rng, floor, favourites(party), back, (1, 2))
    return [second] if second else []


def _slot(rng: Random, floor: Floor, party: Party) -> datetime:
    hours = floor.hours
    if party.slot is not None:
        return hours.at(party.slot)
    spans = [(hours.at(opens), hours.at(closes)) for opens, closes in hours.spans]
    return habits.arrival_of_walk_in(rng, spans)


def _families(floor: Floor, walkers: Sequence[Guest], seed: int) -> Iterable[Party]:
    rng = Random(f"{seed}/{floor.hours.day}/families")
    start = 0
    for number, size in enumerate(habits.family_sizes(rng, len(walkers)), 1):
        yield Party(f"walk-in-{number}", None, size, tuple(walkers[start : start + size]))
        start += size


def _outages(floor: Floor, seed: int) -> tuple[Outage, ...]:
    """Some kiosks lose the network for minutes in the busy part of the day, one after another: of six kiosks two."""
    rng = Random(f"{seed}/{floor.hours.day}/outages")
    opens, closes = floor.hours.opens, floor.hours.closes
    count = 1 if len(floor.posts) < 6 else min(MOST_OUTAGES, 2 + len(floor.posts) // 16)
    part = (closes - opens) * 0.8 / max(1, count)
    outages = [
        Outage(post.key, opens + (closes - opens) * 0.1 + part * (index + rng.uniform(0, 0.8)),
               timedelta(minutes=rng.uniform(3, 9)))
        for index, post in enumerate(rng.sample(floor.posts, count))
    ]  # fmt: skip
    return tuple(outages)


def _by_time(step: Intention) -> tuple[datetime, str]:
    return step.at, step.actor
