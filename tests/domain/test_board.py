"""The board: lanes that never overlap, who has no room, guides' objections, ways round each other, short names."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.domain.appointments import Booking
from server.domain.board import lay_out, over_capacity
from server.domain.guides import Duty, Guide, Objection, objections_to
from server.domain.itinerary import Stay, Stop, crowds_of, propose
from server.domain.short_names import tight_name
from server.domain.space import default_space

DAY = date(2026, 11, 25)
SPACE = default_space()
MINH = Guide("1", "Minh", languages=("vi", "en"), hours=(((time(7, 30), time(17)),),) * 5 + ((), ()))


def at(hours: int, minutes: int = 0) -> datetime:
    return datetime.combine(DAY, time(hours, minutes))


spans = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 30)).map(
        lambda n: (at(0) + timedelta(minutes=15 * n[0]), at(0) + timedelta(minutes=15 * (n[0] + n[1])))
    ),
    max_size=40,
)


@given(spans)
def test_what_overlaps_shares_no_lane_and_nothing_leaves_the_board(times: list[tuple[datetime, datetime]]) -> None:
    lanes = lay_out(times)
    assert all(lane.index >= 0 and lane.index + lane.span <= lane.of for lane in lanes)
    for one, (begins, ends) in zip(lanes, times, strict=True):
        for other, (other_begins, other_ends) in zip(lanes, times, strict=True):
            if one is not other and begins < other_ends and other_begins < ends:
                assert one.index + one.span <= other.index or other.index + other.span <= one.index


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(1, 60)), max_size=30))
def test_without_those_who_have_no_room_nobody_is_too_many(rows: list[tuple[int, int, int]]) -> None:
    bookings = [
        Booking(str(n), "", at(0) + timedelta(minutes=15 * a), at(0) + timedelta(minutes=15 * (a + b)), people)
        for n, (a, b, people) in enumerate(rows)
    ]
    refused = over_capacity(bookings, 60)
    kept = [one for one in bookings if one.whose not in refused]
    for one in kept:
        assert sum(other.people for other in kept if other.begins <= one.begins < other.ends) <= 60
    assert all(excess.people > 60 for excess in refused.values())


def test_the_earlier_claim_keeps_its_place() -> None:
    first, second = Booking("D001", "", at(9), at(10), 50), Booking("D002", "", at(8, 30), at(9, 30), 14)
    assert {whose: (one.at, one.people) for whose, one in over_capacity([first, second], 60).items()} == {
        "D002": (at(9), 64)
    }


def test_a_guide_is_free_when_nothing_speaks_against_it() -> None:
    assert (
        objections_to(MINH, Duty("D001", "", at(9), at(10)), [Duty("D002", "", at(10), at(11))], language="en-GB") == []
    )


def test_each_thing_that_speaks_against_a_guide_is_named() -> None:
    off = Guide("1", "Minh", days_off=((DAY, DAY),), is_active=False)
    found = objections_to(off, Duty("D001", "", at(9), at(10)), [Duty("D002", "", at(9, 30), at(11))], language="ko")
    assert [one.objection for one in found] == [
        Objection.INACTIVE, Objection.DAY_OFF, Objection.BUSY, Objection.LANGUAGE,
    ]  # fmt: skip


def test_a_duty_over_the_end_of_the_working_day_is_off_hours() -> None:
    assert [one.objection for one in objections_to(MINH, Duty("D001", "", at(16, 30), at(17, 30)), [])] == [
        Objection.OFF_HOURS
    ]


@given(st.integers(1, 8), st.integers(15, 240), st.integers(1, 4))
def test_small_delegations_are_led_round_each_other(people: int, minutes: int, others: int) -> None:
    stays: list[Stay] = []
    for n in range(others):
        stays += [Stay(str(n), 1, stop) for stop in propose(SPACE, 1, at(9), minutes, stays)]
    stops = propose(SPACE, people, at(9), minutes, stays)
    assert crowds_of(SPACE, people, stops, stays) == [] or people + others > 8
    assert len({stop.zone for stop in stops}) == len(stops)
    assert all(one.ends <= other.at for one, other in pairwise(stops))
    assert not stops or stops[-1].ends <= at(9) + timedelta(minutes=minutes)


def test_only_the_zones_of_the_appointment_are_visited() -> None:
    assert [stop.zone for stop in propose(SPACE, 5, at(9), 60, [], ["ekyc", "egov"])] == ["egov", "ekyc"]


def test_a_crowd_counts_the_fullest_moment_of_a_stop() -> None:
    others = [Stay("D001", 5, Stop("ekyc", at(9), 10)), Stay("D002", 5, Stop("ekyc", at(9, 10), 10))]
    crowds = crowds_of(SPACE, 4, [Stop("ekyc", at(9, 5), 10)], others)
    assert [(one.people, one.codes) for one in crowds] == [(9, ("D001",))]


def test_a_narrow_place_has_what_tells_names_apart() -> None:
    assert tight_name("Ủy ban nhân dân phường Chợ Lớn") == "P. Chợ Lớn"
    assert tight_name("Đoàn xã Cần Giờ") == "Xã Cần Giờ"
    assert tight_name("Công ty Cổ phần Số Việt") == "Số Việt"
    assert tight_name("Báo Sài Gòn số") == "Báo Sài Gòn số"
