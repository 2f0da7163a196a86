"""What the audit log's words are called: who acted, what was done, to which thing."""

from collections.abc import Mapping

from server.web.i18n import gettext as _


def action_name(action: str) -> str:
    """Return what an action is called; one that has no name here, as the log has it."""
    return {
        "add_account": _("Thêm tài khoản"),
        "change_account": _("Đổi quyền hoặc khóa tài khoản"),
        "rename_account": _("Đổi tên tài khoản"),
        "reset_password": _("Đặt lại mật khẩu"),
        "change_password": _("Tự đổi mật khẩu"),
        "end_sessions": _("Kết thúc phiên làm việc"),
        "sign_in": _("Đăng nhập"),
        "fail_sign_in": _("Đăng nhập sai"),
        "fail_second_step": _("Sai mã bước hai"),
        "switch_on_second_step": _("Bật xác thực hai bước"),
        "switch_off_second_step": _("Tắt xác thực hai bước"),
        "use_recovery_code": _("Dùng mã khôi phục"),
        "link_oidc": _("Nối với tài khoản tổ chức"),
        "refuse_oidc": _("Từ chối tài khoản tổ chức"),
        "drop_lent_password": _("Bỏ mật khẩu tạm"),
        "add_token": _("Thêm mã truy cập"),
        "revoke_token": _("Thu hồi mã truy cập"),
        "add_delegation": _("Thêm đoàn"),
        "change_delegation": _("Sửa đoàn"),
        "confirm_delegation": _("Xác nhận đoàn"),
        "cancel_delegation": _("Hủy đoàn"),
        "import_delegation": _("Nhập đoàn từ danh sách"),
        "add_visitor": _("Thêm khách"),
        "change_visitor": _("Sửa khách"),
        "erase_visitor": _("Xóa dữ liệu của khách"),
        "revoke_pass": _("Hủy thẻ"),
        "pair_device": _("Ghép thiết bị"),
        "revoke_device": _("Thu hồi quyền của thiết bị"),
        "send_message_again": _("Gửi lại thư"),
        "close_case": _("Đóng trường hợp"),
    }.get(action, action.replace("_", " "))


def actor_name(actor: str, names: Mapping[str, str]) -> str:
    """Return who acted."""
    kind, _colon, rest = actor.partition(":")
    if actor in names:
        return names[actor]
    if kind == "token":
        return _("Chương trình %(id)s", id=rest[:8])
    return {"command line": _("Dòng lệnh"), "nobody": _("Không rõ")}.get(actor, actor)


def subject_name(subject: str, names: Mapping[str, str]) -> str:
    """Return the thing that something was done to."""
    if subject in names:
        return names[subject]
    kind, colon, rest = subject.partition(":")
    words = {
        "delegation": _("Đoàn %(id)s", id=rest),
        "visitor": _("Khách %(id)s", id=rest[:8]),
        "pass": _("Thẻ %(id)s", id=rest[:8]),
        "case": _("Trường hợp %(id)s", id=rest),
        "export": _("Tệp xuất %(id)s", id=rest),
        "token": _("Mã truy cập %(id)s", id=rest),
    }
    return words.get(kind, subject) if colon else subject
