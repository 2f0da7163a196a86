"""What is said about times and guides: why one cannot be had, and how a time is called."""

from collections.abc import Iterable
from datetime import date, datetime

from babel.dates import format_date as babel_date

from server.domain.guides import Against
from server.web.i18n import format_time, language, mark
from server.web.i18n import gettext as _
from server.web.problems import Problem, add_problems

add_problems(
    {
        "slot_taken": Problem(409, mark("Khung giờ này không đặt được.")),
        "slot_taken:past": Problem(409, mark("Khung giờ này đã qua.")),
        "slot_taken:holiday": Problem(409, mark("Ngày này không gian nghỉ theo lịch ngày nghỉ.")),
        "slot_taken:closed": Problem(409, mark("Ngày này không gian không mở cửa.")),
        "slot_taken:outside_hours": Problem(409, mark("Giờ này nằm ngoài giờ mở cửa.")),
        "slot_taken:too_many": Problem(
            409, mark("Đoàn %(people)s người đông hơn sức chứa %(capacity)s người; xin chia đoàn thành nhiều lượt.")
        ),
        "slot_taken:full": Problem(409, mark("Khung giờ này chỉ còn %(left)s/%(capacity)s chỗ.")),
        "guide_conflict": Problem(409, mark("%(guide)s chưa nhận được đoàn này.")),
        "no_slot": Problem(409, mark("Đoàn %(delegation)s chưa có giờ nên chưa phân công được.")),
        "unknown_guide": Problem(404, mark("Không có hướng dẫn viên này.")),
        "too_many_stops": Problem(422, mark("Lộ trình có tối đa %(most)s chặng.")),
        "bad_hours": Problem(422, mark("Giờ phải có dạng 07:30-11:30, 13:00-17:00.")),
        "bad_time": Problem(422, mark("Xin chọn ngày và giờ.")),
        "bad_day": Problem(422, mark("Ngày phải có dạng 24/11/2026.")),
    }
)


def reason_words(reason: str) -> str:
    """Return in few words why a time cannot be had."""
    return {
        "past": _("đã qua"),
        "holiday": _("ngày nghỉ"),
        "closed": _("không mở cửa"),
        "outside_hours": _("ngoài giờ mở cửa"),
        "too_many": _("đông hơn sức chứa"),
        "full": _("hết chỗ"),
    }[reason]


def objection_words(objection: str, other: str = "") -> str:
    """Return in few words what speaks against a guide; `other` is who has them at that time."""
    if objection == "busy" and other:
        return _("đang đi cùng %(other)s", other=other)
    return {
        "inactive": _("đã nghỉ việc"),
        "day_off": _("nghỉ ngày này"),
        "off_hours": _("ngoài giờ làm việc"),
        "busy": _("trùng giờ với đoàn khác"),
        "language": _("không nói ngôn ngữ của đoàn"),
    }[objection]


def against_words(against: Iterable[Against]) -> str:
    """Return what speaks against a guide, in a row."""
    return ", ".join(objection_words(one.objection, one.duty.name if one.duty else "") for one in against)


def weekday_words(day: date) -> str:
    """Return `Thứ Hai 23`, or `Mon 23`: a day within a week that the page names."""
    if language() == "vi":
        return f"{babel_date(day, 'EEEE', locale='vi')} {day.day}"
    return str(babel_date(day, "EEE d", locale="en_GB"))


def day_words(day: date) -> str:
    """Return `Thứ Năm 26/11`, or `Thu 26 November`."""
    if language() == "vi":
        return f"{babel_date(day, 'EEEE', locale='vi')} {day:%d/%m}"
    return str(babel_date(day, "EEE d MMMM", locale="en_GB"))


def slot_words(at: datetime) -> str:
    """Return `Thứ Năm 26/11, 10:30`; the moment is local already."""
    return f"{day_words(at)}, {format_time(at)}"


def slot_time(iso: str) -> str:
    """Return how a free time of a `slot_taken` error is called."""
    return slot_words(datetime.fromisoformat(iso))


def language_name(code: str) -> str:
    """Return a language's name; the code itself when it is none of those that guides speak here."""
    return {
        "vi": _("Việt"),
        "en": _("Anh"),
        "fr": _("Pháp"),
        "zh": _("Trung"),
        "ja": _("Nhật"),
        "ko": _("Hàn"),
        "de": _("Đức"),
        "es": _("Tây Ban Nha"),
        "ru": _("Nga"),
        "km": _("Khmer"),
        "lo": _("Lào"),
        "th": _("Thái"),
    }.get(code.split("-", maxsplit=1)[0], code)


def weekday_name(weekday: int) -> str:
    """Return a weekday's name, Monday being 0."""
    return str(babel_date(date(2024, 1, 1 + weekday), "EEEE", locale="vi" if language() == "vi" else "en_GB"))
