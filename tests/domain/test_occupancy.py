"""How crowded it is, without flicker, and how wrong the counter may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.occupancy import level, occupancy_error

LEVELS = ("quiet", "busy", "amber", "red")


@pytest.mark.parametrize(
    ("people", "expected"),
    [(0, "quiet"), (49, "quiet"), (50, "busy"), (79, "busy"), (80, "amber"), (94, "amber"), (95, "red"), (130, "red")],
)
def test_a_level_begins_at_its_share_of_the_capacity(people, expected):
    assert level(people, 100) == expected


@pytest.mark.parametrize(
    ("people", "previous", "expected"),
    [
        (90, "red", "red"), (89, "red", "amber"),
        (75, "amber", "amber"), (74, "amber", "busy"),
        (45, "busy", "busy"), (44, "busy", "quiet"),
    ],
)  # fmt: skip
def test_a_level_is_left_only_five_points_below_where_it_begins(people, previous, expected):
    assert level(people, 100, previous) == expected


@pytest.mark.parametrize(("people", "expected"), [(76, "amber"), (74, "busy"), (46, "busy"), (44, "quiet")])
def test_a_space_that_empties_at_once_falls_through_the_levels_with_the_same_hysteresis(people, expected):
    assert level(people, 100, "red") == expected


@pytest.mark.parametrize(("people", "previous", "expected"), [(80, "busy", "amber"), (95, "quiet", "red")])
def test_a_level_rises_without_delay(people, previous, expected):
    assert level(people, 100, previous) == expected


def test_shares_of_small_capacities_are_not_rounded():
    assert [level(people, 12) for people in (5, 6, 9, 10, 11, 12)] == ["quiet", "busy", "busy", "amber", "amber", "red"]


def test_the_level_counts_the_margin_of_error_in():
    assert level(47, 60) == "busy"
    assert level(47, 60, margin=1) == "amber"


@given(st.integers(0, 40), st.integers(1, 30), st.sampled_from(LEVELS))
def test_the_same_count_again_never_changes_the_level(people, capacity, previous):
    first = level(people, capacity, previous)
    assert level(people, capacity, first) == first


@given(st.integers(0, 40), st.integers(1, 30), st.sampled_from(LEVELS))
def test_more_people_never_lower_the_level(people, capacity, previous):
    assert LEVELS.index(level(people + 1, capacity, previous)) >= LEVELS.index(level(people, capacity, previous))


def test_the_error_is_the_median_and_the_ninetieth_percentile_of_the_days():
    assert occupancy_error([0, 1, 0, 2, 1, 3, 0, 1, 9, 4]) == (1.0, 4)


def test_an_even_number_of_days_has_its_median_between_two():
    assert occupancy_error([1, 2]) == (1.5, 2)


def test_without_days_no_error_is_known():
    assert occupancy_error([]) == (0.0, 0)
