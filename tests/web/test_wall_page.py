"""The wall in a real browser: live, honest about its age, in two languages, at every size."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.cast import MORNING
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CLIPPED = """() => [...document.querySelectorAll("body *")].filter((element) => {
  if (element.closest("svg, template, .unseen")) return false;
  const box = element.getBoundingClientRect();
  if (!box.width || !element.textContent.trim()) return false;
  const style = getComputedStyle(element);
  const isMeant = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
  const slack = parseFloat(style.fontSize) * 0.12;
  const hides = style.overflowX !== "visible" || style.overflowY !== "visible";
  const isCut = hides && !isMeant
    && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + slack);
  return isCut || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
}).map((element) => `${element.className}: ${element.textContent.trim().slice(0, 40)}`)"""


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        yield opened


async def test_who_comes_in_stands_on_the_wall_without_a_name_of_theirs(page: Page, space: RunningHouse) -> None:
    await space.expect_delegation()
    await page.goto(f"{space.url}/wall")
    await expect(page.locator('[data-slot="total"]')).to_have_text("0")

    assert (await space.scan())["answer"] == "admitted"

    await expect(page.locator('[data-slot="total"]')).to_have_text("1")
    await expect(page.locator('[data-rows="inside"] li')).to_have_text(re.compile(r"Bến Nghé\s*1/3"))
    await expect(page.locator('[data-rows="recent"]')).to_contain_text("Bến Nghé")
    await expect(page.locator('[data-slot="admissions"]')).to_have_text("1")
    assert "Nguyễn Thị Lan" not in await page.content()


async def test_a_delegation_to_come_is_announced_with_its_hour(page: Page, space: RunningHouse) -> None:
    await page.goto(f"{space.url}/wall")
    await expect(page.locator(".list-next .list-none")).to_be_visible()

    await space.expect_delegation(slot_at=space.house.clock.now())

    await expect(page.locator('[data-rows="next"] li')).to_have_text(re.compile(r"08:0\d.*Bến Nghé\s*3", re.DOTALL))
    await expect(page.locator('[data-slot="expected"]')).to_have_text("1")


async def test_a_wall_without_its_server_says_how_old_its_figures_are(page: Page, space: RunningHouse) -> None:
    await page.goto(f"{space.url}/wall")
    await expect(page.locator("[data-stale]")).to_be_hidden()

    await space.stop()

    await expect(page.locator("[data-stale]")).to_have_text(re.compile(r"Số liệu lúc 08:0\d"))
    await expect(page.locator('[data-slot="clock"]')).to_be_visible()


async def test_the_wall_stays_fresh_while_nothing_happens(page: Page, space: RunningHouse) -> None:
    await page.goto(f"{space.url}/wall")
    await page.wait_for_timeout(7_000)

    await expect(page.locator("[data-stale]")).to_be_hidden()


async def test_the_wall_speaks_english(page: Page, space: RunningHouse) -> None:
    await page.goto(f"{space.url}/language?to=en&back=/wall")

    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator(".total-who")).to_have_text(re.compile("visitors\\sinside\\snow"))
    await expect(page.locator('[data-slot="date"]')).to_have_text("Monday 12 October")


@pytest.mark.parametrize(
    ("hour", "words"), [(6, "Mở cửa lúc\\s*07:30"), (12, "Mở cửa lúc\\s*13:00"), (20, "Đã đóng cửa")]
)
async def test_a_closed_space_says_when_it_opens(
    page: Page, tmp_path: Path, database_url: str, hour: int, words: str
) -> None:
    async with running_house(tmp_path, database_url, at=MORNING + timedelta(hours=hour - 8)) as space:
        await page.goto(f"{space.url}/wall")

        await expect(page.locator(".closed p:visible")).to_have_text(re.compile(words))
        await expect(page.locator(".total")).to_be_hidden()


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (1080, 1920), (1366, 768)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_nothing_is_cut_off_at_any_size(
    page: Page, space: RunningHouse, size: tuple[int, int], language: str
) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await space.expect_delegation()
    await space.expect_delegation("D018", name="Ban Quản lý các khu chế xuất và công nghiệp Thành phố Hồ Chí Minh")
    await space.scan()
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto(f"{space.url}/language?to={language}&back=/wall")
    await expect(page.locator(".plan.is-placed")).to_be_visible()
    await page.evaluate("document.fonts.ready.then(() => true)")

    assert await page.evaluate(CLIPPED) == []
    assert problems == []


async def test_a_wall_without_scripts_shows_the_figures_of_its_first_moment(
    browser: Browser, space: RunningHouse
) -> None:
    await space.expect_delegation()
    await space.scan()
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{space.url}/wall")

    assert await page.locator('[data-slot="total"]').inner_text() == "1"
    assert "Bến Nghé" in await page.locator('[data-rows="inside"]').inner_text()
    await context.close()


async def test_a_space_may_keep_its_wall_to_paired_screens(page: Page, tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "space.toml"
    file.write_text("[space]\npublic_wall = false\n", encoding="utf-8")
    async with running_house(tmp_path, database_url, space_file=file) as space:
        answer = await page.goto(f"{space.url}/wall")

        assert answer is not None
        assert answer.status == 401


async def test_a_wall_that_opens_long_after_the_last_scan_shows_the_present_time(
    page: Page, tmp_path: Path, database_url: str
) -> None:
    async with running_house(tmp_path, database_url, speed=600) as space:
        await space.expect_delegation()
        await space.scan()
        await page.wait_for_timeout(1_000)
        await page.goto(f"{space.url}/wall")
        await expect(page.locator('[data-slot="total"]')).to_have_text("1")
        await page.wait_for_timeout(1_000)

        shown = await page.locator('[data-slot="clock"]').inner_text()
        now = space.house.space.local(space.house.clock.now())
        minutes = now.hour * 60 + now.minute - int(shown[:2]) * 60 - int(shown[3:])
        assert abs(minutes) <= 5  # half a second of the server's clock
