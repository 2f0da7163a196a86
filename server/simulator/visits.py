"""What a delegation, or a few walk-ins, mean to do on their day: who scans which pass, where and when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from server.simulator import habits
from server.simulator.interests import favourites
from server.simulator.people import Guest, Intention, Party, Post, Step
from server.simulator.routes import Floor, Route, Stop, draw_route

_MOMENT = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever holds up one pass: a guest, a whole group, or a part of it."""

    name: str
    party: str
    pass_text: str
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Visits:
    """Composes the intentions of one party, out of random numbers of its own."""

    rng: Random
    floor: Floor

    def of_badges(self, party: Party, routes: list[Route]) -> Iterator[Intention]:
        """Everybody holds up their own badge; most stay together, some are late or go their own way."""
        for index, guest in enumerate(guest for guest in party.guests if not self._chance(habits.ABSENT)):
            actor = Actor(f"{party.code}:{guest.id}", party.code, guest.pass_text)
            late = timedelta()
            if index and self._chance(habits.LATE_MEMBER):
                late = timedelta(minutes=self.rng.uniform(5, 25))
            for route in routes:
                yield from self._visit(actor, self._own(party, route, late if index else timedelta()))
                late = timedelta()

    def of_group(self, party: Party, routes: list[Route]) -> Iterator[Intention]:
        """The leader holds up the delegation's pass for those who are there; the others come as they come."""
        present = [guest for guest in party.guests if not self._chance(habits.ABSENT)]
        present = present or list(party.guests[:1])
        late = [guest for guest in present[1:] if self._chance(habits.LATE_MEMBER)]
        together = len(present) - len(late)
        route = routes[0]
        group = Actor(party.code, party.code, party.pass_text, together)
        yield self._enter(group, route.enters)
        if together >= 6 and len(route.stops) > 1 and self._chance(0.6):
            yield from self._parts(group, route)
        else:
            everyone = replace(group, people=None)
            yield from (self._go(everyone, stop) for stop in route.stops)
            with_the_group = [guest for guest in present[1:] if guest not in late]
            yield from self._on_their_own(party, with_the_group, route)
        for guest in late:
            yield from self._latecomer(party, guest, route)
        forgets = len(routes) == 1 and self._chance(habits.GROUP_FORGETS_EXIT)
        yield self._leave(replace(group, people=None), route.leaves, Step.FORGET if forgets else Step.LEAVE)
        for later in routes[1:]:
            again = replace(group, people=len(present))
            yield self._enter(again, later.enters)
            yield from (self._go(replace(group, people=None), stop) for stop in later.stops)
            yield self._leave(replace(group, people=None), later.leaves)

    def _parts(self, group: Actor, route: Route) -> Iterator[Intention]:
        """The group goes round in two halves, each in its own order; one scan counts all out."""
        everyone = group.people or 2
        halves = ((everyone - everyone // 2, route.stops), (everyone // 2, tuple(reversed(route.stops))))
        for number, (people, order) in enumerate(halves, 1):
            part = replace(group, name=f"{group.name}/{number}", people=people)
            for stop, place in zip(route.stops, order, strict=True):
                yield self._go(part, Stop(place.zone, stop.at + habits.straggle(self.rng)))
            yield self._leave(part, route.leaves, Step.FOLLOW)

    def _on_their_own(self, party: Party, members: list[Guest], route: Route) -> Iterator[Intention]:
        """Some members use their own badge too: at the gate after the group's code, at an exhibit, to leave early."""
        for guest in members:
            actor = Actor(f"{party.code}:{guest.id}", party.code, guest.pass_text)
            if self._chance(habits.ALSO_OWN_BADGE):
                yield self._enter(actor, route.enters + _MOMENT + habits.straggle(self.rng))
                yield self._leave(actor, route.leaves, Step.FOLLOW)
            elif self._chance(habits.LEAVES_EARLY):
                span = route.leaves - route.enters
                yield self._leave(actor, route.enters + span * self.rng.uniform(0.5, 0.9))
            elif route.stops and self._chance(habits.STEPS_OUT):
                # Counted apart from the group from then on.
                for stop in route.stops[self.rng.randrange(len(route.stops)) :]:
                    yield self._go(actor, Stop(stop.zone, stop.at + habits.straggle(self.rng) + _MOMENT))
                yield self._leave(actor, route.leaves, Step.FOLLOW)

    def _latecomer(self, party: Party, guest: Guest, route: Route) -> Iterator[Intention]:
        """Somebody who comes after the group, mostly on their own badge, else as one more on the group's."""
        comes = route.enters + timedelta(minutes=self.rng.uniform(4, 20))
        if comes + timedelta(minutes=5) > route.leaves:
            return
        if self._chance(0.3):
            one_more = Actor(f"{party.code}+{guest.id}", party.code, party.pass_text, 1)
            yield self._enter(one_more, comes)
            yield self._leave(one_more, route.leaves, Step.FOLLOW)
            return
        actor = Actor(f"{party.code}:{guest.id}", party.code, guest.pass_text)
        yield self._enter(actor, comes)
        for stop in route.stops:
            if stop.at > comes + timedelta(seconds=60):
                yield self._go(actor, Stop(stop.zone, stop.at + habits.straggle(self.rng)))
        yield self._leave(actor, route.leaves, Step.FOLLOW)

    def _own(self, party: Party, route: Route, late: timedelta) -> Route:
        """Return a member's version of the group's route."""
        enters = route.enters + late + habits.straggle(self.rng)
        if self._chance(habits.OWN_WAY):
            own = draw_route(self.rng, self.floor, favourites(party), enters)
            return own or replace(route, enters=enters, stops=())
        stops = [
            replace(stop, at=stop.at + habits.straggle(self.rng))
            for stop in route.stops
            if stop.at > enters + _MOMENT and not self._chance(habits.SKIPS_A_SCAN)
        ]
        leaves = max(route.leaves, enters + timedelta(minutes=5)) + habits.straggle(self.rng)
        return Route(enters, _in_order(stops), max([leaves, *(stop.at + _MOMENT for stop in stops)]))

    def _visit(self, actor: Actor, route: Route) -> Iterator[Intention]:
        if self._chance(habits.WRONG_GATE):
            yield from self._mistake(actor, "out", route.enters - 2 * _MOMENT)
        yield self._enter(actor, route.enters)
        yield from (self._go(actor, stop) for stop in route.stops)
        forgets = self._chance(habits.FORGETS_EXIT)
        if not forgets and self._chance(habits.WRONG_GATE):
            yield from self._mistake(actor, "in", route.leaves - _MOMENT)
        yield self._leave(actor, route.leaves, Step.FORGET if forgets else Step.LEAVE)

    def _enter(self, actor: Actor, at: datetime) -> Intention:
        twice = actor.people is None and self._chance(habits.SCANS_TWICE)
        return self._at(actor, Step.ENTER, self.floor.way_in(self.rng), at, twice=twice)

    def _go(self, actor: Actor, stop: Stop) -> Intention:
        twice = actor.people is None and self._chance(habits.SCANS_TWICE)
        return self._at(actor, Step.GO, self.floor.exhibit(self.rng, stop.zone), stop.at, twice=twice)

    def _leave(self, actor: Actor, at: datetime, step: Step = Step.LEAVE) -> Intention:
        return self._at(actor, step, self.floor.way_out(self.rng), at)

    def _mistake(self, actor: Actor, direction: str, at: datetime) -> Iterator[Intention]:
        gate = self.floor.wrong_gate(direction)
        if gate is not None:
            yield self._at(actor, Step.MISTAKE, gate, at)

    def _at(self, actor: Actor, step: Step, post: Post, at: datetime, *, twice: bool = False) -> Intention:
        return Intention(at, actor.name, actor.party, step, post.key, post.zone, actor.pass_text, actor.people, twice)

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share


def _in_order(stops: list[Stop]) -> tuple[Stop, ...]:
    return tuple(sorted(stops, key=lambda stop: stop.at))
