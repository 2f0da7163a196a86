"""The start page: every link leads somewhere, what does not exist says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from server.domain.roles import Role
from server.services.demo import DemoAccount, Demonstration, DemoPass
from server.web.pages import start
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        yield opened


async def test_every_link_of_the_start_page_is_answered(page: Page, space: RunningHouse) -> None:
    await page.goto(space.url)
    addresses = await page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")

    assert f"{space.url}/wall" in addresses
    for address in set(addresses):
        answer = await page.request.get(address)
        assert answer.status != 404, address


async def test_a_screen_that_does_not_exist_yet_is_grey_and_says_coming(page: Page, space: RunningHouse) -> None:
    await page.goto(space.url)
    row = page.locator(".row", has_text="Dự báo và thử kịch bản")

    await expect(row).to_contain_text("sắp có")
    assert await row.locator("a").count() == 0


async def test_a_broken_plug_in_is_grey_with_its_reason(page: Page, space: RunningHouse) -> None:
    space.house.plugins["kiosk"] = "ImportError: no scanner"
    await page.goto(space.url)
    row = page.locator(".row", has_text="Kiosk cổng vào")

    await expect(row).to_contain_text("ImportError: no scanner")
    assert await row.locator("a").count() == 0


async def test_an_empty_house_says_how_to_fill_it(page: Page, space: RunningHouse) -> None:
    await page.goto(space.url)

    await expect(page.locator(".empty")).to_contain_text("make demo")


async def test_a_demonstration_lays_out_accounts_and_codes(
    page: Page, space: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = Demonstration(
        "xem-thu", (DemoAccount("Hoa", Role.ORGANIZER),), (DemoPass("delegation", "HTTP://X/P/ABC", "D017"),)
    )
    monkeypatch.setattr(start, "read_demonstration", lambda settings: demo)
    await page.goto(space.url)

    await expect(page.locator(".block-side")).to_contain_text("xem-thu")
    await expect(page.locator(".block-side")).to_contain_text("Hoa")
    await expect(page.locator(".code")).to_contain_text("Mã cả đoàn D017")
    await expect(page.locator(".code svg")).to_be_visible()


async def test_the_figure_follows_the_gate(page: Page, space: RunningHouse) -> None:
    await space.expect_delegation()
    await page.goto(space.url)
    await space.scan()

    await expect(page.locator('[data-slot="people"]')).to_have_text("1")


async def test_the_language_can_be_changed_and_stays(page: Page, space: RunningHouse) -> None:
    await page.goto(space.url)
    await page.click("text=English")
    await expect(page.locator("h1")).to_have_text("The lobby of the space")

    await page.goto(f"{space.url}/staff/sign-in")

    await expect(page.locator("h1")).to_have_text("Sign in to the desk")


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"])
async def test_the_language_switch_leads_to_no_other_site(page: Page, space: RunningHouse, back: str) -> None:
    answer = await page.request.get(f"{space.url}/language", params={"to": "en", "back": back}, max_redirects=0)

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("width", [360, 768, 1280, 1440])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_start_page_fits_every_width(page: Page, space: RunningHouse, width: int, language: str) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{space.url}/language?to={language}&back=/")

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_page_that_is_not_there_offers_a_way_on(page: Page, space: RunningHouse) -> None:
    answer = await page.goto(f"{space.url}/nowhere")

    assert answer is not None
    assert answer.status == 404
    await expect(page.locator(".failure-code")).to_contain_text("not_found")
    await page.click("text=Về trang đầu")
    await expect(page).to_have_url(f"{space.url}/")
