"""A way through the space: which zones, in which order, how long, and through which kiosks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from server.simulator import habits
from server.simulator.interests import weights
from server.simulator.people import Hours, Place, Post

SHORTEST_VISIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stop:
    """A zone of a route and when people get there."""

    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """One visit: the way in, the stops, the way out."""

    enters: datetime
    stops: tuple[Stop, ...]
    leaves: datetime


@dataclass(frozen=True, slots=True)
class Floor:
    """The space on the day: its hours, its zones (the lobby first) and its kiosks."""

    hours: Hours
    places: tuple[Place, ...]
    posts: tuple[Post, ...]

    @property
    def lobby(self) -> str:
        return self.places[0].id

    @property
    def capacities(self) -> dict[str, int]:
        return {place.id: place.capacity for place in self.places}

    def exhibits(self) -> tuple[Place, ...]:
        """Return the zones that have a kiosk to scan at."""
        watched = {post.zone for post in self.posts if post.inner}
        return tuple(place for place in self.places if place.id in watched)

    def way_in(self, rng: Random) -> Post:
        return self._gate(rng, ("auto", "in"))

    def way_out(self, rng: Random) -> Post:
        return self._gate(rng, ("auto", "out"))

    def wrong_gate(self, direction: str) -> Post | None:
        """Return an outer gate that is set the other way, if there is one."""
        return next((post for post in self.posts if not post.inner and post.direction == direction), None)

    def exhibit(self, rng: Random, zone: str) -> Post:
        return rng.choice([post for post in self.posts if post.inner and post.zone == zone])

    def _gate(self, rng: Random, directions: tuple[str, ...]) -> Post:
        gates = [post for post in self.posts if not post.inner and post.direction in directions]
        # The first gate is the wide one, straight ahead.
        return rng.choices(gates, [2, *[1] * (len(gates) - 1)])[0]


def draw_route(
    rng: Random, floor: Floor, wanted: Sequence[str], arrives: datetime, stops: tuple[int, int] = (3, 6)
) -> Route | None:
    """Draw a visit from `arrives` on that ends before the doors close; None when too little time is left."""
    opens, closes = floor.hours.span_of(arrives)
    enters = max(arrives, opens + timedelta(seconds=rng.uniform(20, 150)))
    latest = closes - timedelta(minutes=rng.uniform(2, 9))
    if latest - enters < SHORTEST_VISIT:
        return None
    moment = enters + habits.greeting(rng)
    way: list[Stop] = []
    for zone in _choose(rng, floor, wanted, stops):
        stays = habits.dwell(rng, liked=zone in wanted[:2])
        if moment + stays > latest:
            break
        way.append(Stop(zone, moment))
        moment += stays + habits.walk(rng)
    if not way:
        moment += habits.dwell(rng, liked=False)
    return Route(enters, tuple(way), min(moment, latest))


def _choose(rng: Random, floor: Floor, wanted: Sequence[str], stops: tuple[int, int]) -> list[str]:
    liking = weights(floor.exhibits(), wanted)
    chosen: list[str] = []
    for _ in range(min(len(liking), rng.randint(*stops))):
        zone = rng.choices(list(liking), list(liking.values()))[0]
        chosen.append(zone)
        del liking[zone]
    return chosen
