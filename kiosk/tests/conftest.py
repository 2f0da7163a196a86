"""A house at 08:00, D017 with Lan among its three people, and a paired kiosk in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from kiosk.tests.kiosks import Kiosk, open_kiosk
from tests.web.running_house import RunningHouse, running_house


@pytest_asyncio.fixture(loop_scope="session")
async def space(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as opened:
        await opened.expect_delegation()
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def gate(browser: Browser, space: RunningHouse) -> AsyncIterator[Kiosk]:
    """Kiosk 1 at the outer gate of the lobby, waiting for visitors. The test fails when its console shows an error."""
    async with open_kiosk(browser, space) as kiosk:
        await kiosk.waits()
        yield kiosk
