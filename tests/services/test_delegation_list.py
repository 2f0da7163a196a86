"""The desk's list of delegations: found, narrowed, counted, turned page by page, changed many at once."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.domain.delegation_list import Hand, ListWish, Sort, hands_of, pieces
from server.domain.delegations import Status
from server.services.delegation_list import act_on_many, find_chosen, list_page, sort_by_obstacle
from server.services.delegations import add_delegation, cancel_delegation

MONTH = (date(2026, 11, 1), date(2026, 11, 30))
MONDAY = date(2026, 11, 23)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, 23, hour - 7, tzinfo=UTC) + timedelta(days=day)


async def week(desk: Any) -> None:
    for number, (name, kind, status) in enumerate(
        [
            ("Sở Y tế", "agency", "requested"),
            ("Công ty Sông Việt", "enterprise", "confirmed"),
            ("Trường Bến Nghé", "school", "confirmed"),
        ]
    ):
        values = {"name": name, "kind": kind, "status": status, "planned": 5 + number, "slot_at": at(number + 1, 9)}
        await add_delegation(desk, values)
    await add_delegation(desk, {"name": "Chưa có ngày", "planned": 2})


async def codes(desk: Any, **wish: Any) -> list[str]:
    return [one.code for one in (await list_page(desk.database, ListWish(**wish), MONTH)).rows]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, ["D001", "D002", "D003", "D004"]),
        ({"words": ["so"]}, ["D001", "D002"]),
        ({"words": ["song", "viet"]}, ["D002"]),
        ({"kinds": ["agency", "school"]}, ["D001", "D003"]),
        ({"status": "requested"}, ["D001"]),
        ({"hands": ["slot"]}, ["D004"]),
        ({"first": MONDAY, "last": date(2026, 11, 24)}, ["D001"]),
        ({"sort": Sort.NEWEST}, ["D004", "D003", "D002", "D001"]),
        ({"sort": Sort.PEOPLE}, ["D003", "D002", "D001", "D004"]),
    ],
)
async def test_the_list_shows_what_was_asked_in_its_order(desk, wish, expected):
    await week(desk)
    assert await codes(desk, **wish) == expected


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_go_on_and_back_without_a_gap(desk, sort):
    for number in range(7):
        day = {"visit_date": MONDAY} if number % 2 else {}
        await add_delegation(desk, {"name": f"Đoàn {number}", "planned": 1 + number // 3, **day})
    whole = await codes(desk, sort=sort)
    turned: list[str] = []
    wish = ListWish(sort=sort, limit=3)
    while True:
        page = await list_page(desk.database, wish, MONTH)
        turned += [one.code for one in page.rows]
        if page.next is None:
            break
        wish = ListWish(sort=sort, limit=3, after=page.next)
    assert turned == whole
    back = await list_page(desk.database, ListWish(sort=sort, limit=3, before=page.previous), MONTH)
    assert [one.code for one in back.rows] == whole[3:6]
    assert back.previous is not None


async def test_each_filter_says_how_many_it_would_show(desk):
    await week(desk)
    page = await list_page(desk.database, ListWish(kinds=["enterprise"]), MONTH)
    assert page.counts.total == 1
    assert dict(page.counts.kinds) == {"agency": 1, "enterprise": 1, "school": 1, "other": 1}
    assert dict(page.counts.statuses) == {"confirmed": 1}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE delegation SET arrived = 3; UPDATE standing SET inside = 3", Status.ARRIVING),
        ("UPDATE delegation SET arrived = 5; UPDATE standing SET inside = 5", Status.INSIDE),
        ("UPDATE delegation SET arrived = 5", Status.LEFT),
        ("UPDATE delegation SET status = 'no_show'", Status.NO_SHOW),
        ("UPDATE delegation SET status = 'cancelled'", Status.CANCELLED),
        ("UPDATE delegation SET planned = 5", Status.CONFIRMED),
    ],
)
async def test_the_numbers_and_the_rows_agree_on_a_status(desk, sql, change, status):
    await add_delegation(desk, {"name": "Đoàn", "planned": 5})
    for statement in change.split("; "):
        await sql(statement)

    page = await list_page(desk.database, ListWish(status=status), MONTH)

    assert [one.status for one in page.rows] == [status]
    assert dict(page.counts.statuses) == {status: 1}


async def test_what_a_row_lacks_is_what_its_filter_counts(desk):
    await week(desk)
    await add_delegation(
        desk, {"name": "Sokcho", "language": "ko", "needs": "xe lăn", "guide": "Minh", "slot_at": at(3, 9)}
    )
    page = await list_page(desk.database, ListWish(), MONTH)
    for hand in Hand:
        assert page.counts.hands.get(hand, 0) == sum(hand in hands_of(one) for one in page.rows), hand


async def test_the_calendar_counts_the_people_of_each_day_but_not_the_cancelled(desk):
    await week(desk)
    await cancel_delegation(desk, "D002")
    page = await list_page(desk.database, ListWish(), MONTH)
    assert page.days == {date(2026, 11, 24): 5, date(2026, 11, 26): 7}


async def test_many_are_confirmed_and_those_that_cannot_be_stay(desk):
    await add_delegation(desk, {"name": "Một", "status": "requested", "planned": 3, "slot_at": at(3, 9)})
    await add_delegation(desk, {"name": "Hai", "status": "requested", "planned": 3})

    chosen = await find_chosen(desk.database, ["D001", "D002", "D999"])
    ready, stuck = sort_by_obstacle(chosen, "confirm")
    done, failed = await act_on_many(desk, ["D001", "D002", "D999"], "confirm")

    assert ([one.code for one in ready], [one.code for one, _ in stuck]) == (["D001"], ["D002"])
    assert done == ["D001"]
    assert [(one.code, one.error.code) for one in failed] == [("D002", "slot_missing"), ("D999", "unknown_delegation")]


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Sở Y tế", ["so"], ["Sở"]),
        ("Công ty CP Sông Việt", ["so"], ["Sô"]),
        ("Đặng Như Ý", ["dang"], ["Đặng"]),
        (unicodedata.normalize("NFD", "Sở Y tế"), ["so"], [unicodedata.normalize("NFD", "Sở")]),
        ("Sở - số", ["so", "so"], ["Sở", "số"]),
        ("<b>Sở</b>", ["b"], ["b", "b"]),
        ("ﬁnance", ["fin"], ["ﬁn"]),
        ("Sở", [], []),
    ],
)
def test_the_letters_that_were_found_are_marked_whatever_their_marks(text, words, marked):
    cut = pieces(text, words)
    assert "".join(piece for piece, _ in cut) == text
    assert [piece for piece, is_match in cut if is_match] == marked
