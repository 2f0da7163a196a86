"""Scans made offline are physical facts: what they do to the counts, and what the rules would have said."""

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
        lan = LAN._replace(is_revoked=True)
    elif code == "space_closed":
        stage.space = stage.world.space = small_space(opening=OpeningHours())
    elif code == "zone_full":
        stage.world.zones[LOBBY].capacity = 1
    elif code == "space_full":
        stage.space = stage.world.space = small_space(capacity=1)
    elif code == "wrong_gate":
        lan = LAN._replace(zones=(HOME,))
    else:
        lan = LAN._replace(day=LAN.day and LAN.day.replace(day=11))
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
