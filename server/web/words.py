"""Words that several pages share: days, roles, devices."""

from datetime import datetime

from babel.dates import format_date as babel_date

from server.domain.roles import Role
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
