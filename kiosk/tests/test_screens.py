"""Every screen in both languages and at each size: nothing cut off, nothing outside, nothing too small, axe content."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from kiosk.tests.kiosks import LANDSCAPE, PORTRAIT, TABLET, Kiosk, open_kiosk
from tests.web.running_house import RunningHouse, running_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SIZES = {"portrait": PORTRAIT, "landscape": LANDSCAPE, "tablet": TABLET}
AXE = Path(__file__).parents[2] / "static" / "vendor" / "axe.js"
# What a visitor with a long name, of a long-named organisation, at a busy time would make of each screen.
LONG = {
    "name": "Công Tằng Tôn Nữ Thị Phượng Vĩ",
    "organisation": "Ủy ban nhân dân phường Sài Gòn, Phòng Văn hóa – Xã hội",
    "code": "D1084",
    "covers": 18,
    "arrived": 12,
    "inside": 12,
    "people": 6,
    "number": 6,
    "total": 18,
    "missing": 0,
    "whole": True,
    "known": True,
    "can_turn": True,
    "guide": "Nguyễn Trần Minh Khôi",
    "outer": True,
    "since_time": "16:20",
    "since_date": {"vi": "23/11", "en": "23 November"},
    "since_earlier": True,
    "opens_time": "07:30",
    "opens_date": {"vi": "25/11", "en": "25 November"},
    "opens_later": True,
    "queue_number": "107",
    "queue_ahead": 23,
    "queue_wait": 45,
    "inside_known": True,
    "people_inside": 58,
    "capacity": 60,
    "short": True,
    "free": 2,
    "needed": 6,
    "zone_known": True,
    "zone_people": 12,
    "zone_capacity": 12,
    "zone_name": {"vi": "Giáo dục thông minh", "en": "Smart education"},
    "first_zone": {"vi": "Giáo dục thông minh", "en": "Smart education"},
    "max_people": 6,
    "scan_code": "4C-0942",
    "device_name": "Kiosk 1, cổng chính",
    "now_time": "09:42",
    "clock_time": "09:42",
    "clock_date": {"vi": "Thứ Năm, 24/11", "en": "Wed 24 November"},
    "seconds": "20",
    "simulated": True,
    "online": True,
    "has_plan": True,
    "zones_open": 4,
}
# What is cut off, outside the screen, or too small to touch.
FAULTS = """() => {
  const found = [];
  const shown = (element) => element.getClientRects().length && !element.closest('svg, [aria-hidden=true], .k-level');
  for (const element of document.querySelectorAll('#screen *')) {
    if (!shown(element)) continue;
    const box = element.getBoundingClientRect();
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const name = `${element.className || element.tagName}: ${element.textContent.trim().slice(0, 40)}`;
    if (says && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1))
      found.push(`outside ${name}`);
    const cuts = getComputedStyle(element).overflow !== 'visible' && !element.matches('.k-hero, .k-band, .k-door');
    if ((cuts || element.tagName === 'BUTTON')
        && (element.scrollWidth > element.clientWidth + 2 || element.scrollHeight > element.clientHeight + 4))
      found.push(`cut off ${name}`);
    if (element.tagName === 'BUTTON' && box.height < 44) found.push(`small ${name}`);
  }
  const blocks = [...document.querySelectorAll('#screen :is(h1, h2, p, button, li, footer)')].filter(shown);
  blocks.forEach((one, place) => blocks.slice(place + 1).forEach((other) => {
    if (one.contains(other) || other.contains(one)) return;
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    const [across, down] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
    if (across > 4 && down > 8) found.push(`overlap ${one.textContent.trim().slice(0, 30)} × ${other.textContent.trim().slice(0, 30)}`);
  }));
  return found;
}"""
SHOW = """async ([name, language, values]) => {
  const screens = await import('/static/kiosk/screens.js');
  const {drawGroup} = await import('/static/kiosk/group.js');
  const {drawWay} = await import('/static/kiosk/plan.js');
  const {zoneRows} = await import('/static/kiosk/model.js');
  const {stop} = await import('/static/kiosk/idle.js');
  stop();
  document.documentElement.lang = language;
  screens.show(name, {...values, zones: zoneRows()}, name === 'group' ? drawGroup : drawWay);
  await document.fonts.ready;
}"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path_factory.mktemp("screens"), module_database_url) as opened:
        await opened.expect_delegation()
        yield opened


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=SIZES)
async def device(browser: Browser, house: RunningHouse, request: Any) -> AsyncIterator[Kiosk]:
    async with open_kiosk(browser, house, size=SIZES[request.param]) as kiosk:
        await kiosk.waits()
        yield kiosk


async def _names(kiosk: Kiosk) -> list[str]:
    every = "[...document.querySelectorAll('template[data-screen]')].map((screen) => screen.dataset.screen)"
    names: list[str] = await kiosk.page.evaluate(every)
    return sorted(set(names) - {"pairing", "role"})


async def _values(name: str) -> dict[str, Any]:
    if name in ("attract", "attract-access"):
        return LONG | {"has_occupancy": True, "level": "quiet", "next_some": True, "people": 23}
    return LONG | {"group": False}


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_no_screen_cuts_a_word(device: Kiosk, language: str) -> None:
    faults = {}
    for name in await _names(device):
        await device.page.evaluate(SHOW, [name, language, await _values(name)])
        if found := await device.page.evaluate(FAULTS):
            faults[name] = found
    assert faults == {}, json.dumps(faults, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_no_screen_cuts_a_word_in_access_mode(device: Kiosk, language: str) -> None:
    faults = {}
    await device.page.evaluate("import('/static/kiosk/access.js').then(({turnAccess}) => turnAccess(true))")
    for name in await _names(device):
        await device.page.evaluate(SHOW, [name, language, await _values(name)])
        if found := await device.page.evaluate(FAULTS):
            faults[name] = found
    await device.page.evaluate("import('/static/kiosk/access.js').then(({turnAccess}) => turnAccess(false))")
    assert faults == {}, json.dumps(faults, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("contrast", ["usual", "high"])
async def test_axe_finds_nothing_on_any_screen(device: Kiosk, contrast: str) -> None:
    page = device.page
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    await page.evaluate(
        f"import('/static/kiosk/access.js').then(({{turnAccess}}) => turnAccess({str(contrast == 'high').lower()}))"
    )
    faults = {}
    for name in await _names(device):
        await page.evaluate(SHOW, [name, "vi", await _values(name)])
        found = await page.evaluate(
            "axe.run('#screen', {resultTypes: ['violations']}).then(({violations}) => violations)"
        )
        if found:
            faults[name] = [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found]
    await page.evaluate("import('/static/kiosk/access.js').then(({turnAccess}) => turnAccess(false))")
    assert faults == {}, json.dumps(faults, ensure_ascii=False, indent=1)


async def test_every_refusal_code_has_a_screen(device: Kiosk) -> None:
    from server.domain.admission import Code

    answered_elsewhere = {"direction_needed"}  # a question, not a refusal
    unrecorded = {"malformed", "scan_id_reused", "not_a_scanner"}  # one screen for what the visitor cannot mend
    silent = {"missed_gate", "reentry", "superseded", "forced"}  # said to the desk only
    names = set(await _names(device))

    missing = {str(code) for code in Code} - names - answered_elsewhere - unrecorded - silent
    assert missing == set()


async def test_the_page_weighs_less_than_300_kilobytes(browser: Browser, house: RunningHouse) -> None:
    async with open_kiosk(browser, house) as kiosk:
        await kiosk.waits()
        await kiosk.page.evaluate("document.fonts.ready")
        weigh = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(({name, encodedBodySize}) => [name, encodedBodySize])"
        weights = await kiosk.page.evaluate(weigh)
    assert sum(weight for _, weight in weights) < 300_000, weights
