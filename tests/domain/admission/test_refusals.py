"""The rules that refuse: each code, their order, and whom they bind at which attempt."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.domain.admission import NOT_REMEMBERED, Decision
from server.domain.space import OpeningHours
from tests.domain.admission.stage import (
    AN,
    DAY,
    EGOV,
    GROUP,
    HOME,
    IN,
    LAN,
    LOBBY,
    MINH,
    NINE,
    OUT,
    Stage,
    door,
    kiosk,
    outcome,
    small_space,
)

CLOSED = OpeningHours()
TOMORROW = DAY + timedelta(days=1)
YESTERDAY = DAY - timedelta(days=1)
FULL = {"zone_full": {"home": 1}, "space_full": {"capacity": 1}}


def refusing(code: str, place: str | None = None) -> tuple[Stage, dict[str, Any]]:
    """Return a stage with An at `place` and one stranger in `home`, where `code` holds; and An's pass, changed."""
    stage = Stage()
    stage.put(AN, place)
    stage.fill(HOME, 1)
    changes: dict[str, Any] = {}
    if code == "revoked_pass":
        changes["is_revoked"] = True
    elif code == "cancelled_delegation":
        stage.group.is_cancelled = True
    elif code == "too_early":
        stage.group.visit_date = TOMORROW
    elif code == "expired":
        stage.group.visit_date = YESTERDAY
    elif code == "wrong_gate":
        changes["zones"] = (LOBBY,)
    elif code == "space_closed":
        stage.space = stage.world.space = replace(stage.space, opening=CLOSED)
    elif code == "zone_full":
        stage.world.zones[HOME].capacity = 1
    elif code == "space_full":
        stage.space = stage.world.space = replace(stage.space, capacity=2 if place else 1)
    return stage, changes


def scan_an(stage: Stage, changes: dict[str, Any], at_kiosk) -> Decision:
    return stage.scan(AN._replace(**changes), at_kiosk)


REFUSALS = [
    "revoked_pass", "cancelled_delegation", "too_early", "expired", "wrong_gate", "space_closed",
    "zone_full", "space_full",
]  # fmt: skip
ENTERING, MOVES = set(REFUSALS), {"revoked_pass", "cancelled_delegation", "wrong_gate", "zone_full"}
ATTEMPTS = [
    ("in at an outer gate", None, kiosk(HOME, "in"), "admitted", ENTERING),
    ("auto at an outer gate, from outside", None, kiosk(HOME), "admitted", ENTERING),
    ("a missed gate at an inner door", None, door(HOME), "admitted", ENTERING),
    ("a move to another zone", LOBBY, door(HOME), "moved", MOVES),
    ("present in the same zone", HOME, door(HOME), "present", MOVES - {"zone_full"}),
    ("out at an outer gate", HOME, kiosk(HOME, "out"), "left", set()),
    ("auto at an outer gate, from inside", EGOV, kiosk(HOME), "left", set()),
    ("inner out", HOME, door(HOME, "out"), "moved", set()),
]


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize(("place", "at_kiosk", "else_answer", "bound"), [row[1:] for row in ATTEMPTS],
                         ids=[row[0] for row in ATTEMPTS])  # fmt: skip
def test_each_refusal_binds_the_attempts_that_it_names_and_no_other(code, place, at_kiosk, else_answer, bound):
    stage, changes = refusing(code, place)
    before = stage.counts()
    decision = scan_an(stage, changes, at_kiosk)
    if code in bound:
        assert outcome(decision) == ("refused", code)
        assert (decision.people, decision.effects, stage.counts()) == (0, (), before)
    else:
        assert outcome(decision) == (else_answer, None)


@pytest.mark.parametrize("place", [None, EGOV])
@pytest.mark.parametrize("code", ["revoked_pass", "cancelled_delegation", "wrong_gate"])
def test_whoever_is_not_there_is_told_so_and_no_other_rule_of_leaving(place, code):
    stage, changes = refusing(code, place)
    assert outcome(scan_an(stage, changes, door(HOME, "out"))) == ("refused", "not_inside")


@pytest.mark.parametrize("code", ["revoked_pass", "cancelled_delegation", "too_early", "wrong_gate", "space_closed"])
def test_the_rules_of_the_pass_come_before_those_of_the_place(code):
    stage, changes = refusing(code, LOBBY)
    assert outcome(scan_an(stage, changes, kiosk(HOME, "in"))) == ("refused", code)


def _both(first: str, second: str) -> Decision:
    stage, changes = refusing(first)
    other, more = refusing(second)
    stage.group.is_cancelled |= other.group.is_cancelled
    if other.group.visit_date != DAY and stage.group.visit_date == DAY:
        stage.group.visit_date = other.group.visit_date
    opening = min((stage.space.opening, other.space.opening), key=lambda hours: len(hours.days[0]))
    capacity = min(stage.space.capacity, other.space.capacity)
    stage.space = stage.world.space = replace(stage.space, opening=opening, capacity=capacity)
    stage.world.zones[HOME].capacity = min(stage.world.zones[HOME].capacity, other.world.zones[HOME].capacity)
    return scan_an(stage, changes | more, kiosk(HOME, "in"))


EXCLUSIVE = {("too_early", "expired")}
PAIRS = [
    (first, second)
    for index, first in enumerate(REFUSALS)
    for second in REFUSALS[index + 1 :]
    if (first, second) not in EXCLUSIVE
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_refusals_the_earlier_rule_answers(first, second):
    assert outcome(_both(first, second)) == ("refused", first)
    assert outcome(_both(second, first)) == ("refused", first)


def test_the_tables_answer_before_the_capacity_does():
    stage = Stage(small_space(capacity=1))
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, IN)) == ("refused", "already_inside")
    assert outcome(stage.scan(GROUP, IN, people=9)) == ("refused", "too_many_people")


def test_what_no_pass_can_say_is_counted_and_not_remembered():
    assert {str(code) for code in NOT_REMEMBERED} == {
        "malformed", "invalid_pass", "unknown_pass", "scan_id_reused", "not_a_scanner",
    }  # fmt: skip


# Staff.


@pytest.mark.parametrize("code", ["expired", "wrong_gate", "space_closed"])
def test_the_rules_of_the_appointment_do_not_bind_staff(code):
    stage = Stage(small_space(opening=CLOSED))
    minh = MINH._replace(valid_until=NINE - timedelta(days=1), zones=(LOBBY,), day=YESTERDAY)
    assert outcome(stage.scan(minh, kiosk(HOME, "in"))) == ("admitted", None), code


def test_a_revoked_staff_pass_is_refused():
    assert outcome(Stage().scan(MINH._replace(is_revoked=True), IN)) == ("refused", "revoked_pass")


def test_the_capacity_binds_staff():
    stage = Stage(small_space(capacity=1))
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(MINH, IN)) == ("refused", "space_full")
    stage.scan(LAN, OUT)
    stage.scan(MINH, IN)
    stage.world.zones[HOME].capacity = 0
    assert outcome(stage.scan(MINH, door(HOME))) == ("refused", "zone_full")


def test_staff_are_counted_in_their_zone_and_told_apart():
    stage = Stage()
    stage.put(MINH, HOME)
    stage.put(LAN, HOME)
    zone = stage.world.zones[HOME]
    assert (zone.inside, zone.staff, stage.world.inside) == (2, 1, 2)
    stage.scan(MINH, OUT)
    assert (zone.inside, zone.staff) == (1, 0)


# The capacity.


def test_a_zone_and_the_space_take_as_many_as_their_capacity():
    stage = Stage(small_space(capacity=3, home=2))
    stage.fill(HOME, 1)
    assert outcome(stage.scan(LAN, kiosk(HOME, "in"))) == ("admitted", None)
    assert outcome(stage.scan(AN, kiosk(HOME, "in"))) == ("refused", "zone_full")
    assert outcome(stage.scan(AN, IN)) == ("admitted", None)
    assert outcome(stage.scan(MINH, IN)) == ("refused", "space_full")


def test_a_full_space_does_not_hold_up_moves():
    stage = Stage(small_space(capacity=1))
    stage.put(LAN, LOBBY)
    assert outcome(stage.scan(LAN, door(HOME))) == ("moved", None)


@pytest.mark.parametrize("at_kiosk", [IN, door(HOME)], ids=["entering", "moving"])
def test_a_group_larger_than_the_free_places_is_refused_whole_and_told_how_many_are_free(at_kiosk):
    stage = Stage(small_space(capacity=6, lobby=6, home=2), covers=4)
    code, free = "space_full", 3
    stage.fill(EGOV, 3)
    if at_kiosk is not IN:
        stage.space = stage.world.space = replace(stage.space, capacity=20)
        stage.put(GROUP, LOBBY)
        code, free = "zone_full", 2
    before = stage.counts()
    decision = stage.scan(GROUP, at_kiosk)
    assert outcome(decision) == ("refused", code)
    assert (decision.free, decision.people, stage.counts()) == (free, 0, before)


@pytest.mark.parametrize(("capacity", "home", "code", "free"), [
    (4, 2, "zone_full", 2), (3, 2, "zone_full", 1), (4, 3, "space_full", 2),
])  # fmt: skip
def test_the_free_places_of_an_entry_are_those_of_zone_and_space(capacity, home, code, free):
    stage = Stage(small_space(capacity=capacity, home=home), covers=5)
    stage.fill(EGOV, 2)
    decision = stage.scan(GROUP, kiosk(HOME, "in"), people=3)
    assert (outcome(decision), decision.free) == (("refused", code), free)


@pytest.mark.parametrize(("capacity", "home", "free"), [(9, 1, 1), (3, 5, 1)])
def test_a_group_is_told_the_smaller_of_both(capacity, home, free):
    stage = Stage(small_space(capacity=capacity, home=home), covers=5)
    stage.fill(EGOV, 2)
    assert stage.scan(GROUP, kiosk(HOME, "in"), people=2).free == free


def test_a_missed_gate_needs_a_place_in_the_space_too():
    stage = Stage(small_space(capacity=1))
    stage.put(MINH, LOBBY)
    assert outcome(stage.scan(LAN, door(HOME))) == ("refused", "space_full")
