"""A member who scans their own pass while not inside on it: they step out of the group's number."""

import pytest

from tests.domain.admission.stage import (
    AN,
    AUTO,
    BINH,
    EGOV,
    GROUP,
    HOME,
    IN,
    LOBBY,
    OUT,
    Stage,
    door,
    kiosk,
    outcome,
    shape,
)

# (unnamed inside by zone, Bình's own place): none unnamed, part inside, everyone inside; the delegation covers 3.
NOBODY: dict[str, int] = {}
NONE, NONE_BUT_A_MEMBER = (NOBODY, None), (NOBODY, LOBBY)
PART, PART_ELSEWHERE = ({HOME: 1}, None), ({EGOV: 1}, None)
ALL, ALL_WITH_A_MEMBER, ALL_ELSEWHERE = ({HOME: 3}, None), ({HOME: 2}, LOBBY), ({EGOV: 3}, None)

# side, direction, the delegation, answer, code, effects, case
TABLE = [
    ("outer", "in", NONE, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "in", NONE_BUT_A_MEMBER, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "in", PART, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "in", PART_ELSEWHERE, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "in", ALL, "present", None, [(HOME, HOME, 1)], None),
    ("outer", "in", ALL_WITH_A_MEMBER, "present", None, [(HOME, HOME, 1)], None),
    ("outer", "in", ALL_ELSEWHERE, "moved", None, [(EGOV, HOME, 1)], None),
    ("outer", "out", NONE, "refused", "not_inside", [], None),
    ("outer", "out", NONE_BUT_A_MEMBER, "refused", "not_inside", [], None),
    ("outer", "out", PART, "left", None, [(HOME, None, 1)], None),
    ("outer", "out", PART_ELSEWHERE, "left", None, [(EGOV, None, 1)], None),
    ("outer", "out", ALL, "left", None, [(HOME, None, 1)], None),
    ("outer", "out", ALL_ELSEWHERE, "left", None, [(EGOV, None, 1)], None),
    ("outer", "auto", NONE, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "auto", NONE_BUT_A_MEMBER, "admitted", None, [(None, HOME, 1)], None),
    ("outer", "auto", PART, "refused", "direction_needed", [], None),
    ("outer", "auto", PART_ELSEWHERE, "refused", "direction_needed", [], None),
    ("outer", "auto", ALL, "left", None, [(HOME, None, 1)], None),
    ("outer", "auto", ALL_WITH_A_MEMBER, "left", None, [(HOME, None, 1)], None),
    ("outer", "auto", ALL_ELSEWHERE, "left", None, [(EGOV, None, 1)], None),
    ("inner", "auto", NONE, "admitted", None, [(None, HOME, 1)], "missed_gate"),
    ("inner", "auto", NONE_BUT_A_MEMBER, "admitted", None, [(None, HOME, 1)], "missed_gate"),
    ("inner", "auto", PART, "present", None, [(HOME, HOME, 1)], None),
    ("inner", "auto", PART_ELSEWHERE, "moved", None, [(EGOV, HOME, 1)], None),
    ("inner", "auto", ALL, "present", None, [(HOME, HOME, 1)], None),
    ("inner", "auto", ALL_ELSEWHERE, "moved", None, [(EGOV, HOME, 1)], None),
    ("inner", "in", NONE, "admitted", None, [(None, HOME, 1)], "missed_gate"),
    ("inner", "in", PART, "present", None, [(HOME, HOME, 1)], None),
    ("inner", "in", PART_ELSEWHERE, "moved", None, [(EGOV, HOME, 1)], None),
    ("inner", "in", ALL, "present", None, [(HOME, HOME, 1)], None),
    ("inner", "in", ALL_ELSEWHERE, "moved", None, [(EGOV, HOME, 1)], None),
    ("inner", "out", NONE, "refused", "not_inside", [], None),
    ("inner", "out", NONE_BUT_A_MEMBER, "refused", "not_inside", [], None),
    ("inner", "out", PART, "moved", None, [(HOME, LOBBY, 1)], None),
    ("inner", "out", PART_ELSEWHERE, "refused", "not_inside", [], None),
    ("inner", "out", ALL, "moved", None, [(HOME, LOBBY, 1)], None),
    ("inner", "out", ALL_ELSEWHERE, "refused", "not_inside", [], None),
]


def _stage(delegation) -> Stage:
    unnamed, own = delegation
    stage = Stage(covers=3)
    stage.put(BINH, own)
    for zone, people in unnamed.items():
        stage.scan(GROUP, kiosk(zone, "in"), people=people)
    return stage


@pytest.mark.parametrize(("side", "direction", "delegation", "answer", "code", "effects", "case"), TABLE)
def test_a_member_at_a_kiosk_of_home(side, direction, delegation, answer, code, effects, case):
    stage = _stage(delegation)
    before = stage.world.group_inside(17)
    decision = stage.scan(AN, kiosk(HOME, direction, inner=side == "inner"))
    assert outcome(decision) == (answer, code)
    assert shape(decision.effects) == effects
    assert decision.case == case
    change = {"admitted": 1, "left": -1}.get(answer, 0)
    assert stage.world.group_inside(17) == before + change
    assert decision.people == (1 if answer in ("admitted", "moved", "left") else 0)


@pytest.mark.parametrize("delegation", [ALL_ELSEWHERE, ALL], ids=["moved", "present"])
def test_whoever_steps_out_stands_on_their_own_from_then_on(delegation):
    stage = _stage(delegation)
    stage.scan(AN, kiosk(HOME, "in"))
    assert stage.places(AN) == {HOME: 1}
    assert (stage.world.unnamed(17).inside, stage.world.unnamed(17).members_inside) == (2, 1)
    assert outcome(stage.scan(AN, kiosk(HOME, "in"))) == ("refused", "already_inside")


def test_they_step_out_of_the_number_at_the_kiosk_first_then_in_the_order_of_the_zones():
    stage = _stage(({LOBBY: 1, HOME: 1, EGOV: 1}, None))
    assert shape(stage.scan(AN, door(EGOV)).effects) == [(EGOV, EGOV, 1)]
    assert shape(stage.scan(BINH, door(EGOV)).effects) == [(LOBBY, EGOV, 1)]


def test_leaving_takes_one_of_the_number_at_the_gate_first():
    stage = _stage(({LOBBY: 1, EGOV: 1}, None))
    assert shape(stage.scan(AN, kiosk(EGOV, "out")).effects) == [(EGOV, None, 1)]
    assert shape(stage.scan(BINH, kiosk(EGOV, "out")).effects) == [(LOBBY, None, 1)]


def test_a_member_who_leaves_out_of_the_number_is_outside_on_their_own_pass():
    stage = _stage(ALL)
    stage.scan(AN, OUT)
    assert stage.places(AN) == {}
    assert stage.world.unnamed(17).inside == 2
    assert outcome(stage.scan(AN, IN)) == ("admitted", None)
    assert stage.world.group_inside(17) == 3


def test_nobody_is_counted_twice_after_the_code_of_the_group():
    stage = Stage(covers=2)
    stage.put(GROUP, LOBBY)
    for member in (AN, BINH):
        assert outcome(stage.scan(member, IN)) == ("present", None)
    assert stage.counts() == {LOBBY: 2}
    assert stage.world.unnamed(17).inside == 0


def test_stepping_out_into_a_full_zone_is_refused():
    stage = _stage(ALL_ELSEWHERE)
    stage.fill(HOME, 5)
    assert outcome(stage.scan(AN, door(HOME))) == ("refused", "zone_full")
    assert stage.world.unnamed(17).inside == 3


def test_stepping_out_where_one_is_needs_no_place():
    stage = _stage(ALL)
    stage.world.zones[HOME].capacity = 3
    assert outcome(stage.scan(AN, door(HOME))) == ("present", None)


def test_stepping_out_is_a_move_that_a_closed_space_does_not_forbid_but_a_revoked_pass_does():
    stage = _stage(ALL)
    stage.now = stage.now.replace(hour=11)
    assert outcome(stage.scan(AN, kiosk(EGOV, "in"))) == ("moved", None)
    revoked = type(BINH)("P4", BINH.kind, BINH.holder, 17, is_revoked=True)
    assert outcome(stage.scan(revoked, kiosk(EGOV, "in"))) == ("refused", "revoked_pass")


def test_the_question_which_way_lets_a_revoked_member_out():
    stage = _stage(PART)
    revoked = type(AN)("P3", AN.kind, AN.holder, 17, is_revoked=True)
    assert outcome(stage.scan(revoked, AUTO)) == ("refused", "direction_needed")
    assert outcome(stage.scan(revoked, AUTO, "in")) == ("refused", "revoked_pass")
    assert outcome(stage.scan(revoked, AUTO, "out")) == ("left", None)


def test_a_member_who_is_inside_on_their_own_pass_goes_by_the_ordinary_table():
    stage = _stage(PART)
    stage.put(AN, LOBBY)
    assert outcome(stage.scan(AN, AUTO)) == ("left", None)
    assert stage.world.unnamed(17).inside == 1


def test_whoever_steps_out_came_in_when_the_group_did():
    stage = _stage(ALL_ELSEWHERE)
    came = stage.world.unnamed(17).since
    stage.now = stage.now.replace(hour=4)
    assert stage.scan(AN, door(HOME)).since == came
    assert stage.world.standings[AN.holder].since == came
