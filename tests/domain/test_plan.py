"""The plan of a space: drawn, or laid out for any number of zones."""

from dataclasses import replace

import pytest

from server.domain.plan import Box, plan_of
from server.domain.space import Zone, default_space


def space_of(count):
    zones = tuple(Zone(f"z{number}", f"Khu {number}", f"Zone {number}", 10) for number in range(count))
    return replace(default_space(), zones=zones)


def overlap(one: Box, other: Box) -> bool:
    slack = 1e-9
    across = one.x < other.right - slack and other.x < one.right - slack
    return across and one.y < other.bottom - slack and other.y < one.bottom - slack


@pytest.mark.parametrize("count", range(1, 26))
def test_any_number_of_zones_finds_room_without_overlap(count):
    plan = plan_of(space_of(count))
    boxes = [room.box for room in plan.rooms] + [plan.lobby]
    assert len(plan.rooms) == count - 1
    for box in boxes:
        assert box.x >= -1e-9
        assert box.y >= -1e-9
        assert box.right <= 1 + 1e-9
        assert box.bottom <= 1 + 1e-9
    assert not any(overlap(one, other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])


def test_the_built_in_space_has_three_rooms_above_the_corridor_and_a_door_in_each():
    plan = plan_of(default_space())
    assert [room.door for room in plan.rooms] == ["bottom", "bottom", "bottom", "right", "left", "left"]
    assert plan.lobby.bottom == pytest.approx(1)


def test_a_drawn_plan_is_kept_and_the_lobby_is_the_floor_that_is_left():
    lobby, first, second = space_of(3).zones
    zones = (lobby, replace(first, plan=(0, 0, 4, 6)), replace(second, plan=(6, 0, 4, 6)))
    plan = plan_of(replace(default_space(), zones=zones, plan=(10, 10)))
    assert plan.ratio == 1
    assert plan.rooms[1].box == Box(0.6, 0, 0.4, 0.6)
    assert plan.lobby == Box(0, 0.6, 1, 0.4)


def test_a_plan_that_leaves_out_a_zone_is_laid_out_anew():
    lobby, first, second = space_of(3).zones
    zones = (lobby, replace(first, plan=(0, 0, 4, 6)), second)
    plan = plan_of(replace(default_space(), zones=zones, plan=(10, 10)))
    assert [room.box.width for room in plan.rooms] == [0.5, 0.5]
