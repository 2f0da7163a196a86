"""The words of the wizard: what columns hold, kinds of errors in short, why something was kept."""

from server.domain.registry import Field
from server.web.i18n import gettext as _


def field_names() -> dict[str, str]:
    """Return what each meaning of a column is called."""
    return {
        Field.NAME: _("Họ và tên"),
        Field.FAMILY_NAME: _("Họ và tên đệm"),
        Field.GIVEN_NAME: _("Tên"),
        Field.TITLE: _("Chức vụ"),
        Field.PHONE: _("Điện thoại"),
        Field.EMAIL: _("Thư điện tử"),
        Field.REACH: _("Điện thoại và thư"),
        Field.ORGANISATION: _("Đơn vị"),
        Field.DELEGATION: _("Tên đoàn"),
        Field.CODE: _("Mã đoàn"),
        Field.KIND: _("Loại đoàn"),
        Field.LEADER: _("Trưởng đoàn"),
        Field.CONTACT: _("Người liên hệ"),
        Field.SIZE: _("Số người"),
        Field.MEN: _("Số nam"),
        Field.WOMEN: _("Số nữ"),
        Field.DATE: _("Ngày tham quan"),
        Field.TIME: _("Giờ đến"),
        Field.END: _("Giờ về"),
        Field.WHEN: _("Ngày và giờ"),
        Field.LANGUAGE: _("Ngôn ngữ"),
        Field.PURPOSE: _("Mục đích"),
        Field.SECTOR: _("Lĩnh vực"),
        Field.NEEDS: _("Hỗ trợ riêng"),
        Field.NOTES: _("Ghi chú"),
        Field.LETTER: _("Số công văn"),
        Field.ORDINAL: _("Số thứ tự"),
        Field.IGNORED: _("Không nhập"),
    }


def code_names() -> dict[str, str]:
    """Return the kinds of errors in a few words, for filters."""
    return {
        "missing_name": _("Thiếu họ tên"),
        "missing_organisation": _("Thiếu đơn vị"),
        "missing_delegation": _("Không rõ đoàn"),
        "name_too_long": _("Tên quá dài"),
        "text_too_long": _("Nội dung quá dài"),
        "bad_name": _("Tên không có chữ"),
        "impossible_date": _("Ngày không đúng"),
        "impossible_time": _("Giờ không đúng"),
        "impossible_size": _("Số người không đúng"),
        "bad_phone": _("Điện thoại không đúng"),
        "bad_email": _("Thư điện tử không đúng"),
        "formula_without_value": _("Công thức chưa tính"),
        "formula_error": _("Công thức lỗi"),
        "unknown_delegation": _("Không có đoàn này"),
        "delegation_refused": _("Đoàn có lỗi"),
        "headcount_below_inside": _("Ít hơn số đang có mặt"),
    }


def outcome_names() -> dict[str, str]:
    """Return what becomes of a row, in a word."""
    return {
        "new": _("Thêm mới"),
        "changed": _("Thay đổi"),
        "same": _("Giữ nguyên"),
        "repeat": _("Gộp"),
    }


def kept_reasons() -> dict[str, str]:
    """Return why something stayed when its import was taken back."""
    return {
        "has_pass": _("đã cấp thẻ"),
        "was_here": _("đã quét thẻ vào"),
        "edited": _("đã được sửa sau khi nhập"),
        "has_members": _("còn thành viên"),
        "used": _("đã được dùng ở nơi khác"),
    }


def state_names() -> dict[str, tuple[str, str, str]]:
    """Return how an import's state is shown: chip, icon, word."""
    return {
        "uploading": ("chip-info", "upload-simple-bold", _("Đang tải lên")),
        "reading": ("chip-info", "hourglass-bold", _("Đang đọc")),
        "ready": ("chip-warn", "note-pencil-bold", _("Chờ nhập")),
        "applying": ("chip-info", "hourglass-bold", _("Đang nhập")),
        "applied": ("chip-ok", "check-circle-fill", _("Đã nhập")),
        "undoing": ("chip-info", "arrow-counter-clockwise", _("Đang hoàn tác")),
        "undone": ("", "arrow-counter-clockwise", _("Đã hoàn tác")),
        "failed": ("chip-bad", "warning-circle-fill", _("Không đọc được")),
        "expired": ("", "clock-counter-clockwise-bold", _("Hết hạn lưu")),
    }
