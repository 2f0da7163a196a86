"""Appointments in the register: the last places, reasons and the nearest free times, guides, days, itineraries."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from server.domain.errors import DomainError
from server.domain.holidays import SpecialDay
from server.domain.itinerary import Stop
from server.domain.space import BookingPolicy
from server.services.appointments import Wish, demand_slot, free_slots
from server.services.board import get_board
from server.services.booking import Placing, place_delegation
from server.services.delegations import add_delegation, cancel_delegation
from server.services.guides import add_guide, assign_guide, change_guide, free_guides, unassign_guide
from server.services.holidays import decide_day, decided_days, forget_day, import_official
from server.services.itinerary import get_itinerary, keep_itinerary

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEDNESDAY = date(2026, 11, 25)
WEEK = [[["07:30", "17:00"]]] * 5 + [[], []]
MINH = {"name": "Trần Minh Khôi", "kind": "guide", "languages": ["vi", "en"], "hours": WEEK, "days_off": []}


def at(hours: int, minutes: int = 0, day: date = WEDNESDAY) -> datetime:
    return datetime.combine(day, time(hours, minutes), ZONE)


async def add(desk, people: int, **values) -> str:
    record = await add_delegation(desk, {"name": f"Đoàn {people}", "kind": "school", "planned": people} | values)
    return record.code


async def refusal(awaited) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await awaited
    return caught.value


async def test_a_slot_is_given_and_its_day_with_it(desk):
    placed = await place_delegation(desk, await add(desk, 20), Placing(at(9), 90))
    assert (placed.slot_at, placed.minutes, placed.visit_date) == (at(9), 90, WEDNESDAY)


async def test_the_free_times_of_a_day_count_who_is_booked(desk, space):
    await place_delegation(desk, await add(desk, 50), Placing(at(9)))
    slots = {slot.at.time(): slot for slot in await free_slots(desk.database, space, WEDNESDAY, 11)}
    assert (slots[time(9)].taken, slots[time(9)].free, slots[time(9)].reason) == (50, 10, "full")
    assert slots[time(10)].reason is None
    assert time(12) not in slots


async def test_of_two_who_take_the_last_places_at_once_one_gets_them(desk):
    codes = [await add(desk, 40) for _ in range(6)]
    answers = await asyncio.gather(
        *(place_delegation(desk, code, Placing(at(9))) for code in codes), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, DomainError)]
    assert len(refused) == 5
    assert {(one.code, one.arguments["reason"], one.arguments["left"]) for one in refused} == {
        ("slot_taken", "full", 20)
    }
    assert refused[0].arguments["free"] == [at(8).isoformat(), at(10).isoformat(), at(7, 30).isoformat()]


async def test_its_own_time_does_not_stand_in_the_way_of_a_delegation(desk):
    code = await add(desk, 60)
    await place_delegation(desk, code, Placing(at(9)))
    assert (await place_delegation(desk, code, Placing(at(9, 30)))).slot_at == at(9, 30)


async def test_a_cancelled_delegation_gives_its_places_back(desk):
    code = await add(desk, 60)
    await place_delegation(desk, code, Placing(at(9)))
    await cancel_delegation(desk, code)
    await place_delegation(desk, await add(desk, 60), Placing(at(9)))


async def test_a_request_holds_its_places_until_it_is_cancelled(desk, space):
    await place_delegation(desk, await add(desk, 60, status="requested"), Placing(at(9)))
    error = await refusal(demand_slot(desk.database, space, Wish(at(9), 1)))
    assert error.arguments["reason"] == "full"


@pytest.mark.parametrize(
    ("moment", "people", "reason"),
    [
        (at(9, day=date(2026, 11, 23)), 1, "past"),
        (at(14, day=date(2026, 11, 24)), 1, "holiday"),
        (at(9, day=date(2026, 11, 29)), 1, "closed"),
        (at(12), 1, "outside_hours"),
        (at(9), 61, "too_many"),
    ],
)
async def test_a_refusal_says_why(desk, moment, people, reason):
    error = await refusal(place_delegation(desk, await add(desk, people), Placing(moment)))
    assert error.arguments["reason"] == reason


async def test_staff_may_force_a_time_with_a_reason_that_the_log_keeps(desk, sql):
    code = await add(desk, 61)
    await place_delegation(desk, code, Placing(at(9), force="Trưởng ban đồng ý"))
    assert (await sql("SELECT action, after FROM audit_line ORDER BY seq"))[-1][0] == "place_delegation"
    last = str((await sql("SELECT after FROM audit_line ORDER BY seq"))[-1])
    assert "too_many" in last
    assert "ban" in last


async def test_a_time_that_was_changed_meanwhile_is_not_overwritten(desk):
    code = await add(desk, 10)
    await place_delegation(desk, code, Placing(at(9), version=1))
    error = await refusal(place_delegation(desk, code, Placing(at(10), version=1)))
    assert error.code == "edit_conflict"


async def test_the_desk_opens_a_holiday_and_gives_it_back(desk):
    day = date(2026, 11, 24)
    await decide_day(desk, SpecialDay(day, "Ngày mở cửa", spans=((time(13), time(16)),)))
    await place_delegation(desk, await add(desk, 5), Placing(at(14, day=day)))
    await forget_day(desk, day)
    error = await refusal(place_delegation(desk, await add(desk, 5), Placing(at(14, day=day))))
    assert error.arguments["reason"] == "holiday"


async def test_importing_the_states_holidays_keeps_what_was_decided(desk):
    day = date(2026, 11, 24)
    await decide_day(desk, SpecialDay(day, "Ngày mở cửa", spans=((time(13), time(16)),)))
    assert await import_official(desk, 2026) == 13
    assert await import_official(desk, 2026) == 0
    decided = await decided_days(desk.database, date(2026, 1, 1), date(2026, 12, 31))
    assert (len(decided), decided[day].name) == (14, "Ngày mở cửa")


async def test_visitors_are_told_the_name_of_the_assigned_guide(desk):
    code = await add(desk, 10, slot_at=at(9))
    minh = await add_guide(desk, MINH)
    assert (await assign_guide(desk, code, minh.id)).guide == "Trần Minh Khôi"
    await change_guide(desk, minh.id, {"name": "Trần Minh"}, version=1)
    assert (await unassign_guide(desk, code, "nobody")).guide == "Trần Minh"
    assert (await unassign_guide(desk, code, minh.id)).guide == ""


async def test_a_guide_is_not_in_two_places_unless_somebody_says_why(desk):
    minh = await add_guide(desk, MINH)
    first, second = await add(desk, 10, slot_at=at(9)), await add(desk, 10, slot_at=at(9, 30))
    await assign_guide(desk, first, minh.id)
    error = await refusal(assign_guide(desk, second, minh.id))
    assert (error.code, error.arguments["objections"], error.arguments["other"]) == ("guide_conflict", ["busy"], first)
    assert (await assign_guide(desk, second, minh.id, force="Ghép hai đoàn")).guide == "Trần Minh Khôi"


async def test_two_who_assign_one_guide_at_once_do_not_both_get_them(desk):
    minh = await add_guide(desk, MINH)
    codes = [await add(desk, 5, slot_at=at(9)) for _ in range(5)]
    answers = await asyncio.gather(*(assign_guide(desk, code, minh.id) for code in codes), return_exceptions=True)
    assert sorted(getattr(one, "code", "") == "guide_conflict" for one in answers) == [False, True, True, True, True]


async def test_each_objection_to_a_guide_is_named(desk):
    code = await add(desk, 5, slot_at=at(17, 30), language="ko")
    minh = await add_guide(desk, MINH | {"is_active": False})
    error = await refusal(assign_guide(desk, code, minh.id))
    assert error.arguments["objections"] == ["inactive", "off_hours", "language"]
    await change_guide(desk, minh.id, {"is_active": True, "days_off": [["2026-11-20", "2026-11-25"]]})
    error = await refusal(assign_guide(desk, code, minh.id))
    assert error.arguments["objections"] == ["day_off", "language"]


async def test_an_interpreter_who_comes_along_speaks_for_the_guide(desk):
    code = await add(desk, 5, slot_at=at(9), language="ko")
    interpreter = await add_guide(desk, MINH | {"name": "Phiên dịch Hàn", "kind": "interpreter", "languages": ["ko"]})
    minh = await add_guide(desk, MINH)
    await assign_guide(desk, code, interpreter.id)
    assert (await assign_guide(desk, code, minh.id)).guide == "Trần Minh Khôi"


async def test_without_a_time_nobody_is_assigned(desk):
    minh = await add_guide(desk, MINH)
    assert (await refusal(assign_guide(desk, await add(desk, 5), minh.id))).code == "no_slot"


async def test_an_itinerary_is_proposed_through_every_zone_but_the_lobby(desk, space):
    code = await add(desk, 8, slot_at=at(9))
    proposed = await get_itinerary(desk.database, space, code)
    assert [stop.zone for stop in proposed.stops] == [zone.id for zone in space.zones[1:]]
    assert [stop.at for stop in proposed.stops][:2] == [at(9), at(9, 10)]
    assert proposed.is_proposed
    assert proposed.crowds == []


async def test_the_next_delegation_is_led_round_the_other(desk, space):
    first, second = await add(desk, 8, slot_at=at(9)), await add(desk, 8, slot_at=at(9))
    await keep_itinerary(desk, first, (await get_itinerary(desk.database, space, first)).stops)
    proposed = await get_itinerary(desk.database, space, second)
    assert len(proposed.stops) == 6
    assert proposed.crowds == []


async def test_a_crowd_in_a_zone_is_shown_with_whose_it_is(desk, space):
    first, second = await add(desk, 8, slot_at=at(9)), await add(desk, 8, slot_at=at(9))
    await keep_itinerary(desk, first, [Stop("ekyc", at(9), 10)])
    kept = await keep_itinerary(desk, second, [Stop("ekyc", at(9, 5), 10), Stop("egov", at(9, 10), 10)])
    assert [(one.position, one.people, one.capacity, one.codes) for one in kept.crowds] == [(0, 16, 8, (first,))]
    assert kept.overlaps == [1]


async def test_appointments_keep_to_a_capacity_of_their_own(desk, space):
    few = replace(space, booking=BookingPolicy(capacity=20))
    error = await refusal(place_delegation(replace(desk, space=few), await add(desk, 21), Placing(at(9))))
    assert (error.arguments["reason"], error.arguments["capacity"]) == ("too_many", 20)


async def test_a_confirmed_delegation_keeps_its_place_on_the_board_before_a_request(desk, space):
    request = await add(desk, 40, slot_at=at(9), status="requested")
    confirmed = await add(desk, 40, slot_at=at(9))
    board = await get_board(desk.database, space, WEDNESDAY, 1, desk.at)
    assert [(entry.code, entry.excess and entry.excess.people) for entry in board.conflicts] == [(request, 80)]
    assert confirmed in [entry.code for entry in board.entries]


async def test_what_is_over_is_in_no_conflict_any_more(desk, space):
    for _ in range(2):
        await add(desk, 40, slot_at=at(9))
    board = await get_board(desk.database, space, WEDNESDAY, 1, at(10))
    assert board.conflicts == []


async def test_the_nearest_free_times_are_found_beyond_days_that_are_full(desk, space):
    for day in (25, 26, 27, 28, 30):
        slot = at(7, 30, date(2026, 11, day))
        await add(desk, 60, slot_at=slot, minutes=600)
    error = await refusal(place_delegation(desk, await add(desk, 1), Placing(at(9))))
    assert error.arguments["free"] == [at(h, m, date(2026, 12, 1)).isoformat() for h, m in ((7, 30), (8, 0), (8, 30))]


async def test_a_free_guide_is_named_for_each_time(desk, space):
    code = await add(desk, 5, slot_at=at(9))
    minh = await add_guide(desk, MINH)
    await assign_guide(desk, await add(desk, 5, slot_at=at(10)), minh.id)
    slots = [slot for slot in await free_slots(desk.database, space, WEDNESDAY, 5) if slot.at in (at(10), at(13))]
    found = await free_guides(desk.database, space, code, slots)
    assert [one and one.name for one in found] == [None, "Trần Minh Khôi"]


async def test_a_confirmed_delegation_is_told_of_its_new_time_and_a_request_is_not(desk, sql):
    for status in ("confirmed", "requested"):
        code = await add(desk, 5, status=status, email=f"{status}@truong.example")
        await place_delegation(desk, code, Placing(at(9)))
    assert await sql("SELECT recipient, step FROM message") == [("confirmed@truong.example", "changed")]
