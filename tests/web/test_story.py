"""The story of one delegation, from the letter to the last person out, by the pages that people use.

The school asks → Hoa confirms → it gets its passes → its list is imported → badges are printed → 12 of 18 come → Lan
lost her badge and somebody used it → everybody leaves → the case is closed.
"""

import asyncio
import email
from collections.abc import AsyncIterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.services.delegations import get_delegation
from server.services.recount import recount
from tests.services.spreadsheets import xlsx
from tests.web.desk_pages import at_desk, employ
from tests.web.running_house import GATE, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PEOPLE = [
    f"Trần Văn {name}" for name in "An Bình Chi Dũng Giang Hà Hải Hạnh Khoa Long Mai Nam Nga Phúc Quân Sơn Vy".split()
]
PRINT = """async (holders) => {
  const body = new URLSearchParams([['layout', 'badge'], ...holders.map((holder) => ['holder', holder])])
  const answer = await fetch('/staff/badges/print', {method: 'POST', body})
  return [answer.status, answer.headers.get('content-type')]
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url, message_folder=tmp_path / "mail") as opened:
        await employ(opened)
        yield opened


async def test_one_delegation_from_the_letter_to_the_last_person_out(
    browser: Browser, space: RunningHouse, tmp_path: Path
) -> None:
    code = await ask_for_a_visit(browser, space)
    asked = await letter(tmp_path, 1)
    assert code in asked["subject"]
    assert asked["to"] == "lan@lelai.example"

    async with at_desk(browser, space, "Hoa") as page:
        await confirm(page, space, code)
        told = await letter(tmp_path, 2)
        kinds = {part.get_content_type() for part in told.walk()}
        assert {"application/pdf", "text/calendar", "image/png", "text/plain", "text/html"} <= kinds

        await import_members(page, space, code)
        await page.goto(f"{space.url}/staff/delegations/{code}")
        await expect(page.locator("main")).to_contain_text("Nguyễn Thị Lan")
        await print_badges(page, space, code)

        await let_the_day_come(space, code)
        await check_in(page, space, code, 12)
        await page.goto(f"{space.url}/staff")
        await expect(page.locator(f"#row-{code}")).to_contain_text("12/18")

        old = await replace_lost_badge(page, space)
        refused = await scan(space, old, offline=False)
        assert refused["code"] == "revoked_pass"
        # The kiosk at the door was offline when somebody came in on the lost badge.
        assert (await scan(space, old, offline=True))["conflict"] == "revoked_pass"

        await page.goto(f"{space.url}/staff/check-in?q={code}")
        await page.get_by_role("button", name="Ghi nhận ra").first.click()
        await expect(page.locator(".notice-ok")).to_be_visible()
        await close_the_case(page, space)

        await page.goto(f"{space.url}/staff")
        await expect(page.locator(f"#group-left #row-{code}")).to_be_visible()
    assert (await recount(space.house.database)).is_equal


async def ask_for_a_visit(browser: Browser, space: RunningHouse) -> str:
    """Lan asks on her phone, without scripts; return the number that she gets."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto(f"{space.url}/register")
    await page.fill("[name=organisation]", "Trường Tiểu học Lê Lai")
    await page.select_option("[name=kind]", "school")
    await page.fill("[name=planned]", "18")
    await page.click(".button-main[name=go]")
    await page.locator("[name=slot]:not([disabled])").first.check()
    await page.click(".button-main[name=go]")
    await page.fill("[name=contact_name]", "Nguyễn Thị Lan")
    await page.fill("[name=phone]", "0903 123 456")
    await page.fill("[name=email]", "lan@lelai.example")
    await page.check("[name=consent_contact]")
    await page.click(".button-main[name=go]")
    await expect(page.locator("main, body").first).to_contain_text("D001")
    await context.close()
    return "D001"


async def letter(folder: Path, number: int) -> EmailMessage:
    """Wait for the letter of this number, the first being 1."""
    async with asyncio.timeout(30):
        while len(found := sorted((folder / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)) < number:
            await asyncio.sleep(0.1)
    read: EmailMessage = email.message_from_bytes(found[number - 1].read_bytes(), policy=policy.default)
    return read


async def confirm(page: Page, space: RunningHouse, code: str) -> None:
    await page.goto(f"{space.url}/staff/delegations/{code}")
    await page.get_by_role("button", name="Xác nhận").first.click()
    await expect(page.get_by_role("button", name="Ghi nhận đến").first).to_be_visible()


async def import_members(page: Page, space: RunningHouse, code: str) -> None:
    rows = [["Họ và tên", "Điện thoại"], ["Nguyễn Thị Lan", "0903123456"], *([name, ""] for name in PEOPLE)]
    await page.goto(f"{space.url}/staff/imports")
    file: Any = {"name": "lop.xlsx", "mimeType": "application/octet-stream", "buffer": xlsx(("Lớp 4A", rows))}
    await page.set_input_files("[name=file]", file)
    await page.fill("[name=delegation]", code)
    await page.click(".send .button-main")
    for words in ("Xem trước 18 dòng", "Nhập 18 dòng"):
        await page.locator(f"button:not([disabled]):has-text('{words}'), a:has-text('{words}')").first.click(
            timeout=60_000
        )
    await expect(page.locator("main")).to_contain_text("Đã nhập xong", timeout=60_000)


async def print_badges(page: Page, space: RunningHouse, code: str) -> None:
    await page.goto(f"{space.url}/staff/badges?delegation={code}")
    holders = await page.locator("[name=holder]").evaluate_all("(boxes) => boxes.map((box) => box.value)")
    assert len(holders) == 19  # the delegation's own, too
    assert await page.evaluate(PRINT, holders) == [200, "application/pdf"]


async def let_the_day_come(space: RunningHouse, code: str) -> None:
    """It is two minutes past the delegation's hour."""
    found = await get_delegation(space.house.database, code)
    assert found.slot_at is not None
    space.house.clock.go_on_after(found.slot_at + timedelta(minutes=2))


async def check_in(page: Page, space: RunningHouse, code: str, people: int) -> None:
    await page.goto(f"{space.url}/staff/check-in?q={code}")
    await page.fill(".hit-people", str(people))
    await page.get_by_role("button", name="Ghi nhận vào", exact=True).first.click()
    await expect(page.locator(".notice-ok")).to_be_visible()


async def replace_lost_badge(page: Page, space: RunningHouse) -> str:
    """Give Lan another badge; return what the lost one bears."""
    await page.goto(f"{space.url}/staff/check-in?q=nguyen+thi+lan")
    await page.locator(".hit-who a").first.click()
    id_ = page.url.rsplit("/", 1)[-1]
    row, _ = await space.house.passes.of_visitor(id_)
    await page.get_by_role("link", name="Thay thẻ bị mất").click()
    await page.locator(".dialog .button-main, .dialog .button-danger-main").first.click()
    await expect(page.locator(".old-passes, .pass").first).to_be_visible()
    return row.text


async def scan(space: RunningHouse, text: str, *, offline: bool) -> dict[str, Any]:
    at = space.house.clock.now().isoformat()
    sent = {"id": str(uuid4()), "pass": text, "at": at, "direction": "in", "offline": offline}
    return (await space.house.checkin.answer([sent], GATE))[0]


async def close_the_case(page: Page, space: RunningHouse) -> None:
    await page.goto(f"{space.url}/staff/cases")
    await page.locator(".case-close [name=finding], .case-close input[type=radio]").first.check()
    if await page.locator(".case-close [name=note]").count():
        await page.fill(".case-close [name=note]", "Người khác nhặt được thẻ, đã thu lại")
    await page.click(".case-close .button-main")
    await expect(page.locator(".case [role=status]")).to_be_visible()
