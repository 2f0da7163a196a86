"""Random histories of several kiosks and passes, and the books that an outsider keeps of them.

The books know nothing of `apply`: they add up the effects of each answer, as whoever reads the exported
movements would, and compare the sums with the standings and counters after every step.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from hypothesis import strategies as st

from server.domain.admission import (
    Answer,
    Code,
    Decision,
    Group,
    PassFacts,
    Scan,
    World,
    ZoneCount,
    apply,
    decide,
)
from server.domain.kiosk import Direction, Kiosk
from server.domain.passes import PassKind
from tests.domain.admission.stage import DAY, EGOV, HOME, LOBBY, NINE, door, kiosk, small_space

COVERS = {1: 4, 2: 2}
PASSES = (
    PassFacts("W0", PassKind.VISITOR, "v:w0", day=DAY),
    PassFacts("W1", PassKind.VISITOR, "v:w1", day=DAY),
    PassFacts("W2", PassKind.VISITOR, "v:w2", day=DAY, zones=(LOBBY,)),
    PassFacts("S0", PassKind.STAFF, "s:0"),
    PassFacts("D1", PassKind.DELEGATION, "d:1", 1),
    PassFacts("M0", PassKind.VISITOR, "v:m0", 1),
    PassFacts("M1", PassKind.VISITOR, "v:m1", 1),
    PassFacts("M1-again", PassKind.VISITOR, "v:m1", 1, is_revoked=True),
    PassFacts("D2", PassKind.DELEGATION, "d:2", 2),
    PassFacts("M2", PassKind.VISITOR, "v:m2", 2),
)
WEIGHTS = [3 if pass_.kind is PassKind.DELEGATION else 1 for pass_ in PASSES]
KIOSKS = (
    kiosk(),
    kiosk(direction="in"),
    kiosk(direction="out"),
    kiosk(HOME, "in"),
    kiosk(EGOV),
    door(HOME),
    door(HOME, "out"),
    kiosk(EGOV, role="exhibit"),
    kiosk(role="desk"),
    kiosk(EGOV, role="survey"),
    kiosk(role="wall"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A scan: whose pass, which kiosk, seconds since the step before; `lag` minutes late makes it an offline scan.

    `closes` ends the day before it; `again` holds up the badge of the step before once more.
    """

    pass_: PassFacts
    at_kiosk: Kiosk
    seconds: int
    direction: Direction = "auto"
    people: int | None = None
    lag: float | None = None
    force: str | None = None
    reentry: bool = False
    closes: bool = False
    again: bool = False


def _steps(*, strict: bool) -> list[Step]:
    """Return a mixed deck of steps: to draw one card is far faster than to draw eight fields."""
    chance = Random(2020)
    deck = []
    for _ in range(5000):
        is_late = not strict and chance.random() < 0.3
        step = Step(
            chance.choices(PASSES, WEIGHTS)[0],
            chance.choice(KIOSKS),
            chance.choice([1, 20, 60, 200]),
            chance.choice(["auto", "auto", "in", "out"]),
            chance.choice([None, None, None, 1, 2, 3, 5]),
            chance.choice([0, 0, 0.5, 2, 12]) if is_late else None,
            "cho vào" if not strict and chance.random() < 0.15 else None,
            reentry=not strict and chance.random() < 0.2,
            closes=not strict and chance.random() < 0.01,
            again=chance.random() < 0.2,
        )
        deck.append(step)
    return deck


LOOSE, STRICT = st.sampled_from(_steps(strict=False)), st.sampled_from(_steps(strict=True))


def histories(*, strict: bool) -> st.SearchStrategy[list[Step]]:
    """Return histories; strict ones know no offline scan and no override."""
    return st.lists(STRICT if strict else LOOSE, min_size=25, max_size=70)


@dataclass
class Books:
    """What the movements say, added up by somebody who trusts no counter."""

    zones: Counter[str | None] = field(default_factory=Counter)
    staff: Counter[str | None] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    most: Counter[int] = field(default_factory=Counter)

    def enter(self, decision: Decision) -> None:
        for effect in decision.effects:
            assert effect.people > 0
            for zone, holder, sign in (
                (effect.from_zone, effect.from_holder, -1),
                (effect.to_zone, effect.to_holder, 1),
            ):
                if zone is None:
                    continue
                self.zones[zone] += sign * effect.people
                self.staff[zone] += sign * effect.people if holder[0] == "s" else 0
                self.places[holder, zone] += sign * effect.people
                assert self.places[holder, zone] >= 0, f"{holder} would be fewer than nobody in {zone}"
        for delegation in COVERS:
            self.most[delegation] = max(self.most[delegation], self.inside(delegation))

    @property
    def everybody(self) -> int:
        return sum(self.zones.values())

    def members(self, delegation: int) -> set[str]:
        holders = {
            pass_.holder for pass_ in PASSES if pass_.delegation == delegation and pass_.kind is PassKind.VISITOR
        }
        return {holder for (holder, _), people in self.places.items() if people and holder in holders}

    def inside(self, delegation: int) -> int:
        unnamed = sum(people for (holder, _), people in self.places.items() if holder == f"d:{delegation}")
        return unnamed + len(self.members(delegation))


class History:
    """Plays steps and keeps the books; `play` checks every invariant that a single step can break."""

    def __init__(self, *, strict: bool) -> None:
        self.space = small_space(capacity=5, lobby=4, home=2, egov=2)
        self.world = World(self.space, {zone.id: ZoneCount(zone.id, zone.capacity) for zone in self.space.zones})
        for delegation, covers in COVERS.items():
            self.world.groups[delegation] = Group(delegation, covers, visit_date=DAY)
        self.books = Books()
        self.now = NINE
        self.strict = strict
        self.before: Step | None = None

    def play(self, step: Step) -> Decision:
        """Answer a step, enter it in the books, and check them."""
        if step.again and self.before is not None:
            step = replace(self.before, seconds=step.seconds)
        self.before = step
        self.now += timedelta(seconds=step.seconds)
        if step.closes:
            self.world.ended_at = self.now
        at = self.now if step.lag is None else self.now - timedelta(minutes=step.lag)
        scan = Scan("", at, step.direction, step.people, step.lag is not None, step.force, step.reentry)
        decision = decide(self.world, step.pass_, step.at_kiosk, scan)
        assert decide(self.world, step.pass_, step.at_kiosk, scan) == decision, "deciding alone changes an answer"
        before = Counter(self.books.zones)
        apply(self.world, step.pass_, step.at_kiosk, scan, decision)
        self.books.enter(decision)
        check_answer(decision, scan, before, self.books)
        self.check_counts()
        self.check_delegations()
        self.check_queue()
        return decision

    def check_counts(self) -> None:
        for zone in self.world.zones.values():
            assert zone.inside == self.books.zones[zone.id] >= 0
            assert zone.staff == self.books.staff[zone.id]
            if self.strict and zone.id != self.space.lobby:
                assert zone.inside <= zone.capacity
        assert not self.strict or self.books.everybody <= self.space.capacity
        kept = {
            (holder, zone): people
            for holder, standing in self.world.standings.items()
            for zone, people in standing.places.items()
        }
        assert kept == {place: people for place, people in self.books.places.items() if people}
        for holder, standing in self.world.standings.items():
            assert (standing.since is not None) == bool(standing.places)
            if holder[0] != "d":
                assert list(standing.places.values()) in ([], [1]), f"{holder} is in more than one place"

    def check_delegations(self) -> None:
        for delegation, covers in COVERS.items():
            inside, members = self.books.inside(delegation), self.books.members(delegation)
            assert inside == self.world.group_inside(delegation) <= covers
            assert self.world.unnamed(delegation).members_inside == len(members)
            assert self.world.members.get(delegation, set()) == members
            assert self.world.groups[delegation].arrived == self.books.most[delegation]

    def check_queue(self) -> None:
        queue = self.world.queue
        assert [place.number for place in queue] == list(range(1, len(queue) + 1))
        waiting = [(place.holder, place.zone) for place in queue if place.over_at is None]
        assert len(waiting) == len(set(waiting)), "somebody has two numbers of one queue"
        if not self.strict:
            return
        for zone in (None, HOME, EGOV):
            held = sum(place.people for place in queue if place.zone == zone and place.is_held(self.now))
            room = self.space.capacity if zone is None else self.world.zones[zone].capacity
            inside = self.books.everybody if zone is None else self.books.zones[zone]
            assert inside + held <= room, "a called place was given away"


def check_answer(decision: Decision, scan: Scan, before: Counter[str | None], books: Books) -> None:
    """Compare what an answer says with what it did."""
    change = books.everybody - sum(before.values())
    assert decision.people >= 0
    assert (decision.answer is Answer.REFUSED) == (decision.code is not None)
    assert decision.conflict is None or scan.offline or scan.force
    assert decision.case is None or decision.answer is not Answer.REFUSED
    if decision.conflict is not None:
        assert (decision.case is None) == (decision.conflict is Code.SUPERSEDED)
    if decision.is_echo:
        assert change == 0
    elif decision.reentry:
        assert decision.people == change == 0
    elif decision.answer is Answer.ADMITTED:
        assert decision.people == change > 0
    elif decision.answer is Answer.LEFT:
        assert decision.people == -change
    else:
        assert change == 0
    if decision.answer in (Answer.REFUSED, Answer.PRESENT):
        assert decision.people == 0
        assert {zone: n for zone, n in books.zones.items() if n} == {zone: n for zone, n in before.items() if n}
    if decision.answer is Answer.REFUSED or decision.is_echo or decision.conflict is Code.SUPERSEDED:
        assert decision.effects == ()
    if decision.answer is Answer.MOVED and not decision.is_echo:
        assert decision.people == sum(effect.people for effect in decision.effects) > 0
