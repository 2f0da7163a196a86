"""The one search of the desk: by name, phone and code, today's first, and what was nearly typed."""

from datetime import date

import pytest

from server.services.delegations import add_delegation
from server.services.people import add_visitor, erase_visitor
from server.services.search import search

DAY = date(2020, 10, 12)


@pytest.fixture
async def register(desk):
    """Lan's school comes on the day, Minh's company on another."""
    school = await add_delegation(
        desk, {"name": "Trường THPT Hòa Bình", "kind": "school", "visit_date": DAY, "phone": "+84903111222"}
    )
    company = await add_delegation(
        desk, {"name": "Công ty Hoà Phát", "kind": "enterprise", "visit_date": date(2020, 11, 2)}
    )
    lan = await add_visitor(desk, {"name": "Nguyễn Thị Lan", "phone": "+84909123456", "delegation": school.code})
    other = await add_visitor(desk, {"name": "Nguyễn Lan Anh", "delegation": company.code})
    return {"school": school.code, "company": company.code, "lan": lan.id, "other": other.id}


async def ids(desk, typed, **options):
    return [hit.id for hit in await search(desk.database, typed, day=DAY, **options)]


async def test_words_are_found_by_their_beginnings_without_marks_in_any_order(desk, register):
    assert await ids(desk, "lan nguy") == [register["lan"], register["other"]]
    assert await ids(desk, "HOÀ") == [register["school"], register["company"]]
    assert await ids(desk, "uyen") == []


async def test_who_comes_on_the_day_is_first(desk, register):
    assert (await ids(desk, "lan"))[0] == register["lan"]
    assert (await ids(desk, "hoa"))[0] == register["school"]


@pytest.mark.parametrize("typed", ["0909123456", "+84 909 123 456", "909123", "3456"])
async def test_a_phone_is_found_in_any_writing(desk, register, typed):
    assert await ids(desk, typed) == [register["lan"]]


async def test_a_code_finds_its_delegation_and_nothing_else(desk, register):
    assert await ids(desk, register["school"].lower()) == [register["school"]]


@pytest.mark.parametrize("typed", ["nguyem thi lan", "ngyuen thi lna", "nguyn lan thi"])
async def test_a_typing_mistake_is_forgiven(desk, register, typed):
    hits = await search(desk.database, typed, day=DAY)
    assert [(hit.id, hit.field) for hit in hits] == [(register["lan"], "spelling")]


async def test_who_may_not_see_people_finds_none(desk, register):
    assert await ids(desk, "lan", with_people=False) == []
    assert await ids(desk, "0909123456", with_people=False) == []


async def test_an_erased_person_is_not_found(desk, register):
    await erase_visitor(desk, register["lan"])
    assert register["lan"] not in await ids(desk, "nguyen thi lan")
    assert await ids(desk, "0909123456") == []


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "'; DROP TABLE visitor; --", "a" * 5_000, "\u0301\u0300", "%%%"])
async def test_whatever_is_typed_is_only_looked_for(desk, register, typed):
    await ids(desk, typed)
    assert await ids(desk, "lan nguyen")
