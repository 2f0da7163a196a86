"""Scans made offline are physical facts: what they do to the counts, what the rules would have said, what is too late."""

from dataclasses import replace
from itertools import permutations

import pytest

from server.domain.space import OpeningHours
from tests.domain.admission.stage import (
    AN,
    AUTO,
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
    shape,
    small_space,
)

LATER = 60.0


# The effect is the difference between where they are and what the scan asserts. The kiosk stands in `home`.


@pytest.mark.parametrize(
    ("side", "direction", "place", "answer", "conflict", "then"),
    [
        ("outer", "in", None, "admitted", None, HOME),
        ("outer", "in", EGOV, "moved", "already_inside", HOME),
        ("outer", "in", HOME, "present", "already_inside", HOME),
        ("outer", "out", None, "left", "not_inside", None),
        ("outer", "out", EGOV, "left", None, None),
        ("outer", "out", HOME, "left", None, None),
        ("outer", "auto", None, "admitted", None, HOME),
        ("outer", "auto", EGOV, "left", None, None),
        ("inner", "in", None, "admitted", None, HOME),
        ("inner", "in", EGOV, "moved", None, HOME),
        ("inner", "auto", HOME, "present", None, HOME),
        ("inner", "out", None, "admitted", "not_inside", LOBBY),
        ("inner", "out", EGOV, "moved", "not_inside", LOBBY),
        ("inner", "out", HOME, "moved", None, LOBBY),
        ("inner", "out", LOBBY, "present", "not_inside", LOBBY),
    ],
)
def test_an_offline_scan_sets_the_standing_that_it_asserts(side, direction, place, answer, conflict, then):
    stage = Stage()
    stage.put(LAN, place)
    decision = stage.scan(LAN, kiosk(HOME, direction, inner=side == "inner"), at=LATER)
    assert outcome(decision) == (answer, conflict)
    assert stage.places(LAN) == ({then: 1} if then else {})
    assert decision.people == (0 if answer == "present" or (answer == "left" and place is None) else 1)
    missed = side == "inner" and place is None and direction != "out"
    assert decision.case == ("missed_gate" if missed else conflict)


@pytest.mark.parametrize("code", ["revoked_pass", "space_closed", "zone_full", "space_full", "wrong_gate", "expired"])
def test_what_the_rules_would_have_said_stays_on_the_scan_and_opens_a_case(code):
    stage = Stage()
    stage.put(MINH, LOBBY)
    lan = LAN
    if code == "revoked_pass":
        lan = replace(LAN, is_revoked=True)
    elif code == "space_closed":
        stage.space = stage.world.space = small_space(opening=OpeningHours())
    elif code == "zone_full":
        stage.world.zones[LOBBY].capacity = 1
    elif code == "space_full":
        stage.space = stage.world.space = small_space(capacity=1)
    elif code == "wrong_gate":
        lan = replace(LAN, zones=(HOME,))
    else:
        lan = replace(LAN, day=LAN.day and LAN.day.replace(day=11))
    decision = stage.scan(lan, IN, at=LATER)
    assert outcome(decision) == ("admitted", code)
    assert (decision.people, decision.case, decision.code) == (1, code, None)
    assert stage.counts() == {LOBBY: 2}


def test_an_offline_scan_that_the_rules_allow_opens_no_case():
    assert Stage().scan(LAN, IN, at=LATER).case is None


def test_a_pass_that_was_valid_when_it_was_scanned_meets_no_conflict():
    stage = Stage()
    stage.now = stage.now.replace(hour=13)
    decision = stage.scan(LAN, IN, at=LATER)
    assert outcome(decision) == ("admitted", None)


def test_an_offline_scan_takes_no_number_in_the_queue():
    stage = Stage(small_space(capacity=0))
    assert stage.scan(LAN, IN, at=LATER).queue is None
    assert stage.world.queue == []


# Superseded.

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
    lan = replace(LAN, is_revoked=True) if code == "revoked_pass" else LAN
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


@pytest.mark.parametrize(("inside", "asked", "people", "conflict"), [
    (0, 5, 5, None), (0, 9, 5, "too_many_people"), (3, 3, 2, "too_many_people"), (5, 2, 0, "already_inside"),
    (5, None, 0, "already_inside"),
])  # fmt: skip
def test_a_group_counts_at_most_those_still_expected_in(inside, asked, people, conflict):
    stage = Stage(covers=5)
    if inside:
        stage.scan(GROUP, IN, people=inside)
    decision = stage.scan(GROUP, IN, people=asked, at=LATER)
    assert outcome(decision) == ("admitted" if people else "present", conflict)
    assert (decision.people, decision.case) == (people, conflict)
    assert stage.world.group_inside(17) == inside + people


@pytest.mark.parametrize(("asked", "people", "conflict"), [
    (2, 2, None), (3, 3, None), (4, 3, "scan_own_pass"), (5, 5, None), (6, 5, "too_many_people"), (None, 5, None),
])  # fmt: skip
def test_a_group_counts_at_most_the_unnamed_out_or_everyone(asked, people, conflict):
    stage = Stage(covers=6)
    stage.put(AN, HOME)
    stage.put(BINH, HOME)
    stage.scan(GROUP, IN, people=3)
    decision = stage.scan(GROUP, OUT, people=asked, at=LATER)
    assert (outcome(decision), decision.people) == (("left", conflict), people)
    assert stage.world.group_inside(17) == 5 - people


def test_an_empty_group_that_leaves_offline_left():
    decision = Stage().scan(GROUP, OUT, at=LATER)
    assert (outcome(decision), decision.people) == (("left", "not_inside"), 0)


def test_a_group_with_only_members_inside_is_present_at_an_inner_kiosk():
    stage = Stage()
    stage.put(AN, LOBBY)
    decision = stage.scan(GROUP, door(HOME), at=LATER)
    assert (outcome(decision), decision.people) == (("present", "scan_own_pass"), 0)
    assert stage.places(AN) == {LOBBY: 1}


def test_a_group_moves_at_most_its_unnamed():
    stage = Stage()
    stage.scan(GROUP, IN, people=2)
    decision = stage.scan(GROUP, door(HOME), people=4, at=LATER)
    assert (outcome(decision), decision.people) == (("moved", "too_many_people"), 2)


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


# Members, offline.


@pytest.mark.parametrize("unnamed", [2, 3], ids=["part inside", "everyone inside"])
def test_a_member_at_an_inner_door_out_of_which_the_group_has_not_gone_is_taken_from_its_number_elsewhere(unnamed):
    stage = Stage(covers=3)
    stage.scan(GROUP, kiosk(EGOV, "in"), people=unnamed)
    decision = stage.scan(AN, door(HOME, "out"), at=LATER)
    assert outcome(decision) == ("moved", "not_inside")
    assert shape(decision.effects) == [(EGOV, LOBBY, 1)]
    assert stage.world.group_inside(17) == unnamed


def test_a_member_whom_an_offline_gate_did_not_ask_which_way_comes_in():
    stage = Stage(covers=3)
    stage.scan(GROUP, IN, people=1)
    decision = stage.scan(AN, AUTO, at=LATER)
    assert outcome(decision) == ("admitted", "direction_needed")
    assert decision.case == "direction_needed"


def test_a_group_that_an_offline_gate_did_not_ask_brings_in_the_rest_or_else_leaves():
    stage = Stage(covers=3)
    stage.scan(GROUP, IN, people=1)
    assert outcome(stage.scan(GROUP, AUTO, at=LATER)) == ("admitted", "direction_needed")
    assert outcome(stage.scan(GROUP, AUTO, at=LATER)) == ("left", "direction_needed")
    assert stage.counts() == {}
