"""The desk's calendar, by plain forms: these tests run without scripts, but for the look at it with axe."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.domain.holidays import SpecialDay
from server.services.delegations import add_delegation
from server.services.desk import Desk
from server.services.guides import add_guide, assign_guide
from server.services.holidays import decide_day
from tests.web.running_house import PASSWORD, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AXE = Path(__file__).parents[2] / "static/vendor/axe.js"
HOURS = [[["07:30", "17:00"]]] * 6 + [[]]
LONG = "Ủy ban nhân dân phường Nguyễn Thị Mỹ Hạnh"
HOSTILE = '<b onclick="x()">Lan</b>'


def at(day: int, hours: int, minutes: int = 0) -> datetime:
    return datetime.combine(date(2026, 11, day), time(hours, minutes), ZONE)


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url, at=at(24, 9, 42)) as opened:
        await opened.house.accounts.add("Hoa", "organizer", PASSWORD)
        await opened.house.accounts.add("Lễ tân", "reception", PASSWORD)
        await opened.house.accounts.add("Gian", "exhibitor", PASSWORD)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def desk(space: RunningHouse) -> Desk:
    desk = Desk(space.house.database, space.house.space, "account:hoa", at(20, 8))
    await decide_day(desk, SpecialDay(date(2026, 11, 24), "Ngày mở cửa", spans=((time(7, 30), time(17)),)))
    return desk


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def enter(page: Page, space: RunningHouse, path: str, login: str = "Hoa") -> None:
    await page.goto(f"{space.url}{path}")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".signin-go")


async def add(desk: Desk, name: str, people: int, slot: datetime | None = None, **values: object) -> str:
    record = await add_delegation(
        desk, {"name": name, "planned": people, "kind": "agency", "slot_at": slot, "minutes": 90, **values}
    )
    return record.code


async def crowd_thursday(desk: Desk) -> str:
    """Have 64 people come for 60 places on Thursday at 09:30, with Thu Hà in two places; return who is too many."""
    ha = await add_guide(desk, {"name": "Lê Thu Hà", "languages": ["vi"], "hours": HOURS, "days_off": []})
    await add(desk, "Trường Đại học Kinh tế", 40, at(26, 9))
    first = await add(desk, "UBND phường Tân Định", 14, at(26, 9))
    code = await add(desk, "Sở Giáo dục và Đào tạo", 10, at(26, 9, 30), status="requested")
    await assign_guide(desk, first, ha.id)
    await assign_guide(desk, code, ha.id, force="thử")
    return code


async def violations(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


async def test_a_conflict_stands_where_it_happens_and_one_press_moves_it(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    await crowd_thursday(desk)
    await enter(bare, space, "/staff/appointments")

    await expect(bare.locator(".entry.is-conflict .excess")).to_have_text("64/60")
    await expect(bare.locator(".card")).to_contain_text("Vượt sức chứa 4 người lúc 09:30")
    await expect(bare.locator(".card")).to_contain_text("Lê Thu Hà đang đi cùng UBND phường Tân Định")
    await expect(bare.locator(".entry.is-offer")).to_contain_text("mời")
    await bare.click(".near li:nth-child(2) a")
    await bare.click("text=Mời đoàn sang 13:00")

    await expect(bare.locator("[role=status]")).to_have_text("Đã đặt giờ cho đoàn.")
    await expect(bare.locator(".entry.is-conflict")).to_have_count(0)
    await expect(bare.locator(".card")).to_contain_text("xin Thứ Năm 26/11, 13:00, 10 khách")


async def test_a_delegation_without_a_time_gets_one(bare: Page, space: RunningHouse, desk: Desk) -> None:
    await add(desk, LONG, 12, visit_date=date(2026, 11, 27))
    await enter(bare, space, "/staff/appointments", "Lễ tân")
    await bare.click(f"text={LONG}")
    await bare.click(".slot:has-text('10:00')")
    await bare.click("text=Đặt giờ")

    await expect(bare.locator(".card")).to_contain_text("Thứ Sáu 27/11, 10:00, 12 khách")


async def test_a_full_time_says_so_keeps_what_was_typed_and_can_be_forced(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    await add(desk, "Đoàn đông", 60, at(27, 9))
    code = await add(desk, "Đoàn nhỏ", 5)
    await enter(bare, space, f"/staff/appointments?set={code}&on=2026-11-27")
    await bare.click("summary")
    await bare.fill("[name=time]", "09:15")
    await bare.click("text=Đặt giờ")

    await expect(bare.locator("[role=alert]")).to_contain_text("Khung giờ này chỉ còn 0/60 chỗ.")
    await expect(bare.locator("[role=alert]")).to_contain_text("Thứ Sáu 27/11, 07:30")
    await expect(bare.locator("[name=time]")).to_have_value("09:15")
    await bare.fill("[name=force]", "Khách của thành phố")
    await bare.click("text=Đặt giờ")
    await expect(bare.locator(".excess")).to_have_text("65/60")


async def test_the_day_carries_fifteen_that_overlap_and_the_week_gathers_them(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    for n in range(15):
        await add(desk, f"{LONG} {n}", 3, at(25, 9, n % 4 * 15))
    await enter(bare, space, "/staff/appointments")
    await expect(bare.locator(".entry.is-more")).to_have_text("+12đoàn")
    await bare.click(".entry.is-more a")

    await expect(bare.locator(".across-lanes .entry")).to_have_count(15)
    tops = await bare.locator(".across-lanes .entry").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) >= 14
    assert await bare.locator(".across-lanes .entry b").evaluate_all(
        "all => all.every(one => one.getBoundingClientRect().right <= document.documentElement.clientWidth)"
    )


async def test_a_guide_is_assigned_and_a_busy_one_only_with_a_reason(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    minh = await add_guide(desk, {"name": "Trần Minh", "languages": ["vi"], "hours": HOURS, "days_off": []})
    first, second = await add(desk, "Đoàn một", 5, at(25, 9)), await add(desk, "Đoàn hai", 5, at(25, 9))
    await assign_guide(desk, first, minh.id)
    await enter(bare, space, f"/staff/appointments?assign={second}")
    await expect(bare.locator(".candidates")).to_contain_text("đang đi cùng Đoàn một")
    await bare.fill("[name=force]", "Ghép đoàn")
    await bare.click("text=Vẫn phân công")

    await expect(bare.locator("[role=status]")).to_have_text("Đã phân công.")
    await expect(bare.locator(".guide-row .bar.is-conflict")).to_have_count(1)


async def test_a_guide_is_added_and_a_mistake_keeps_what_was_typed(bare: Page, space: RunningHouse, desk: Desk) -> None:
    await enter(bare, space, "/staff/guides?add=1")
    await bare.fill("[name=name]", HOSTILE)
    await bare.fill("[name=hours-0]", "17:00-07:30")
    await bare.click("text=Lưu")
    await expect(bare.locator("#n-hours-0")).to_have_text("Giờ phải có dạng 07:30-11:30, 13:00-17:00.")
    await expect(bare.locator("[name=name]")).to_have_value(HOSTILE)
    await bare.fill("[name=hours-0]", "08:00-12:00")
    await bare.fill("[name=days_off]", "24/11/2026 - 26/11/2026")
    await bare.click("text=Lưu")

    await expect(bare.locator("[role=status]")).to_have_text(f"Đã lưu {HOSTILE}.")
    await expect(bare.locator("tbody")).to_contain_text("24/11/2026 – 26/11/2026")


async def test_a_holiday_is_opened_and_the_states_days_are_taken_over(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    await enter(bare, space, "/staff/holidays?year=2027")
    await bare.click("text=Lấy lịch nhà nước 2027")
    await expect(bare.locator("[role=status]")).to_have_text("Đã lấy 15 ngày.")
    await bare.click("text=Ngày Văn hóa Việt Nam >> xpath=../td[1]/a")
    await bare.check("[name=kind][value=open]", force=True)
    await bare.click("text=Lưu")
    await expect(bare.locator(".field-error")).to_have_text("Giờ phải có dạng 07:30-11:30, 13:00-17:00.")
    await bare.fill("[name=hours]", "08:00-11:30")
    await bare.click("text=Lưu")

    await expect(bare.locator("tr:has-text('Ngày Văn hóa Việt Nam')")).to_contain_text("Mở 08:00-11:30")


async def test_an_itinerary_is_proposed_changed_and_kept(bare: Page, space: RunningHouse, desk: Desk) -> None:
    code = await add(desk, "Sở Y tế", 9, at(25, 9))
    await enter(bare, space, f"/staff/delegations/{code}/itinerary")
    await expect(bare.locator(".stop.is-bad .field-error")).to_contain_text("đông hơn sức chứa 8 của khu")
    await bare.click("[name=drop][value='4']")
    await expect(bare.locator(".stop.is-bad")).to_have_count(0)
    await bare.click("[name=up][value='1']")
    await expect(bare.locator("[name=zone-0]")).to_have_value("smart_home")
    await bare.click("text=Lưu lộ trình")

    await expect(bare.locator("[role=status]")).to_have_text("Đã lưu lộ trình.")
    await expect(bare.locator("[name=zone-0]")).to_have_value("smart_home")


async def test_an_exhibitor_sees_the_calendar_without_names_of_guides(
    bare: Page, space: RunningHouse, desk: Desk
) -> None:
    await crowd_thursday(desk)
    await enter(bare, space, "/staff/appointments", "Gian")

    await expect(bare.locator("h1")).to_have_text("Lịch hẹn")
    await expect(bare.locator("body")).not_to_contain_text("Thu Hà")
    await expect(bare.locator("text=Đặt lịch")).to_have_count(0)
    await bare.goto(f"{space.url}/staff/guides")
    await expect(bare.locator("body")).to_contain_text("không có quyền")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/staff/appointments",
        "/staff/appointments?day=2026-11-10",
        "/staff/appointments?view=day&day=2026-11-26",
        "/staff/appointments?set=D003",
        "/staff/appointments?assign=D003",
        "/staff/appointments?book=1",
        "/staff/guides?add=1",
        "/staff/holidays?add=1",
        "/staff/delegations/D003/itinerary",
    ],
)
async def test_axe_finds_nothing(page: Page, space: RunningHouse, desk: Desk, path: str, language: str) -> None:
    await crowd_thursday(desk)
    await enter(page, space, path)
    if language == "en":
        await page.goto(f"{space.url}/language?to=en&back=/staff/guides")
        await page.goto(f"{space.url}{path}")
    assert await violations(page) == []


async def test_the_keyboard_alone_moves_a_delegation(page: Page, space: RunningHouse, desk: Desk) -> None:
    await crowd_thursday(desk)
    await enter(page, space, "/staff/appointments")
    for _ in range(90):
        await page.keyboard.press("Tab")
        if "Mời đoàn sang" in await page.evaluate("document.activeElement.textContent"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status]")).to_have_text("Đã đặt giờ cho đoàn.")


async def test_no_text_leaves_the_page_at_1280_and_on_a_tablet(page: Page, space: RunningHouse, desk: Desk) -> None:
    await crowd_thursday(desk)
    await enter(page, space, "/staff/appointments")
    for width, height in ((1280, 800), (820, 1180)):
        await page.set_viewport_size({"width": width, "height": height})
        for path in ("/staff/appointments", "/staff/appointments?view=day&day=2026-11-26", "/staff/guides?add=1"):
            await page.goto(f"{space.url}{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
