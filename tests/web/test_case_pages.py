"""The desk's cases in a browser: read, closed with a reason, never twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from server.domain.cases import CaseWish
from server.services.cases import list_cases, open_cases
from server.services.corrections import Closing, close_case
from server.services.day_end import close_day
from server.services.desk import Desk
from server.services.recount import recount
from tests.statements import run_sql
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import GATE, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = "Công Tằng Tôn Nữ Thị Ngọc Huyền Trân Anh"


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        await opened.expect_delegation()
        yield opened


async def offline(space: RunningHouse, minutes: int, direction: str = "in") -> dict[str, Any]:
    """Have Lan's pass read at a gate without a network, so many minutes ago."""
    _, lan = await space.house.passes.of_delegation("D017")
    at = (space.house.clock.now() - timedelta(minutes=minutes)).isoformat()
    scan = {"id": str(uuid4()), "pass": lan.text, "at": at, "direction": direction, "offline": True}
    return (await space.house.checkin.answer([scan], GATE))[0]


async def first_case(space: RunningHouse) -> int:
    return (await list_cases(space.house.database, CaseWish())).lines[0].id


async def test_a_case_is_closed_in_the_page_and_its_movement_is_counted(browser: Browser, space: RunningHouse) -> None:
    await offline(space, 10)
    await offline(space, 8)
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/cases")
        await expect(page.locator(".case h2")).to_have_text("Vào hai lần khi mất mạng")
        await expect(page.locator(".case-facts")).to_contain_text("Từ chối, thẻ đã vào cổng")
        await expect(page.locator(".evidence li")).to_have_count(2)
        await page.check("[value=another_person]")
        await expect(page.locator(".case-choice:has(:checked)")).to_contain_text("Sau đó 2 người đang tham quan")
        await page.fill("[name=name]", "Trần Minh Thư")
        await page.fill("[name=note]", "Quên thẻ, mượn thẻ của Lan")
        await page.click(".case-close .button-main")

        await expect(page.locator(".case [role=status]")).to_be_visible()
        await expect(page.locator(".case-close")).to_contain_text("Tuyết đóng lúc")
        assert space.house.occupancy.people == 2
        assert (await recount(space.house.database)).is_equal
        await page.goto(f"{space.url}/staff/cases")
        await expect(page.locator(".case-none")).to_contain_text("Tuyết đóng lúc")


async def test_who_is_late_reads_who_closed_it_and_when(browser: Browser, space: RunningHouse) -> None:
    await offline(space, 10)
    await offline(space, 8)
    house = space.house
    hoa = next(account for account in await house.accounts.listed() if account.name == "Hoa")
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/cases")
        desk = Desk(house.database, house.space, f"account:{hoa.id}", house.clock.now())
        await close_case(house, desk, await first_case(space), Closing("scanned_twice"))
        await page.check("[value=another_person]")
        await page.click(".case-close .button-main")

        await expect(page.locator(".case [role=alert]")).to_contain_text("Hoa đã đóng trường hợp này lúc")
        assert house.occupancy.people == 1


async def test_a_wrong_time_is_told_under_its_field_and_the_choice_stays(browser: Browser, space: RunningHouse) -> None:
    await offline(space, 10)
    await offline(space, 8)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/cases")
        await page.check("[value=left_unscanned]")
        await page.fill("[name=time]", "03:00")
        await page.fill("[name=note]", "<b>mượn</b> thẻ")
        await page.click(".case-close .button-main")

        await expect(page.locator("#n-time")).to_contain_text("Giờ ra phải từ")
        await expect(page.locator("[value=left_unscanned]")).to_be_checked()
        await expect(page.locator("[name=note]")).to_have_value("<b>mượn</b> thẻ")
        await page.fill("[name=time]", f"{space.house.space.local(space.house.clock.now()):%H:%M}")
        await page.click(".case-close .button-main")
        await expect(page.locator(".case [role=status]")).to_be_visible()
        assert space.house.occupancy.people == 0


async def test_another_reason_without_words_is_asked_for_them(browser: Browser, space: RunningHouse) -> None:
    await offline(space, 10)
    await offline(space, 8)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/cases")
        await page.check("[value=other]")
        await page.click(".case-close .button-main")

        await expect(page.locator("#n-note")).to_have_text("Hãy ghi rõ lý do.")
        assert await open_cases(space.house.database) == 1


async def test_a_guide_may_not_look_at_cases(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh") as page:
        answer = await page.goto(f"{space.url}/staff/cases")

        assert answer is not None
        assert answer.status == 403


async def test_the_list_leaves_as_a_file(browser: Browser, space: RunningHouse) -> None:
    await offline(space, 10)
    await offline(space, 8)
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/cases")
        async with page.expect_download() as download:
            await page.click("text=CSV")
        text = Path(await (await download.value).path()).read_text(encoding="utf-8-sig")

    assert "Vào hai lần khi mất mạng" in text
    assert "Nguyễn Thị Lan" in text


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_axe_finds_nothing_in_any_state(browser: Browser, space: RunningHouse, language: str) -> None:
    await offline(space, 20)
    await offline(space, 15)
    await offline(space, 12, "out")
    await offline(space, 10, "out")
    house = space.house
    await house.database.write(partial(run_sql, statement="UPDATE visitor SET name = :name", name=LONG))
    await offline(space, 5)
    now = house.clock.now()
    await close_day(house.database, house.space, now, now)
    ids = [line.id for line in (await list_cases(house.database, CaseWish())).lines]
    assert len(ids) == 4
    pages = ["", "?show=closed", "?kind=forced", "?day=2020-10-12", *(f"/{id_}" for id_ in ids)]
    faults = {}
    async with at_desk(browser, space, "Tuyết", language=language) as page:
        await page.goto(f"{space.url}/staff/cases/{ids[-1]}")
        await page.check("[value=scanned_twice]")
        await page.click(".case-close .button-main")
        for path in pages:
            await page.goto(f"{space.url}/staff/cases{path}")
            if found := await faults_of(page):
                faults[path] = found
            for width in (1440, 1280, 820):
                await page.set_viewport_size({"width": width, "height": 900})
                if await is_too_wide(page):
                    faults[f"{path} at {width}"] = "too wide"
    assert faults == {}
