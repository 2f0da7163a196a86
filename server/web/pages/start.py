"""The start page: what this is, every screen by who needs it, and what to try."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.space import Zone
from server.services.demo import Demonstration, DemoPass
from server.services.demo_stage import read_demonstration
from server.services.house import House
from server.services.qr import modules, svg_path
from server.web.i18n import LANGUAGES, choose_language
from server.web.i18n import gettext as _
from server.web.pages.menu import page_exists
from server.web.templating import house_of, render
from server.web.words import day_in_words, role_name

LANGUAGE_COOKIE = "sanh_language"
_YEAR = 365 * 86_400
_MOST_DEVICES = 500


@dataclass(frozen=True, slots=True)
class Link:
    """A row of the start page; `href` is None while there is nothing to open, `note` then says why."""

    name: str
    address: str
    href: str | None
    icon: str = ""
    zone: Zone | None = None
    note: str = ""


async def start(request: Request) -> Response:
    """Show where to go; with demo data also accounts and passes to try."""
    house = house_of(request)
    demo = await asyncio.to_thread(read_demonstration, house.settings)
    return render(request, "start.html", **await start_context(request.app, house, demo))


async def language(request: Request) -> Response:
    """Remember the language that a reader chose and go back to the page that they came from."""
    back = request.query_params.get("back", "/")
    if not back.startswith("/") or back.startswith(("//", "/\\")):
        back = "/"
    response = RedirectResponse(back, status_code=303)
    wish = request.query_params.get("to", "")
    if wish in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, choose_language(wish), max_age=_YEAR, samesite="lax")
    return response


async def start_context(app: Starlette, house: House, demo: Demonstration | None) -> dict[str, Any]:
    """Return what the start page's template needs."""
    occupancy, arrivals = await house.occupancy.state(), await house.arrivals.state()
    return {
        "occupancy": occupancy,
        "is_new_house": await house.set_up.is_open(),
        "is_empty": not arrivals["admissions"] and not arrivals["arrived"] and not arrivals["expected"],
        "today": day_in_words(house.space.local(house.clock.now()), with_year=True),
        "visitors": [_passport(link, demo) for link in _links(app, house, _visitors_screens())],
        "desk": list(_links(app, house, _desk_screens())),
        "insight": list(_links(app, house, _insight_screens())),
        "exhibits": [_exhibit(zone, app, house) for zone in house.space.zones if zone.exhibit],
        "broken": {id_: reason for id_, reason in house.plugins.items() if reason},
        "demo": demo,
        "accounts": [(role_name(account.role), account.login) for account in demo.accounts] if demo else [],
        "codes": [_code(entry) for entry in demo.passes] if demo else [],
        "programs": [
            path for path in ("/api/v1/openapi.json", "/healthz", "/metrics", "/open") if page_exists(app, path)
        ],
        "connected": len(app.state.presence.devices),
        "paired": sum(device.revoked_at is None for device in await house.devices.page("", _MOST_DEVICES)),
    }


def _visitors_screens() -> list[tuple[str, str, str]]:
    return [
        (_("Kiosk cổng vào"), "/kiosk", "scan-bold"),
        (_("Màn hình lớn"), "/wall", "desktop-bold"),
        (_("Đăng ký cho đoàn"), "/register", "calendar-plus-bold"),
        (_("Hành trình của khách"), "/p/…", "ticket-bold"),
        (_("Số chờ trên điện thoại"), "/queue", "hourglass-bold"),
        (_("Khảo sát"), "/survey", "star-bold"),
        (_("Trang giới thiệu"), "/visit", "globe-bold"),
    ]


def _desk_screens() -> list[tuple[str, str, str]]:
    return [
        (_("Hôm nay"), "/staff", "calendar-check-bold"),
        (_("Đoàn tham quan"), "/staff/delegations", "users-bold"),
        (_("Lịch hẹn"), "/staff/appointments", "calendar-dots-bold"),
        (_("Nhập danh sách"), "/staff/imports", "file-arrow-up-bold"),
        (_("Cần xử lý"), "/staff/cases", "warning-circle-bold"),
        (_("Điểm danh"), "/staff/roll-call", "list-checks-bold"),
        (_("Thiết bị"), "/staff/devices", "device-mobile-bold"),
    ]


def _insight_screens() -> list[tuple[str, str, str]]:
    return [
        (_("Vận hành trực tiếp"), "/insight/now", "pulse-bold"),
        (_("Báo cáo tháng"), "/insight", "chart-bar-bold"),
        (_("Dự báo và thử kịch bản"), "/insight/forecast", "chart-line-up-bold"),
    ]


def _links(app: Starlette, house: House, screens: list[tuple[str, str, str]]) -> Iterator[Link]:
    for name, path, icon in screens:
        reason = house.plugins.get(path.strip("/"))
        is_open = reason is None and page_exists(app, path)
        note = "" if is_open else reason or _("sắp có")
        yield Link(name, path, path if is_open and "…" not in path else None, icon, note=note)


def _passport(link: Link, demo: Demonstration | None) -> Link:
    """Return the passport's row with the address of a pass to try, where there is one."""
    shown = next((entry for entry in demo.passes if entry.kind == "visitor"), None) if demo else None
    if link.note or link.address != "/p/…" or shown is None:
        return link
    return replace(link, href=f"/p/{shown.text.rsplit('/', 1)[-1]}")


def _exhibit(zone: Zone, app: Starlette, house: House) -> Link:
    id_ = zone.exhibit or zone.id
    path = f"/exhibits/{id_}"
    reason = house.plugins.get(id_)
    is_open = id_ in house.plugins and reason is None and page_exists(app, path)
    return Link(zone.name, id_, path if is_open else None, zone=zone, note="" if is_open else reason or _("sắp có"))


def _code(entry: DemoPass) -> dict[str, Any]:
    titles = {
        "visitor": (_("Khách của đoàn"), _("được mời vào")),
        "delegation": (_("Mã cả đoàn %(code)s", code=entry.code), _("hỏi bao nhiêu người")),
        "revoked": (_("Thẻ đã hủy"), _("từ chối, có lối đi tiếp")),
    }
    title, note = titles[entry.kind]
    return {"title": title, "note": note, "side": len(modules(entry.text)), "path": svg_path(entry.text)}
