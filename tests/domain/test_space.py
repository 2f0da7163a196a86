"""The space file: what it says of opening hours is what the gates do."""

from datetime import date, datetime, time

from server.domain.space import parse_space


def test_a_day_that_closes_at_midnight_is_open_to_its_last_second():
    opening = parse_space('[opening]\nmonday = "07:30-24:00"').opening
    assert opening.is_open(datetime(2020, 10, 12, 23, 59, 59))
    assert not opening.is_open(datetime(2020, 10, 13, 0, 0))
    assert opening.last_closing(date(2020, 10, 12)) == time.max
