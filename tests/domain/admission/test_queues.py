"""The virtual queue: first in, first called; called places are held for five minutes."""

from server.domain.admission import PassFacts
from server.domain.passes import PassKind
from tests.domain.admission.stage import (
    AN,
    BINH,
    DAY,
    GROUP,
    HOME,
    IN,
    LAN,
    LOBBY,
    MINH,
    OUT,
    Stage,
    door,
    minutes,
    outcome,
    small_space,
)

FIRST, SECOND, THIRD = (PassFacts(f"Q{n}", PassKind.VISITOR, f"v:q{n}", day=DAY) for n in (1, 2, 3))


def full(capacity: int = 2, covers: int = 5) -> Stage:
    """Return a stage whose space is full: Lan and Minh in the lobby, strangers in `home`."""
    stage = Stage(small_space(capacity=capacity), covers=covers)
    for who in (LAN, MINH):
        stage.put(who, LOBBY)
    stage.fill(HOME, capacity - 2)
    return stage


def test_numbers_are_given_in_the_order_of_asking_and_say_how_many_people_are_ahead():
    stage = full()
    numbers = [stage.scan(who, IN, people=people).queue for who, people in ((FIRST, None), (GROUP, 2), (SECOND, None))]
    assert [number and (number.number, number.ahead) for number in numbers] == [(1, 0), (2, 1), (3, 3)]


def test_asking_again_gives_the_same_number():
    stage = full()
    first = stage.scan(FIRST, IN).queue
    stage.scan(SECOND, IN)
    assert stage.scan(FIRST, IN).queue == first
    assert len(stage.world.queue) == 2


def test_the_answer_bears_the_free_places():
    stage = full(capacity=3)
    stage.scan(stage_stranger := PassFacts("X0", PassKind.VISITOR, f"v:{HOME}-0", day=DAY), OUT)
    assert stage_stranger.holder.startswith("v:")
    decision = stage.scan(GROUP, IN)
    assert (outcome(decision), decision.free) == (("refused", "space_full"), 1)


def test_a_zone_has_a_queue_of_its_own():
    stage = Stage(small_space(home=1), covers=5)
    stage.fill(HOME, 1)
    stage.put(LAN, LOBBY)
    decision = stage.scan(LAN, door(HOME))
    assert outcome(decision) == ("refused", "zone_full")
    assert [(place.zone, place.holder) for place in stage.world.queue] == [(HOME, "v:lan")]
    assert outcome(stage.scan(AN, IN)) == ("admitted", None)


def test_who_is_called_first_finds_their_place_held():
    stage = full()
    for who in (FIRST, SECOND):
        stage.scan(who, IN)
    stage.scan(LAN, OUT)
    assert [place.called_at is not None for place in stage.world.queue] == [True, False]
    newcomer, later = stage.scan(THIRD, IN), stage.scan(SECOND, IN)
    assert (outcome(newcomer), newcomer.free) == (("refused", "space_full"), 0)
    assert outcome(later) == ("refused", "space_full")
    assert outcome(stage.scan(FIRST, IN)) == ("admitted", None)
    assert stage.world.queue[0].outcome == "used"


def test_the_next_is_called_when_a_place_falls_free():
    stage = full()
    for who in (FIRST, SECOND):
        stage.scan(who, IN)
    stage.scan(LAN, OUT)
    stage.scan(FIRST, IN)
    stage.scan(MINH, OUT)
    assert outcome(stage.scan(SECOND, IN)) == ("admitted", None)


def test_a_called_place_lapses_after_five_minutes_and_the_next_is_called():
    stage = full()
    for who in (FIRST, SECOND):
        stage.scan(who, IN)
    stage.scan(LAN, OUT)
    called_at = stage.now
    stage.now = minutes(-1) + (called_at - minutes(0)) + (minutes(5) - minutes(0))
    assert outcome(stage.scan(THIRD, IN)) == ("refused", "space_full")
    first, second, _ = stage.world.queue
    assert (first.outcome, first.over_at) == ("lapsed", stage.now)
    assert second.called_at == stage.now
    decision = stage.scan(FIRST, IN)
    assert decision.queue is not None
    assert decision.queue.number == 4


def test_a_place_is_still_held_just_before_five_minutes_are_over():
    stage = full()
    stage.scan(FIRST, IN)
    stage.scan(LAN, OUT)
    stage.now = stage.now + (minutes(3.9) - minutes(0))
    assert outcome(stage.scan(SECOND, IN)) == ("refused", "space_full")
    stage.now = stage.now - (minutes(0.95) - minutes(0))
    assert outcome(stage.scan(FIRST, IN)) == ("admitted", None)


def test_a_group_waits_until_all_its_places_are_free_and_nobody_behind_it_is_called_before():
    stage = full(capacity=3)
    stage.scan(GROUP, IN, people=2)
    stage.scan(FIRST, IN)
    stage.scan(LAN, OUT)
    assert [place.called_at for place in stage.world.queue] == [None, None]
    stage.scan(MINH, OUT)
    assert [place.called_at is not None for place in stage.world.queue] == [True, False]
    assert stage.scan(GROUP, IN, people=2).people == 2


def test_who_was_called_does_not_hold_more_places_by_asking_for_more():
    stage = full()
    stage.scan(GROUP, IN, people=1)
    stage.scan(LAN, OUT)
    assert outcome(stage.scan(GROUP, IN, people=2)) == ("refused", "space_full")
    assert stage.world.queue[0].people == 1
    assert stage.scan(GROUP, IN, people=1).people == 1


def test_who_waits_may_change_for_how_many():
    stage = full(capacity=3)
    stage.scan(GROUP, IN, people=5)
    stage.scan(GROUP, IN, people=2)
    assert [place.people for place in stage.world.queue] == [2]


def test_a_number_of_the_space_and_of_the_zone_are_used_by_coming_into_it():
    stage = Stage(small_space(capacity=1, home=1))
    stage.fill(HOME, 1)
    stranger = PassFacts("X0", PassKind.VISITOR, f"v:{HOME}-0", day=DAY)
    stage.scan(BINH, IN)
    stage.scan(BINH, door(HOME))
    stage.scan(stranger, OUT)
    assert outcome(stage.scan(BINH, door(HOME))) == ("admitted", None)
    assert [place.outcome for place in stage.world.queue] == ["used", "used"]


def test_an_exit_that_comes_late_does_not_call_anybody_in_the_past():
    stage = full()
    stage.scan(FIRST, IN)
    stage.scan(LAN, OUT, at=1.5)
    stage.scan(BINH, OUT, at=1.6)
    assert stage.world.queue[0].called_at is None
    stage.scan(SECOND, IN)
    assert stage.world.queue[0].called_at == stage.now
    assert outcome(stage.scan(FIRST, IN)) == ("admitted", None)


def test_who_came_in_offline_has_used_their_number_not_before_they_took_it():
    stage = full()
    stage.scan(FIRST, IN)
    stage.scan(FIRST, IN, at=0)
    place = stage.world.queue[0]
    assert (place.outcome, place.over_at) == ("used", place.taken_at)


# How long it will take.


def test_the_wait_is_the_mean_of_the_last_waits():
    stage = full()
    stage.world.wait_minutes, stage.world.throughput = 7.4, 1
    decision = stage.scan(FIRST, IN)
    assert decision.queue is not None
    assert decision.queue.wait_minutes == 7


def test_before_there_are_any_waits_it_is_the_people_ahead_by_the_throughput():
    stage = full()
    stage.world.throughput = 0.5
    waits = [stage.scan(GROUP, IN, people=4).queue, stage.scan(FIRST, IN).queue]
    assert [queue and queue.wait_minutes for queue in waits] == [1, 8]


def test_when_nobody_left_yet_no_wait_is_promised():
    decision = full().scan(FIRST, IN)
    assert decision.queue is not None
    assert decision.queue.wait_minutes is None
