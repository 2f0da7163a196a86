"""The import wizard as Hoa uses it: plain forms first, and what the script makes quicker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.services.spreadsheets import xlsx
from tests.web.running_house import PASSWORD, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TITLES = ["Họ và tên HS", "Chức vụ", "SĐT", "Mail", "Cần hỗ trợ", "Số CCCD"]
LONG = "Công Tằng Tôn Nữ Thị Hoàng Quỳnh Như Ánh"
ROWS = [
    ["Nguyễn Thị Lan", "Giáo viên", "0903114208", "lan@truong.example", "Ký hiệu", "079206000001"],
    ["Ngô Thị Tuyết Mai", "Học sinh", "", "mai.ngo@truong,example", "", "079206000002"],
    ["", "Học sinh", "0977640331", "", "", "079206000003"],
    ["Nguyen Thi Lan", "Học sinh", "", "lan@truong.example", "", "079206000004"],
    [LONG, "Học sinh", "", "", "", "079206000005"],
    ["<b>Minh</b>", "Học sinh", "", "", "", ""],
]


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await opened.house.accounts.add("Hoa", "organizer", PASSWORD)
        await opened.house.accounts.add("Minh", "guide", PASSWORD)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def sign_in(page: Page, space: RunningHouse, login: str = "Hoa") -> None:
    await page.goto(f"{space.url}/staff/sign-in?next=/staff/imports")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".signin-go")


async def send(page: Page, content: bytes, name: str = "lop-11A3.xlsx") -> None:
    kind = "application/octet-stream"
    await page.set_input_files("[name=file]", {"name": name, "mimeType": kind, "buffer": content})
    await page.click(".send .button-main")


async def seen(page: Page, selector: str) -> None:
    """Load the page anew until it shows something: without a script it does so itself, by and by."""
    for _ in range(200):
        if await page.locator(selector).count():
            return
        await asyncio.sleep(0.1)
        await page.goto(page.url)
    raise AssertionError(await page.inner_text("main"))


def school(rows: Any = ROWS) -> bytes:
    return xlsx(("Lớp 11A3", [["Danh sách đoàn Trường THPT Bến Nghé"], TITLES, *rows]))


async def names(space: RunningHouse) -> list[str]:
    def read(connection: Any) -> list[str]:
        from sqlalchemy import text

        return [row[0] for row in connection.execute(text("SELECT name FROM visitor ORDER BY name"))]

    return await space.house.database.read(read)


async def test_hoa_mends_a_school_list_imports_it_and_takes_it_back_without_a_script(
    bare: Page, space: RunningHouse
) -> None:
    await sign_in(bare, space)
    await send(bare, school())
    await seen(bare, ".grid")
    await expect(bare.locator(".rail .is-now")).to_contain_text("Sửa lỗi")
    await expect(bare.locator(".grid .is-wrong")).to_have_count(2)
    await expect(bare.locator("tr.is-twin")).to_have_count(1)
    assert "079206" not in await bare.content()
    assert "<b>Minh</b>" in await bare.inner_text(".grid")

    await bare.click("text=Sửa 1 lỗi chắc chắn")
    await expect(bare.locator("[role=status]")).to_contain_text("Đã sửa 1 ô.")
    await bare.click("a:has-text('Sửa dòng')")
    await bare.fill("#c-0", "Trần Văn Minh")
    await bare.click("text=Lưu dòng")
    await bare.goto(bare.url.split("?")[0] + "?step=rows&show=twin")
    await bare.click("text=Giữ cả hai")

    await bare.goto(bare.url.split("?")[0] + "?step=columns")
    await bare.select_option("[name=column-0-1]", "notes")
    await bare.click("button[value=rows]")
    await expect(bare.locator(".grid thead")).to_contain_text("Ghi chú")
    await bare.click("text=Xem trước 6 dòng hợp lệ")
    await seen(bare, ".foot .button-main:not([disabled])")
    await expect(bare.locator(".table-ahead tbody tr >> nth=1")).to_contain_text("6")
    await bare.click("text=Nhập 6 dòng hợp lệ")
    await seen(bare, "text=Đã nhập xong.")
    await expect(bare.locator(".touched")).to_contain_text("Trường THPT Bến Nghé")
    assert len(await names(space)) == 6

    await bare.click("a:has-text('Hoàn tác')")
    await bare.click(".dialog >> text=Hoàn tác >> nth=-1")
    await seen(bare, "text=Đã hoàn tác: bỏ 6 khách")
    assert await names(space) == []


async def test_a_cell_is_mended_where_it_stands(page: Page, space: RunningHouse) -> None:
    await sign_in(page, space)
    await send(page, school())
    await expect(page.locator(".grid .is-wrong")).to_have_count(2, timeout=20_000)
    await page.locator(".is-wrong a").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".cell-input")).to_have_value("mai.ngo@truong,example")
    await page.keyboard.press("Escape")
    await page.locator(".is-wrong").first.click()
    await page.fill(".cell-input", "mai.ngo@truong.example")
    await page.keyboard.press("Enter")

    await expect(page.locator(".grid .is-wrong")).to_have_count(1)
    await expect(page.locator(".is-wrong a")).to_be_focused()
    await expect(page.locator(".tally-all")).to_contain_text("6/6")


async def test_a_header_that_was_not_found_is_pointed_at(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space)
    await send(bare, xlsx(("Sở Y tế", [["abc", "xyz"], ["Ai", "Gì"], ["Nguyễn Thị Lan", "Kỹ sư"]])))
    await seen(bare, ".top-rows")
    await bare.check("[name=header-0][value='2']")
    await bare.click("button[value=columns]")
    await seen(bare, ".table-columns")
    await bare.select_option("[name=column-0-0]", "name")
    await bare.click("button[value=rows]")
    await seen(bare, ".grid tbody tr")
    await expect(bare.locator(".grid tbody tr")).to_contain_text("Nguyễn Thị Lan")


async def test_old_fonts_are_shown_before_and_after(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space)
    await send(bare, school([["NguyÔn V¨n §øc", "", "", "", "", ""], ["TrÇn ThÞ B×nh", "", "", "", "", ""]]))
    await seen(bare, ".grid")
    await bare.goto(bare.url + "?step=columns")
    await expect(bare.locator(".fonts")).to_contain_text("Nguyễn Văn Đức")
    await bare.check("[name=converts][value=no]")
    await bare.click("button[value=rows]")
    await seen(bare, ".grid td:has-text('NguyÔn V¨n')")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.4", "không phải bảng tính"),
        (b"PK\x03\x04" + b"\0" * 60, "bị hỏng"),
        (xlsx(("Trống", [])), "trống"),
    ],
)
async def test_a_file_that_cannot_be_read_is_one_clear_sentence(
    bare: Page, space: RunningHouse, content: bytes, sentence: str
) -> None:
    await sign_in(bare, space)
    await send(bare, content, "tệp lạ.xlsx")
    await seen(bare, ".empty [role=alert]")
    await expect(bare.locator("[role=alert]")).to_contain_text(sentence)
    await bare.click("text=Bỏ lần nhập này")
    await expect(bare.locator("[role=status]")).to_contain_text("Đã bỏ lần nhập")


async def test_an_unknown_delegation_is_said_under_its_field(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space)
    await bare.fill("[name=delegation]", "D999")
    await send(bare, school())
    await expect(bare.locator("#n-delegation")).to_have_text("Không có đoàn D999.")
    await expect(bare.locator("[name=delegation]")).to_have_value("D999")


async def test_a_guide_does_not_come_in(bare: Page, space: RunningHouse) -> None:
    await sign_in(bare, space, "Minh")
    answer = await bare.goto(f"{space.url}/staff/imports")
    assert answer is not None
    assert answer.status == 403


@pytest.mark.parametrize("width", [1280, 820])
async def test_the_wizard_has_no_barrier_that_axe_finds(page: Page, space: RunningHouse, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 1180 if width < 1000 else 800})
    await sign_in(page, space)
    assert await barriers(page, space) == []
    await send(page, school())
    await expect(page.locator(".grid")).to_be_visible(timeout=20_000)
    base = page.url.split("?")[0]
    for query in ("?step=rows", "?step=rows&row=0.5", "?step=columns", "?step=apply"):
        await page.goto(base + query)
        assert (query, await barriers(page, space)) == (query, [])
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.click(".foot .button-main")
    await expect(page.locator(".facts")).to_be_visible(timeout=20_000)
    await page.goto(base + "?undo")
    assert await barriers(page, space) == []


async def barriers(page: Page, space: RunningHouse) -> list[Any]:
    await page.add_script_tag(url=f"{space.url}/static/vendor/axe.js")
    found = await page.evaluate("axe.run()")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]
