"""A delegation's pass: it stands for the people of the delegation who have no movement of their own."""

import pytest

from tests.domain.admission.stage import (
    AN,
    AUTO,
    BINH,
    DAY,
    EGOV,
    GROUP,
    HOME,
    IN,
    LAN,
    LOBBY,
    OUT,
    Stage,
    door,
    kiosk,
    outcome,
    shape,
    small_space,
)

# In, at an outer gate, while `inside` of five are inside.


@pytest.mark.parametrize(
    ("inside", "asked", "answer", "code", "people"),
    [
        (0, None, "admitted", None, 5),
        (0, 1, "admitted", None, 1),
        (0, 5, "admitted", None, 5),
        (0, 6, "refused", "too_many_people", 0),
        (3, None, "admitted", None, 2),
        (3, 2, "admitted", None, 2),
        (3, 3, "refused", "too_many_people", 0),
        (5, None, "refused", "already_inside", 0),
        (5, 1, "refused", "already_inside", 0),
    ],
)
def test_a_group_comes_in_up_to_all_who_are_still_expected(inside, asked, answer, code, people):
    stage = Stage(covers=5)
    if inside:
        stage.scan(GROUP, IN, people=inside)
    decision = stage.scan(GROUP, IN, people=asked)
    assert (outcome(decision), decision.people) == ((answer, code), people)
    assert stage.places(GROUP).get(LOBBY, 0) == inside + people


def test_too_many_people_says_how_many_are_possible():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=3)
    assert stage.scan(GROUP, IN, people=4).most == 2


def test_members_on_their_own_passes_are_not_expected_again():
    stage = Stage(covers=5)
    stage.put(AN, HOME)
    decision = stage.scan(GROUP, IN)
    assert (outcome(decision), decision.people) == (("admitted", None), 4)
    assert outcome(stage.scan(GROUP, IN)) == ("refused", "already_inside")


def test_a_delegation_of_nobody_has_nobody_left_to_come_in():
    assert outcome(Stage(covers=0).scan(GROUP, IN)) == ("refused", "already_inside")


def test_staff_raise_the_headcount_and_the_rest_come_in():
    stage = Stage(covers=5)
    stage.put(GROUP, LOBBY)
    stage.group.covers = 7
    assert stage.scan(GROUP, IN).people == 2


# Auto with auto, at an outer gate.


def test_with_auto_a_group_of_which_nobody_is_inside_comes_in():
    decision = Stage(covers=5).scan(GROUP, AUTO)
    assert (outcome(decision), decision.people) == (("admitted", None), 5)


@pytest.mark.parametrize("inside", [1, 5])
@pytest.mark.parametrize("who", ["unnamed", "a member"])
def test_with_auto_a_group_of_which_somebody_is_inside_is_asked_which_way(inside, who):
    stage = Stage(covers=5)
    if who == "a member":
        stage.put(AN, LOBBY)
    else:
        stage.scan(GROUP, IN, people=inside)
    decision = stage.scan(GROUP, AUTO)
    assert (outcome(decision), decision.people) == (("refused", "direction_needed"), 0)


@pytest.mark.parametrize(("direction", "answer", "people"), [("in", "admitted", 3), ("out", "left", 2)])
def test_the_direction_that_the_kiosk_asked_for_is_taken(direction, answer, people):
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=2)
    decision = stage.scan(GROUP, AUTO, direction)
    assert (outcome(decision), decision.people) == ((answer, None), people)


def test_the_question_which_way_comes_before_any_rule_that_binds_only_one_way():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=2)
    stage.group.is_cancelled = True
    assert outcome(stage.scan(GROUP, AUTO)) == ("refused", "direction_needed")
    assert outcome(stage.scan(GROUP, AUTO, "in")) == ("refused", "cancelled_delegation")
    assert outcome(stage.scan(GROUP, AUTO, "out")) == ("left", None)


# At an inner kiosk. The kiosk stands in `home`.


@pytest.mark.parametrize("direction", ["auto", "in"])
@pytest.mark.parametrize(
    ("unnamed", "member", "asked", "answer", "code", "people"),
    [
        ({LOBBY: 3}, None, None, "moved", None, 3),
        ({LOBBY: 3}, None, 2, "moved", None, 2),
        ({LOBBY: 3}, None, 4, "refused", "too_many_people", 0),
        ({LOBBY: 2, EGOV: 1, HOME: 1}, None, None, "moved", None, 3),
        ({LOBBY: 2, EGOV: 1, HOME: 1}, None, 4, "refused", "too_many_people", 0),
        ({HOME: 3}, None, None, "present", None, 0),
        ({HOME: 3}, LOBBY, None, "present", None, 0),
        ({LOBBY: 2}, EGOV, None, "moved", None, 2),
        ({}, LOBBY, None, "refused", "scan_own_pass", 0),
        ({}, HOME, 1, "refused", "scan_own_pass", 0),
        ({}, None, None, "admitted", None, 5),
        ({}, None, 2, "admitted", None, 2),
        ({}, None, 6, "refused", "too_many_people", 0),
    ],
)
def test_an_inner_kiosk_moves_those_of_the_group_who_are_elsewhere(
    direction, unnamed, member, asked, answer, code, people
):
    stage = Stage(covers=5)
    for zone, number in unnamed.items():
        stage.scan(GROUP, kiosk(zone, "in"), people=number)
    stage.put(AN, member)
    before = sum(stage.counts().values())
    decision = stage.scan(GROUP, door(HOME, direction), people=asked)
    assert (outcome(decision), decision.people) == ((answer, code), people)
    assert sum(stage.counts().values()) == before + (people if answer == "admitted" else 0)
    assert stage.places(GROUP).get(HOME, 0) == unnamed.get(HOME, 0) + people
    assert decision.case == ("missed_gate" if answer == "admitted" else None)


def test_too_many_people_at_an_inner_kiosk_says_how_many_are_elsewhere():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=3)
    stage.scan(GROUP, door(HOME), people=1)
    assert stage.scan(GROUP, door(HOME), people=3).most == 2


def test_a_move_of_some_takes_them_in_the_order_of_the_zones():
    stage = Stage(covers=5)
    stage.scan(GROUP, kiosk(EGOV, "in"), people=2)
    stage.scan(GROUP, IN, people=2)
    decision = stage.scan(GROUP, door(HOME), people=3)
    assert shape(decision.effects) == [(LOBBY, HOME, 2), (EGOV, HOME, 1)]


@pytest.mark.parametrize(
    ("unnamed", "asked", "answer", "code", "people"),
    [
        ({}, None, "refused", "not_inside", 0),
        ({EGOV: 2}, None, "refused", "not_inside", 0),
        ({HOME: 3}, None, "moved", None, 3),
        ({HOME: 3, EGOV: 1}, 2, "moved", None, 2),
        ({HOME: 3, EGOV: 1}, 4, "refused", "too_many_people", 0),
    ],
)
def test_inner_out_moves_the_group_of_that_zone_to_the_lobby(unnamed, asked, answer, code, people):
    stage = Stage(covers=5)
    for zone, number in unnamed.items():
        stage.scan(GROUP, kiosk(zone, "in"), people=number)
    decision = stage.scan(GROUP, door(HOME, "out"), people=asked)
    assert (outcome(decision), decision.people) == ((answer, code), people)
    assert stage.places(GROUP).get(LOBBY, 0) == people


# Out, at an outer gate.


@pytest.mark.parametrize(
    ("unnamed", "members", "asked", "answer", "code", "people"),
    [
        (3, 0, None, "left", None, 3),
        (3, 0, 2, "left", None, 2),
        (3, 0, 3, "left", None, 3),
        (3, 0, 4, "refused", "too_many_people", 0),
        (3, 2, None, "left", None, 5),
        (3, 2, 5, "left", None, 5),
        (3, 2, 3, "left", None, 3),
        (3, 2, 1, "left", None, 1),
        (3, 2, 4, "refused", "scan_own_pass", 0),
        (3, 2, 6, "refused", "too_many_people", 0),
        (0, 2, None, "left", None, 2),
        (0, 2, 2, "left", None, 2),
        (0, 2, 1, "refused", "scan_own_pass", 0),
        (0, 0, None, "refused", "not_inside", 0),
        (0, 0, 2, "refused", "not_inside", 0),
    ],
)
def test_a_group_leaves_whole_or_in_part(unnamed, members, asked, answer, code, people):
    stage = Stage(covers=6)
    for member in (AN, BINH)[:members]:
        stage.put(member, HOME)
    if unnamed:
        stage.scan(GROUP, IN, people=unnamed)
    decision = stage.scan(GROUP, OUT, people=asked)
    assert (outcome(decision), decision.people) == ((answer, code), people)
    assert sum(stage.counts().values()) == unnamed + members - people


def test_when_everybody_leaves_each_member_has_a_movement_of_their_own():
    stage = Stage(covers=6)
    stage.put(AN, HOME)
    stage.put(BINH, EGOV)
    stage.scan(GROUP, IN, people=2)
    effects = stage.scan(GROUP, OUT).effects
    assert [(effect.from_zone, effect.from_holder, effect.people) for effect in effects] == [
        (LOBBY, "d:17", 2),
        (HOME, "v:an", 1),
        (EGOV, "v:binh", 1),
    ]
    assert stage.places(AN) == stage.places(BINH) == {}
    assert stage.world.unnamed(17).members_inside == 0


def test_those_who_leave_in_part_are_taken_from_the_zone_of_the_gate_first_and_no_member_among_them():
    stage = Stage(covers=6)
    stage.scan(GROUP, IN, people=2)
    stage.scan(GROUP, kiosk(EGOV, "in"), people=2)
    stage.put(AN, EGOV)
    decision = stage.scan(GROUP, kiosk(EGOV, "out"), people=3)
    assert shape(decision.effects) == [(EGOV, None, 2), (LOBBY, None, 1)]
    assert stage.places(AN) == {EGOV: 1}


def test_a_group_that_left_may_come_in_again():
    stage = Stage(covers=5)
    stage.put(GROUP, LOBBY)
    stage.scan(GROUP, OUT)
    assert stage.scan(GROUP, IN).people == 5


def test_a_group_does_not_count_people_of_others():
    stage = Stage(covers=5)
    stage.put(LAN, LOBBY)
    stage.scan(GROUP, IN, people=1)
    assert stage.scan(GROUP, OUT).people == 1
    assert stage.counts() == {LOBBY: 1}


# How many arrived.


def test_arrived_is_the_most_that_were_inside_at_once_that_day():
    stage = Stage(small_space(), covers=18)
    stage.scan(GROUP, IN, people=11)
    stage.put(AN, HOME)
    assert stage.group.arrived == 12
    stage.scan(GROUP, OUT)
    stage.scan(GROUP, IN, people=12)
    assert (stage.group.arrived, stage.group.arrived_day) == (12, stage.space.day_of(stage.now))


def test_a_member_who_steps_out_of_the_group_has_not_arrived_twice():
    stage = Stage(covers=5)
    stage.put(GROUP, LOBBY)
    stage.scan(AN, door(HOME))
    assert stage.group.arrived == 5


def test_arrived_begins_anew_the_next_day_with_those_who_stayed_overnight():
    stage = Stage(covers=5)
    stage.put(GROUP, LOBBY)
    stage.now = stage.now.replace(day=13)
    stage.scan(GROUP, OUT, people=2)
    assert (stage.group.arrived, stage.group.arrived_day) == (5, DAY.replace(day=13))
    stage.scan(GROUP, OUT)
    stage.now = stage.now.replace(day=14)
    stage.group.visit_date = None
    stage.scan(GROUP, IN, people=2)
    assert (stage.group.arrived, stage.group.arrived_day) == (2, DAY.replace(day=14))


def test_a_scan_of_yesterday_that_comes_late_does_not_change_what_arrived_today():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=2)
    stage.scan(GROUP, IN, people=3, at=-24 * 60)
    assert (stage.group.arrived, stage.group.arrived_day) == (2, stage.space.day_of(stage.now))
