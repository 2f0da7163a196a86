"""Visitors at the desk: found, registered, edited by two at once, erased; needs closed until somebody opens them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.cast import DAY, MORNING, add_delegation, add_visitor
from tests.statements import run_sql
from tests.web.desk_pages import at_desk, employ, faults_of, is_too_wide
from tests.web.running_house import GATE, RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "<img src=x onerror=alert(1)>'\"{{7*7}}"
LONG = "Công Tằng Tôn Nữ Thị Hoàng Phương Nghiêng Thục Quyên"
DECOMPOSED = "Trần Thị Tuyết Mai"


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    def store(connection: Any) -> None:
        id_ = add_delegation(connection, status="confirmed", slot_at=MORNING)
        add_visitor(connection, delegation_id=id_, search_key="nguyen thi lan", needs="Xe lăn", phone="+84903123456")
        add_visitor(connection, LONG, delegation_id=id_, search_key="cong tang ton nu")
        add_visitor(connection, HOSTILE, search_key="img", visit_date=DAY)
        add_visitor(connection, DECOMPOSED, search_key="tran thi tuyet mai")

    async with running_house(tmp_path, database_url) as opened:
        await employ(opened)
        await opened.house.database.write(store)
        await opened.house.passes.of_delegation("D017")
        yield opened


async def id_of(space: RunningHouse, name: str) -> str:
    def find(connection: Any) -> Any:
        return run_sql(connection, "SELECT id FROM visitor WHERE name = :name", name=name)[0][0]

    return str(await space.house.database.write(find))


async def actions(space: RunningHouse) -> list[str]:
    def find(connection: Any) -> Any:
        return [row[0] for row in run_sql(connection, "SELECT action FROM audit_line ORDER BY seq")]

    return list(await space.house.database.write(find))


async def test_the_list_opens_with_today_and_shows_names_as_text(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors")

        names = await page.locator(".table-visitors tbody b").all_inner_texts()
        assert [name.removesuffix("cần hỗ trợ").strip() for name in names if name] == [
            HOSTILE,
            LONG,
            "Nguyễn Thị Lan",
        ]
        await expect(page.locator(".table-visitors")).not_to_contain_text("Xe lăn")


@pytest.mark.parametrize("typed", ["tuyet mai", "TRẦN MAI", "Trần Thị"])
async def test_a_search_needs_no_accents_and_looks_everywhere(
    browser: Browser, space: RunningHouse, typed: str
) -> None:
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors")
        await page.fill("[name=q]", typed)
        await page.get_by_role("button", name="Tìm").click()

        assert await page.locator(".table-visitors tbody tr").count() == 1
        await expect(page.locator("[name=q]")).to_have_value(typed)


async def test_a_misspelt_name_finds_those_like_it_and_says_so(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors?q=tuyett mai")

        await expect(page.locator(".table-visitors tbody b")).to_contain_text("Tuyết Mai")
        await expect(page.locator(".notice")).to_contain_text("gần giống")


async def test_a_phone_finds_its_owner_however_it_is_dialled(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors?q=0903123456")

        await expect(page.locator(".table-visitors tbody b")).to_contain_text("Nguyễn Thị Lan")


async def test_long_lists_are_read_page_by_page_and_back(browser: Browser, space: RunningHouse) -> None:
    def store(connection: Any) -> None:
        for number in range(120):
            add_visitor(connection, f"Khách lẻ {number:03}", visit_date=DAY)

    await space.house.database.write(store)
    async with at_desk(browser, space, "Hoa", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors?show=walk-in")
        first = await page.locator(".table-visitors tbody b").all_inner_texts()
        await page.click("[rel=next]")
        second = await page.locator(".table-visitors tbody b").all_inner_texts()
        await page.click("[rel=next]")
        assert await page.locator("[rel=next]").count() == 0
        await page.click("[rel=prev]")
        assert await page.locator(".table-visitors tbody b").all_inner_texts() == second
        await page.click("[rel=prev]")
        assert await page.locator(".table-visitors tbody b").all_inner_texts() == first
        assert await page.locator("[rel=prev]").count() == 0


async def test_a_walk_in_is_registered_with_a_pass_to_read_out(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors/new")
        await page.fill("[name=name]", "Lê Văn Tám")
        await page.fill("[name=phone]", "0912 345 678")
        await page.get_by_role("button", name="Thêm khách").click()

        await expect(page.locator("[role=status]")).to_have_text("Đã thêm khách.")
        await expect(page.locator(".record-facts")).to_contain_text("+84912345678")
        short = (await page.locator(".pass-short").inner_text()).replace("-", "")
        assert (await space.house.passes.by_short_code(short, asker="test")).visitor == "Lê Văn Tám"


async def test_what_cannot_be_is_said_under_its_field_and_what_was_typed_stays(
    browser: Browser, space: RunningHouse
) -> None:
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors/new")
        await page.fill("[name=name]", LONG)
        await page.fill("[name=phone]", "12")
        await page.fill("[name=notes]", HOSTILE)
        answer_page = page.get_by_role("button", name="Thêm khách")
        await answer_page.click()

        await expect(page.locator("#n-phone")).to_contain_text("Số điện thoại không đúng")
        await expect(page.locator("[name=name]")).to_have_value(LONG)
        await expect(page.locator("[name=notes]")).to_have_value(HOSTILE)


async def test_needs_stay_closed_until_somebody_opens_them_and_the_log_says_who(
    browser: Browser, space: RunningHouse
) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    async with at_desk(browser, space, "Minh", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors/{lan}")
        await expect(page.locator("main")).not_to_contain_text("Xe lăn")
        assert "open_needs" not in await actions(space)

        await page.get_by_role("button", name="Mở xem").click()

        await expect(page.locator(".record-facts")).to_contain_text("Xe lăn")
        assert "open_needs" in await actions(space)


async def test_needs_are_edited_only_after_they_were_opened_and_nothing_typed_is_lost(
    browser: Browser, space: RunningHouse
) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    async with at_desk(browser, space, "Tuyết", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors/{lan}/edit")
        assert await page.locator("[name=needs]").count() == 0
        await page.fill("[name=title]", "Giáo viên")
        await page.get_by_role("button", name="Mở để sửa").click()
        await expect(page.locator("[name=title]")).to_have_value("Giáo viên")
        await page.fill("[name=needs]", "Xe lăn và phiên dịch")
        await page.get_by_role("button", name="Lưu").click()
        await expect(page.locator("[role=status]")).to_have_text("Đã lưu thay đổi.")

    def find(connection: Any) -> Any:
        return run_sql(connection, "SELECT needs, title FROM visitor WHERE id = :id", id=lan)[0]

    assert tuple(await space.house.database.write(find)) == ("Xe lăn và phiên dịch", "Giáo viên")


async def test_of_two_who_edit_the_second_sees_both_and_decides(browser: Browser, space: RunningHouse) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    address = f"{space.url}/staff/visitors/{lan}/edit"
    async with at_desk(browser, space, "Hoa") as hoa, at_desk(browser, space, "Tuyết") as other:
        await hoa.goto(address)
        await other.goto(address)
        await other.fill("[name=title]", "Hiệu trưởng")
        await other.get_by_role("button", name="Lưu").click()
        await expect(other.locator("[role=status]")).to_be_visible()
        await hoa.fill("[name=title]", "Hiệu phó")
        async with hoa.expect_response(lambda answer: answer.request.method == "POST") as answered:
            await hoa.get_by_role("button", name="Lưu").click()

        assert (await answered.value).status == 409
        await expect(hoa.locator(".both")).to_contain_text("Hiệu trưởng")
        await expect(hoa.locator(".both")).to_contain_text("Hiệu phó")
        assert await faults_of(hoa) == ""
        await hoa.get_by_role("button", name="Lưu").click()
        await expect(hoa.locator(".record-facts")).to_contain_text("Hiệu phó")


async def test_a_person_is_erased_only_after_the_question(browser: Browser, space: RunningHouse) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    async with at_desk(browser, space, "Hoa", scripts=False) as page:
        await page.goto(f"{space.url}/staff/visitors/{lan}")
        await page.click("text=Xóa dữ liệu")
        await expect(page.locator("[role=dialog]")).to_contain_text("Còn lại")
        await page.locator("[role=dialog] button").click()

        await expect(page.locator("h1")).to_have_text("Khách đã xóa dữ liệu")
        await expect(page.locator("main")).not_to_contain_text("Lan")
        await page.goto(f"{space.url}/staff/visitors/{lan}/edit")
        await expect(page.locator("main")).to_contain_text("đã được xóa")


async def test_a_guide_reads_and_an_exhibitor_does_not(browser: Browser, space: RunningHouse) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    row, _is_new = await space.house.passes.of_visitor(lan)
    write = f"fetch('/staff/visitors/{lan}/erase', {{method: 'POST', redirect: 'manual'}}).then((a) => a.status)"
    revoke = f"fetch('/staff/passes/{row.id}/revoke', {{method: 'POST', redirect: 'manual'}}).then((a) => a.status)"
    async with at_desk(browser, space, "Minh") as page:
        answer = await page.goto(f"{space.url}/staff/visitors/{lan}")
        assert answer is not None
        assert answer.status == 200
        assert await page.locator("text=Xóa dữ liệu").count() == await page.locator("text=Thay thẻ bị mất").count() == 0
        assert await page.evaluate(write) == await page.evaluate(revoke) == 403
        for path in ("visitors/new", f"visitors/{lan}/edit", "badges"):
            refused = await page.goto(f"{space.url}/staff/{path}")
            assert refused is not None
            assert refused.status == 403
    async with at_desk(browser, space, "Tuyết") as page:
        assert await page.evaluate(write) == 403
    async with at_desk(browser, space, "Quân") as page:
        for path in ("visitors", f"visitors/{lan}", "visitors?format=csv", "badges/preview.png"):
            refused = await page.goto(f"{space.url}/staff/{path}")
            assert refused is not None
            assert refused.status == 403


async def test_the_list_leaves_as_a_file_with_its_own_filter(browser: Browser, space: RunningHouse) -> None:
    async with at_desk(browser, space, "Tuyết") as page:
        await page.goto(f"{space.url}/staff/visitors?show=needs")
        async with page.expect_download() as download:
            await page.click("text=CSV")
        file = await (await download.value).path()

        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 2
        assert "Nguyễn Thị Lan" in lines[1]
        assert "Xe lăn" not in lines[1]
        assert "export_visitors" in await actions(space)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_axe_finds_nothing_in_any_state(browser: Browser, space: RunningHouse, language: str) -> None:
    lan = await id_of(space, "Nguyễn Thị Lan")
    row, _is_new = await space.house.passes.of_visitor(lan)
    await space.house.passes.replace(row.id, actor="test")
    row, _is_new = await space.house.passes.of_visitor(lan)
    scan = {"id": str(uuid4()), "pass": row.text, "at": space.house.clock.now().isoformat(), "direction": "in"}
    await space.house.checkin.answer([scan], GATE)
    pages = [
        "visitors", "visitors?q=nobody", "visitors?show=inside", "visitors?show=all", "visitors/new",
        f"visitors/{lan}", f"visitors/{lan}?erase", f"visitors/{lan}?replace={row.id}", f"visitors/{lan}/edit",
        "exports", "badges", "badges?day=2020-10-13", "badges?delegation=D017", "badges?staff=1", "badges?delegation=D999",
    ]  # fmt: skip
    faults = {}
    async with at_desk(browser, space, "Hoa", language=language) as page:
        for path in pages:
            await page.goto(f"{space.url}/staff/{path}")
            if found := await faults_of(page):
                faults[path] = found
            for width in (1280, 820):
                await page.set_viewport_size({"width": width, "height": 800})
                if await is_too_wide(page):
                    faults[f"{path} at {width}"] = "too wide"
    assert faults == {}
