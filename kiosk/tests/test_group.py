"""A delegation on one code: how many are here, who comes later, leaving together."""

import pytest
from playwright.async_api import Browser, expect

from kiosk.tests.kiosks import Kiosk, open_kiosk, pass_of
from tests.web.running_house import RunningHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_rest_that_is_expected_is_proposed_and_counted(gate: Kiosk, space: RunningHouse) -> None:
    await gate.reads(await pass_of(space, of_group=True))
    await gate.shows("group")
    await expect(gate.page.locator(".k-step-number")).to_have_text("3")
    await expect(gate.page.locator(".k-person-now")).to_have_count(3)
    assert space.house.occupancy.people == 0

    await gate.act("group-go")

    await gate.shows("admitted")
    await expect(gate.page.locator(".k-greeting:visible")).to_have_text("Mời 3 người\ncùng vào", use_inner_text=True)
    await gate.counts(3)


async def test_fewer_come_now_and_the_rest_later(gate: Kiosk, space: RunningHouse) -> None:
    group = await pass_of(space, of_group=True)
    await gate.reads(group)
    await gate.shows("group")
    await gate.act("fewer")
    await expect(gate.page.locator(".k-button-main:visible")).to_contain_text("Mời 2 người vào")
    await expect(gate.page.locator(".k-group-note")).to_contain_text("Còn 1 người đến sau.")
    await gate.act("group-go")
    await gate.shows("admitted")
    await gate.counts(2)
    await gate.page.wait_for_timeout(4_000)  # the same code again is a new scan only after 4 s

    await gate.reads(group)
    await gate.shows("group")

    await expect(gate.page.locator(".k-step-number")).to_have_text("1")
    await expect(gate.page.locator(".k-person-in")).to_have_count(2)
    await expect(gate.page.locator("[data-act=more]")).to_be_disabled()


async def test_the_group_leaves_together(gate: Kiosk, space: RunningHouse) -> None:
    await space.scan()
    await gate.reads(await pass_of(space, of_group=True))
    await gate.shows("group")
    await gate.act("group-turn")
    await expect(gate.page.locator(".k-headline")).to_contain_text("ra về?")
    await gate.act("group-go")

    await gate.shows("left")
    await gate.counts(0)


async def test_the_question_is_asked_in_english(gate: Kiosk, space: RunningHouse) -> None:
    await gate.act("language")
    await gate.reads(await pass_of(space, of_group=True))
    await gate.shows("group")

    await expect(gate.page.locator(".k-headline")).to_have_text("How many\nare here?", use_inner_text=True)
    await gate.act("fewer")
    await gate.act("fewer")
    await expect(gate.page.locator(".k-button-main:visible")).to_contain_text("Let 1 person in")


async def test_a_large_group_is_a_bar_with_a_count(browser: Browser, space: RunningHouse) -> None:
    await space.expect_delegation("D045", planned=45)
    async with open_kiosk(browser, space) as gate:
        await gate.waits()
        await gate.reads(await pass_of(space, of_group=True, code="D045"))
        await gate.shows("group")

        await expect(gate.page.locator(".k-people-bar")).to_be_visible()
        await expect(gate.page.locator(".k-group-legend .num")).to_have_text("45/45")


async def test_a_member_of_a_half_arrived_group_is_asked_in_or_out(gate: Kiosk, space: RunningHouse) -> None:
    await gate.reads(await pass_of(space, of_group=True))
    await gate.shows("group")
    await gate.act("fewer")
    await gate.act("group-go")
    await gate.shows("admitted")
    await gate.reads(await pass_of(space))
    await gate.shows("direction")

    await gate.act("go-in")

    await gate.shows("admitted")
    await gate.counts(3)


async def test_nothing_is_recorded_when_nobody_answers_the_question(gate: Kiosk, space: RunningHouse) -> None:
    await gate.reads(await pass_of(space, of_group=True))
    await gate.shows("group")

    assert await gate.waiting() == []
    assert space.house.checkin.answered == 0


async def test_a_short_code_typed_by_hand_is_the_same_pass(gate: Kiosk, space: RunningHouse) -> None:
    lan = (await space.house.passes.of_delegation("D017"))[1]
    await gate.reads(lan.short, delay=20)

    await gate.shows("admitted")
    await gate.counts(1)
