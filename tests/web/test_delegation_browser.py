"""The delegations' pages in a browser: the bulk bar's words, two who edit at once, the keyboard alone, axe."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.services.delegations import add_delegation
from server.services.desk import Desk
from server.services.people import add_visitor
from tests.cast import MORNING
from tests.web.running_house import PASSWORD, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = (Path(__file__).parents[2] / "static/vendor/axe.js").read_text()
LONG = "Ủy ban nhân dân phường Nguyễn Thị Minh Khai, Thành phố Hồ Chí Minh"


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await opened.house.accounts.add("Hoa", "organizer", PASSWORD)
        await opened.house.accounts.add("Minh", "reception", PASSWORD)
        desk = Desk(opened.house.database, opened.house.space, "nobody", opened.house.clock.now())
        soon = MORNING + timedelta(days=1, hours=2)
        await add_delegation(desk, {"name": "Sở Y tế", "status": "requested", "planned": 5, "slot_at": soon})
        await add_delegation(desk, {"name": "Sở Du lịch", "status": "requested", "visit_date": soon.date()})
        await add_delegation(desk, {"name": LONG, "planned": 5, "slot_at": soon, "needs": "xe lăn", "language": "ko"})
        await add_visitor(desk, {"name": "Nguyễn Phúc Hoàng Thị Ngọc Khánh Linh Đan", "delegation": "D003"})
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def hoa(browser: Browser, space: RunningHouse) -> AsyncIterator[Page]:
    page = await signed_in(browser, space, "Hoa")
    yield page
    await page.context.close()


async def signed_in(browser: Browser, space: RunningHouse, login: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto(f"{space.url}/staff/sign-in?next=/staff/delegations")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".signin-go")
    await page.wait_for_url(f"{space.url}/staff/delegations")
    return page


async def violations(page: Page) -> list[Any]:
    await page.evaluate(AXE)
    found: list[Any] = await page.evaluate(
        "async () => (await axe.run()).violations.map(one => [one.id, one.nodes.map(node => node.target.join(' '))])"
    )
    return found


async def test_the_bar_says_what_it_will_really_do_and_does_it(hoa: Page) -> None:
    bar = hoa.locator("[data-bar]")
    await expect(bar).to_be_hidden()
    await hoa.check("[value=D001]")
    await hoa.check("[value=D002]")
    await expect(bar.locator("[data-confirm]")).to_have_text("Xác nhận 1, 1 vướng")

    await bar.locator("[data-confirm]").click()

    await expect(hoa.locator("[role=status]").first).to_contain_text("Đã xác nhận 1 đoàn.")
    await expect(hoa.locator("[value=D002]")).to_be_checked()
    await expect(hoa.locator("[value=D001]")).not_to_be_checked()


async def test_two_who_have_a_form_open_see_each_other(hoa: Page, browser: Browser, space: RunningHouse) -> None:
    minh = await signed_in(browser, space, "Minh")
    await minh.goto(f"{space.url}/staff/delegations/D003/edit")
    await minh.wait_for_load_state("networkidle")

    await hoa.goto(f"{space.url}/staff/delegations/D003/edit")

    await expect(hoa.locator("[data-editing]")).to_have_text("Minh đang sửa")
    await minh.context.close()


async def test_the_keyboard_alone_finds_and_opens_a_delegation(hoa: Page, space: RunningHouse) -> None:
    await hoa.goto(f"{space.url}/staff/delegations?week=2020-10-12")
    await hoa.locator("[data-seek]").focus()
    await hoa.keyboard.type("y te")
    await hoa.keyboard.press("Enter")
    await expect(hoa.locator(".row-link")).to_have_count(1)
    await hoa.locator(".row-link").focus()
    await hoa.keyboard.press("Enter")
    await expect(hoa.locator("h1")).to_contain_text("Sở Y tế")


@pytest.mark.parametrize(
    "path",
    [
        *("/delegations", "/delegations?q=so", "/delegations?q=khong+co", "/delegations?days=all", "/delegations/D003"),
        *("/delegations/D003?cancel", "/delegations/D003?paste", "/delegations/D003/edit", "/delegations/D001/merge"),
        *("/delegations/D001/merge?with=D002", "/delegations/D003/protocol", "/delegations/D003/protocol?edit"),
        *("/delegations/new", "/organisations", "/delegations/D003?tab=history", "/delegations/D003?tab=facts"),
    ],
)
async def test_no_state_breaks_a_rule_of_axe_or_runs_over(hoa: Page, space: RunningHouse, path: str) -> None:
    await hoa.goto(f"{space.url}/staff{path}")
    assert await violations(hoa) == []
    assert await hoa.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
