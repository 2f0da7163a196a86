"""Offline scans that come too late: somebody has said since where the visitor or the group is."""

from itertools import permutations

import pytest

from server.domain.space import OpeningHours
from tests.domain.admission.stage import (
    AN,
    BINH,
    EGOV,
    GROUP,
    HOME,
    IN,
    LAN,
    LOBBY,
    MINH,
    OUT,
    Stage,
    door,
    kiosk,
    minutes,
    outcome,
    small_space,
)

LATER = 60.0

ASSERTING = {
    "admitted": (None, IN),
    "left": (LOBBY, OUT),
    "moved": (LOBBY, door(HOME)),
    "present": (HOME, door(HOME)),
    "already_inside": (HOME, IN),
    "not_inside": (None, OUT),
}


@pytest.mark.parametrize(("place", "at_kiosk"), ASSERTING.values(), ids=list(ASSERTING))
def test_a_scan_before_the_latest_movement_that_asserts_a_standing_is_superseded(place, at_kiosk):
    stage = Stage()
    stage.put(LAN, place)
    stage.scan(LAN, at_kiosk)
    last = (stage.now - minutes(0)).total_seconds() / 60
    before = stage.places(LAN)
    decision = stage.scan(LAN, kiosk(EGOV, "in"), at=last - 0.1)
    assert outcome(decision) == ("present", "superseded")
    assert (decision.effects, decision.people, decision.case) == ((), 0, None)
    assert stage.places(LAN) == before
    assert stage.scan(LAN, kiosk(EGOV, "in"), at=last + 0.1).conflict != "superseded"


@pytest.mark.parametrize("code", ["zone_full", "revoked_pass", "space_closed"])
def test_any_other_refusal_asserts_nothing(code):
    stage = Stage()
    stage.put(LAN, LOBBY)
    lan = LAN._replace(is_revoked=True) if code == "revoked_pass" else LAN
    if code == "zone_full":
        stage.world.zones[HOME].capacity = 0
    at_kiosk = door(HOME)
    if code == "space_closed":
        stage.space = stage.world.space = small_space(opening=OpeningHours())
        at_kiosk = IN
    assert stage.scan(lan, at_kiosk).code == code
    assert outcome(stage.scan(LAN, OUT, at=1.5)) == ("left", None)


def test_two_scans_of_one_moment_both_count():
    stage = Stage()
    stage.scan(LAN, IN, at=5)
    assert outcome(stage.scan(LAN, OUT, at=5)) == ("left", None)


def test_a_superseded_scan_supersedes_nothing():
    stage = Stage()
    stage.scan(LAN, IN, at=10)
    stage.scan(LAN, OUT, at=5)
    assert outcome(stage.scan(LAN, OUT, at=11)) == ("left", None)
    stage.scan(LAN, IN, at=3)
    assert outcome(stage.scan(LAN, OUT, at=12)) == ("left", "not_inside")


def test_an_exit_that_is_superseded_is_told_that_they_left():
    stage = Stage()
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, OUT, at=0.5)) == ("left", "superseded")
    assert stage.counts() == {LOBBY: 1}


def test_an_online_scan_is_never_superseded():
    stage = Stage()
    stage.scan(LAN, IN, at=LATER)
    assert outcome(stage.scan(LAN, OUT)) == ("left", None)


@pytest.mark.parametrize("who", [LAN, GROUP, MINH], ids=["lan", "the group", "minh"])
@pytest.mark.parametrize(("at_kiosk", "answer"), [(IN, "present"), (OUT, "left"), (door(HOME), "present")])
def test_a_scan_before_the_last_days_end_has_no_effect(who, at_kiosk, answer):
    stage = Stage()
    stage.world.ended_at = minutes(LATER)
    decision = stage.scan(who, at_kiosk, at=LATER - 1)
    assert (outcome(decision), decision.effects) == ((answer, "superseded"), ())
    assert stage.scan(who, IN, at=LATER).answer == "admitted"


WALK = [(IN, 10), (door(HOME), 20), (door(HOME, "out"), 30), (door(EGOV), 40), (OUT, 50), (IN, 60)]


@pytest.mark.parametrize("length", range(1, 6))
def test_a_visitors_offline_scans_end_alike_in_whatever_order_they_arrive(length):
    walk = WALK[:length]
    ends = set()
    for order in permutations(walk):
        stage = Stage()
        for at_kiosk, at in order:
            stage.scan(LAN, at_kiosk, at=at)
        ends.add(tuple(stage.places(LAN)))
    assert len(ends) == 1


# A delegation's pass.


@pytest.mark.parametrize(("at_kiosk", "later", "is_superseded"), [
    (IN, IN, False), (OUT, OUT, False), (IN, OUT, True), (OUT, IN, True),
])  # fmt: skip
def test_at_an_outer_gate_only_a_later_movement_the_other_way_supersedes_a_group(at_kiosk, later, is_superseded):
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=3, at=1)
    stage.scan(GROUP, later, people=1, at=10)
    decision = stage.scan(GROUP, at_kiosk, people=1, at=5)
    assert (decision.conflict == "superseded") == is_superseded
    assert decision.people == (0 if is_superseded else 1)


@pytest.mark.parametrize(("refusal", "later", "earlier"), [("already_inside", IN, OUT), ("not_inside", OUT, IN)])
def test_a_group_that_was_told_where_it_is_supersedes_an_earlier_movement_the_other_way(refusal, later, earlier):
    stage = Stage(covers=2)
    if refusal == "already_inside":
        stage.scan(GROUP, IN, at=0)
    stage.now = minutes(9)
    assert stage.scan(GROUP, later).code == refusal
    assert stage.scan(GROUP, earlier, at=5).conflict == "superseded"


def test_a_move_inside_does_not_supersede_a_part_of_the_group_that_left_earlier():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, at=1)
    stage.scan(GROUP, door(HOME), people=2, at=10)
    assert stage.scan(GROUP, OUT, people=2, at=5).people == 2


def test_a_group_that_missed_the_gate_supersedes_an_earlier_exit():
    stage = Stage(covers=5)
    stage.scan(GROUP, door(HOME), at=10)
    assert stage.scan(GROUP, OUT, at=5).conflict == "superseded"


def test_at_an_inner_kiosk_any_later_movement_of_the_groups_pass_supersedes():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, at=10)
    assert stage.scan(GROUP, door(HOME), at=5).conflict == "superseded"


def test_an_offline_everyone_out_leaves_out_members_whose_own_latest_movement_is_later():
    stage = Stage(covers=6)
    stage.scan(AN, IN, at=1)
    stage.scan(BINH, IN, at=10)
    stage.scan(GROUP, IN, people=2, at=1)
    decision = stage.scan(GROUP, OUT, at=5)
    assert (outcome(decision), decision.people) == (("left", None), 3)
    assert stage.places(AN) == {}
    assert stage.places(BINH) == {LOBBY: 1}


def test_a_member_whom_everyone_out_took_along_has_a_latest_movement_then():
    stage = Stage(covers=6)
    stage.scan(AN, IN, at=1)
    stage.scan(GROUP, OUT, at=10)
    assert stage.scan(AN, IN, at=5).conflict == "superseded"


def test_a_member_who_steps_out_does_not_supersede_the_group():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, at=1)
    stage.scan(AN, door(HOME), at=10)
    stage.scan(BINH, OUT, at=10)
    assert stage.scan(GROUP, door(HOME), at=5).people == 3
