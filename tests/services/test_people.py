"""The register of visitors, and how it forgets them."""

import json

import pytest

from server.domain.errors import DomainError
from server.domain.people import VisitorFilter
from server.domain.text import search_key
from server.services.delegations import add_delegation, cancel_delegation, change_delegation, get_delegation
from server.services.people import add_visitor, change_visitor, erase_visitor, get_visitor, list_visitors

LAN = {"name": "Nguyễn Thị Lan", "title": "Giáo viên", "phone": "+84903123456", "email": "lan@example.vn"}


@pytest.fixture
async def school(desk):
    return await add_delegation(desk, {"name": "Trường THPT Hòa Bình", "kind": "school", "planned": 2})


async def test_a_walk_in_has_a_place_outside_and_no_delegation(desk, sql):
    lan = await add_visitor(desk, LAN)
    assert (lan.name, lan.delegation, lan.inside, lan.version) == ("Nguyễn Thị Lan", None, None, 1)
    assert await sql("SELECT holder, delegation_id, inside FROM standing") == [(f"v:{lan.id}", None, 0)]


async def test_a_member_is_counted_among_the_named(desk, school):
    for _ in range(3):
        await add_visitor(desk, LAN | {"delegation": school.code})
    count = (await get_delegation(desk.database, school.code)).count
    assert (count.planned, count.named, count.covers) == (2, 3, 3)


async def test_people_of_one_name_are_numbered_within_their_delegation(desk, school, sql):
    for code in (school.code, school.code, None):
        await add_visitor(desk, {"name": "Nguyễn Văn An", "delegation": code})
    await add_visitor(desk, {"name": "NGUYEN VAN AN", "delegation": school.code})
    assert await sql("SELECT occurrence FROM visitor ORDER BY id") == [(1,), (2,), (1,), (3,)]


async def test_nobody_joins_a_cancelled_or_unknown_delegation(desk, school):
    await cancel_delegation(desk, school.code)
    with pytest.raises(DomainError, match="cancelled_delegation"):
        await add_visitor(desk, LAN | {"delegation": school.code})
    with pytest.raises(DomainError, match="unknown_delegation"):
        await add_visitor(desk, LAN | {"delegation": "D999"})


@pytest.mark.parametrize("query", ["lan", "nguyen thi", "LAN nguyễn", "0903 123 456", "+84 903123456", "d001 lan"])
async def test_a_search_finds_name_phone_and_delegation(desk, school, query):
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    await add_visitor(desk, {"name": "Trần Minh"})
    found = await list_visitors(desk.database, VisitorFilter(words=search_key(query).split()))
    assert [one.id for one in found] == [lan.id]


async def test_those_inside_can_be_asked_for(desk, sql):
    lan, minh = await add_visitor(desk, LAN), await add_visitor(desk, {"name": "Trần Minh"})
    await sql("UPDATE standing SET inside = 1, places = '{\"lobby\":1}' WHERE holder = :h", h=f"v:{lan.id}")
    inside = await list_visitors(desk.database, VisitorFilter(is_inside=True))
    outside = await list_visitors(desk.database, VisitorFilter(is_inside=False))
    assert [(one.id, one.inside) for one in inside + outside] == [(lan.id, "lobby"), (minh.id, None)]


async def test_a_member_who_moves_is_counted_where_they_are_now(desk, school, sql):
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    other = await add_delegation(desk, {"name": "Công ty Sao Mai", "planned": 1})
    moved = await change_visitor(desk, lan.id, {"delegation": other.code})
    assert moved.delegation == other.code
    assert [(await get_delegation(desk.database, code)).named for code in (school.code, other.code)] == [0, 1]
    assert await sql("SELECT delegation_id FROM standing WHERE holder = :h", h=f"v:{lan.id}") == [(other.id,)]
    assert (await change_visitor(desk, lan.id, {"delegation": None})).delegation is None


async def test_a_member_who_is_inside_stays_in_their_delegation(desk, school, sql):
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    await sql("UPDATE standing SET inside = 1, places = '{\"lobby\":1}' WHERE holder = :h", h=f"v:{lan.id}")
    with pytest.raises(DomainError, match="member_is_inside"):
        await change_visitor(desk, lan.id, {"delegation": None})
    assert (await change_visitor(desk, lan.id, {"title": "Hiệu trưởng"})).title == "Hiệu trưởng"


async def test_a_member_stays_when_the_rest_would_cover_fewer_than_are_inside(desk, school, sql):
    members = [await add_visitor(desk, LAN | {"delegation": school.code}) for _ in range(3)]
    await sql("UPDATE standing SET inside = 3, places = '{\"lobby\":3}' WHERE holder = :h", h=f"d:{school.id}")
    with pytest.raises(DomainError, match="covers_below_inside"):
        await change_visitor(desk, members[0].id, {"delegation": None})
    assert (await get_delegation(desk.database, school.code)).named == 3


async def test_of_two_who_change_one_visitor_the_second_is_told(desk):
    lan = await add_visitor(desk, LAN)
    await change_visitor(desk, lan.id, {"title": "Hiệu trưởng"}, version=1)
    with pytest.raises(DomainError, match="edit_conflict"):
        await change_visitor(desk, lan.id, {"title": "Hiệu phó"}, version=1)


async def test_an_erased_visitor_loses_everything_personal_and_stays_counted(desk, school, sql):
    lan = await add_visitor(desk, LAN | {"delegation": school.code, "notes": "dị ứng", "organisation": "Sở"})
    await sql("UPDATE standing SET inside = 1, places = '{\"lobby\":1}' WHERE holder = :h", h=f"v:{lan.id}")
    await erase_visitor(desk, lan.id)
    gone = await get_visitor(desk.database, lan.id)
    assert (gone.name, gone.phone, gone.email, gone.title, gone.notes, gone.organisation) == (
        None,
        None,
        None,
        "",
        "",
        "",
    )
    assert gone.erased_at == desk.at
    assert (gone.delegation, gone.inside) == (school.code, "lobby")
    assert (await get_delegation(desk.database, school.code)).named == 1
    assert await sql("SELECT search_key FROM visitor") == [("",)]


async def test_erasing_twice_is_erasing_once_and_an_erased_visitor_cannot_be_changed(desk, sql):
    lan = await add_visitor(desk, LAN)
    await erase_visitor(desk, lan.id)
    await erase_visitor(desk, lan.id)
    assert await sql("SELECT count(*) FROM audit_line WHERE action = 'erase_visitor'") == [(1,)]
    with pytest.raises(DomainError, match="visitor_erased"):
        await change_visitor(desk, lan.id, {"name": "Lan"})


async def test_erasing_revokes_the_passes(desk, sql):
    lan = await add_visitor(desk, LAN)
    await sql(
        'INSERT INTO "pass" (id, kind, visitor_id, short, text, issued_at)'
        " VALUES ('00ff00ff00ff00ff', 'visitor', :v, 'AAAA1111', 'text', '2026-11-24')",
        v=lan.id,
    )
    await erase_visitor(desk, lan.id)
    assert (await sql('SELECT revoked_at IS NOT NULL, revoked_seq FROM "pass"')) == [(1, 1)]


async def test_no_note_tells_of_an_erased_visitor(desk, school, sql):
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    await add_visitor(
        desk, {"name": "Trần Minh", "delegation": school.code, "notes": "đi cùng chị nguyễn thị lan (0903 123 456)"}
    )
    await change_delegation(
        desk,
        school.code,
        {
            "leader_name": "Nguyễn Thị Lan", "leader_title": "Giáo viên", "phone": "+84903123456",
            "email": "lan@example.vn", "notes": "Gọi Nguyễn Thị  Lan trước khi đến", "purpose": "Học tập",
        },
    )  # fmt: skip
    await erase_visitor(desk, lan.id)
    rows = (
        await sql("SELECT * FROM visitor")
        + await sql("SELECT * FROM delegation")
        + await sql("SELECT * FROM audit_line")
    )
    for trace in ("Thị Lan", "lan@", "903123456", "0903 123", "thi lan"):
        assert trace.lower() not in str(rows).lower()
    delegation = await get_delegation(desk.database, school.code)
    assert (delegation.leader_name, delegation.leader_id, delegation.purpose) == ("", None, "Học tập")


async def test_no_case_tells_of_an_erased_visitor(desk, school, sql):
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    insert = (
        'INSERT INTO "case" (kind, scan_id, holder, delegation_id, opened_at, detail, reason)'
        " VALUES ('forced', :s, :h, :d, '2026-11-24 02:00:00', :t, :r)"
    )
    forced = '{"zone": "lobby", "reason": "chị Lan quên thẻ"}'
    await sql(insert, s="1", h=f"v:{lan.id}", d=lan.delegation_id, t=forced, r="Đã gọi cho chị ấy")
    await sql(insert, s="2", h=f"d:{school.code}", d=lan.delegation_id, t="{}", r="Nguyễn Thị Lan dẫn thêm một em")
    await sql(insert, s="3", h=f"d:{school.code}", d=lan.delegation_id, t="{}", r=None)

    await erase_visitor(desk, lan.id)

    rows = await sql('SELECT scan_id, reason, detail FROM "case" ORDER BY scan_id')
    assert [row[1] for row in rows] == ["…", "… dẫn thêm một em", None]
    told = rows[0][2]
    assert (json.loads(told) if isinstance(told, str) else told) == {"zone": "lobby", "reason": "…"}


async def test_erasing_a_member_leaves_the_leader_and_the_contact_of_others(desk, school):
    await add_visitor(desk, {"name": "Trần Minh", "delegation": school.code})
    lan = await add_visitor(desk, LAN | {"delegation": school.code})
    await change_delegation(desk, school.code, {"leader_name": "Trần Minh", "phone": "+84912345678"})
    await erase_visitor(desk, lan.id)
    delegation = await get_delegation(desk.database, school.code)
    assert (delegation.leader_name, delegation.phone) == ("Trần Minh", "+84912345678")


async def test_a_visitor_that_does_not_exist_is_unknown(desk):
    for attempt in (
        get_visitor(desk.database, "x"),
        change_visitor(desk, "x", {"name": "a"}),
        erase_visitor(desk, "x"),
    ):
        with pytest.raises(DomainError, match="unknown_visitor"):
            await attempt
