"""The roll call in a browser: on a tablet whose server is gone, on two tablets at once, on paper."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from kiosk.tests.kiosks import lasting_port
from server.services.roll_call import roll_call_state
from tests.cast import add_delegation, add_visitor
from tests.statements import run_sql
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import GATE, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TABLET: ViewportSize = {"width": 820, "height": 1180}
LONG = "Công Tằng Tôn Nữ Thị Ngọc Huyền Trân Anh"


async def fill(space: RunningHouse) -> None:
    """Lan, who needs help, and four more of D017 with a name inside; two more without one."""

    def store(connection: Any) -> None:
        group = add_delegation(connection, "D017", planned=7, named=5, status="confirmed")
        for name in ("Nguyễn Thị Lan", LONG, "<b>Trí</b>", "Ngô Gia Minh", "Hồ Thảo Vy"):
            add_visitor(connection, name, delegation_id=group, needs="Xe lăn" if name.endswith("Lan") else "")

    await space.house.database.write(store)
    whole, *members = await space.house.passes.of_delegation("D017")
    at = space.house.clock.now().isoformat()
    scans = [{"id": f"00000000-0000-4000-8000-00000000000{n}", "pass": row.text, "at": at, "direction": "in"}
             for n, row in enumerate([*members, whole])]  # fmt: skip
    answers = await space.house.checkin.answer(scans, GATE)
    assert [answer["answer"] for answer in answers] == ["admitted"] * 6
    assert space.house.occupancy.people == 7


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url, port=lasting_port()) as opened:
        await employ(opened)
        await fill(opened)
        yield opened


async def open_list(page: Page, space: RunningHouse) -> None:
    await page.set_viewport_size(TABLET)
    await page.goto(f"{space.url}/staff/roll-call")


def line(page: Page, name: str) -> Any:
    return page.locator("[data-line]", has_text=name).locator("[data-safe]")


async def safe_on_the_server(space: RunningHouse, people: int) -> None:
    for _ in range(60):
        state = await roll_call_state(space.house.database, named=True)
        if sum(tick.safe for tick in state.ticks.values()) == people:
            return
        await asyncio.sleep(0.2)
    assert {key: tick.safe for key, tick in state.ticks.items()} == {}


async def test_a_list_is_ticked_without_scripts(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await open_list(page, space)
        await expect(page.locator(".roll-count")).to_contain_text("7")
        await expect(page.locator(".roll-needs")).to_have_count(1)
        await page.click("text=Bắt đầu điểm danh")
        await line(page, "Lan").check()
        await page.locator(".roll-number").fill("2")
        await page.click("text=Lưu dấu an toàn")

        await expect(page.locator("[data-safe-sum]")).to_have_text("3")
        await page.click("text=Kết thúc điểm danh")
        await expect(page.locator(".roll-count strong.when-off")).to_be_visible()


async def test_the_list_lives_without_a_server_and_its_ticks_arrive_when_it_is_back(
    browser: Browser, tmp_path: Path, database_url: str
) -> None:
    async with running_house(tmp_path, database_url, port=lasting_port()) as before:
        await employ(before)
        await fill(before)
        async with at_desk(browser, before, "Minh") as page:
            await open_list(page, before)
            await expect(page.locator("html[data-kept]")).to_be_attached()
            await before.stop()
            await page.reload()
            await expect(page.locator("[data-offline]")).to_be_visible()
            await expect(page.locator("#roll")).to_contain_text("Nguyễn Thị Lan")
            await page.click("text=Bắt đầu điểm danh")
            await line(page, "Lan").check()
            await page.locator("[data-more]").click()
            await expect(page.locator("[data-safe-sum]")).to_have_text("2")
            await expect(page.locator("[data-unsent-count]")).to_have_text("2")

            await page.reload()
            await expect(page.locator("[data-safe-sum]")).to_have_text("2")
            await expect(line(page, "Lan")).to_be_checked()
            await page.goto(f"{before.url}/staff/roll-call?by=group")
            await expect(line(page, "Lan")).to_be_checked()

            port = int(before.url.rsplit(":", 1)[1])
            async with running_house(tmp_path, database_url, port=port) as after:
                await safe_on_the_server(after, 2)
                await expect(page.locator("[data-offline]")).to_be_hidden(timeout=20_000)
                await expect(page.locator("[data-safe-sum]")).to_have_text("2")


async def test_ticks_of_two_tablets_come_together_and_tell_whose_they_are(
    browser: Browser, space: RunningHouse
) -> None:
    async with at_desk(browser, space, "Minh") as one, at_desk(browser, space, "Hoa") as two:
        await open_list(one, space)
        await open_list(two, space)
        await one.click("text=Bắt đầu điểm danh")
        await line(one, "Lan").check()
        await expect(two.locator("[data-safe-sum]")).to_have_text("1")
        await expect(line(two, "Lan")).to_be_checked()
        await expect(two.locator("[data-line]", has_text="Lan").locator("[data-by]")).to_have_text("máy khác: Minh")
        await line(two, "Vy").check()

        await expect(one.locator("[data-safe-sum]")).to_have_text("2")
        await expect(one.locator("[data-line]", has_text="Lan").locator("[data-by]")).to_be_hidden()
        await safe_on_the_server(space, 2)


async def test_an_event_that_begins_while_an_answer_is_on_its_way_goes_on(
    browser: Browser, space: RunningHouse
) -> None:
    async with at_desk(browser, space, "Minh") as page:
        came = asyncio.Event()

        async def slowly(route: Route) -> None:
            answer = await route.fetch()
            came.set()
            await asyncio.sleep(1)
            await route.fulfill(response=answer)

        await page.route("**/staff/roll-call/merge", slowly)
        await open_list(page, space)
        await came.wait()
        await page.click("text=Bắt đầu điểm danh")
        await line(page, "Lan").check()
        await page.wait_for_timeout(1_500)

        await expect(page.locator("body.is-on")).to_be_attached()
        await expect(line(page, "Lan")).to_be_checked()
        await safe_on_the_server(space, 1)


async def test_a_whole_group_is_ticked_with_one_touch(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh") as page:
        await open_list(page, space)
        await page.click("text=Bắt đầu điểm danh")
        await page.locator("[data-whole]").check()

        await expect(page.locator("[data-safe-sum]")).to_have_text("7")
        await page.click("[data-missing]")
        await expect(page.locator("[data-line]:visible")).to_have_count(0)
        await safe_on_the_server(space, 7)


async def test_signing_out_takes_the_list_from_the_device(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh") as page:
        await open_list(page, space)
        await expect(page.locator("html[data-kept]")).to_be_attached()
        await page.evaluate("fetch('/staff/sign-out', {method: 'POST'})")
        await page.goto(f"{space.url}/staff/sign-in")
        await expect(page.locator("[name=login]")).to_be_visible()
        await page.wait_for_timeout(300)
        await space.stop()
        await page.goto(f"{space.url}/staff/roll-call")

        await expect(page.locator("h1")).to_have_text("Máy này không còn giữ danh sách")
        assert "Lan" not in await page.content()


async def test_an_exhibitor_reads_numbers_and_no_name(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Quân") as page:
        await open_list(page, space)

        await expect(page.locator(".roll-count")).to_contain_text("7")
        assert "Lan" not in await page.content()
        answer = await page.request.post(f"{space.url}/staff/roll-call/merge", data={"tablet": "12345678"})
        assert answer.status == 403


async def test_paper_has_every_line_and_its_box_and_nothing_to_press(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh") as page:
        await open_list(page, space)
        await page.emulate_media(media="print")

        await expect(page.locator("[data-line]:visible")).to_have_count(6)
        await expect(page.locator(".roll-box:visible")).to_have_count(5)
        await expect(page.locator("button:visible")).to_have_count(0)


async def test_an_empty_house_says_so_with_the_time(browser: Browser, tmp_path: Path, database_url: str) -> None:
    async with running_house(tmp_path, database_url) as empty:
        await employ(empty)
        async with at_desk(browser, empty, "Minh") as page:
            await open_list(page, empty)
            await expect(page.locator(".empty")).to_contain_text("Số liệu lúc 08:0")
            assert await faults_of(page) == ""


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_axe_finds_nothing_in_any_state(browser: Browser, space: RunningHouse, language: str) -> None:
    faults = {}
    async with at_desk(browser, space, "Minh", language=language) as page:
        for state in ("before", "during"):
            await open_list(page, space)
            if state == "during":
                await page.locator("[data-start] button").click()
                await line(page, "Lan").check()
            for path in ("", "?by=group"):
                await page.goto(f"{space.url}/staff/roll-call{path}")
                if found := await faults_of(page):
                    faults[state + path] = found
                for width in (1280, 820, 390):
                    await page.set_viewport_size({"width": width, "height": 900})
                    if await is_too_wide(page):
                        faults[f"{state}{path} at {width}"] = "too wide"
    assert faults == {}


async def test_names_on_a_program_s_list_are_for_those_who_may_read_them(space: RunningHouse) -> None:
    rows = await space.house.database.read(partial(run_sql, statement="SELECT name FROM visitor"))
    lines = (await roll_call_state(space.house.database, named=False)).lines
    assert rows
    assert [line.name for line in lines] == [None]
