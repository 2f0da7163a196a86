"""Cases in words: what happened, what the rules would have said, how one may be closed."""

from collections.abc import Mapping
from typing import Any

from server.domain.cases import Choice
from server.services.cases import CaseLine
from server.web.i18n import gettext as _
from server.web.i18n import language, ngettext


def kind_name(kind: str) -> str:
    """Return what a kind of case is called."""
    return _kinds().get(kind, (kind, ""))[0]


def rule_answer(kind: str) -> str:
    """Return what the rules would have answered, or what is wrong."""
    return _kinds().get(kind, ("", kind))[1]


def kind_icon(line: CaseLine) -> str:
    """Return the icon of a case in the list."""
    icons = {"missed_gate": "door-open-bold", "reentry": "arrow-u-up-left-bold", "forced": "hand-palm-bold"}
    icons |= {"open_visit": "clock-counter-clockwise-bold", "count_error": "users-bold", "recount": "list-numbers"}
    return icons.get(line.kind, "cloud-slash-fill")


def _kinds() -> dict[str, tuple[str, str]]:
    return {
        "already_inside": (_("Vào hai lần khi mất mạng"), _("Từ chối, thẻ đã vào cổng")),
        "not_inside": (_("Ra khi chưa ghi nhận vào"), _("Từ chối, thẻ chưa vào cổng")),
        "missed_gate": (_("Vào gian mà chưa qua cổng"), _("Mời vào, nhưng chưa có lượt qua cổng")),
        "reentry": (_("Khách báo vào lại"), _("Từ chối, thẻ đã vào cổng")),
        "forced": (_("Nhân viên cho qua"), _("Từ chối")),
        "revoked_pass": (_("Thẻ đã hủy, quét ngoại tuyến"), _("Từ chối, thẻ đã hủy")),
        "cancelled_delegation": (_("Đoàn đã hủy, quét ngoại tuyến"), _("Từ chối, đoàn đã hủy")),
        "too_early": (_("Đến trước ngày hẹn"), _("Từ chối, chưa đến ngày hẹn")),
        "expired": (_("Thẻ quá ngày hẹn"), _("Từ chối, thẻ đã quá hạn")),
        "wrong_gate": (_("Thẻ không mở cổng này"), _("Từ chối, không đúng cổng")),
        "space_closed": (_("Vào ngoài giờ mở cửa"), _("Từ chối, ngoài giờ mở cửa")),
        "too_many_people": (_("Nhiều người hơn đoàn"), _("Từ chối, nhiều người hơn số của đoàn")),
        "scan_own_pass": (_("Quét thẻ đoàn thay thẻ riêng"), _("Từ chối, từng người quét thẻ riêng")),
        "direction_needed": (_("Chưa rõ vào hay ra"), _("Hỏi vào hay ra")),
        "zone_full": (_("Vào khu khi đã đủ chỗ"), _("Từ chối, khu đủ chỗ")),
        "space_full": (_("Vào khi đã đủ sức chứa"), _("Từ chối, không gian đủ khách")),
        "open_visit": (_("Lượt tham quan chưa đóng"), _("Phải có lượt ra trước giờ đóng cửa")),
        "count_error": (_("Còn đếm người lúc đóng cửa"), _("Phải còn 0 người")),
        "recount": (_("Đếm lại không khớp"), _("Số đang giữ phải bằng tổng các lượt di chuyển")),
    }


def conflict_answer(line: CaseLine) -> str:
    """Return the rules' answer to a case's scan; a forced one has its refusal beside it."""
    conflict = line.scan["conflict"] if line.scan else None
    if line.kind in ("forced", "missed_gate", "reentry") and conflict and conflict != line.kind:
        return rule_answer(conflict)
    return rule_answer(line.kind)


def fact_of(line: CaseLine, zone_name: str) -> str:
    """Return what happened, as far as the house knows."""
    if line.kind == "count_error":
        return ngettext("Còn %(n)s người trong số đếm", "Còn %(n)s người trong số đếm", line.counted)
    if line.kind == "recount":
        return ngettext("%(n)s số không khớp", "%(n)s số không khớp", len(_differing(line)))
    if line.scan is None:
        return ""
    return movement_name(line.scan, zone_name)


def movement_name(move: Mapping[str, Any], zone_name: str) -> str:
    """Return what a movement is called: what was done, and where."""
    if move["assumed"]:
        return _("Ra lúc đóng cửa, ước tính")
    if move["answer"] == "refused":
        return _("Chưa mời vào, %(zone)s", zone=zone_name) if zone_name else _("Chưa mời vào")
    if move["conflict"] == "already_inside" and not move["people"]:
        return _("Cùng thẻ vào cổng lần nữa")
    if move["conflict"] == "not_inside" and not move["people"]:
        return _("Quét ra, số đếm không đổi")
    words = {
        "admitted": _("Vào cổng, %(zone)s", zone=zone_name),
        "moved": _("Chuyển sang %(zone)s", zone=zone_name),
        "present": _("Có mặt, %(zone)s", zone=zone_name) if zone_name else _("Có mặt"),
        "left": _("Ra về, %(zone)s", zone=zone_name) if zone_name else _("Ra về"),
    }
    return words.get(str(move["answer"]), str(move["answer"]))


def effect_of(line: CaseLine) -> str:
    """Return what the scan did to the count."""
    if line.kind == "recount":
        shown = [f"{one['id']}: {one['counter']} / {one['recount']}" for one in _differing(line)[:3]]
        return ", ".join(shown)
    scan = line.scan
    change = 0
    if scan is not None:
        entered, left = scan["from_zone"] is None and scan["to_zone"], scan["from_zone"] and scan["to_zone"] is None
        change = line.counted if entered else -line.counted if left else 0
    return people_changed(change)


def _differing(line: CaseLine) -> list[Mapping[str, Any]]:
    found = line.detail.get("differing")
    return list(found) if isinstance(found, list) else []


def people_changed(change: int) -> str:
    """Return `+1 người`, `−2 người` or `0 người`."""
    text = ngettext("%(n)s người", "%(n)s người", abs(change))
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{text}"


def choice_name(code: str, kind: str = "") -> str:
    """Return what a closing reason is called."""
    if code == "nobody_came" and kind == "missed_gate":
        return _("Quét nhầm, không ở trong")
    return {
        "another_person": _("Người khác dùng thẻ này"),
        "scanned_twice": _("Quét nhầm hai lần"),
        "left_unscanned": _("Đã ra mà không quét"),
        "nobody_came": _("Không có ai vào"),
        "came_unscanned": _("Đã vào mà không quét, nay đã ra"),
        "still_inside": _("Khách vẫn ở trong"),
        "left_at": _("Khách quên quét ra"),
        "as_recorded": _("Đúng như đã ghi"),
        "explained": _("Đã tìm ra nguyên nhân"),
        "other": _("Lý do khác"),
        "correction": _("Lượt điều chỉnh"),
    }.get(code, code)


def choice_effect(choice: Choice, people: int, kind: str) -> str:
    """Return which movements a closing reason adds, and how many people are inside after it."""
    return f"{_added(choice, kind)} {_after(choice, people)}"


def _added(choice: Choice, kind: str) -> str:
    if choice.code == "other":
        return _("Cần ghi rõ.")
    if not choice.moves:
        return _("Giữ nguyên số đếm.")
    if choice.code == "another_person":
        swap = _("Ghi thẻ này ra, thêm 1 khách lẻ vào.")
        return swap if len(choice.moves) > 1 else _("Thêm 1 khách lẻ, cấp thẻ mới.")
    move = choice.moves[0]
    if kind == "open_visit" and move.direction == "out":
        return _("Ghi một lượt ra vào giờ đó, thay giờ ước tính.")
    if move.direction == "in":
        return ngettext("Ghi một lượt vào của %(n)s người.", "Ghi một lượt vào của %(n)s người.", move.people)
    return ngettext("Ghi một lượt ra của %(n)s người.", "Ghi một lượt ra của %(n)s người.", move.people)


def _after(choice: Choice, people: int) -> str:
    after = max(0, people + choice.change)
    return ngettext("Sau đó %(n)s người đang tham quan.", "Sau đó %(n)s người đang tham quan.", after)


def who_is(line: CaseLine) -> str:
    """Return whom a case is about: a name, a delegation, or that nobody is."""
    if line.who.is_gone:
        return _("Khách đã xóa dữ liệu")
    if line.who.name:
        return line.who.name
    if line.who.delegation:
        return line.who.delegation_name or line.who.delegation
    return _("Cả không gian") if line.holder is None else _("Khách chưa rõ tên")


def zone_name(space: Any, zone_id: str | None) -> str:
    """Return a zone's name in the language of the context; its id, if the space has it no more."""
    for zone in space.zones:
        if zone.id == zone_id:
            return str(zone.name_en if language() == "en" else zone.name)
    return zone_id or ""
