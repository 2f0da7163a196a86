"""Signing in and the desk's devices, by plain forms: these tests run without scripts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.services.devices import Plan
from tests.web.running_house import PASSWORD, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await opened.house.accounts.add("Hoa", "organizer", PASSWORD)
        await opened.house.accounts.add("Minh", "guide", PASSWORD)
        await opened.house.accounts.add("Lễ tân", "reception", PASSWORD)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def sign_in(page: Page, space: RunningHouse, login: str, password: str = PASSWORD) -> None:
    await page.goto(f"{space.url}/staff/devices")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", password)
    await page.click(".signin-go")


async def test_hoa_signs_in_and_comes_to_the_page_that_she_asked_for(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Hoa")

    await expect(bare).to_have_url(f"{space.url}/staff/devices")
    await expect(bare.locator(".side-person")).to_contain_text("Hoa")


@pytest.mark.parametrize("login", ["Hoa", "Nobody"])
async def test_a_wrong_pair_gets_one_sentence_whoever_it_is(bare: Page, space: RunningHouse, login: str) -> None:
    await sign_in(bare, space, login, "wrong-password")

    await expect(bare.locator("[role=alert]")).to_have_text("Tên đăng nhập hoặc mật khẩu chưa đúng.")
    await expect(bare.locator("[name=login]")).to_have_value(login)


async def test_too_many_wrong_tries_print_the_wait(bare: Page, space: RunningHouse) -> None:
    for _ in range(6):
        await sign_in(bare, space, "Hoa", "wrong-password")

    await expect(bare.locator("[role=alert]")).to_contain_text("Thử lại sau")


async def test_signing_in_leads_to_no_other_site(bare: Page, space: RunningHouse) -> None:
    await bare.goto(f"{space.url}/staff/sign-in?next=//elsewhere.example")
    await bare.fill("[name=login]", "Hoa")
    await bare.fill("[name=password]", PASSWORD)
    await bare.click(".signin-go")

    assert bare.url.startswith(space.url)


async def test_who_signs_out_is_asked_again(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Hoa")
    await bare.click(".side-out")
    await bare.goto(f"{space.url}/staff/devices")

    await expect(bare.locator("h1")).to_have_text("Đăng nhập bàn lễ tân")


async def test_a_code_is_compared_and_the_device_paired_without_a_script(bare: Page, space: RunningHouse) -> None:
    asked = await space.house.devices.ask_code(asker="192.168.10.44", agent="Chrome/142.0")
    await sign_in(bare, space, "Hoa")
    await bare.click(".desk-acts .button-main")
    await bare.fill("[name=pair]", asked.code)
    await bare.get_by_role("button", name="So mã").click()
    await expect(bare.locator(".pair-code")).to_contain_text("192.168.10.44, Chrome 142")
    await bare.fill("[name=name]", "Kiosk 4")
    await bare.check("[name=direction][value=in]")
    await bare.get_by_role("button", name="Cho ghép").click()
    await expect(bare.locator("[role=status]")).to_be_visible()

    claimed = await space.house.devices.claim(asked.secret)

    assert claimed is not None
    assert (claimed[0].name, claimed[0].direction, claimed[0].inner) == ("Kiosk 4", "in", False)
    await bare.goto(f"{space.url}/staff/devices")
    await expect(bare.locator(".table")).to_contain_text("Kiosk 4")


async def test_a_code_that_no_screen_shows_is_refused_before_the_form(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Hoa")
    await bare.goto(f"{space.url}/staff/devices?pair=123456")

    await expect(bare.locator("[role=alert]")).to_be_visible()
    assert await bare.locator("[name=name]").count() == 0


async def test_a_name_that_cannot_be_is_refused_and_what_was_typed_stays(bare: Page, space: RunningHouse) -> None:
    asked = await space.house.devices.ask_code()
    await sign_in(bare, space, "Hoa")
    await bare.goto(f"{space.url}/staff/devices?pair={asked.code}")
    await bare.fill("[name=name]", "   ")
    await bare.check("[name=role][value=wall]")
    await bare.get_by_role("button", name="Cho ghép").click()

    await expect(bare.locator("[role=alert]")).to_be_visible()
    await expect(bare.locator("[name=role][value=wall]")).to_be_checked()


async def test_a_device_loses_its_rights_only_after_the_question(bare: Page, space: RunningHouse) -> None:
    device, token = await space.house.devices.pair(Plan("Kiosk 2", "gate", "lobby"), actor="test")
    await sign_in(bare, space, "Hoa")
    await bare.goto(f"{space.url}/staff/devices?device={device.id}")
    await bare.click(".desk-panel .button-danger")
    await expect(bare.locator("[role=dialog] h2")).to_have_text("Thu hồi quyền của Kiosk 2?")
    assert await space.house.devices.by_token(token) is not None

    await bare.click("[role=dialog] button")

    await expect(bare.locator("[role=status]")).to_contain_text("Kiosk 2")
    assert await space.house.devices.by_token(token) is None


async def test_reception_pairs_devices(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Lễ tân")

    await expect(bare.locator("h1")).to_have_text("Thiết bị")
    assert await bare.locator("text=Ghép máy mới").count() > 0


async def test_a_guide_may_not_see_the_devices(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Minh")
    answer = await bare.goto(f"{space.url}/staff/devices")

    assert answer is not None
    assert answer.status == 403
    await expect(bare.locator(".failure-code")).to_contain_text("not_allowed")
