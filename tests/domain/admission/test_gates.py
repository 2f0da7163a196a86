"""One visitor at one kiosk: every cell of the table, how the direction is settled, and the badge held up twice."""

from datetime import timedelta

import pytest

from server.domain.admission import Decision
from server.domain.kiosk import Direction
from tests.domain.admission.stage import (
    AN,
    AUTO,
    DESK,
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
    small_space,
)

# The kiosk stands in `home`; the visitor is outside, in `egov`, or in `home`.
TABLE: list[tuple[str, Direction, str | None, str, str | None, str | None]] = [
    ("outer", "in", None, "admitted", None, HOME),
    ("outer", "in", EGOV, "refused", "already_inside", EGOV),
    ("outer", "in", HOME, "refused", "already_inside", HOME),
    ("outer", "out", None, "refused", "not_inside", None),
    ("outer", "out", EGOV, "left", None, None),
    ("outer", "out", HOME, "left", None, None),
    ("outer", "auto", None, "admitted", None, HOME),
    ("outer", "auto", EGOV, "left", None, None),
    ("outer", "auto", HOME, "left", None, None),
    ("inner", "auto", None, "admitted", None, HOME),
    ("inner", "auto", EGOV, "moved", None, HOME),
    ("inner", "auto", HOME, "present", None, HOME),
    ("inner", "in", None, "admitted", None, HOME),
    ("inner", "in", EGOV, "moved", None, HOME),
    ("inner", "in", HOME, "present", None, HOME),
    ("inner", "out", None, "refused", "not_inside", None),
    ("inner", "out", EGOV, "refused", "not_inside", EGOV),
    ("inner", "out", HOME, "moved", None, LOBBY),
]
WALK_INS_AND_STAFF = pytest.mark.parametrize("who", [LAN, MINH], ids=["lan", "minh"])
CELLS = pytest.mark.parametrize(("side", "direction", "place", "answer", "code", "then"), TABLE)


@WALK_INS_AND_STAFF
@CELLS
def test_a_directed_kiosk_answers_as_its_table_says(who, side, direction, place, answer, code, then):
    stage = Stage()
    stage.put(who, place)
    decision = stage.scan(who, kiosk(HOME, direction, inner=side == "inner"))
    assert outcome(decision) == (answer, code)
    assert stage.places(who) == ({then: 1} if then else {})
    assert stage.counts() == ({then: 1} if then else {})


@CELLS
def test_a_kiosk_on_auto_takes_the_direction_of_the_scan(side, direction, place, answer, code, then):
    stage = Stage()
    stage.put(LAN, place)
    decision = stage.scan(LAN, kiosk(HOME, inner=side == "inner"), direction)
    assert outcome(decision) == (answer, code)
    assert stage.places(LAN) == ({then: 1} if then else {})


@pytest.mark.parametrize("wished", ["auto", "in", "out"])
def test_a_directed_kiosk_does_not_take_the_direction_of_the_scan(wished):
    assert outcome(Stage().scan(LAN, OUT, wished)) == ("refused", "not_inside")
    assert outcome(Stage().scan(LAN, IN, wished)) == ("admitted", None)


@CELLS
def test_people_of_an_answer_is_the_change_that_was_counted(side, direction, place, answer, code, then):
    stage = Stage()
    stage.put(LAN, place)
    decision = stage.scan(LAN, kiosk(HOME, direction, inner=side == "inner"))
    assert decision.people == (1 if answer in ("admitted", "moved", "left") else 0)


def test_only_a_visitor_whom_an_inner_kiosk_lets_in_from_outside_opens_a_case():
    cases = {}
    for side, kiosk_direction, place, answer, _, _ in TABLE:
        stage = Stage()
        stage.put(LAN, place)
        decision = stage.scan(LAN, kiosk(HOME, kiosk_direction, inner=side == "inner"))
        cases[side, kiosk_direction, place, answer] = decision.case
    assert {cell for cell, case in cases.items() if case == "missed_gate"} == {
        ("inner", "auto", None, "admitted"),
        ("inner", "in", None, "admitted"),
    }
    assert set(cases.values()) == {None, "missed_gate"}


def test_an_exhibit_is_inner_even_if_nobody_said_so():
    stage = Stage()
    assert stage.scan(LAN, kiosk(HOME, role="exhibit")).case == "missed_gate"


def test_a_desk_lets_in_when_staff_do_not_say_which_way():
    stage = Stage()
    assert outcome(stage.scan(LAN, DESK)) == ("admitted", None)
    assert outcome(stage.scan(LAN, DESK)) == ("refused", "already_inside")
    assert outcome(stage.scan(LAN, DESK, "out")) == ("left", None)


def test_staff_may_choose_that_their_desk_stands_at_an_inner_door():
    stage = Stage()
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, kiosk(HOME, role="desk", inner=True))) == ("moved", None)


@pytest.mark.parametrize("place", [None, HOME, EGOV])
@pytest.mark.parametrize("direction", ["auto", "in", "out"])
def test_a_survey_kiosk_only_learns_whose_pass_it_is(place, direction):
    stage = Stage()
    stage.put(LAN, place)
    decision = stage.scan(LAN, kiosk(HOME, role="survey"), direction)
    assert outcome(decision) == ("present", None)
    assert (decision.people, decision.effects) == (0, ())
    assert stage.places(LAN) == ({place: 1} if place else {})


def test_a_survey_kiosk_does_not_supersede_an_earlier_exit():
    stage = Stage()
    stage.put(LAN, LOBBY)
    stage.scan(LAN, kiosk(HOME, role="survey"))
    assert outcome(stage.scan(LAN, OUT, at=1.5)) == ("left", None)


def test_a_wall_cannot_scan():
    decision = Stage().scan(LAN, kiosk(role="wall"))
    assert outcome(decision) == ("refused", "not_a_scanner")


def test_inner_out_may_fill_the_lobby_over_its_own_capacity():
    stage = Stage(small_space(lobby=1))
    stage.put(LAN, HOME)
    stage.put(MINH, LOBBY)
    assert outcome(stage.scan(LAN, door(HOME, "out"))) == ("moved", None)
    assert stage.counts() == {LOBBY: 2}


def test_whoever_is_in_the_lobby_already_is_present_when_its_inner_door_sends_them_there():
    stage = Stage()
    stage.put(LAN, LOBBY)
    decision = stage.scan(LAN, door(LOBBY, "out"))
    assert (outcome(decision), decision.people) == (("present", None), 0)


def test_a_visitor_pass_counts_one_person_whatever_number_the_scan_names():
    stage = Stage()
    assert stage.scan(LAN, IN, people=4).people == 1
    assert stage.counts() == {LOBBY: 1}


def test_a_replaced_badge_keeps_the_standing_of_its_visitor():
    stage = Stage()
    stage.put(LAN, LOBBY)
    replacement = type(LAN)("P9", LAN.kind, LAN.holder, day=LAN.day)
    assert outcome(stage.scan(replacement, IN)) == ("refused", "already_inside")


# The badge that is held up twice.


def _again(stage: Stage, who=LAN, at_kiosk=AUTO, *, seconds: float, direction="auto") -> Decision:
    last = stage.world.standings[who.holder].last
    assert last is not None
    stage.now = last.at + timedelta(seconds=seconds - 60)  # the stage's clock goes on a minute with each scan
    return stage.scan(who, at_kiosk, direction)


@WALK_INS_AND_STAFF
@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_a_badge_held_up_twice_gets_its_answer_again_and_nobody_leaves(who, seconds):
    stage = Stage()
    first = stage.scan(who, AUTO)
    again = _again(stage, who, seconds=seconds)
    assert (again.answer, again.people, again.zone) == (first.answer, first.people, first.zone)
    assert again.is_echo
    assert again.effects == ()
    assert stage.counts() == {LOBBY: 1}


def test_after_thirty_seconds_the_same_badge_leaves():
    stage = Stage()
    stage.scan(LAN, AUTO)
    assert outcome(_again(stage, seconds=31)) == ("left", None)


def test_an_exit_held_up_twice_does_not_let_in_again():
    stage = Stage()
    stage.put(LAN, HOME)
    stage.scan(LAN, AUTO)
    assert outcome(_again(stage, seconds=10)) == ("left", None)
    assert stage.counts() == {}


def test_a_third_time_counts_from_the_movement_and_not_from_its_repeat():
    stage = Stage()
    stage.scan(LAN, AUTO)
    _again(stage, seconds=20)
    assert outcome(_again(stage, seconds=31)) == ("left", None)


def test_the_guard_does_not_hold_at_a_gate_of_another_zone():
    stage = Stage()
    stage.scan(LAN, AUTO)
    assert outcome(_again(stage, at_kiosk=kiosk(EGOV), seconds=10)) == ("left", None)


def test_the_guard_does_not_hold_for_whoever_has_gone_to_another_zone_meanwhile():
    stage = Stage()
    stage.scan(LAN, AUTO)
    stage.scan(LAN, door(HOME))
    assert outcome(_again(stage, seconds=10)) == ("left", None)


def test_the_guard_does_not_hold_at_an_inner_door():
    stage = Stage()
    stage.scan(LAN, door(HOME))
    assert outcome(_again(stage, at_kiosk=door(HOME), seconds=5)) == ("present", None)


@pytest.mark.parametrize(("at_kiosk", "direction"), [(AUTO, "out"), (OUT, "auto")])
def test_the_guard_does_not_hold_where_kiosk_or_scan_say_which_way(at_kiosk, direction):
    stage = Stage()
    stage.scan(LAN, AUTO)
    assert outcome(_again(stage, at_kiosk=at_kiosk, seconds=5, direction=direction)) == ("left", None)


def test_the_guard_does_not_hold_for_the_pass_of_a_delegation():
    stage = Stage()
    stage.scan(GROUP, AUTO, people=2)
    assert outcome(_again(stage, GROUP, seconds=5)) == ("refused", "direction_needed")


def test_the_guard_is_a_setting_and_can_be_turned_off():
    stage = Stage(small_space(double_scan_seconds=0))
    stage.scan(LAN, AUTO)
    assert outcome(_again(stage, seconds=0)) == ("left", None)


def test_a_badge_held_up_again_after_the_connection_was_lost_does_not_leave_either():
    stage = Stage()
    stage.scan(LAN, AUTO)
    again = stage.scan(LAN, AUTO, at=1.2)
    assert (outcome(again), again.is_echo) == (("admitted", None), True)
    assert stage.counts() == {LOBBY: 1}


def test_a_member_whom_the_group_took_out_is_not_let_in_by_a_badge_held_up_at_once():
    stage = Stage()
    stage.put(AN, LOBBY)
    stage.scan(GROUP, IN, people=3)
    stage.scan(GROUP, AUTO, "out")
    again = _again(stage, AN, seconds=10)
    assert (outcome(again), again.people, again.is_echo) == (("left", None), 1, True)
