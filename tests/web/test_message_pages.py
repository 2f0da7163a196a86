"""The desk sees what became of every message: which wait, which were given up, and sends one again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from server.services.delegations import add_delegation, cancel_delegation
from server.services.desk import Desk
from server.services.messages import list_messages
from tests.statements import run_sql
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        yield opened


async def _tell(space: RunningHouse, count: int = 1, **values: Any) -> None:
    house = space.house
    desk = Desk(house.database, house.space, "account:hoa", datetime(2026, 11, 16, 1, 0, tzinfo=UTC))
    for number in range(count):
        row = {"organisation": f"Trường {number}", "kind": "school", "planned": 5, "email": f"lan{number}@so.example"}
        await cancel_delegation(desk, (await add_delegation(desk, row | values)).code)


async def _give_up(space: RunningHouse, reason: str = "SMTP 554") -> None:
    def change(connection: Any) -> Any:
        return run_sql(connection, "UPDATE message SET state = 'given_up', last_error = :why, tries = 8", why=reason)

    await space.house.database.write(change)


async def _first_id(space: RunningHouse) -> str:
    return str((await list_messages(space.house.database))[0]["id"])


async def test_hoa_sees_what_was_given_up_and_sends_it_again(browser: Browser, space: RunningHouse) -> None:
    await _tell(space, email=f"{'l' * 60}@{'so' * 20}.example")
    await _give_up(space, "SMTP 554 <b>no</b> " + "x" * 250)
    async with at_desk(browser, space, "Hoa") as page:
        await page.goto(f"{space.url}/staff")
        await page.click("text=1 thư không gửi được >> xpath=.. >> a")
        await expect(page.locator(".chip-bad")).to_have_text("Không gửi được")
        await expect(page.locator("td small.is-long")).to_contain_text("<b>no</b>")
        await expect(page.locator(".notice")).to_contain_text("SANH_SMTP_URL")
        for width in (1280, 820):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await faults_of(page) == ""
            assert not await is_too_wide(page)
        await page.click("text=Gửi lại")
        await expect(page.locator(".notice-ok")).to_contain_text("Đã xếp lại")
        await page.click(".tab >> text=Chờ gửi")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("tbody")).to_contain_text("Chờ gửi")


async def test_a_message_that_is_being_sent_is_not_sent_twice(browser: Browser, space: RunningHouse) -> None:
    await _tell(space)
    await _give_up(space)
    async with at_desk(browser, space, "Hoa") as page:
        await page.goto(f"{space.url}/staff/messages?state=given_up")
        await space.house.database.write(lambda connection: run_sql(connection, "UPDATE message SET state = 'sending'"))
        await page.click("text=Gửi lại")
        await expect(page.locator(".notice-bad")).to_contain_text("Tin này đang được gửi")


async def test_long_lists_have_pages_and_leave_as_a_table(browser: Browser, space: RunningHouse) -> None:
    await _tell(space, 60)
    async with at_desk(browser, space, "Hoa") as page:
        await page.goto(f"{space.url}/staff/messages")
        await expect(page.locator("tbody tr")).to_have_count(50)
        await page.click("[rel=next]")
        await expect(page.locator("tbody tr")).to_have_count(10)
        answer = await page.request.get(f"{space.url}/staff/messages?format=csv&delegation=d003")
        text = await answer.text()
        assert "lan2@so.example" in text
        assert len(text.strip().splitlines()) == 2
        for odd in ("?state=x&before=%27&delegation=%00", "?before=zzz%00", "?state=sent"):
            assert (await page.request.get(f"{space.url}/staff/messages{odd}")).ok


async def test_minh_reads_and_may_not_send(browser: Browser, space: RunningHouse) -> None:
    await _tell(space)
    await _give_up(space)
    async with at_desk(browser, space, "Minh") as page:
        await page.goto(f"{space.url}/staff/messages")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("tbody button")).to_have_count(0)
        answer = await page.request.post(f"{space.url}/staff/messages/{await _first_id(space)}/again")
        assert answer.status == 403
