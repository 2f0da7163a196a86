"""Two entries of one delegation, and of one organisation, become one."""

import asyncio
from datetime import date
from typing import Any

import pytest

from server.domain.delegations import Status
from server.domain.errors import DomainError
from server.services import organisations
from server.services.delegations import add_delegation, cancel_delegation, get_delegation
from server.services.merging import find_alike, merge_delegation
from server.services.organisations import OrganisationFilter, list_organisations, proposed_successor
from server.services.people import add_visitor

DAY = date(2026, 11, 25)
SCHOOL = {"name": "Trường THPT Hòa Bình", "organisation": "Sở Giáo dục và Đào tạo", "planned": 18, "visit_date": DAY}


async def two_of_the_same(desk: Any) -> tuple[str, str]:
    first = await add_delegation(desk, SCHOOL)
    second = await add_delegation(desk, SCHOOL | {"name": "Truong Hoa Binh", "phone": "+84903123456", "planned": 20})
    return first.code, second.code


async def organisation_id(desk: Any, name: str) -> str:
    found = await list_organisations(desk.database, OrganisationFilter(), DAY)
    return next(one.id for one in found if one.name == name)


async def test_a_delegation_registered_twice_is_proposed(desk):
    first, second = await two_of_the_same(desk)
    await add_delegation(desk, {"name": "Báo Tuổi Trẻ", "visit_date": DAY})

    _, alike = await find_alike(desk.database, first)

    assert [(one.delegation.code, one.same_organisation) for one in alike] == [(second, True)]


async def test_members_go_along_and_the_other_points_to_the_one_that_stays(desk):
    first, second = await two_of_the_same(desk)
    await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": first})
    await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": second})

    kept = await merge_delegation(desk, second, first)
    gone = await get_delegation(desk.database, second)

    assert (kept.named, kept.phone) == (2, "+84903123456")
    assert (gone.status, gone.merged_into, gone.named) == (Status.CANCELLED, first, 0)


async def test_namesakes_stay_two_people(desk, sql):
    first, second = await two_of_the_same(desk)
    for code in (first, second):
        await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": code})

    await merge_delegation(desk, second, first)

    assert sorted(await sql("SELECT occurrence FROM visitor")) == [(1,), (2,)]


async def test_who_is_inside_is_moved_nowhere(desk, sql):
    first, second = await two_of_the_same(desk)
    await sql("UPDATE standing SET inside = 3 WHERE holder = 'd:2'")

    with pytest.raises(DomainError, match="merge_while_inside"):
        await merge_delegation(desk, second, first)

    assert (await get_delegation(desk.database, second)).merged_into is None


async def test_a_member_inside_on_their_own_pass_holds_the_merging_up(desk, sql):
    first, second = await two_of_the_same(desk)
    await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": second})
    await sql("UPDATE standing SET members_inside = 1 WHERE holder = 'd:2'")

    with pytest.raises(DomainError, match="merge_while_inside"):
        await merge_delegation(desk, second, first)


async def test_the_pass_of_the_whole_delegation_goes_along_unless_there_is_one(desk, sql):
    first, second = await two_of_the_same(desk)
    columns = "(id, kind, delegation_id, short, text, issued_at)"
    add = f"INSERT INTO pass {columns} VALUES (:id, 'delegation', :of, :short, 'x', '2026-11-24 00:00:00')"
    await sql(add, id="b" * 16, of=2, short="BBBB")

    await merge_delegation(desk, second, first)
    assert await sql("SELECT delegation_id, revoked_at FROM pass") == [(1, None)]

    third = await add_delegation(desk, SCHOOL)
    await sql(add, id="c" * 16, of=3, short="CCCC")
    await merge_delegation(desk, third.code, first)

    assert await sql("SELECT id, replaced_by FROM pass WHERE revoked_at IS NOT NULL") == [("c" * 16, "b" * 16)]


async def test_a_visit_counts_for_the_delegation_that_stays(desk, sql):
    first, second = await two_of_the_same(desk)
    await sql(
        "INSERT INTO visit (holder, day, delegation_id, people, entered_at, is_assumed)"
        " VALUES ('d:2', '2026-11-23', 2, 5, '2026-11-23 02:00:00', false)"
    )

    await merge_delegation(desk, second, first)

    assert await sql("SELECT delegation_id FROM visit") == [(1,)]


@pytest.mark.parametrize(("source", "target"), [("D001", "D001"), ("D003", "D001"), ("D001", "D003"), ("D009", "D001")])
async def test_what_cannot_be_merged_stays(desk, source, target):
    await two_of_the_same(desk)
    await add_delegation(desk, SCHOOL)
    await cancel_delegation(desk, "D003")

    with pytest.raises(DomainError):
        await merge_delegation(desk, source, target)

    assert (await get_delegation(desk.database, "D001")).merged_into is None


async def test_two_who_merge_both_ways_at_once_lose_nothing(desk):
    first, second = await two_of_the_same(desk)

    results = await asyncio.gather(
        merge_delegation(desk, first, second), merge_delegation(desk, second, first), return_exceptions=True
    )

    assert sum(isinstance(one, DomainError) for one in results) == 1
    states = {(await get_delegation(desk.database, code)).status for code in (first, second)}
    assert states == {Status.CONFIRMED, Status.CANCELLED}


async def test_merging_is_told_on_both_in_the_audit_log(desk, sql):
    first, second = await two_of_the_same(desk)
    await merge_delegation(desk, second, first)

    told = await sql("SELECT subject FROM audit_line WHERE action = 'merge_delegation' ORDER BY seq")
    assert told == [(f"delegation:{second}",), (f"delegation:{first}",)]


async def test_the_visits_of_a_district_stay_under_its_name_and_its_successor_is_proposed(desk, sql):
    old = await add_delegation(desk, {"organisation": "Quận 1", "kind": "district", "visit_date": date(2025, 6, 3)})
    await add_delegation(desk, {"organisation": "Phường Sài Gòn", "kind": "commune", "visit_date": DAY})
    ended, follows = await organisation_id(desk, "Quận 1"), await organisation_id(desk, "Phường Sài Gòn")
    changes = {"valid_to": date(2025, 6, 30), "successor_id": follows}

    await organisations.change_organisation(desk, ended, changes)

    proposed = await proposed_successor(desk.database, "QUAN 1", DAY)
    assert proposed is not None
    assert (proposed[0].name, proposed[1]) == ("Quận 1", "Phường Sài Gòn")
    assert await proposed_successor(desk.database, "Quận 1", date(2025, 6, 3)) is None
    assert (await get_delegation(desk.database, old.code)).organisation == "Quận 1"


async def test_nobody_follows_themselves(desk):
    await add_delegation(desk, {"organisation": "Quận 1"})
    await add_delegation(desk, {"organisation": "Phường Sài Gòn"})
    one, other = await organisation_id(desk, "Quận 1"), await organisation_id(desk, "Phường Sài Gòn")
    await organisations.change_organisation(desk, one, {"successor_id": other})

    with pytest.raises(DomainError, match="successor_circle"):
        await organisations.change_organisation(desk, other, {"successor_id": one})


async def test_an_old_spelling_leads_to_the_organisation_that_stays(desk):
    await add_delegation(desk, {"organisation": "Sở GD&ĐT"})
    await add_delegation(desk, {"organisation": "Sở Giáo dục và Đào tạo"})
    one, other = await organisation_id(desk, "Sở GD&ĐT"), await organisation_id(desk, "Sở Giáo dục và Đào tạo")

    kept = await organisations.merge_organisation(desk, one, other)
    again = await add_delegation(desk, {"organisation": "Sở GD&ĐT", "name": "Đoàn ba"})

    assert (kept.delegations, again.organisation) == (2, "Sở Giáo dục và Đào tạo")


async def test_a_change_of_what_others_changed_is_refused(desk):
    await add_delegation(desk, {"organisation": "Quận 1"})
    one = await organisation_id(desk, "Quận 1")
    await organisations.change_organisation(desk, one, {"kind": "district"}, version=1)

    with pytest.raises(DomainError, match="edit_conflict"):
        await organisations.change_organisation(desk, one, {"kind": "agency"}, version=1)
