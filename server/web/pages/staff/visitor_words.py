"""What a visitor's record calls the things that were done with it."""

from server.services.visitors import Done
from server.web.i18n import gettext as _


def done_name(done: Done) -> str:
    """Return what a line of a record's history says."""
    if done.action == "revoke_pass":
        return _("Thay thẻ bị mất") if "replaced_by" in done.fields else _("Hủy thẻ")
    names = {
        "add_visitor": _("Thêm khách"),
        "import_visitor": _("Nhập từ danh sách"),
        "change_visitor": _("Sửa thông tin"),
        "open_needs": _("Mở xem hỗ trợ cần có"),
        "erase_visitor": _("Xóa dữ liệu cá nhân"),
    }
    return names.get(done.action, done.action)


def notice_of(word: str) -> str:
    """Return the sentence that stands on a page after something was done there."""
    return {
        "added": _("Đã thêm khách."),
        "changed": _("Đã lưu thay đổi."),
        "erased": _("Đã xóa dữ liệu cá nhân."),
        "issued": _("Đã cấp thẻ."),
        "replaced": _("Đã cấp thẻ mới. Thẻ cũ bị từ chối ở mọi kiosk từ bây giờ."),
        "revoked": _("Đã hủy thẻ. Mọi kiosk từ chối thẻ này từ bây giờ."),
    }.get(word, "")
