"""What kinds, states and lacks of delegations are called at the desk, and what their history says."""

from datetime import datetime, timedelta

from server.domain.delegation_list import Hand, Sort
from server.domain.delegations import DelegationRecord, Kind, Status
from server.domain.space import Space
from server.web.i18n import gettext as _

_LATE = timedelta(minutes=10)


def kind_name(kind: str) -> str:
    """Return what a kind of delegation is called."""
    return {
        Kind.AGENCY: _("Cơ quan, sở ban ngành"),
        Kind.DISTRICT: _("Quận, huyện"),
        Kind.COMMUNE: _("Phường, xã, đặc khu"),
        Kind.ENTERPRISE: _("Doanh nghiệp"),
        Kind.SCHOOL: _("Trường học"),
        Kind.CITIZENS: _("Người dân"),
        Kind.INTERNATIONAL: _("Quốc tế"),
        Kind.PRESS: _("Báo chí"),
        Kind.OTHER: _("Loại khác"),
    }.get(Kind(kind) if kind in set(Kind) else Kind.OTHER, kind)


def status_name(status: str) -> str:
    """Return what a step of a delegation's life is called."""
    return {
        Status.REQUESTED: _("Chờ xác nhận"),
        Status.CONFIRMED: _("Đã xác nhận"),
        Status.ARRIVING: _("Đang đến"),
        Status.INSIDE: _("Đang tham quan"),
        Status.LEFT: _("Đã ra về"),
        Status.CANCELLED: _("Đã hủy"),
        Status.NO_SHOW: _("Không đến"),
    }[Status(status)]


def hand_name(hand: str) -> str:
    """Return what a delegation lacks, as a filter says it."""
    return {
        Hand.GUIDE: _("Chưa có hướng dẫn"),
        Hand.SLOT: _("Chưa có giờ"),
        Hand.INTERPRETER: _("Cần phiên dịch"),
        Hand.NAMES: _("Chưa có danh sách"),
        Hand.SUPPORT: _("Cần hỗ trợ"),
    }[Hand(hand)]


def sort_name(sort: str) -> str:
    """Return what an order of the list is called."""
    return {
        Sort.TIME: _("Theo giờ hẹn"),
        Sort.NEWEST: _("Mới đăng ký trước"),
        Sort.PEOPLE: _("Đông khách trước"),
    }[Sort(sort)]


def language_name(code: str) -> str:
    """Return what a language of a visit is called; the code itself for one that has no name here."""
    return dict(languages()).get(code, code)


def languages() -> list[tuple[str, str]]:
    """Return the languages that a form offers."""
    return [
        ("vi", _("Tiếng Việt")),
        ("en", _("Tiếng Anh")),
        ("ko", _("Tiếng Hàn")),
        ("ja", _("Tiếng Nhật")),
        ("zh", _("Tiếng Trung")),
        ("fr", _("Tiếng Pháp")),
        ("de", _("Tiếng Đức")),
        ("es", _("Tiếng Tây Ban Nha")),
        ("ru", _("Tiếng Nga")),
        ("vsl", _("Ngôn ngữ ký hiệu")),
    ]


def chip_of(delegation: DelegationRecord, now: datetime, space: Space) -> tuple[str, int]:
    """Return the state that a delegation's chip shows, and by how many minutes it is late."""
    if delegation.status != Status.CONFIRMED:
        return delegation.status.value, 0
    if delegation.visit_date != space.day_of(now):
        return "confirmed", 0
    if delegation.slot_at is not None and now - delegation.slot_at >= _LATE:
        return "late", int((now - delegation.slot_at).total_seconds() // 60)
    return "expected", 0


def people_of(delegation: DelegationRecord, now: datetime, space: Space) -> str:
    """Return `12/18` for one whose day has come, `18` before."""
    covers = delegation.count.covers
    has_come = delegation.arrived or delegation.visit_date == space.day_of(now)
    return f"{delegation.arrived}/{covers}" if has_come else str(covers)


def masked_phone(phone: str | None) -> str:
    """Return `0903 ••• 208`: enough to recognise a number, not to take it along."""
    if not phone:
        return ""
    national = f"0{phone[3:]}" if phone.startswith("+84") else phone
    return f"{national[:4]} ••• {national[-3:]}"


def action_name(action: str) -> str:
    """Return what an entry of a delegation's history says."""
    return {
        "add_delegation": _("Đăng ký đoàn"),
        "request_delegation": _("Gửi yêu cầu tham quan"),
        "change_delegation": _("Sửa thông tin đoàn"),
        "confirm_delegation": _("Xác nhận đoàn"),
        "cancel_delegation": _("Hủy đoàn"),
        "open_needs": _("Mở xem nhu cầu hỗ trợ"),
        "place_delegation": _("Đặt giờ hẹn"),
        "merge_delegation": _("Gộp đoàn"),
        "change_protocol": _("Sửa phiếu lễ tân"),
        "add_visitor": _("Thêm thành viên"),
        "change_visitor": _("Sửa thành viên"),
        "erase_visitor": _("Xóa dữ liệu của thành viên"),
        "import_delegation": _("Nhập từ danh sách"),
        "issue_pass": _("Cấp thẻ"),
        "revoke_pass": _("Hủy thẻ"),
        "print_badges": _("In thẻ"),
        "check_in": _("Ghi nhận đến"),
    }.get(action, _("Thay đổi khác"))


def field_name(field: str) -> str:
    """Return what a field of a delegation is called in its form and in its history."""
    return {
        "name": _("Tên đoàn"),
        "organisation": _("Đơn vị"),
        "kind": _("Loại đoàn"),
        "status": _("Trạng thái"),
        "planned": _("Số khách dự kiến"),
        "visit_date": _("Ngày"),
        "slot_at": _("Giờ hẹn"),
        "time": _("Giờ hẹn"),
        "minutes": _("Thời lượng"),
        "leader_name": _("Trưởng đoàn"),
        "leader_title": _("Chức vụ"),
        "contact_name": _("Người liên hệ"),
        "phone": _("Điện thoại"),
        "email": _("Thư điện tử"),
        "language": _("Ngôn ngữ"),
        "letter": _("Số công văn"),
        "purpose": _("Mục đích"),
        "sector": _("Nội dung quan tâm"),
        "needs": _("Nhu cầu hỗ trợ"),
        "notes": _("Ghi chú"),
        "guide": _("Hướng dẫn viên"),
        "zones": _("Khu được vào"),
        "delegation": _("Đoàn"),
        "overruled": _("Giữ giờ dù"),
        "reason": _("Lý do"),
    }.get(field, field)
