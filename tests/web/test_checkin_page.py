"""Check-in by hand: the keyboard is enough, a refusal says what can be done, and nobody is counted twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from server.services.delegations import add_delegation
from server.services.desk import Desk
from server.services.people import add_visitor
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        yield opened


async def register(space: RunningHouse) -> tuple[str, str]:
    """Lan and seventeen more of a school, expected today; return the delegation's code and Lan's id."""
    house = space.house
    desk = Desk(house.database, house.space, "test", house.clock.now())
    day = house.space.day_of(house.clock.now())
    school = await add_delegation(desk, {"name": "Trường Hòa Bình", "kind": "school", "planned": 18, "visit_date": day})
    lan = await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": school.code, "phone": "+84909123456"})
    return school.code, lan.id


async def people(space: RunningHouse) -> int:
    return int((await space.house.occupancy.state())["people"])


async def test_the_keyboard_is_enough(browser: Browser, space: RunningHouse) -> None:
    await register(space)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/check-in")
        await page.keyboard.type("nguyen thi lan")
        await expect(page.locator("[data-hit]")).to_have_count(1)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice-ok")).to_contain_text("Đã ghi nhận")
        await expect(page.locator(".receipts")).to_contain_text("Nguyễn Thị Lan")
        assert await faults_of(page) == ""
    assert await people(space) == 1


@pytest.mark.parametrize("typed", ["D001", "hoa binh", "0909123456", "ngyuen thi lan"])
async def test_without_scripts_it_is_a_plain_form(browser: Browser, space: RunningHouse, typed: str) -> None:
    await register(space)
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await page.goto(f"{space.url}/staff/check-in")
        await page.fill("[name=q]", typed)
        await page.keyboard.press("Enter")
        await page.locator(".hit-acts button").first.click()
        await expect(page.locator(".notice-ok")).to_be_visible()
    assert await people(space) in (1, 18)


async def test_some_of_a_delegation_then_the_rest_then_all_leave(browser: Browser, space: RunningHouse) -> None:
    code, _ = await register(space)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/check-in?q={code}")
        await page.fill(".hit-people", "12")
        await page.get_by_role("button", name="Ghi nhận vào", exact=True).first.click()
        await page.goto(f"{space.url}/staff/check-in?q={code}")
        await expect(page.locator(".hit-state")).to_contain_text("12/18")
        await page.get_by_role("button", name="Ghi nhận 6 còn lại").click()
        await expect(page.locator(".notice-ok")).to_be_visible()
        assert await people(space) == 18
        await page.goto(f"{space.url}/staff/check-in?q={code}")
        await page.get_by_role("button", name="Ghi nhận ra").first.click()
        await expect(page.locator(".notice-ok")).to_be_visible()
    assert await people(space) == 0


@pytest.mark.parametrize("scripts", [True, False])
async def test_enter_in_a_rows_number_presses_the_button_of_that_row(
    browser: Browser, space: RunningHouse, scripts: bool
) -> None:
    await register(space)
    house = space.house
    desk = Desk(house.database, house.space, "test", house.clock.now())
    day = house.space.day_of(house.clock.now())
    await add_delegation(desk, {"name": "Công ty Hòa Phát", "kind": "enterprise", "planned": 9, "visit_date": day})
    async with at_desk(browser, space, "Tuyết", scripts=scripts) as page:
        await page.goto(f"{space.url}/staff/check-in?q=hoa")
        await page.fill("[name='people:D002']", "4")
        await page.press("[name='people:D002']", "Enter")
        await expect(page.locator(".receipts")).to_contain_text("Công ty Hòa Phát")
    assert await people(space) == 4


async def test_more_than_the_delegation_leads_to_its_headcount_and_cannot_be_forced(
    browser: Browser, space: RunningHouse
) -> None:
    code, _ = await register(space)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/check-in?q={code}")
        await page.fill(".hit-people", "40")
        await page.get_by_role("button", name="Ghi nhận vào", exact=True).first.click()
        await expect(page.locator(".notice-bad")).to_contain_text("Đông hơn số còn lại")
        await expect(page.locator(f"a[href='/staff/delegations/{code}/edit']")).to_be_visible()
        assert await page.locator(".force").count() == 0
    assert await people(space) == 0


async def test_a_refusal_is_forced_with_a_reason_only(browser: Browser, space: RunningHouse) -> None:
    house = space.house
    desk = Desk(house.database, house.space, "test", house.clock.now())
    other_day = house.space.day_of(house.clock.now()).replace(year=2098)
    minh = await add_visitor(desk, {"name": "Trần Minh", "visit_date": other_day})
    assert minh.id
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/check-in?q=tran+minh")
        await page.locator(".hit-acts button").first.click()
        await expect(page.locator(".notice-bad")).to_contain_text("Chưa đến ngày hẹn")
        assert await people(space) == 0
        assert await faults_of(page) == ""
        await page.fill("[name=reason]", "Lãnh đạo cho phép")
        await page.get_by_role("button", name="Ghi nhận kèm lý do").click()
        await expect(page.locator(".receipts")).to_contain_text("Lãnh đạo cho phép")
    assert await people(space) == 1


async def test_two_desks_let_the_same_person_in_once(browser: Browser, space: RunningHouse) -> None:
    await register(space)
    async with at_desk(browser, space, "Tuyết") as one, at_desk(browser, space, "Hoa") as other:
        for page in (one, other):
            await page.goto(f"{space.url}/staff/check-in?q=nguyen+thi+lan")
        await asyncio.gather(*(page.locator(".hit-acts button").first.click() for page in (one, other)))
        for page in (one, other):
            await expect(page.locator(".notice").first).to_be_visible()
        texts = [await page.locator(".notice").first.inner_text() for page in (one, other)]
    assert sorted("Đã vào từ trước" in text for text in texts) == [False, True]
    assert await people(space) == 1


async def test_a_scanner_in_the_field_finds_whose_pass_it_is(browser: Browser, space: RunningHouse) -> None:
    _, lan = await register(space)
    row, _ = await space.house.passes.of_visitor(lan)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/check-in")
        await page.fill("[name=q]", row.text)
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-hit]")).to_contain_text("Nguyễn Thị Lan")


@pytest.mark.parametrize(("number", "code"), [("1", None), ("4", "D001")])
async def test_walk_ins_are_registered_and_let_in(
    browser: Browser, space: RunningHouse, number: str, code: str | None
) -> None:
    async with at_desk(browser, space, "Tuyết", language="en") as page:
        await page.goto(f"{space.url}/staff/check-in")
        await page.locator(".walk-in summary").click()
        await page.fill(".walk-in [name=name]", "<b>Gia đình Bà Hoa</b>")
        await page.fill(".walk-in [name=people]", number)
        await page.locator(".walk-in button").click()
        await expect(page.locator(".receipts")).to_contain_text("<b>Gia đình Bà Hoa</b>")
        assert not await is_too_wide(page)
    assert await people(space) == int(number)


async def test_an_exhibitor_has_no_check_in(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Quân") as page:
        answer = await page.goto(f"{space.url}/staff/check-in")
        assert answer is not None
        assert answer.status == 403
