"""Today: what the desk has before it all day. One partial serves the page and every later state of it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.domain.roles import Right
from server.domain.short_names import short_name
from server.services.today import GROUPS, Today, read_today
from server.web.badges import kind_name
from server.web.i18n import gettext as _
from server.web.pages.staff.board_places import axis_of, place_across
from server.web.pages.staff.delegations_words import hand_name
from server.web.pages.staff.desk import enter, render_desk
from server.web.templating import house_of
from server.web.words import day_in_words

_YEARS = range(2000, 2100)


async def show_today(request: Request) -> Response:
    """Show a day of the desk, today unless `?day` says another; `?part` gives its living part alone."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    house = house_of(request)
    shown = await read_today(house, request.app.state.presence.devices, _asked_day(request))
    axis = axis_of(shown.board)
    across, lanes = place_across(shown.board.days[0], axis, shown.now)
    return render_desk(
        request,
        principal,
        "staff/today_part.html" if "part" in request.query_params else "staff/today.html",
        shown=shown,
        groups=[(group, _group_name(group), shown.of(group)) for group in GROUPS],
        titled=day_in_words(_midday(shown.day), with_year=True),
        axis=axis,
        across=across,
        lanes=lanes,
        mine=_mine(shown, principal.name),
        previous=_address(shown.day - timedelta(days=1)),
        next=_address(shown.day + timedelta(days=1)),
        zones={zone.id: zone for zone in house.space.zones},
        kind_name=kind_name,
        hand_name=hand_name,
        shorten=short_name,
        may={right.value for right in principal.rights},
        live=shown.is_today,
    )


def _asked_day(request: Request) -> date | None:
    try:
        day = date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _midday(day: date) -> datetime:
    return datetime.combine(day, time(12))


def _address(day: date) -> str:
    return f"/staff?day={day.isoformat()}"


def _mine(shown: Today, name: str) -> set[str]:
    """Return the codes of the delegations whose guide is whoever looks."""
    return {row.delegation.code for row in shown.rows if row.delegation.guide == name}


def _group_name(group: str) -> Any:
    return {
        "receiving": _("Đang đón"),
        "inside": _("Đang tham quan"),
        "expected": _("Sắp đến"),
        "left": _("Đã ra về"),
        "off": _("Không đến hoặc đã hủy"),
    }[group]
