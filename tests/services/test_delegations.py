"""The register of delegations."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from server.domain.delegations import DelegationFilter, Kind, Status
from server.domain.errors import DomainError
from server.services.delegations import (
    add_delegation,
    cancel_delegation,
    change_delegation,
    get_delegation,
    list_delegations,
)
from server.services.people import add_visitor

SCHOOL = {"name": "Trường THPT Hòa Bình", "organisation": "Sở Giáo dục và Đào tạo", "kind": "school", "planned": 18}


async def test_a_new_delegation_gets_the_next_code_and_a_place_outside(desk, sql):
    first, second = await add_delegation(desk, SCHOOL), await add_delegation(desk, SCHOOL)
    assert (first.code, second.code) == ("D001", "D002")
    assert (first.count.covers, first.count.inside, first.status) == (18, 0, Status.CONFIRMED)
    assert await sql("SELECT holder, inside FROM standing ORDER BY holder") == [("d:1", 0), ("d:2", 0)]


async def test_codes_go_on_after_the_highest_that_was_imported(desk, sql):
    await add_delegation(desk, SCHOOL)
    await sql("UPDATE delegation SET code = 'D210'")
    assert (await add_delegation(desk, SCHOOL)).code == "D211"


async def test_a_code_with_letters_does_not_disturb_the_count(desk, sql):
    await add_delegation(desk, SCHOOL)
    await sql("UPDATE delegation SET code = 'DOAN-99'")
    assert (await add_delegation(desk, SCHOOL)).code == "D001"


async def test_one_organisation_is_found_again_whatever_its_accents(desk, sql):
    await add_delegation(desk, SCHOOL)
    await add_delegation(desk, SCHOOL | {"organisation": "SO GIAO DUC VA DAO TAO"})
    assert await sql("SELECT name FROM organisation") == [("Sở Giáo dục và Đào tạo",)]


async def test_an_organisation_of_the_past_is_not_the_one_of_today(desk, sql):
    await add_delegation(desk, SCHOOL)
    await sql("UPDATE organisation SET valid_to = '2025-02-28'")
    await add_delegation(desk, SCHOOL | {"visit_date": date(2026, 11, 24)})
    assert len(await sql("SELECT id FROM organisation")) == 2


async def test_without_a_name_a_delegation_is_called_as_its_organisation(desk):
    added = await add_delegation(desk, {"organisation": "Báo Tuổi Trẻ", "kind": "press", "planned": 2})
    assert (added.name, added.organisation) == ("Báo Tuổi Trẻ", "Báo Tuổi Trẻ")


async def test_a_slot_says_the_day_on_the_spaces_own_clock(desk):
    slot = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # one in the morning of the 25th in the city
    assert (await add_delegation(desk, SCHOOL | {"slot_at": slot})).visit_date == date(2026, 11, 25)


async def test_a_slot_on_another_day_than_the_visit_is_refused(desk):
    with pytest.raises(DomainError, match="slot_not_on_day"):
        await add_delegation(
            desk, SCHOOL | {"slot_at": datetime(2026, 11, 24, 2, tzinfo=UTC), "visit_date": date(2026, 11, 25)}
        )


async def test_a_visit_moved_to_another_day_keeps_its_hour(desk):
    added = await add_delegation(desk, SCHOOL | {"slot_at": datetime(2026, 11, 24, 2, tzinfo=UTC)})
    moved = await change_delegation(desk, added.code, {"visit_date": date(2026, 12, 1)})
    assert moved.slot_at == datetime(2026, 12, 1, 2, tzinfo=UTC)
    assert (await change_delegation(desk, added.code, {"visit_date": None})).slot_at is None


async def test_an_unknown_zone_is_refused(desk):
    with pytest.raises(DomainError, match="no_such_zone"):
        await add_delegation(desk, SCHOOL | {"zones": ["lobby", "cellar"]})


@pytest.mark.parametrize(
    "query", ["hoa binh", "HÒA", "Hoà Bình", "d001", "so giao duc", "minh", "0903 123 456", "+8490312"]
)
async def test_a_search_finds_code_name_organisation_leader_and_phone(desk, query):
    from server.domain.text import search_key

    await add_delegation(desk, SCHOOL | {"leader_name": "Trần Minh", "phone": "+84903123456"})
    await add_delegation(desk, {"name": "Công ty Sao Mai", "planned": 3})
    found = await list_delegations(desk.database, DelegationFilter(words=search_key(query).split()))
    assert [one.code for one in found] == ["D001"]


@pytest.mark.parametrize("query", ["%", "_", "D%", "\\"])
async def test_signs_of_the_query_language_are_only_text(desk, query):
    await add_delegation(desk, SCHOOL)
    assert await list_delegations(desk.database, DelegationFilter(words=[query])) == []


async def test_kind_and_day_narrow_a_list(desk):
    await add_delegation(desk, SCHOOL | {"visit_date": date(2026, 11, 24)})
    await add_delegation(desk, {"name": "Báo", "kind": Kind.PRESS.value, "visit_date": date(2026, 11, 25)})
    by_kind = await list_delegations(desk.database, DelegationFilter(kind="press"))
    by_day = await list_delegations(desk.database, DelegationFilter(day=date(2026, 11, 24)))
    assert [one.code for one in by_kind + by_day] == ["D002", "D001"]


async def test_a_list_goes_on_from_where_it_stopped(desk):
    for _ in range(5):
        await add_delegation(desk, SCHOOL)
    first = await list_delegations(desk.database, DelegationFilter(), limit=3)
    rest = await list_delegations(desk.database, DelegationFilter(), after=first[-1].id, limit=3)
    assert [one.code for one in first + rest] == ["D001", "D002", "D003", "D004", "D005"]


async def test_every_status_that_is_shown_can_be_asked_for(desk, sql):
    for decided in Status:
        for inside, members, arrived in [(0, 0, 0), (3, 0, 3), (0, 2, 18), (9, 9, 18), (0, 0, 12)]:
            added = await add_delegation(desk, SCHOOL | {"status": decided.value})
            await sql("UPDATE delegation SET arrived = :n WHERE id = :id", n=arrived, id=added.id)
            await sql(
                "UPDATE standing SET inside = :a, members_inside = :b WHERE holder = :h",
                a=inside, b=members, h=f"d:{added.id}",
            )  # fmt: skip
    everything = await list_delegations(desk.database, DelegationFilter())
    for status in Status:
        asked = await list_delegations(desk.database, DelegationFilter(status=status.value))
        assert [one.code for one in asked] == [one.code for one in everything if one.status == status]


async def test_a_headcount_below_those_inside_is_refused_and_nothing_changes(desk, sql):
    added = await add_delegation(desk, SCHOOL)
    await sql("UPDATE standing SET inside = 10, members_inside = 2 WHERE holder = 'd:1'")
    with pytest.raises(DomainError, match="covers_below_inside"):
        await change_delegation(desk, added.code, {"planned": 11, "name": "Trường khác"})
    assert (await get_delegation(desk.database, "D001")).name == SCHOOL["name"]
    assert (await change_delegation(desk, added.code, {"planned": 12})).planned == 12


async def test_a_headcount_below_the_named_members_covers_the_members(desk):
    added = await add_delegation(desk, SCHOOL | {"planned": 1})
    for name in ("Lan", "Mai", "An"):
        await add_visitor(desk, {"name": name, "delegation": added.code})
    assert (await get_delegation(desk.database, added.code)).count.covers == 3


async def test_of_two_who_change_the_same_thing_the_second_is_told(desk):
    added = await add_delegation(desk, SCHOOL)
    await change_delegation(desk, added.code, {"planned": 20}, version=added.version)
    with pytest.raises(DomainError, match="edit_conflict"):
        await change_delegation(desk, added.code, {"planned": 21}, version=added.version)
    assert (await change_delegation(desk, added.code, {"planned": 22})).version == 3


async def test_a_change_to_what_is_already_so_changes_nothing(desk, sql):
    added = await add_delegation(desk, SCHOOL)
    assert await change_delegation(desk, added.code, {"planned": 18, "kind": "school"}) == added
    assert len(await sql("SELECT seq FROM audit_line")) == 1


async def test_a_cancelled_delegation_says_so_and_can_be_confirmed_again(desk):
    await add_delegation(desk, SCHOOL)
    cancelled = await cancel_delegation(desk, "D001", reason="mưa bão")
    assert (cancelled.status, cancelled.cancel_reason) == (Status.CANCELLED, "mưa bão")
    assert await cancel_delegation(desk, "D001", reason="again") == cancelled
    again = await change_delegation(desk, "D001", {"status": "confirmed"})
    assert (again.status, again.cancel_reason) == (Status.CONFIRMED, "")


async def test_a_delegation_that_does_not_exist_is_unknown(desk):
    for attempt in (
        get_delegation(desk.database, "D999"),
        change_delegation(desk, "D999", {"planned": 1}),
        cancel_delegation(desk, "D999"),
    ):
        with pytest.raises(DomainError, match="unknown_delegation"):
            await attempt


async def test_a_new_leader_is_matched_to_the_member_of_that_name(desk):
    await add_delegation(desk, SCHOOL)
    lan = await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": "D001"})
    assert (await change_delegation(desk, "D001", {"leader_name": "NGUYEN THI LAN"})).leader_id == lan.id
    assert (await change_delegation(desk, "D001", {"leader_name": "Trần Minh"})).leader_id is None


async def test_the_audit_log_tells_numbers_but_no_personal_data(desk, sql):
    await add_delegation(desk, SCHOOL | {"leader_name": "Trần Minh", "phone": "+84903123456"})
    await change_delegation(replace(desk, actor="token:booking"), "D001", {"planned": 20, "phone": None})
    lines = await sql("SELECT actor, action, subject, before, after FROM audit_line ORDER BY seq")
    assert lines[1][:3] == ("token:booking", "change_delegation", "delegation:D001")
    assert '"planned":18' in lines[1][3]
    assert '"planned":20' in lines[1][4]
    assert "Minh" not in str(lines)
    assert "903123456" not in str(lines)
