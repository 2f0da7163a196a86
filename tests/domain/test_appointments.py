"""Appointments: never above capacity, a reason for every refusal, and the nearest free time really nearest."""

from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.appointments import Booking, Calendar, Reason, Rules, Wish, nearest_slots, slots_of, weigh
from server.domain.holidays import Openings, SpecialDay, official_holidays
from server.domain.space import OpeningHours, default_space

MONDAY = date(2026, 11, 16)
OFFICE = default_space().opening
RULES = Rules(60, Openings(OFFICE))

moments = st.integers(0, 7 * 48 - 1).map(lambda n: datetime.combine(MONDAY, time()) + timedelta(minutes=30 * n))
visits = st.builds(
    lambda n, at, minutes, people: Booking(f"D{n:03}", "", at, at + timedelta(minutes=minutes), people),
    st.integers(1, 999),
    moments,
    st.integers(5, 240),
    st.integers(1, 60),
)
wishes = st.builds(Wish, moments, st.integers(1, 70), st.sampled_from([15, 30, 45, 60, 90, 240]))


def at(hours: int, minutes: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hours, minutes))


def booking(whose: str, hours: int, people: int, minutes: int = 60) -> Booking:
    return Booking(whose, "", at(hours), at(hours) + timedelta(minutes=minutes), people)


def reason(wish: Wish, *bookings: Booking, rules: Rules = RULES) -> str | None:
    return weigh(rules, Calendar(bookings), wish).reason


def test_a_free_time_has_no_reason_against_it() -> None:
    assert reason(Wish(at(9), 60)) is None


def test_the_fullest_moment_of_a_visit_counts() -> None:
    slot = weigh(RULES, Calendar([booking("D001", 9, 30), booking("D002", 10, 50, 30)]), Wish(at(9, 30), 11))
    assert (slot.taken, slot.free, slot.reason) == (50, 10, Reason.FULL)


def test_who_leaves_makes_room_for_who_comes_at_that_moment() -> None:
    assert reason(Wish(at(10), 60), booking("D001", 9, 60)) is None


def test_each_refusal_has_its_reason() -> None:
    rules = Rules(60, Openings(OFFICE), now=at(10))
    assert reason(Wish(at(9), 1), rules=rules) == Reason.PAST
    assert reason(Wish(at(9, day=date(2026, 11, 22)), 1)) == Reason.CLOSED
    assert reason(Wish(at(9, day=date(2026, 11, 24)), 1)) == Reason.HOLIDAY
    assert reason(Wish(at(11), 1)) == Reason.OUTSIDE_HOURS
    assert reason(Wish(at(9), 61)) == Reason.TOO_MANY
    assert reason(Wish(at(9), 1), booking("D001", 9, 60)) == Reason.FULL


def test_the_state_has_a_holiday_on_24_november_from_2026() -> None:
    assert date(2025, 11, 24) not in official_holidays(2025)
    assert official_holidays(2026)[date(2026, 11, 24)].name == "Ngày Văn hóa Việt Nam"


def test_the_desk_may_open_on_a_holiday_and_close_on_a_working_day() -> None:
    day = date(2026, 11, 24)
    opened = SpecialDay(day, "Ngày mở cửa", spans=((time(9), time(12)),))
    openings = Openings(OFFICE, {day: opened, MONDAY: SpecialDay(MONDAY, "Bảo trì")})
    rules = Rules(60, openings)
    assert reason(Wish(at(9, day=day), 1), rules=rules) is None
    assert reason(Wish(at(9), 1), rules=rules) == Reason.HOLIDAY
    assert [slot.at.time() for slot in slots_of(rules, Calendar([]), day, Wish(at(9), 1))] == [
        time(9), time(9, 30), time(10), time(10, 30), time(11),
    ]  # fmt: skip


def test_a_space_that_never_closes_takes_a_visit_over_midnight() -> None:
    assert reason(Wish(at(23, 30), 1), rules=Rules(60, Openings(OpeningHours(always=True)))) is None


def test_the_grid_begins_at_the_first_half_hour_after_the_opening() -> None:
    days = (((time(7, 40), time(9, 10)),),) * 7
    slots = slots_of(Rules(60, Openings(OpeningHours(days))), Calendar([]), MONDAY, Wish(at(0), 1))
    assert [slot.at.time() for slot in slots] == [time(8)]


def test_the_nearest_free_times_lie_before_and_after() -> None:
    found = nearest_slots(RULES, Calendar([booking("D001", 9, 60)]), Wish(at(9), 10))
    assert [slot.at.time() for slot in found] == [time(8), time(10), time(7, 30)]


@given(st.lists(visits, max_size=30), wishes)
def test_what_is_accepted_is_never_above_capacity(bookings: list[Booking], wish: Wish) -> None:
    if reason(wish, *bookings) is not None:
        return
    moments = [wish.at + timedelta(minutes=n) for n in range(wish.minutes)]
    assert all(sum(b.people for b in bookings if b.begins <= m < b.ends) + wish.people <= 60 for m in moments)


@given(st.lists(wishes, max_size=40))
def test_taking_only_what_is_free_never_fills_the_space_above_capacity(asked: list[Wish]) -> None:
    taken: list[Booking] = []
    for number, wish in enumerate(asked):
        if reason(wish, *taken) is None:
            taken.append(Booking(str(number), "", wish.at, wish.ends, wish.people))
    calendar = Calendar(taken)
    assert all(calendar.people_at(one.begins) <= 60 for one in taken)


@settings(deadline=None)
@given(st.lists(visits, max_size=40), wishes, st.none() | moments)
def test_no_free_time_is_nearer_than_the_nearest(bookings: list[Booking], wish: Wish, now: datetime | None) -> None:
    rules, calendar = Rules(60, Openings(OFFICE), now), Calendar(bookings)
    days = [wish.at.date() + timedelta(days=n) for n in range(-14, 15)]
    free = [slot for day in days for slot in slots_of(rules, calendar, day, wish) if slot.reason is None]
    free = [slot for slot in free if slot.at != wish.at]
    free.sort(key=lambda slot: (slot.at.date() != wish.at.date(), abs(slot.at - wish.at), slot.at))
    assert nearest_slots(rules, calendar, wish) == (free[:3] if wish.people <= 60 else [])
