"""When and where a pass opens a gate: its day or slot, its gates, the opening hours."""

from datetime import date, datetime, time, timedelta

import pytest

from server.domain.admission import Decision
from server.domain.space import OpeningHours, PassPolicy, PassWindow
from tests.domain.admission.stage import (
    AN,
    DAY,
    EGOV,
    HOME,
    IN,
    LAN,
    LOBBY,
    NINE,
    OUT,
    Stage,
    kiosk,
    outcome,
    small_space,
)

CLOSED = OpeningHours()
TOMORROW = DAY + timedelta(days=1)
YESTERDAY = DAY - timedelta(days=1)


# When a pass opens a gate.


def _window(window: PassWindow) -> Stage:
    return Stage(small_space(passes=PassPolicy(window=window)))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a local time of the space."""
    midnight = NINE - timedelta(hours=9)
    return midnight + (day - DAY) + timedelta(hours=hour, minutes=minute)


def _scan_at(stage: Stage, moment: datetime, pass_=AN) -> Decision:
    stage.now = moment - timedelta(minutes=1)
    return stage.scan(pass_, IN)


@pytest.mark.parametrize(("moment", "code"), [
    (at(YESTERDAY, 16), "too_early"), (at(DAY, 7, 30), None), (at(DAY, 16, 59), None), (at(TOMORROW, 8), "expired"),
])  # fmt: skip
@pytest.mark.parametrize("who", [AN, LAN], ids=["a member", "a walk-in"])
def test_with_the_window_day_a_pass_opens_the_gates_on_its_day(moment, code, who):
    assert _scan_at(_window("day"), moment, who).code == code


@pytest.mark.parametrize(
    ("minutes", "code"), [(-61, "too_early"), (-60, None), (0, None), (120, None), (121, "expired")]
)
def test_with_the_window_slot_a_pass_opens_the_gates_around_its_appointment(minutes, code):
    stage = _window("slot")
    stage.group.slot_at = at(DAY, 10)
    assert _scan_at(stage, at(DAY, 10) + timedelta(minutes=minutes)).code == code


def test_a_slot_that_is_longer_than_its_grace_lasts_until_its_end():
    stage = _window("slot")
    stage.group.slot_at, stage.group.minutes = at(DAY, 9), 240
    assert _scan_at(stage, at(DAY, 13)).code is None


def test_with_the_window_slot_and_no_slot_the_day_decides():
    assert _scan_at(_window("slot"), at(DAY, 16)).code is None
    assert _scan_at(_window("slot"), at(TOMORROW, 9)).code == "expired"


@pytest.mark.parametrize("days", [-30, 0, 4000])
def test_with_the_window_none_a_pass_never_ends(days):
    pass_ = AN._replace(valid_until=NINE)
    assert _scan_at(_window("none"), NINE + timedelta(days=days), pass_).code is None


def test_the_end_that_is_signed_into_a_pass_is_hard():
    stage = _window("day")
    stage.group.visit_date = None
    assert _scan_at(stage, NINE, AN._replace(valid_until=NINE)).code is None
    assert _scan_at(stage, NINE + timedelta(minutes=5), AN._replace(valid_until=NINE)).code == "expired"


@pytest.mark.parametrize("side", ["the pass", "the appointment"])
def test_the_pass_or_the_appointment_may_close_a_gate(side):
    stage = Stage()
    pass_ = AN._replace(zones=(LOBBY, HOME)) if side == "the pass" else AN
    stage.group.zones = (LOBBY, HOME) if side == "the appointment" else None
    assert outcome(stage.scan(pass_, kiosk(EGOV, "in"))) == ("refused", "wrong_gate")
    assert outcome(stage.scan(pass_, kiosk(HOME, "in"))) == ("admitted", None)


# The hours.


@pytest.mark.parametrize(("hour", "minute", "code"), [
    (7, 29, "space_closed"), (7, 30, None), (16, 59, None), (17, 0, "space_closed"),
])  # fmt: skip
def test_the_space_is_closed_outside_its_hours(hour, minute, code):
    assert _scan_at(Stage(), at(DAY, hour, minute)).code == code


def test_staff_may_open_a_day():
    stage = Stage(small_space(opening=CLOSED))
    assert stage.scan(AN, IN).code == "space_closed"
    stage.world.opened_day = DAY
    assert stage.scan(AN, IN).code is None


def test_another_days_opening_does_not_open_today():
    stage = Stage(small_space(opening=CLOSED))
    stage.world.opened_day = YESTERDAY
    assert stage.scan(AN, IN).code == "space_closed"


def test_the_lunch_break_closes_the_space_but_lets_everybody_out():
    hours = ((time(7, 30), time(11, 30)), (time(13), time(17)))
    stage = Stage(small_space(opening=OpeningHours(days=(hours,) * 7)))
    _scan_at(stage, at(DAY, 11))
    stage.now = at(DAY, 12)
    assert stage.scan(LAN, IN).code == "space_closed"
    assert outcome(stage.scan(AN, OUT)) == ("left", None)
