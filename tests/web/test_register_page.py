"""A teacher registers in a browser: on a phone and at a desk, by keyboard, with and without scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.web.desk_pages import faults_of, is_too_wide
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TUESDAY = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
GO = ".register-bar .button-main"


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url, at=TUESDAY) as opened:
        yield opened


@asynccontextmanager
async def _visitor(browser: Browser, space: RunningHouse, width: int, *, scripts: bool = True) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, bypass_csp=True, java_script_enabled=scripts
    )
    context.set_default_timeout(15_000)
    await context.add_cookies([{"name": "sanh_language", "value": "vi", "url": space.url}])
    page = await context.new_page()
    await page.goto(f"{space.url}/register")
    yield page
    await context.close()


async def _tell_who(page: Page) -> None:
    await page.fill("[name=organisation]", "Trường Tiểu học Lê Lai")
    await page.select_option("[name=kind]", "school")
    await page.fill("[name=planned]", "12")


async def _tell_contact(page: Page) -> None:
    await page.fill("[name=contact_name]", "Nguyễn Thị Lan")
    await page.fill("[name=phone]", "0903 123 456")
    await page.check("[name=consent_contact]")


async def _is_sound(page: Page) -> None:
    assert await faults_of(page) == ""
    assert not await is_too_wide(page)


@pytest.mark.parametrize("width", [390, 820, 1280])
async def test_every_step_an_error_and_the_number_are_sound(browser: Browser, space: RunningHouse, width: int) -> None:
    async with _visitor(browser, space, width) as page:
        await _is_sound(page)
        await page.click(GO)
        await expect(page.locator(".field-error")).to_have_count(3)
        await _is_sound(page)
        await _tell_who(page)
        await page.click(GO)
        await expect(page.locator(".register-rail .is-now")).to_have_text("Chọn giờ")
        await _is_sound(page)
        await page.locator(".register-slot:visible input").nth(3).check(force=True)
        await expect(page.locator(GO)).to_contain_text("Tiếp tục với Thứ")
        await page.click(GO)
        await page.click(GO)
        await expect(page.locator(".field-error")).to_have_count(3)
        await _is_sound(page)
        await _tell_contact(page)
        await page.click(GO)
        await expect(page.locator(".register-number")).to_have_text("D001")
        await _is_sound(page)


async def test_enter_in_a_field_goes_on_and_keeps_the_wish(browser: Browser, space: RunningHouse) -> None:
    async with _visitor(browser, space, 390) as page:
        await _tell_who(page)
        await page.press("[name=planned]", "Enter")
        await page.fill("[name=wished]", "Chủ Nhật, 10 giờ")
        await page.press("[name=wished]", "Enter")
        await _tell_contact(page)
        await page.press("[name=phone]", "Enter")
        await expect(page.locator(".register-number")).to_have_text("D001")


async def test_without_scripts_another_day_and_its_time_are_chosen(browser: Browser, space: RunningHouse) -> None:
    async with _visitor(browser, space, 390, scripts=False) as page:
        await _tell_who(page)
        await page.click(GO)
        await page.locator(".register-day").nth(2).click()
        await expect(page.locator(".register-day.is-chosen")).to_contain_text("27")
        await page.locator(".register-slot:visible input").first.check(force=True)
        await page.click(GO)
        await expect(page.locator(".register-who")).to_contain_text("Thứ Sáu 27/11")
        await _tell_contact(page)
        await page.click(GO)
        await expect(page.locator("body")).to_contain_text("27/11")


async def test_who_has_a_number_finds_the_way_to_the_request(browser: Browser, space: RunningHouse) -> None:
    async with _visitor(browser, space, 390) as page:
        await page.fill("[name=number]", "d001")
        await page.press("[name=number]", "Enter")
        await expect(page.locator("#digits")).to_be_visible()
        await _is_sound(page)
