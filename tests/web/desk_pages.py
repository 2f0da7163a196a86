"""A desk in a browser: people of every role signed in, axe at hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.web.running_house import PASSWORD, RunningHouse

AXE = Path(__file__).parents[2] / "static" / "vendor" / "axe.js"
STAFF = {"Hoa": "organizer", "Minh": "guide", "Tuyết": "reception", "Quân": "exhibitor", "Sáu": "administrator"}


async def employ(space: RunningHouse) -> None:
    """Give the house an account of each role."""
    for name, role in STAFF.items():
        await space.house.accounts.add(name, role, PASSWORD)


@asynccontextmanager
async def at_desk(
    browser: Browser, space: RunningHouse, login: str, *, language: str = "vi", scripts: bool = True
) -> AsyncIterator[Page]:
    """Open a page of a fresh profile in which one of the staff has signed in."""
    context = await browser.new_context(
        java_script_enabled=scripts, viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    context.set_default_timeout(15_000)
    await context.add_cookies([{"name": "sanh_language", "value": language, "url": space.url}])
    page = await context.new_page()
    await page.goto(f"{space.url}/staff/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".signin-go")
    yield page
    await context.close()


async def faults_of(page: Page) -> str:
    """Return what axe finds wrong with a page, as text; empty when nothing is."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = await page.evaluate("axe.run(document).then(({violations}) => violations)")
    faults = [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found]
    return json.dumps(faults, ensure_ascii=False) if faults else ""


async def is_too_wide(page: Page) -> bool:
    """Tell whether a page must be scrolled sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
