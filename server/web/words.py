"""Words that several pages share: days, roles, devices."""

from datetime import datetime

from babel.dates import format_date as babel_date

from server.domain.roles import Right, Role
from server.web.i18n import gettext as _
from server.web.i18n import language


def day_in_words(day: datetime, *, with_year: bool = False) -> str:
    """Return `Thứ Ba, 24/11`, or `Tuesday 24 November`; with the year if it is asked for."""
    if language() == "vi":
        return f"{babel_date(day, 'EEEE', locale='vi')}, {day:{'%d/%m/%Y' if with_year else '%d/%m'}}"
    return str(babel_date(day, "EEEE d MMMM y" if with_year else "EEEE d MMMM", locale="en_GB"))


def role_name(role: Role) -> str:
    """Return what a role of the staff is called."""
    return {
        Role.ADMINISTRATOR: _("Quản trị"),
        Role.ORGANIZER: _("Ban tổ chức"),
        Role.RECEPTION: _("Lễ tân"),
        Role.GUIDE: _("Hướng dẫn viên"),
        Role.EXHIBITOR: _("Đơn vị trưng bày"),
    }[role]


def device_role_name(role: str) -> str:
    """Return what a device's role is called."""
    return {
        "gate": _("Cổng"),
        "desk": _("Bàn"),
        "exhibit": _("Gian"),
        "wall": _("Màn hình"),
        "survey": _("Khảo sát"),
    }[role]


def direction_name(direction: str) -> str:
    """Return what a gate's direction is called."""
    return {"auto": _("Tự động"), "in": _("Vào"), "out": _("Ra")}[direction]


def right_name(right: Right) -> str:
    """Return what a right lets one do."""
    return {
        Right.READ_DELEGATIONS: _("Xem đoàn và lịch hẹn"),
        Right.EDIT_DELEGATIONS: _("Thêm, sửa, xác nhận, hủy đoàn"),
        Right.READ_VISITORS: _("Xem tên và thông tin khách"),
        Right.EDIT_VISITORS: _("Thêm và sửa khách"),
        Right.ERASE_VISITORS: _("Xóa dữ liệu cá nhân của khách"),
        Right.CHECK_IN: _("Ghi nhận khách đến và về"),
        Right.CLOSE_CASES: _("Xử lý trường hợp"),
        Right.READ_PASSES: _("Xem thẻ"),
        Right.ISSUE_PASSES: _("Phát, thay và hủy thẻ"),
        Right.READ_DEVICES: _("Xem thiết bị"),
        Right.PAIR_DEVICES: _("Ghép và thu hồi thiết bị"),
        Right.IMPORT: _("Nhập danh sách"),
        Right.READ_REPORTS: _("Xem báo cáo"),
        Right.READ_ROLL_CALL: _("Điểm danh"),
        Right.READ_AUDIT: _("Xem nhật ký"),
        Right.OPEN_DAY: _("Mở và đóng ngày"),
        Right.MANAGE_ACCOUNTS: _("Quản lý tài khoản"),
    }.get(right, right.value)


def browser_name(agent: str) -> str:
    """Return a browser's name and version in a few letters, as its own line says it."""
    for name, shown in (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Version/", "Safari")):
        if name in agent:
            return f"{shown} {agent.split(name, 1)[1].split('.', 1)[0]}"
    return agent[:40]
