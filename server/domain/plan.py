"""The plan of a space: where its zones lie, drawn from the space file or laid out for any number of zones.

All figures are fractions of the plan's width and height: a picture of any size can be drawn from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, hypot
from typing import Literal

from server.domain.space import Space, Zone

Side = Literal["top", "right", "bottom", "left"]

_TOP_ROW, _CORRIDOR = 0.42, 0.10
_MOST_IN_ONE_ROW, _MOST_AROUND_A_HALL = 4, 7
_SHORTEST_DOORWAY = 0.04


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the plan; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Room:
    """A zone's place. `door` is the side that opens to the lobby; None when none borders on it."""

    zone: Zone
    box: Box
    door: Side | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The rooms, in the zones' order, and the part of the lobby's floor that holds its name and the entrance.

    `ratio` is width ÷ height. `rooms` leaves out the lobby: its floor is whatever no room covers.
    """

    rooms: tuple[Room, ...]
    lobby: Box
    ratio: float


def plan_of(space: Space) -> Plan:
    """Return the plan of a space: as its file draws it, if every zone has a place, else laid out."""
    lobby, *others = space.zones
    if space.plan is not None and others and all(zone.plan for zone in others):
        return _drawn(space, space.plan, lobby, others)
    boxes, hall = _lay_out(len(others))
    rooms = tuple(Room(zone, box) for zone, box in zip(others, boxes, strict=True))
    return Plan(_with_doors(rooms, hall), hall, ratio=1180 / 723)


def _drawn(space: Space, size: tuple[float, float], lobby: Zone, others: Sequence[Zone]) -> Plan:
    width, height = size
    boxes = [_scaled(zone.plan, width, height) for zone in others if zone.plan]
    rooms = tuple(Room(zone, box) for zone, box in zip(others, boxes, strict=True))
    hall = _scaled(lobby.plan, width, height) if lobby.plan else _widest_gap(boxes)
    return Plan(_with_doors(rooms, hall), hall, ratio=width / height)


def _scaled(place: tuple[float, float, float, float], width: float, height: float) -> Box:
    x, y, w, h = place
    return Box(x / width, y / height, w / width, h / height)


def _lay_out(count: int) -> tuple[list[Box], Box]:
    if count == 0:
        return [], Box(0, 0, 1, 1)
    if count <= _MOST_IN_ONE_ROW:
        return _row(count, 0, 0.56, 0, 1), Box(0, 0.56, 1, 0.44)
    if count <= _MOST_AROUND_A_HALL:
        return _around_a_hall(count)
    return _above_a_strip(count)


def _around_a_hall(count: int) -> tuple[list[Box], Box]:
    """Lay a row of rooms above a corridor, the others left and right of a hall with the entrance."""
    columns = 3
    top = _TOP_ROW + _CORRIDOR
    on_the_left = (count - columns) // 2
    on_the_right = count - columns - on_the_left
    side = 1 / columns
    boxes = _row(columns, 0, _TOP_ROW, 0, 1)
    boxes += _column(on_the_left, 0, side, top)
    boxes += _column(on_the_right, 1 - side, side, top)
    return boxes, Box(side, top, 1 - 2 * side, 1 - top)


def _above_a_strip(count: int) -> tuple[list[Box], Box]:
    """Lay many rooms in rows; the lobby is a strip with the entrance below them."""
    columns = 3 if count <= 9 else 4
    rows = ceil(count / columns)
    strip = 0.22 if rows < _MOST_IN_ONE_ROW else 0.16
    height = (1 - strip) / rows
    boxes: list[Box] = []
    for row in range(rows):
        here = min(columns, count - len(boxes))
        boxes += _row(here, row * height, height, 0, 1)
    return boxes, Box(0, 1 - strip, 1, strip)


def _row(count: int, y: float, height: float, left: float, width: float) -> list[Box]:
    return [Box(left + at * width / count, y, width / count, height) for at in range(count)]


def _column(count: int, x: float, width: float, top: float) -> list[Box]:
    return [Box(x, top + at * (1 - top) / count, width, (1 - top) / count) for at in range(count)]


def _widest_gap(boxes: Sequence[Box]) -> Box:
    """Return the largest rectangle that no room covers, at best one that reaches the lower edge."""
    xs = sorted({0.0, 1.0, *(box.x for box in boxes), *(box.right for box in boxes)})
    ys = sorted({0.0, 1.0, *(box.y for box in boxes), *(box.bottom for box in boxes)})
    best, best_area = Box(0, 0, 1, 1), 0.0
    for left in xs:
        for right in (x for x in xs if x > left):
            for top in ys:
                for bottom in (y for y in ys if y > top):
                    gap = Box(left, top, right - left, bottom - top)
                    area = gap.width * gap.height * (2 if bottom == 1 else 1)
                    if area > best_area and not any(_overlap(gap, box) for box in boxes):
                        best, best_area = gap, area
    return best


def _overlap(one: Box, other: Box) -> bool:
    slack = 1e-9
    across = one.x < other.right - slack and other.x < one.right - slack
    return across and one.y < other.bottom - slack and other.y < one.bottom - slack


def _with_doors(rooms: tuple[Room, ...], hall: Box) -> tuple[Room, ...]:
    boxes = [room.box for room in rooms]
    return tuple(replace(room, door=_door(room.box, boxes, hall)) for room in rooms)


def _door(box: Box, boxes: Sequence[Box], hall: Box) -> Side | None:
    """Return the side on the lobby's floor whose middle is nearest to the hall; outer walls have no doors."""
    centre = (hall.x + hall.width / 2, hall.y + hall.height / 2)
    middles: dict[Side, tuple[float, float]] = {
        "bottom": (box.x + box.width / 2, box.bottom),
        "left": (box.x, box.y + box.height / 2),
        "right": (box.right, box.y + box.height / 2),
        "top": (box.x + box.width / 2, box.y),
    }
    open_sides = [side for side in middles if _is_open(side, box, boxes)]
    return min(
        open_sides,
        key=lambda side: hypot(middles[side][0] - centre[0], middles[side][1] - centre[1]),
        default=None,
    )


def _is_open(side: Side, box: Box, boxes: Sequence[Box]) -> bool:
    """Tell whether a doorway's width in the middle of a side lies on the lobby's floor."""
    half = _SHORTEST_DOORWAY / 2
    beyond = {
        "top": Box(box.x + box.width / 2 - half, box.y - half, 2 * half, half),
        "bottom": Box(box.x + box.width / 2 - half, box.bottom, 2 * half, half),
        "left": Box(box.x - half, box.y + box.height / 2 - half, half, 2 * half),
        "right": Box(box.right, box.y + box.height / 2 - half, half, 2 * half),
    }[side]
    inside = beyond.x >= 0 and beyond.y >= 0 and beyond.right <= 1 and beyond.bottom <= 1
    return inside and not any(_overlap(beyond, other) for other in boxes)
