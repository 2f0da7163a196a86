"""Which pages this house has, so that no page links to one that does not exist."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Match

from server.domain.roles import Right
from server.web.auth import Principal
from server.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the desk's menu."""

    name: str
    path: str
    icon: str
    is_current: bool = False


def page_exists(app: Starlette, path: str) -> bool:
    """Tell whether an address is answered in this house, plug-ins included."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes if getattr(route, "path", "") != "")


def desk_menu(request: Request, principal: Principal) -> list[Entry]:
    """Return the desk's pages that exist and that this person may see."""
    here = request.url.path
    return [
        # Every page of the desk lies below the first one's address.
        Entry(name, path, icon, here == path or (path != "/staff" and here.startswith(f"{path}/")))
        for name, path, icon, right in _desk_pages()
        if right in principal.rights and page_exists(request.app, path)
    ]


def desk_home(request: Request, principal: Principal) -> str:
    """Return the page that the desk opens with."""
    menu = desk_menu(request, principal)
    return menu[0].path if menu else "/"


def _desk_pages() -> list[tuple[str, str, str, Right]]:
    return [
        (_("Hôm nay"), "/staff", "calendar-check", Right.READ_DELEGATIONS),
        (_("Ghi nhận đến"), "/staff/check-in", "door-open", Right.CHECK_IN),
        (_("Đoàn tham quan"), "/staff/delegations", "users", Right.READ_DELEGATIONS),
        (_("Lịch hẹn"), "/staff/appointments", "calendar-dots", Right.READ_DELEGATIONS),
        (_("Khách và thẻ"), "/staff/visitors", "identification-card", Right.READ_VISITORS),
        (_("Nhập danh sách"), "/staff/imports", "file-arrow-up", Right.IMPORT),
        (_("Cần xử lý"), "/staff/cases", "warning-circle", Right.CLOSE_CASES),
        (_("Điểm danh"), "/staff/roll-call", "list-checks", Right.READ_ROLL_CALL),
        (_("Thiết bị"), "/staff/devices", "device-mobile", Right.READ_DEVICES),
        (_("Thư gửi đi"), "/staff/messages", "paper-plane-tilt-bold", Right.READ_VISITORS),
        (_("In thẻ"), "/staff/badges", "printer", Right.ISSUE_PASSES),
        (_("Xuất dữ liệu"), "/staff/exports", "export", Right.READ_VISITORS),
        (_("Nhật ký"), "/staff/audit", "scroll", Right.READ_AUDIT),
        (_("Tài khoản"), "/staff/accounts", "key", Right.MANAGE_ACCOUNTS),
    ]
