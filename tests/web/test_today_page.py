"""Today: the day in groups, what needs a hand, and a page that changes under the hands of who types."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from server.services.delegations import add_delegation
from server.services.desk import Desk
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        yield opened


async def expect_delegations(space: RunningHouse, number: int, **values: object) -> list[str]:
    """Register so many for today, one every ten minutes around now."""
    house = space.house
    now = house.clock.now()
    desk = Desk(house.database, house.space, "test", now)
    codes = []
    for n in range(number):
        at = now + timedelta(minutes=10 * (n - number // 2))
        at = max(at, now.replace(hour=0, minute=0) if at.date() < now.date() else at)
        day = house.space.day_of(now)
        row = {"name": f"Trường Trung học phổ thông Nguyễn Thượng Hiền số {n}", "kind": "school", "planned": 5}
        slot = at if house.space.day_of(at) == day else now
        codes.append((await add_delegation(desk, row | {"visit_date": day, "slot_at": slot} | values)).code)
    return codes


async def test_an_empty_day_says_so_and_offers_the_next_act(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff")
        await expect(page.locator(".empty")).to_contain_text("Hôm nay chưa có đoàn")
        assert await faults_of(page) == ""


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_fifteen_delegations_at_once_are_all_on_the_board(
    browser: Browser, space: RunningHouse, language: str
) -> None:
    codes = await expect_delegations(space, 15, guide="Minh")
    async with at_desk(browser, space, "Tuyết", language=language) as page:
        await page.goto(f"{space.url}/staff")
        for code in codes:
            await expect(page.locator(f"#row-{code}")).to_be_visible()
            await expect(page.locator(f"#entry-{code}")).to_be_visible()
        assert not await is_too_wide(page)
        assert await faults_of(page) == ""


async def test_who_is_late_stands_first_and_is_checked_in_by_one_press(browser: Browser, space: RunningHouse) -> None:
    (code,) = await expect_delegations(space, 1, phone="+84903123456", contact_name="Lan")
    await space.house.database.write(_make_late, code, space.house.clock.now() - timedelta(minutes=20))
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff")
        await expect(page.locator(f"#group-receiving #row-{code}")).to_contain_text("Trễ 20 phút")
        await expect(page.locator(".hands")).to_contain_text("Gọi Lan")
        await page.locator(f"#row-{code} button").click()
        await page.goto(f"{space.url}/staff")
        await expect(page.locator(f"#group-inside #row-{code}")).to_contain_text("5/5")


async def test_a_scan_changes_the_page_and_leaves_what_is_typed(browser: Browser, space: RunningHouse) -> None:
    await space.expect_delegation("D017", planned=3)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff")
        people = page.locator(".fact b").first
        await expect(people).to_contain_text("0 /")
        field = page.locator(".today-find input")
        await field.fill("tran minh")
        await space.scan("D017")
        await expect(people).to_contain_text("1 /", timeout=10_000)
        await expect(field).to_have_value("tran minh")
        await expect(field).to_be_focused()


async def test_a_guide_s_own_delegations_are_marked_and_nothing_is_offered_that_they_may_not(
    browser: Browser, space: RunningHouse
) -> None:
    (code,) = await expect_delegations(space, 1, guide="Minh")
    async with at_desk(browser, space, "Minh") as page:
        await page.goto(f"{space.url}/staff")
        await expect(page.locator(f"#row-{code}.is-chosen")).to_be_visible()
        assert await page.locator("a[href='/staff/delegations/new']").count() == 0


def _make_late(connection, code, at):
    from server.storage.delegations import DELEGATIONS

    connection.execute(DELEGATIONS.update().where(DELEGATIONS.c.code == code).values(slot_at=at))
