"""What the simulator understands of what the server tells."""

from datetime import time

from server.simulator.api import live_url, spans_of


def test_the_opening_hours_have_their_lunch_break():
    hours = [["07:30", "11:30"], ["13:00", "17:00"]]
    state = {"opens_at": "2020-10-13T13:00:00+07:00", "closes_at": "2020-10-13T17:00:00+07:00", "hours": hours}
    assert spans_of(state) == ((time(7, 30), time(11, 30)), (time(13), time(17)))


def test_without_them_the_hours_are_from_the_next_opening_to_closing():
    state = {"opens_at": "2020-10-13T07:30:00+07:00", "closes_at": "2020-10-13T17:00:00+07:00", "is_open": False}
    assert spans_of(state) == ((time(7, 30), time(17)),)


def test_a_closed_day_has_none():
    assert spans_of({"opens_at": None, "closes_at": None, "is_open": False}) == ()


def test_a_space_that_never_closes_and_a_server_on_another_day_have_the_usual_ones():
    usual = ((time(7, 30), time(17)),)
    assert spans_of({"opens_at": None, "closes_at": None, "is_open": True}) == usual
    assert spans_of({}) == usual


def test_the_live_socket_of_a_server_is_at_its_own_scheme():
    assert live_url("https://sanh.example/") == "wss://sanh.example/live"
