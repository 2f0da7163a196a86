"""Badges at the desk: chosen by delegation or person, printed, remembered; a lost pass is refused at every kiosk."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, expect
from websockets.asyncio.client import ClientConnection, connect

from server.services import prints
from server.services.devices import Plan
from tests.cast import DAY, MORNING, add_delegation, add_visitor
from tests.scanner import read_codes
from tests.web.desk_pages import at_desk, employ, faults_of
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PRINT = """async (holders) => {
  const body = new URLSearchParams([['layout', 'sheet'], ...holders.map((holder) => ['holder', holder])])
  const answer = await fetch('/staff/badges/print', {method: 'POST', body})
  return [answer.status, answer.headers.get('content-type'), (await answer.text()).slice(0, 5)]
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    def store(connection: Any) -> None:
        id_ = add_delegation(connection, status="confirmed", slot_at=MORNING, named=2)
        add_visitor(connection, delegation_id=id_)
        add_visitor(connection, "Trần Văn Bình", delegation_id=id_)
        add_visitor(connection, "Lê Văn Tám", visit_date=DAY)
        add_delegation(connection, "D018", name="Đoàn đã hủy", status="cancelled")

    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        await opened.house.database.write(store)
        yield opened


async def printed(space: RunningHouse) -> list[Any]:
    return await prints.list_prints(space.house.database)


async def holders_on(page: Page) -> list[str]:
    values: list[str] = await page.locator("[name=holder]").evaluate_all("(boxes) => boxes.map((box) => box.value)")
    return values


async def test_a_delegation_of_the_day_is_chosen_and_its_badges_printed(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/badges")
        await expect(page.locator(".table-pick")).not_to_contain_text("Đoàn đã hủy")
        await page.get_by_label("Trường THPT Bến Nghé").check()
        await page.get_by_role("button", name="Chọn thẻ để in").click()
        assert await page.locator("[name=holder]:checked").count() == 3

        answer = await page.evaluate(PRINT, await holders_on(page))

        assert answer == [200, "application/pdf", "%PDF-"]
        (row,) = await printed(space)
        assert (row.by, row.layout, row.badges) == ("Tuyết", "sheet", 3)


async def test_what_was_printed_is_said_and_not_ticked_again(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Hoa") as page:
        await page.goto(f"{space.url}/staff/badges?delegation=D017")
        lan = next(holder for holder in await holders_on(page) if holder.startswith("v:"))
        await page.evaluate(PRINT, [lan])
        await page.goto(f"{space.url}/staff/badges?delegation=D017")

        await expect(page.locator(".was-printed")).to_have_count(1)
        await expect(page.locator(".was-printed")).to_contain_text("bởi Hoa")
        assert lan not in await page.locator("[name=holder]:checked").evaluate_all("(all) => all.map((x) => x.value)")
        await page.click("text=Chọn tất cả")
        assert await page.locator("[name=holder]:checked").count() == 3
        await expect(page.locator(".notice")).to_contain_text("thẻ bị mất thì thay mã mới")
        assert await faults_of(page) == ""
        await page.goto(f"{space.url}/staff/badges")
        await expect(page.locator(".desk-panel")).to_contain_text("Tờ A4, 1 thẻ")


async def test_the_other_side_is_printed_where_it_is_asked_for(browser: Browser, space: RunningHouse) -> None:
    script = PRINT.replace("'layout', 'sheet'", "'layout', 'badge'], ['back', 'yes'").replace(
        "(await answer.text()).slice(0, 5)", "(await answer.text()).includes('/Type/Pages/Count 6/')"
    )
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/badges?delegation=D017")
        assert await page.evaluate(script, await holders_on(page)) == [200, "application/pdf", True]


async def test_walk_ins_of_the_day_are_printed_too(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/badges")
        await page.get_by_label("Khách lẻ").check()
        await page.get_by_role("button", name="Chọn thẻ để in").click()

        await expect(page.locator(".table-pick tbody")).to_contain_text("Lê Văn Tám")
        await expect(page.locator("[name=layout]:checked")).to_have_value("label")


@pytest.mark.parametrize("layout", ["badge", "sheet", "label"])
async def test_the_preview_is_the_first_page_as_it_will_be_printed(
    browser: Browser, space: RunningHouse, layout: str
) -> None:
    rows = await space.house.passes.of_delegation("D017")
    async with at_desk(browser, space, "Tuyết") as page:
        answer = await page.request.get(
            f"{space.url}/staff/badges/preview.png?layout={layout}&" + "&".join(f"pass={row.id}" for row in rows)
        )

        assert answer.headers["content-type"] == "image/png"
        drawn = Image.open(io.BytesIO(await answer.body())).convert("L")
        read = set(read_codes(drawn.resize((drawn.width * 3, drawn.height * 3))))
        assert read <= {row.text for row in rows}
        assert len(read) >= 1


async def test_before_anybody_has_a_pass_a_specimen_is_shown(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết") as page:
        answer = await page.request.get(f"{space.url}/staff/badges/preview.png?layout=badge&pass=0000000000000000")

        assert (answer.status, (await answer.body())[:4]) == (200, b"\x89PNG")


async def test_one_of_the_staff_gets_a_pass_and_another_when_it_is_lost(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Hoa", scripts=False) as page:
        await page.goto(f"{space.url}/staff/badges?staff=1")
        await page.locator("tr", has_text="Minh").get_by_role("button").click()
        await expect(page.locator("[role=status]")).to_have_text("Đã cấp thẻ.")
        first, _is_new = await space.house.passes.of_staff("minh")
        await page.locator("tr", has_text="Minh").get_by_role("link", name="Thay").click()
        await page.locator("[role=dialog] button").click()

        await expect(page.locator("[role=status]")).to_contain_text("Đã cấp thẻ mới")
        second, _is_new = await space.house.passes.of_staff("minh")
        assert first.id != second.id
        assert (await space.house.passes.get(first.id)).replaced_by == second.id


async def test_nothing_ticked_and_far_too_much_are_answered_with_a_sentence(
    browser: Browser, space: RunningHouse
) -> None:
    async with at_desk(browser, space, "Tuyết") as page:
        assert (await page.evaluate(PRINT, []))[0] == 422
        assert (await page.evaluate(PRINT, [f"v:{number:032x}" for number in range(2_001)]))[0] == 422
        assert (await page.evaluate(PRINT, ["v:nobody", "x", "d:D018"]))[0] == 422
        assert await printed(space) == []


async def test_a_guide_may_not_print(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh") as page:
        assert (await page.evaluate(PRINT, ["d:D017"]))[0] == 403
    async with at_desk(browser, space, "Quân") as page:
        assert (await page.evaluate(PRINT, ["d:D017"]))[0] == 403


async def test_the_log_of_prints_leaves_as_a_file(browser: Browser, space: RunningHouse) -> None:
    rows = await space.house.passes.of_delegation("D017")
    async with at_desk(browser, space, "Tuyết") as page:
        await page.evaluate(PRINT, [f"v:{rows[1].visitor_id}"])
        answer = await page.request.get(f"{space.url}/staff/badges?format=csv")

        assert "Tuyết,Tờ A4,1" in (await answer.body()).decode("utf-8-sig")


async def test_a_lost_pass_is_refused_within_a_second_at_a_kiosk_of_another_process(
    browser: Browser, space: RunningHouse, tmp_path: Path
) -> None:
    (_group, lan, _binh) = await space.house.passes.of_delegation("D017")
    _device, token = await space.house.devices.pair(Plan("Kiosk 2", "gate", "lobby"), actor="test")
    # The other one shares the database and the signing keys, as a second process of the house does.
    async with (
        running_house(tmp_path, space.house.settings.database_url) as other,
        connect(
            other.url.replace("http", "ws") + "/live",
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
        ) as kiosk,
        at_desk(browser, space, "Tuyết", scripts=False) as page,
    ):
        await page.goto(f"{space.url}/staff/visitors/{lan.visitor_id}?replace={lan.id}")
        await page.locator("[role=dialog] button").click()
        replaced_at = time.monotonic()
        refused = await scan_at(kiosk, lan.text)

        assert (refused["answer"], refused["code"]) == ("refused", "revoked_pass")
        assert time.monotonic() - replaced_at < 1
        await expect(page.locator("[role=status]")).to_contain_text("Thẻ cũ bị từ chối")
        new, _is_new = await space.house.passes.of_visitor(lan.visitor_id or "")
        assert (await scan_at(kiosk, new.text))["answer"] == "admitted"


async def scan_at(kiosk: ClientConnection, text: str) -> dict[str, Any]:
    scan = {"id": str(uuid4()), "pass": text, "at": MORNING.isoformat(), "direction": "in"}
    await kiosk.send(orjson.dumps({"type": "scan", "scans": [scan]}).decode())
    async with asyncio.timeout(5):
        while True:
            message = orjson.loads(await kiosk.recv())
            if "answers" in message:
                return dict(message["answers"][0])
