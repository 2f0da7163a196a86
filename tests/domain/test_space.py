"""The space file: what it says of opening hours is what the gates do."""

from datetime import date, datetime, time

import pytest

from server.domain.errors import DomainError
from server.domain.space import parse_space


def test_a_day_that_closes_at_midnight_is_open_to_its_last_second():
    opening = parse_space('[opening]\nmonday = "07:30-24:00"').opening
    assert opening.is_open(datetime(2020, 10, 12, 23, 59, 59))
    assert not opening.is_open(datetime(2020, 10, 13, 0, 0))
    assert opening.last_closing(date(2020, 10, 12)) == time.max


def test_appointments_may_take_fewer_people_than_the_space_on_a_grid_of_its_own():
    booking = parse_space("[appointments]\ncapacity = 40\ngrid_minutes = 20").booking
    assert (booking.capacity, booking.grid_minutes) == (40, 20)


@pytest.mark.parametrize("line", ["capacity = 0", "grid_minutes = 7", 'capacity = "40"'])
def test_a_rule_of_appointments_that_cannot_be_is_a_mistake_of_the_file(line):
    with pytest.raises(DomainError):
        parse_space(f"[appointments]\n{line}")
