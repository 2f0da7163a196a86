"""The words on badges, in the language of the context."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.domain.delegations import Kind
from server.domain.passes import show_short_code
from server.domain.roles import Role
from server.domain.short_names import short_name
from server.domain.space import Space
from server.services.badge_drawing import draw_sign
from server.services.badges import Badge, BadgeLayout, Band, Card, Words, picture, typeset
from server.web.i18n import format_date, format_time, language, ngettext
from server.web.i18n import gettext as _
from server.web.words import role_name

_MOST_ROWS = 10
_BANDS: dict[str, Band] = {
    Kind.SCHOOL: "river",
    Kind.CITIZENS: "river",
    Kind.ENTERPRISE: "post",
    Kind.INTERNATIONAL: "night",
    Kind.PRESS: "night",
}


async def print_badges(space: Space, badges: Sequence[Badge], layout: BadgeLayout, *, with_back: bool = False) -> bytes:
    """Return the badges as PDF: one a page, four on A4 with crop marks, or labels of 62 × 29 mm.

    With backs, each page of badges is followed by its other side; labels have none.
    """
    words = _words(space, badges)
    if with_back and layout != "label":
        words = replace(words, back=_back(space))
    return await typeset([_card(space, badge, layout) for badge in badges], layout, words)


async def preview_badges(space: Space, badges: Sequence[Badge], layout: BadgeLayout) -> bytes:
    """Return the first page of badges as PNG; where there is none yet, of a specimen that no kiosk admits."""
    shown = badges[: 4 if layout == "sheet" else 1] or [_specimen()]
    return await picture([_card(space, badge, layout) for badge in shown], layout, _words(space, shown))


def _specimen() -> Badge:
    return Badge(
        pass_id="", pass_kind="visitor", text="SANH", short="MAUTHE00", name=_("Khách mẫu"), title="",
        organisation=_("Tên cơ quan, đơn vị"), delegation=None, delegation_name=None, delegation_kind=None, covers=None,
        day=None, slot_at=None, minutes=0, role=None,
    )  # fmt: skip


def _back(space: Space) -> dict[str, Any]:
    exhibits = [zone for zone in space.zones[1:] if zone.exhibit][:_MOST_ROWS]
    is_english = language() == "en"
    return {
        "title": _("Các gian trải nghiệm"),
        "rows": [
            {
                "sign": draw_sign(zone.glyph),
                "name": zone.name_en if is_english else zone.name,
                "other": zone.name if is_english else zone.name_en,
            }
            for zone in exhibits
        ],
        "again": _("Xem lại hành trình"),
        "how": _("Quét mã ở mặt trước bằng điện thoại.") + "\n" + _("Không cần cài ứng dụng."),
    }


def _words(space: Space, badges: Sequence[Badge]) -> Words:
    codes = list(dict.fromkeys(badge.delegation for badge in badges if badge.delegation))
    foot = _("Tờ {n}/{of}, đoàn %(code)s", code=codes[0]) if len(codes) == 1 else _("Tờ {n}/{of}")
    return Words(
        space=space.name_en if language() == "en" else space.name,
        hint=_("Quét khi vào, khi ra và tại gian."),
        help=_("Cần giúp? Mời đến bàn lễ tân."),
        sheet=foot,
        scale=_("In ở tỷ lệ 100%, cắt theo dấu"),
        language=language(),
    )


def kind_name(kind: str) -> str:
    """Return what a kind of delegation is called on a badge."""
    return {
        Kind.AGENCY: _("Cơ quan"),
        Kind.DISTRICT: _("Quận, huyện"),
        Kind.COMMUNE: _("Phường, xã, đặc khu"),
        Kind.ENTERPRISE: _("Doanh nghiệp"),
        Kind.SCHOOL: _("Trường học"),
        Kind.CITIZENS: _("Người dân"),
        Kind.INTERNATIONAL: _("Quốc tế"),
        Kind.PRESS: _("Báo chí"),
        Kind.OTHER: _("Khách"),
    }[Kind(kind)]


def _card(space: Space, badge: Badge, layout: BadgeLayout) -> Card:
    before, large, lines = _names(badge)
    when, when_short = _times(space, badge)
    organisation = _organisation(badge)
    return Card(
        text=badge.text,
        short=show_short_code(badge.short),
        tag=_tag(badge),
        before=before,
        large=large,
        lines=lines,
        organisation=short_name(organisation) if layout == "label" else organisation,
        when=when,
        when_short=when_short,
        band="night" if badge.role else _BANDS.get(badge.delegation_kind or "", "shutter"),
        pattern=badge.delegation or badge.pass_id,
    )


def _tag(badge: Badge) -> str:
    if badge.role:
        return role_name(Role(badge.role))
    return kind_name(badge.delegation_kind) if badge.delegation_kind else _("Khách lẻ")


def _names(badge: Badge) -> tuple[str, str, int]:
    """Return what stands above, what stands large, and in how many lines that may stand."""
    if badge.pass_kind == "delegation":
        covers = badge.covers or 0
        people = ngettext("Cả đoàn, %(n)s người", "Cả đoàn, %(n)s người", covers) if covers else _("Cả đoàn")
        return people, badge.delegation_name or "", 3
    name = badge.name or ""
    # The given name comes last in Vietnamese; elsewhere nobody can tell, and the name stands as one.
    if badge.delegation_kind == Kind.INTERNATIONAL:
        return "", name, 3
    before, _space, given = name.rpartition(" ")
    return before, given, 1


def _organisation(badge: Badge) -> str:
    if badge.pass_kind == "delegation":
        return ""
    organisation = badge.organisation or badge.delegation_name or ""
    return "\n".join(filter(None, (organisation, badge.title)))


def _times(space: Space, badge: Badge) -> tuple[str, str]:
    if badge.role:
        return _("Thẻ nhân viên"), ""
    if badge.day is None:
        return "", ""
    if badge.slot_at is None:
        return format_date(badge.day), f"{badge.day:%d/%m}"
    start = space.local(badge.slot_at)
    end = start + timedelta(minutes=badge.minutes)
    span = f"{format_time(start)} – {format_time(end)}" if badge.minutes else format_time(start)
    return f"{format_date(start)}, {span}", f"{start:%d/%m} {format_time(start)}"
