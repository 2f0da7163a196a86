"""What staff may force, and "Tôi vào lại"."""

import pytest

from server.domain.space import OpeningHours
from tests.domain.admission.stage import (
    AN,
    AUTO,
    BINH,
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
    shape,
    small_space,
)

WHY = "trưởng đoàn xác nhận"


@pytest.mark.parametrize("code", ["revoked_pass", "space_closed", "wrong_gate", "expired", "zone_full", "space_full"])
def test_staff_may_force_a_refused_scan_and_a_case_is_opened(code):
    stage = Stage()
    stage.put(MINH, LOBBY)
    lan = LAN
    if code == "revoked_pass":
        lan = LAN._replace(is_revoked=True)
    elif code == "space_closed":
        stage.space = stage.world.space = small_space(opening=OpeningHours())
    elif code == "wrong_gate":
        lan = LAN._replace(zones=(HOME,))
    elif code == "expired":
        lan = LAN._replace(day=LAN.day and LAN.day.replace(day=1))
    elif code == "zone_full":
        stage.world.zones[LOBBY].capacity = 1
    else:
        stage.space = stage.world.space = small_space(capacity=1)
    assert outcome(stage.scan(lan, DESK)) == ("refused", code)
    forced = stage.scan(lan, DESK, force=WHY)
    assert outcome(forced) == ("admitted", code)
    assert (forced.code, forced.case, forced.people) == (None, "forced", 1)


@pytest.mark.parametrize(("place", "direction", "answer", "code", "people"), [
    (HOME, "in", "moved", "already_inside", 1),
    (LOBBY, "in", "present", "already_inside", 0),
    (None, "out", "left", "not_inside", 0),
])  # fmt: skip
def test_a_forced_scan_says_what_its_effect_did(place, direction, answer, code, people):
    stage = Stage()
    stage.put(LAN, place)
    forced = stage.scan(LAN, DESK, direction, force=WHY)
    assert (outcome(forced), forced.people, forced.case) == ((answer, code), people, "forced")


@pytest.mark.parametrize(("code", "at_kiosk", "direction", "people"), [
    ("too_many_people", DESK, "in", 9),
    ("scan_own_pass", DESK, "out", 3),
    ("direction_needed", AUTO, "auto", None),
])  # fmt: skip
def test_what_staff_must_mend_otherwise_cannot_be_forced(code, at_kiosk, direction, people):
    stage = Stage(covers=5)
    stage.put(AN, LOBBY)
    stage.put(BINH, LOBBY)
    stage.scan(GROUP, IN, people=2)
    before = stage.counts()
    assert outcome(stage.scan(GROUP, at_kiosk, direction, people=people, force=WHY)) == ("refused", code)
    assert stage.counts() == before


def test_a_member_who_must_be_asked_which_way_cannot_be_forced():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=2)
    assert outcome(stage.scan(AN, AUTO, force=WHY)) == ("refused", "direction_needed")


def test_a_forced_group_counts_at_most_those_still_expected():
    stage = Stage(covers=5)
    stage.scan(GROUP, IN, people=3)
    stage.group.is_cancelled = True
    forced = stage.scan(GROUP, DESK, people=4, force=WHY)
    assert (outcome(forced), forced.people) == (("admitted", "cancelled_delegation"), 2)
    assert outcome(stage.scan(GROUP, DESK, force=WHY)) == ("present", "cancelled_delegation")
    assert stage.counts() == {LOBBY: 5}


def test_a_scan_that_needs_no_force_opens_no_case():
    decision = Stage().scan(LAN, DESK, force=WHY)
    assert (outcome(decision), decision.case) == (("admitted", None), None)


# "Tôi vào lại".


@pytest.mark.parametrize("booked", [LOBBY, HOME])
@pytest.mark.parametrize("here", [LOBBY, EGOV])
def test_whoever_went_out_unseen_comes_in_again_by_two_linked_movements(booked, here):
    stage = Stage()
    stage.put(LAN, booked)
    gate = kiosk(here, "in")
    assert outcome(stage.scan(LAN, gate)) == ("refused", "already_inside")
    again = stage.scan(LAN, gate, reentry=True)
    assert shape(again.effects) == [(booked, None, 1), (None, here, 1)]
    assert (outcome(again), again.people, again.case, again.conflict) == (("admitted", None), 0, "reentry", None)
    assert stage.counts() == {here: 1}


def test_a_reentry_does_not_ask_the_capacity():
    stage = Stage(small_space(capacity=2, home=1))
    stage.fill(HOME, 1)
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, kiosk(HOME, "in"), reentry=True)) == ("admitted", None)
    assert stage.counts() == {HOME: 2}


def test_the_second_reentry_of_a_day_needs_staff():
    stage = Stage()
    stage.put(LAN, LOBBY)
    stage.scan(LAN, IN, reentry=True)
    assert outcome(stage.scan(LAN, IN, reentry=True)) == ("refused", "already_inside")
    assert outcome(stage.scan(LAN, DESK, force=WHY)) == ("present", "already_inside")
    stage.now = stage.now.replace(day=13)
    lan = LAN._replace(day=None)
    assert outcome(stage.scan(lan, IN, reentry=True)) == ("admitted", None)


def test_a_reentry_that_was_refused_is_not_the_one_of_the_day():
    stage = Stage()
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN._replace(is_revoked=True), IN, reentry=True)) == ("refused", "revoked_pass")
    assert outcome(stage.scan(LAN, IN, reentry=True)) == ("admitted", None)


@pytest.mark.parametrize(("who", "code"), [(GROUP, "already_inside"), (MINH, "already_inside")])
def test_only_visitors_come_in_again_by_themselves(who, code):
    stage = Stage()
    stage.put(who, LOBBY)
    assert outcome(stage.scan(who, IN, reentry=True)) == ("refused", code)


def test_whoever_is_outside_simply_comes_in():
    stage = Stage()
    decision = stage.scan(LAN, IN, reentry=True)
    assert (outcome(decision), decision.case, decision.people) == (("admitted", None), None, 1)


def test_at_an_automatic_gate_coming_in_again_does_not_mean_leaving():
    stage = Stage()
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, AUTO, reentry=True)) == ("admitted", None)
    assert stage.counts() == {LOBBY: 1}


def test_an_exit_gate_or_an_inner_door_knows_no_reentry():
    stage = Stage()
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, door(HOME), reentry=True)) == ("moved", None)
    assert outcome(stage.scan(LAN, OUT, reentry=True)) == ("left", None)


def test_the_next_held_up_badge_repeats_the_reentry_with_its_zero_people():
    stage = Stage()
    stage.put(LAN, LOBBY)
    stage.scan(LAN, AUTO, reentry=True)
    stage.now = stage.now.replace(second=10) - (stage.now.replace(minute=1) - stage.now.replace(minute=0))
    again = stage.scan(LAN, AUTO)
    assert (outcome(again), again.people, again.is_echo) == (("admitted", None), 0, True)
