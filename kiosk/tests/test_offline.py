"""The network goes: scans stay on the device, the visitor gets an honest verdict, nothing is lost."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from kiosk.tests.kiosks import Kiosk, lasting_port, open_kiosk, pass_of
from server.domain.errors import DomainError
from server.services.checkin import Taken
from tests.cast import add_visitor
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def _lose_the_server(gate: Kiosk, space: RunningHouse) -> int:
    port = int(space.url.rsplit(":", 1)[1])
    await space.stop()
    await expect(gate.page.locator(".k-offline")).to_be_visible(timeout=20_000)
    return port


async def test_scans_without_a_server_survive_a_reload_and_are_counted_when_it_is_back(
    browser: Browser, tmp_path: Path, database_url: str
) -> None:
    async with running_house(tmp_path, database_url, port=lasting_port()) as before:
        await before.expect_delegation()
        lan, group = await pass_of(before), await pass_of(before, of_group=True)
        async with open_kiosk(browser, before) as gate:
            await gate.waits()
            await gate.page.wait_for_timeout(1_500)  # the service worker keeps the page
            port = await _lose_the_server(gate, before)
            await gate.reads(lan)
            await gate.shows("noted-auto")
            await gate.act("done")
            await expect(gate.page.locator(".k-offline-count")).to_contain_text("1")
            await gate.reads(group)
            await gate.shows("group")
            await gate.act("more")
            await gate.act("group-go")
            await gate.shows("noted-in")
            kept = await gate.waiting()
            assert [(scan.get("direction"), scan.get("people"), scan["offline"]) for scan in kept] == [
                ("auto", None, True),
                ("in", 2, True),
            ]

            await gate.page.reload()
            await gate.shows("attract")
            assert await gate.waiting() == kept

            async with running_house(tmp_path, database_url, port=port) as after:
                gate.space = after
                await gate.counts(3)
                await expect(gate.page.locator(".k-offline")).to_be_hidden(timeout=20_000)
                assert await gate.waiting() == []
                await gate.shows("attract")  # late answers do not pop up


async def test_a_verdict_of_its_own_waits_until_the_socket_is_declared_dead(gate: Kiosk, space: RunningHouse) -> None:
    lan = await pass_of(space)

    def never(_scans: object, kiosk: Any) -> Taken:
        return Taken([], kiosk, asyncio.get_running_loop().create_future())

    space.house.checkin.take = never  # type: ignore[method-assign, assignment]
    await gate.reads(lan)
    await gate.shows("reading")
    scan = (await gate.waiting())[0]
    assert "offline" not in scan

    await gate.shows("noted-auto")

    assert await gate.waiting() == [scan | {"offline": True}]


async def test_a_server_that_cannot_write_loses_nothing(gate: Kiosk, space: RunningHouse) -> None:
    take = space.house.checkin.take

    def refuse(*_: object) -> Taken:
        raise DomainError("storage_unavailable")

    space.house.checkin.take = refuse  # type: ignore[method-assign, assignment]
    await gate.reads(await pass_of(space))
    await gate.shows("noted-auto")
    assert len(await gate.waiting()) == 1

    space.house.checkin.take = take  # type: ignore[method-assign]

    await gate.counts(1)


async def test_five_hundred_waiting_scans_go_out_in_order_in_frames_that_the_server_takes(
    browser: Browser, space: RunningHouse
) -> None:
    def crowd(connection: object) -> None:
        for number in range(24):
            add_visitor(connection, f"Khách {number}", delegation_id=1)  # type: ignore[arg-type]

    await space.house.database.write(crowd)
    passes = [row.text for row in await space.house.passes.of_delegation("D017") if row.kind == "visitor"]
    at = space.house.clock.now().isoformat()
    stored = [
        {"id": str(uuid4()), "pass": passes[place % len(passes)], "at": at, "direction": "in", "offline": True}
        for place in range(1_200)
    ]
    async with open_kiosk(browser, space) as gate:
        await gate.waits()
        await gate.page.evaluate(_FILL, stored)
        await gate.page.reload()

        await expect(gate.page.locator("#screen")).to_have_attribute("data-shows", "attract")
        for _ in range(100):
            if not await gate.waiting():
                break
            await asyncio.sleep(0.2)
        assert await gate.waiting() == []
    assert space.house.checkin.answered == len(stored)
    assert space.house.occupancy.people == len(passes)


_FILL = """async (scans) => {
  const {openOutbox} = await import('/static/kiosk/outbox.js');
  const outbox = await openOutbox();
  await Promise.all(scans.map((scan) => outbox.store(scan)));
}"""


async def test_a_crashed_tab_loses_no_scan(browser: Browser, tmp_path: Path, database_url: str) -> None:
    async with running_house(tmp_path, database_url, port=lasting_port()) as before:
        await before.expect_delegation()
        lan = await pass_of(before)
        async with open_kiosk(browser, before) as gate:
            await gate.waits()
            port = await _lose_the_server(gate, before)
            await gate.reads(lan)
            await gate.shows("noted-auto")
            context = gate.page.context
            session = await context.new_cdp_session(gate.page)
            gate.page.on("crash", lambda _: None)
            asyncio.ensure_future(session.send("Page.crash"))  # noqa: RUF006 - a crashed page answers nobody
            await asyncio.sleep(0.5)

            async with running_house(tmp_path, database_url, port=port) as after:
                gate.page = await context.new_page()
                await gate.page.goto(f"{after.url}/kiosk")
                gate.space = after
                await gate.counts(1)
