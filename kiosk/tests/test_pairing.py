"""A device that belongs to nobody: it shows a code, staff approve it, it opens the screen of its role."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kiosk.tests.kiosks import PORTRAIT, open_kiosk
from server.services import devices
from server.services.devices import Plan
from tests.web.running_house import RunningHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def unpaired(browser: Browser, space: RunningHouse) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": PORTRAIT[0], "height": PORTRAIT[1]})
    page = await context.new_page()
    await page.goto(f"{space.url}/kiosk")
    yield page
    await context.close()


async def _code_on(page: Page) -> str:
    digits = page.locator(".k-pairing-digits")
    await expect(digits).not_to_be_empty()
    return (await digits.inner_text()).replace(" ", "")


async def test_the_code_is_shown_in_pairs_with_the_address_and_the_time_left(unpaired: Page) -> None:
    code = await _code_on(unpaired)

    assert len(code) == 6
    await expect(unpaired.locator(".k-pairing-digits")).to_have_text(f"{code[:2]} {code[2:4]} {code[4:]}")
    await expect(unpaired.locator(".k-pairing-left")).to_contain_text("09:5")
    picture = unpaired.locator(".k-pairing-qr")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("image => image.naturalWidth") > 0


async def test_an_approved_device_opens_its_gate_and_keeps_its_key_from_scripts(
    unpaired: Page, space: RunningHouse
) -> None:
    code = await _code_on(unpaired)
    await space.house.devices.approve(code, Plan("Kiosk 4", "gate", "lobby"), actor="Hoa")

    await expect(unpaired.locator("#screen")).to_have_attribute("data-shows", "attract")
    assert "sanh_device" not in await unpaired.evaluate("document.cookie")


async def test_a_new_code_comes_when_one_expires(
    browser: Browser, space: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "PAIRING_TIME", timedelta(seconds=3))
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{space.url}/kiosk")
    first = await _code_on(page)

    await expect(page.locator(".k-pairing-digits")).not_to_have_text(f"{first[:2]} {first[2:4]} {first[4:]}")
    await page.context.close()


async def test_a_paired_wall_goes_to_the_wall(browser: Browser, space: RunningHouse) -> None:
    async with open_kiosk(browser, space, role="wall") as wall:
        await wall.page.wait_for_url(f"{space.url}/wall")


@pytest.mark.parametrize("role", ["desk", "exhibit", "survey"])
async def test_other_roles_say_that_their_screen_comes_later_and_read_passes(
    browser: Browser, space: RunningHouse, role: str
) -> None:
    async with open_kiosk(browser, space, role=role) as device:
        await device.shows("role")
        await expect(device.page.locator(".k-advice:visible")).to_have_count(2)


async def test_a_revoked_device_asks_to_be_paired_again(browser: Browser, space: RunningHouse) -> None:
    async with open_kiosk(browser, space) as gate:
        await gate.waits()

        await space.house.devices.revoke(gate.device_id, actor="Hoa")

        await expect(gate.screen).to_have_attribute("data-shows", "pairing", timeout=20_000)
