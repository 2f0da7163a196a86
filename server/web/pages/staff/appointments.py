"""The desk's appointments: a week or a day, conflicts with their nearest free times, guides on the same axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.short_names import short_name
from server.services.appointments import Slot, Wish, near_slots
from server.services.board import Board, BoardDay, Entry, get_board
from server.services.guides import free_guides
from server.services.house import House
from server.services.sheets import Row
from server.web.auth import Principal
from server.web.exports import one_page, table_response, wants_table
from server.web.i18n import format_date, language
from server.web.i18n import gettext as _
from server.web.pages.menu import page_exists
from server.web.pages.staff import board_places as places
from server.web.pages.staff.appointment_dialogs import Refused, guide_dialog, slot_dialog
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import sentence_of
from server.web.slot_words import (
    day_words,
    language_name,
    objection_words,
    reason_words,
    slot_time,
    slot_words,
    weekday_words,
)
from server.web.templating import house_of

PATH = "/staff/appointments"
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class View:
    """What the board shows: a week from its Monday, or one day."""

    kind: str
    day: date

    @property
    def first(self) -> date:
        return self.day - timedelta(days=self.day.weekday()) if self.kind == "week" else self.day

    @property
    def days(self) -> int:
        return 7 if self.kind == "week" else 1

    def url(self, **more: object) -> str:
        """Return the address of this view; `more` may name another `view` or `day`."""
        return f"{PATH}?{urlencode({'view': self.kind, 'day': self.day.isoformat(), **more})}"

    def showing(self, code: str) -> str:
        """Return the address of this view with one delegation open: a board has hundreds of them."""
        return f"{PATH}?view={self.kind}&day={self.day}&show={quote(code)}"


def view_of(values: Mapping[str, str], today: date) -> View:
    """Return the view that an address or a form asks for; today's week when it asks for none that can be."""
    try:
        day = date.fromisoformat(values.get("day", ""))
    except ValueError:
        day = today
    return View("day" if values.get("view") == "day" else "week", day if day.year in _YEARS else today)


async def show_appointments(request: Request) -> Response:
    """Show the board. `?show=D017` opens one delegation, `?set=` and `?assign=` its time or its guides.

    `?format` gives the week or the day as a file.
    """
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        rows = await _rows(request, knows_people=Right.READ_VISITORS in principal.rights)
        titles = [_("Giờ"), _("Phút"), _("Mã"), _("Đoàn"), _("Số người"), _("Ngôn ngữ"), _("Hướng dẫn")]
        return await table_response(request, "appointments", titles, one_page(rows))
    return await board_page(request, principal)


async def board_page(request: Request, principal: Principal, *, refused: Refused | None = None) -> Response:
    """Render the board; with what was refused, the dialog that it came from."""
    house = house_of(request)
    now = house.space.local(house.clock.now())
    values = refused.form if refused else request.query_params
    view = view_of(values, now.date())
    board = await get_board(house.database, house.space, view.first, view.days, now)
    may_edit = Right.EDIT_DELEGATIONS in principal.rights
    chosen = await _chosen(house, board, values, now)
    return render_desk(
        request,
        principal,
        "staff/appointments.html",
        refused.status if refused else 200,
        view=view,
        board=board,
        may_edit=may_edit,
        knows_people=Right.READ_VISITORS in principal.rights,
        may_decide=Right.OPEN_DAY in principal.rights,
        chosen=chosen,
        **await _dialogs(request, values, refused, may_edit=may_edit),
        has_records=page_exists(request.app, "/staff/delegations/D000"),
        has_form=page_exists(request.app, "/staff/delegations/new"),
        **_columns(view, board, now, chosen["to"] if chosen else None),
        **_WORDS,
    )


async def _rows(request: Request, *, knows_people: bool) -> list[Row]:
    house = house_of(request)
    now = house.space.local(house.clock.now())
    view = view_of(request.query_params, now.date())
    board = await get_board(house.database, house.space, view.first, view.days, now)
    return [
        [
            entry.begins, entry.minutes, entry.code, entry.name, entry.people, entry.language,
            entry.guide if knows_people else "",
        ]
        for day in board.days
        for entry in day.entries
    ]  # fmt: skip


async def _dialogs(
    request: Request, values: Mapping[str, str], refused: Refused | None, *, may_edit: bool
) -> dict[str, Any]:
    """Return the dialog that stands open: the one that was refused, else the one that the address asks for."""
    house = house_of(request)
    found: dict[str, Any] = dict.fromkeys(("slot_dialog", "guide_dialog", "book"))
    if not may_edit:
        return found
    setting = (
        refused.code if refused and refused.is_slot else ("" if refused else values.get("set", "").replace("\x00", ""))
    )
    assigning = (
        refused.code
        if refused and not refused.is_slot
        else ("" if refused else values.get("assign", "").replace("\x00", ""))
    )
    try:
        if setting:
            return found | {"slot_dialog": await slot_dialog(house, setting.strip(), values, refused)}
        if assigning:
            return found | {"guide_dialog": await guide_dialog(house, assigning, refused)}
    except DomainError as error:
        return found | {"book": {"typed": setting or assigning, "problem": sentence_of(error)}}
    is_booking = "book" in values or "set" in values
    return found | {"book": {"typed": "", "problem": ""} if is_booking and not refused else None}


_WORDS: dict[str, Any] = {
    "day_words": day_words,
    "slot_words": slot_words,
    "weekday_words": weekday_words,
    "reason_words": reason_words,
    "objection_words": objection_words,
    "language_name": language_name,
    "slot_time": slot_time,
    "shorten": short_name,
    "one_day": timedelta(days=1),
    "one_minute": timedelta(minutes=1),
}


def _title(view: View, last: date) -> str:
    if view.kind == "day":
        return (
            f"{day_words(view.day)}/{view.day.year}" if language() == "vi" else f"{day_words(view.day)} {view.day.year}"
        )
    if language() != "vi":
        return f"{view.first.day} {view.first:%B} – {format_date(last)}"
    begin = f"{view.first:%d}" if view.first.month == last.month else f"{view.first:%d/%m}"
    return f"{begin}–{format_date(last)}"


def _columns(view: View, board: Board, now: datetime, offer: Slot | None) -> dict[str, Any]:
    axis, is_week = places.axis_of(board), view.kind == "week"
    shown = [day for day in board.days if not is_week or _is_worth_a_column(day)]
    columns = [
        {
            "day": day,
            "is_today": day.day == now.date(),
            "breadth": places.breadth_of(day, is_today=day.day == now.date()),
            "placed": places.place_down(day, axis, now, offer) if is_week else [],
            "closed": places.closed_parts(day, axis, now) if is_week else [],
            "load": f"w{min(120, round(day.peak / board.capacity * 120))}",
        }
        for day in shown
    ]
    across, lanes = ([], 0) if is_week else places.place_across(board.days[0], axis, now, offer)
    return {"axis": axis, "columns": columns, "across": across, "lanes": lanes, "title": _title(view, shown[-1].day)}


def _is_worth_a_column(day: BoardDay) -> bool:
    """A Sunday stays out of the week unless somebody comes or the space is open."""
    return day.day.weekday() < 6 or bool(day.entries or day.spans)


async def _chosen(house: House, board: Board, values: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """Return the delegation beside the board: the one asked for, else the first that is in conflict."""
    asked = values.get("show", "")
    entries = board.entries if asked else board.conflicts
    entry = next((one for one in entries if not asked or one.code == asked), None)
    if entry is None:
        return None
    near = await _near(house, entry, now) if entry.excess or entry.hours else []
    to = next((slot for slot in near if slot.at.isoformat() == values.get("to")), near[0] if near else None)
    guides = await free_guides(house.database, house.space, entry.code, near, language=entry.language)
    return {"entry": entry, "near": list(zip(near, guides, strict=True)), "to": to}


async def _near(house: House, entry: Entry, now: datetime) -> list[Slot]:
    wish = Wish(entry.begins, entry.people or 1, entry.minutes)
    return await near_slots(house.database, house.space, wish, leaving_out=entry.code, now=now)
