"""What holds after every step of any history. `HYPOTHESIS_PROFILE=soak` plays thousands of them."""

import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.admission import PassFacts, Scan, World, ZoneCount, apply, decide
from server.domain.kiosk import Direction, Kiosk
from server.domain.passes import PassKind
from tests.domain.admission.history import KIOSKS, PASSES, History, Step, histories
from tests.domain.admission.stage import DAY, EGOV, HOME, LOBBY, NINE, door, kiosk, small_space

IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES = 5_000 if IS_SOAK else 120
pytestmark = pytest.mark.timeout(0 if IS_SOAK else 60)


@settings(max_examples=EXAMPLES)
@given(histories(strict=False))
def test_every_invariant_holds_after_every_step_of_any_history(history):
    play = History(strict=False)
    for step in history:
        play.play(step)


@settings(max_examples=EXAMPLES)
@given(histories(strict=True))
def test_without_offline_scans_and_overrides_no_capacity_is_exceeded_and_no_called_place_given_away(history):
    play = History(strict=True)
    for step in history:
        play.play(step)


def test_the_histories_are_of_every_kind():
    """A property that is never put to the test holds always: here is that they are."""
    seen: Counter[str] = Counter()

    @settings(max_examples=150, database=None, derandomize=True)
    @given(histories(strict=False))
    def watch(history: list[Step]) -> None:
        play = History(strict=False)
        for step in history:
            decision = play.play(step)
            seen.update(filter(None, (decision.answer, decision.code, decision.conflict, decision.case)))
            seen["echo"] += decision.is_echo
            seen["stepped out"] += any(effect.from_holder != effect.to_holder for effect in decision.effects)
            seen["everyone out"] += len({effect.from_holder for effect in decision.effects}) > 1
            seen["queue"] += decision.queue is not None
        seen["used"] += any(place.outcome == "used" for place in play.world.queue)
        seen["lapsed"] += any(place.outcome == "lapsed" for place in play.world.queue)

    watch()
    expected = [
        "admitted", "moved", "present", "left", "refused", "already_inside", "not_inside", "too_many_people",
        "scan_own_pass", "direction_needed", "zone_full", "space_full", "wrong_gate", "revoked_pass",
        "not_a_scanner", "superseded", "missed_gate", "reentry", "forced", "echo", "stepped out", "everyone out",
        "queue", "used", "lapsed",
    ]  # fmt: skip
    assert [word for word in expected if not seen[word]] == []


# Offline scans of visitors, in whatever order they arrive.

VISITORS = [pass_ for pass_ in PASSES if pass_.kind is PassKind.VISITOR]
DOORS = [(at_kiosk, way) for at_kiosk in KIOSKS if at_kiosk.may_scan for way in ("in", "out")]


def _target(at_kiosk: Kiosk, way: Direction) -> str | None:
    """Return where a directed scan says that the visitor is now."""
    way = at_kiosk.direction if at_kiosk.direction != "auto" else way
    if way == "in":
        return at_kiosk.zone
    return LOBBY if at_kiosk.is_inner else None


@settings(max_examples=EXAMPLES)
@given(
    scans=st.lists(
        st.tuples(st.sampled_from(VISITORS), st.sampled_from(DOORS), st.integers(0, 400)),
        min_size=1,
        max_size=12,
        unique_by=lambda scan: (scan[0].holder, scan[2]),
    ),
    order=st.randoms(use_true_random=False),
)
def test_visitors_offline_scans_end_where_the_latest_says_in_whatever_order_they_arrive(scans, order):
    expected: dict[str, str | None] = {}
    for pass_, (at_kiosk, way), _ in sorted(scans, key=lambda scan: scan[2]):
        if at_kiosk.role != "survey":
            expected[pass_.holder] = _target(at_kiosk, way)
    order.shuffle(scans)
    play = History(strict=False)
    play.now += timedelta(hours=2)
    for pass_, (at_kiosk, way), minute in scans:
        play.play(Step(pass_, at_kiosk, 0, way, lag=(400 - minute) / 5))
    ends = {holder: standing.zone for holder, standing in play.world.standings.items() if holder[0] == "v"}
    assert {holder: zone for holder, zone in ends.items() if holder in expected} == expected


# Fifty at once.


@settings(max_examples=EXAMPLES // 5)
@given(
    st.lists(st.sampled_from([kiosk(direction="in"), kiosk(HOME, "in"), kiosk(EGOV, "in")]), min_size=50, max_size=50)
)
def test_of_fifty_kiosks_that_scan_one_pass_at_once_exactly_one_admits(at_kiosks):
    space = small_space()
    world = World(space, {zone.id: ZoneCount(zone.id, zone.capacity) for zone in space.zones})
    lan = PassFacts("P1", PassKind.VISITOR, "v:lan", day=DAY)
    answers: Counter[str] = Counter()
    for at_kiosk in at_kiosks:
        scan = Scan("", NINE)
        decision = decide(world, lan, at_kiosk, scan)
        apply(world, lan, at_kiosk, scan, decision)
        answers[decision.code or decision.answer] += 1
    assert answers == {"admitted": 1, "already_inside": 49}
    assert world.inside == 1


def test_a_history_of_one_day_is_told_to_its_end():
    """One readable day, as the books see it: what the random ones look like from near."""
    play = History(strict=True)
    group, an, binh = (next(pass_ for pass_ in PASSES if pass_.id == id_) for id_ in ("D1", "M0", "M1"))
    told = [
        play.play(Step(who, at_kiosk, 60, people=people)).answer
        for who, at_kiosk, people in [
            (group, kiosk(direction="in"), None),
            (an, door(HOME), None),
            (binh, door(HOME), None),
            (group, door(EGOV), None),
            (an, door(HOME, "out"), None),
            (group, kiosk(direction="out"), 2),
            (group, kiosk(direction="out"), None),
        ]
    ]
    assert told == ["admitted", "moved", "moved", "moved", "moved", "left", "left"]
    assert play.books.everybody == 0
    assert play.world.groups[1].arrived == 4
