"""What an answer says beside its verdict: since when, how many, where."""

import pytest

from tests.domain.admission.stage import AN, AUTO, EGOV, GROUP, HOME, IN, LAN, LOBBY, OUT, Stage, door, kiosk


def test_an_answer_says_since_when_they_are_inside():
    stage = Stage()
    came = stage.scan(LAN, IN).since
    assert came == stage.now
    assert stage.scan(LAN, door(HOME)).since == came
    assert stage.scan(LAN, IN).since == came
    assert stage.scan(LAN, OUT).since == came
    assert stage.scan(LAN, OUT).since is None


def test_since_begins_anew_with_a_reentry_which_itself_says_the_old_time():
    stage = Stage()
    came = stage.scan(LAN, IN).since
    assert stage.scan(LAN, IN, reentry=True).since == came
    came_again = stage.now
    assert stage.scan(LAN, IN).since == came_again


def test_a_group_is_inside_since_its_first_came():
    stage = Stage(covers=5)
    came = stage.scan(GROUP, IN, people=2).since
    assert stage.scan(GROUP, IN, people=1).since == came
    assert stage.scan(GROUP, OUT, people=1).since == came


def test_a_member_who_leaves_out_of_the_groups_number_came_in_with_it():
    stage = Stage(covers=5)
    came = stage.scan(GROUP, IN).since
    assert stage.scan(AN, OUT).since == came


@pytest.mark.parametrize(
    ("at_kiosk", "zone"),
    [(kiosk(HOME, "in"), HOME), (door(EGOV), EGOV), (door(EGOV, "out"), LOBBY), (AUTO, LOBBY)],
)
def test_an_answer_names_the_zone_that_it_is_about(at_kiosk, zone):
    stage = Stage()
    if at_kiosk.direction == "out":
        stage.put(LAN, at_kiosk.zone)
    assert stage.scan(LAN, at_kiosk).zone == zone


def test_a_refusal_of_a_full_zone_names_it():
    stage = Stage()
    stage.put(LAN, LOBBY)
    stage.world.zones[HOME].capacity = 0
    assert stage.scan(LAN, door(HOME)).zone == HOME


def test_only_what_changed_is_to_be_saved():
    stage = Stage()
    stage.put(LAN, LOBBY)
    stage.world.changed.clear()
    stage.world.zones[HOME].capacity = 0
    stage.scan(LAN, door(HOME))
    assert stage.world.changed == set()
    stage.scan(LAN, OUT)
    assert stage.world.changed == {"v:lan"}
