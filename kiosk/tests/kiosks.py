"""A paired device in a browser, and what people do at it."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from server.services.devices import Plan
from tests.web.running_house import RunningHouse

PORTRAIT = (1080, 1920)
LANDSCAPE = (1920, 1080)
TABLET = (1024, 1366)
# What a browser says of a server that is away is no mistake of the page.
_AWAY = ("ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_FAILED", "Failed to load resource")


@dataclass(slots=True)
class Kiosk:
    page: Page
    space: RunningHouse
    device_id: str
    complaints: list[str] = field(default_factory=list)

    @property
    def screen(self) -> Locator:
        return self.page.locator("#screen")

    async def waits(self) -> None:
        """Wait until the gate shows who is inside: its socket lives."""
        await self.shows("attract")
        await expect(self.page.locator("[data-arches] .arch").first).to_be_visible()

    async def shows(self, name: str) -> None:
        await expect(self.screen).to_have_attribute("data-shows", name)

    async def reads(self, text: str, *, enter: bool = True, delay: float = 5) -> None:
        """Type as a wedge scanner does: one key every 5 ms."""
        await self.page.keyboard.type(text, delay=delay)
        if enter:
            await self.page.keyboard.press("Enter")

    async def counts(self, people: int) -> None:
        """Wait until so many people are counted inside, by the server."""
        for _ in range(50):
            if self.space.house.occupancy.people == people:
                return
            await asyncio.sleep(0.1)
        assert self.space.house.occupancy.people == people

    async def act(self, name: str) -> None:
        await self.page.locator(f"#screen [data-act={name}]:visible").first.click()

    async def waiting(self) -> list[dict[str, Any]]:
        """Return the scans that lie in the outbox, read from the browser's own database."""
        script = """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open('sanh-kiosk');
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const asking = opening.result.transaction('scans').objectStore('scans').getAll();
            asking.onsuccess = () => resolve(asking.result.map(({scan}) => scan));
          };
        })"""
        scans: list[dict[str, Any]] = await self.page.evaluate(script)
        return scans


async def pass_of(space: RunningHouse, *, of_group: bool = False, code: str = "D017") -> str:
    """Return the text of the pass of a delegation or of its first member."""
    group, member, *_ = await space.house.passes.of_delegation(code)
    return group.text if of_group else member.text


def lasting_port() -> int:
    """Return a free port for a server that goes and comes back.

    Not one that the system hands to clients: a browser that tries to reach a closed port among those can be given
    that very port, is then connected to itself, and holds it.
    """
    for port in random.sample(range(20_000, 32_000), 50):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@contextlib.asynccontextmanager
async def open_kiosk(
    browser: Browser,
    space: RunningHouse,
    *,
    role: str = "gate",
    direction: str = "auto",
    zone: str = "lobby",
    inner: bool = False,
    size: tuple[int, int] = PORTRAIT,
    **options: Any,
) -> AsyncIterator[Kiosk]:
    """Pair a device and open its page in a fresh profile."""
    plan = Plan("Kiosk 1", role, zone, direction, inner)  # type: ignore[arg-type]
    device, token = await space.house.devices.pair(plan, actor="test")
    options = {"reduced_motion": "reduce"} | options
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    await context.add_cookies([{"name": "sanh_device", "value": token, "url": space.url, "httpOnly": True}])
    page = await context.new_page()
    page.set_default_timeout(10_000)
    kiosk = Kiosk(page, space, device.id)
    page.on("pageerror", lambda error: kiosk.complaints.append(str(error)))
    page.on("console", lambda line: _note(kiosk, line.type, line.text))
    await page.goto(f"{space.url}/kiosk")
    try:
        yield kiosk
    finally:
        await context.close()
    assert kiosk.complaints == []


def _note(kiosk: Kiosk, kind: str, text: str) -> None:
    if kind in ("error", "warning") and not any(word in text for word in _AWAY):
        kiosk.complaints.append(text)
