"""What the desk says of a check-in by hand: the answer, a refusal's reason, what can be done."""

from typing import Any

from server.web.i18n import gettext as _

CANNOT_BE_FORCED = frozenset({"too_many_people", "scan_own_pass", "direction_needed", "unknown_pass", "invalid_pass"})


def answer_words(answer: str, people: int) -> str:
    """Return what a check-in did, in a few words."""
    return {
        "admitted": _("Đã vào, %(n)s người", n=people),
        "left": _("Đã ra, %(n)s người", n=people),
        "moved": _("Đã sang khu, %(n)s người", n=people),
        "present": _("Đang ở đây"),
        "refused": _("Chưa ghi nhận"),
    }[answer]


def refusal_words(answer: dict[str, Any]) -> str:
    """Return why a check-in was refused, in one sentence."""
    free, most = answer.get("free") or 0, answer.get("max_people") or 0
    words = {
        "already_inside": _("Đã vào từ trước, chưa ghi nhận ra."),
        "not_inside": _("Chưa ghi nhận vào."),
        "too_many_people": _("Đông hơn số còn lại của đoàn (%(n)s người). Sửa số khách của đoàn trước.", n=most),
        "scan_own_pass": _("Số này gồm cả thành viên có thẻ riêng: ghi nhận từng người, hoặc cả đoàn."),
        "direction_needed": _("Một phần đoàn đang ở trong: chọn vào hay ra."),
        "space_full": _("Không gian đã đủ khách, còn %(n)s chỗ.", n=free),
        "zone_full": _("Khu này đã đủ khách, còn %(n)s chỗ.", n=free),
        "space_closed": _("Không gian đang đóng cửa."),
        "too_early": _("Chưa đến ngày hẹn."),
        "expired": _("Đã quá ngày hẹn."),
        "wrong_gate": _("Thẻ này không mở khu đã chọn."),
        "cancelled_delegation": _("Đoàn này đã hủy."),
        "revoked_pass": _("Thẻ này đã bị hủy."),
    }
    return words.get(str(answer.get("code")), _("Không ghi nhận được."))


def field_words(field: str) -> str:
    """Return by what something was found, where its name does not show it."""
    return {"phone": _("theo điện thoại"), "short": _("theo mã thẻ"), "spelling": _("gần đúng")}.get(field, "")
