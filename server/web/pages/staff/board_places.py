"""Where things stand on the board of appointments: quarters of an hour down or 120ths across, as css/places.css has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.domain.board import Lane, lay_out
from server.domain.holidays import moment_of
from server.domain.short_names import short_name, tight_name
from server.services.appointments import Slot
from server.services.board import Board, BoardDay, Entry
from server.web.i18n import format_time

_ACROSS = 120
_DAY = timedelta(days=1)
_NAME = timedelta(minutes=150)
"""As long is a name across, most of the time."""
_MOST_LANES = 4
"""In a week's column more lanes would be too narrow for names: the day has room for them."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours that a board shows, from a whole hour to a whole hour."""

    first: int
    last: int

    @property
    def hours(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def quarters(self) -> int:
        return (self.last - self.first) * 4

    def down(self, begins: datetime, ends: datetime) -> str:
        """Return the classes of a place down the board; nothing is shorter than half an hour."""
        y = max(0, int(self._minutes(begins, begins) // 15))
        h = max(2, -int(-(self._minutes(ends, begins) - y * 15) // 15))
        return f"y{y} h{min(h, self.quarters - y)}"

    def across(self, begins: datetime, ends: datetime) -> str:
        """Return the classes of a place across the board."""
        length = (self.last - self.first) * 60
        x = max(0, round(self._minutes(begins, begins) / length * _ACROSS))
        until = min(_ACROSS, round(self._minutes(ends, begins) / length * _ACROSS))
        return f"x{x} w{max(1, until - x)}"

    def mark(self, hour: int) -> str:
        """Return the class of an hour's line across the board."""
        return f"x{round((hour - self.first) * _ACROSS / (self.last - self.first))}"

    def _minutes(self, moment: datetime, of: datetime) -> float:
        midnight = datetime.combine(of.date(), datetime.min.time(), of.tzinfo)
        return (moment - midnight).total_seconds() / 60 - self.first * 60


@dataclass(frozen=True, slots=True)
class Placed:
    """Something on the board with its classes: an entry, a free time that is offered, or `more` that are hidden.

    `bar` is, across, the classes of its own length within the room that its name may use.
    """

    classes: str
    entry: Entry | None = None
    short: str = ""
    more: int = 0
    bar: str = ""
    when: str = ""


def axis_of(board: Board) -> Axis:
    """Return the hours that hold every opening and every entry of a board."""
    opens, closes = [8 * 60], [17 * 60]
    for day in board.days:
        for begin, end in day.spans:
            opens.append(begin.hour * 60 + begin.minute)
            closes.append(1_440 if end.hour == 23 and end.minute == 59 else end.hour * 60 + end.minute)
        for entry in day.entries:
            midnight = datetime.combine(day.day, datetime.min.time(), entry.begins.tzinfo)
            opens.append(max(0, int((entry.begins - midnight).total_seconds() // 60)))
            closes.append(min(1_440, int((entry.ends - midnight).total_seconds() // 60)))
    return Axis(min(opens) // 60, min(24, -(-max(closes) // 60)))


def place_down(day: BoardDay, axis: Axis, now: datetime, offer: Slot | None = None) -> list[Placed]:
    """Return a day's entries in a week's column, in reading order, those above four lanes gathered."""
    placed: list[Placed] = []
    hidden: list[Entry] = []
    for entry, (begins, ends), lane in _laid_out(day, offer):
        if lane.of > _MOST_LANES and lane.index >= _MOST_LANES - 1:
            hidden += [entry] if entry is not None else []
            continue
        of = min(lane.of, _MOST_LANES)
        index = min(lane.index, of - 1)
        span = min(lane.span, (of - 1 if lane.of > of else of) - index) or 1
        x, until = index * _ACROSS // of, (index + span) * _ACROSS // of
        narrow = " is-narrow" if until - x <= _ACROSS // 2 else ""
        classes = f"{axis.down(begins, ends)} x{x} w{until - x}{narrow}"
        if ends - begins <= timedelta(minutes=40):
            classes += " is-short"
        placed.append(_placed(entry, classes, now, is_narrow=bool(narrow)))
    return placed + _gathered(hidden, axis)


def place_across(day: BoardDay, axis: Axis, now: datetime, offer: Slot | None = None) -> tuple[list[Placed], int]:
    """Return a day's entries on the axis across, each in its row, and how many rows there are."""
    laid_out = _laid_out(day, offer, least=_NAME)
    placed = []
    for entry, (begins, ends), lane in laid_out:
        follows = [other[0] for _, other, row in laid_out if row.index == lane.index and other[0] >= ends]
        until = min(follows, default=datetime.combine(begins.date(), datetime.min.time(), begins.tzinfo) + _DAY)
        _, own = axis.across(begins, ends).split()
        one = _placed(entry, f"{axis.across(begins, until)} y{lane.index}", now)
        placed.append(replace(one, bar=own))
    return placed, max((lane.index + 1 for _, _, lane in laid_out), default=0)


def breadth_of(day: BoardDay, *, is_today: bool) -> str:
    """Return the class of a day's column: today's is wider, and so is one with much beside each other."""
    most = max((lane.of for lane in _lanes(day.entries)), default=1)
    return "is-wide" if is_today else ("is-broad" if most >= 3 else "")


def closed_parts(day: BoardDay, axis: Axis, now: datetime) -> list[str]:
    """Return the places down the board at which the space is closed."""
    midnight = datetime.combine(day.day, datetime.min.time(), now.tzinfo)
    at, last = midnight + timedelta(hours=axis.first), midnight + timedelta(hours=axis.last)
    parts = []
    for opens, closes in day.spans:
        if moment_of(midnight, opens) > at:
            parts.append((at, moment_of(midnight, opens)))
        at = moment_of(midnight, closes)
    if at < last:
        parts.append((at, last))
    return [axis.down(begins, ends) for begins, ends in parts if ends - begins >= timedelta(minutes=15)]


def _placed(entry: Entry | None, classes: str, now: datetime, *, is_narrow: bool = False) -> Placed:
    if entry is None:
        return Placed(classes)
    states = {"is-conflict": entry.is_conflict, "is-asked": entry.status == "requested", "is-over": entry.ends <= now}
    classes = " ".join([classes, *(name for name, holds in states.items() if holds)])
    short = tight_name(entry.name) if is_narrow else short_name(entry.name)
    return Placed(classes, entry, short, when=f"{format_time(entry.begins)}–{format_time(entry.ends)}")


def _laid_out(
    day: BoardDay, offer: Slot | None, least: timedelta = timedelta(0)
) -> list[tuple[Entry | None, tuple[datetime, datetime], Lane]]:
    """Return the entries and the time on offer (None), by their begin, each with its lane free for `least`."""
    rows: list[tuple[Entry | None, tuple[datetime, datetime]]] = [
        (entry, (entry.begins, entry.ends)) for entry in day.entries
    ]
    if offer is not None and offer.at.date() == day.day:
        rows.append((None, (offer.at, offer.at + timedelta(minutes=offer.minutes))))
        rows.sort(key=lambda row: row[1][0])
    lanes = lay_out([(begins, max(ends, begins + least)) for _, (begins, ends) in rows])
    return [(entry, times, lane) for (entry, times), lane in zip(rows, lanes, strict=True)]


def _lanes(entries: Sequence[Entry]) -> list[Lane]:
    return lay_out([(entry.begins, entry.ends) for entry in entries])


def _gathered(hidden: Sequence[Entry], axis: Axis) -> list[Placed]:
    groups: list[list[Entry]] = []
    for entry in hidden:
        if groups and entry.begins < max(one.ends for one in groups[-1]):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    x = (_MOST_LANES - 1) * _ACROSS // _MOST_LANES
    return [
        Placed(
            f"{axis.down(group[0].begins, max(one.ends for one in group))} x{x} w{_ACROSS - x}"
            + (" is-conflict" if any(one.is_conflict for one in group) else ""),
            more=len(group),
        )
        for group in groups
    ]
