"""The exhibition space: its zones, opening hours and pass policy, as its TOML file states them."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from server.domain.errors import DomainError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PassWindow = Literal["none", "day", "slot"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the space with its own capacity. `plan` is x, y, width, height in the plan's grid units."""

    id: str
    name: str
    name_en: str
    capacity: int
    area_m2: float | None = None
    glyph: str = ""
    letter: str = ""
    colour: str = ""
    exhibit: str | None = None
    plan: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Local opening times of each weekday, Monday first; `always` means that the space never closes."""

    days: tuple[tuple[tuple[time, time], ...], ...] = ((),) * 7
    always: bool = False

    def on(self, day: date) -> tuple[tuple[time, time], ...]:
        """Return the opening spans of a day, earliest first; none when it is closed all day."""
        return self.days[day.weekday()]

    def is_open(self, local: datetime) -> bool:
        """Tell whether the space is open at a local time."""
        if self.always:
            return True
        return any(opens <= local.time() < closes for opens, closes in self.on(local.date()))

    def last_closing(self, day: date) -> time | None:
        """Return the last closing time of a day; None when it does not open or never closes."""
        spans = self.on(day)
        return spans[-1][1] if spans and not self.always else None


@dataclass(frozen=True, slots=True)
class PassPolicy:
    """When a pass opens a gate, checked against its appointment, and how long its signature holds."""

    window: PassWindow = "day"
    valid_days: int = 90
    slot_before: timedelta = timedelta(minutes=60)
    slot_after: timedelta = timedelta(minutes=120)


@dataclass(frozen=True, slots=True)
class BookingPolicy:
    """How appointments are given: at most `capacity` people at once (None: as many as the space holds), on a grid."""

    capacity: int | None = None
    grid_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Space:
    """One deployment's space. `zones` is never empty and its first zone is the lobby."""

    name: str
    name_en: str
    capacity: int
    zones: tuple[Zone, ...]
    city: str = ""
    city_en: str = ""
    fire_document: str = ""
    opening: OpeningHours = field(default_factory=OpeningHours)
    passes: PassPolicy = field(default_factory=PassPolicy)
    booking: BookingPolicy = field(default_factory=BookingPolicy)
    timezone: str = "Asia/Ho_Chi_Minh"
    plan: tuple[float, float] | None = None
    double_scan_seconds: int = 30
    public_wall: bool = True

    @property
    def lobby(self) -> str:
        """Return the id of the lobby, where everybody enters and leaves."""
        return self.zones[0].id

    @property
    def zone_ids(self) -> tuple[str, ...]:
        return tuple(zone.id for zone in self.zones)

    def zone(self, zone_id: str) -> Zone:
        """Return a zone by its id, or raise `unknown_zone`."""
        for zone in self.zones:
            if zone.id == zone_id:
                return zone
        raise DomainError("unknown_zone", zone=zone_id)

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the space's own clock."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def day_of(self, moment: datetime) -> date:
        """Return the local day in which a moment lies."""
        return self.local(moment).date()


_MOST = 100_000
"""The largest number in a space file: of people, days, minutes, seconds."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EXHIBIT_ZONES = (
    ("egov", "Chính quyền số", "Digital government", "A", 12),
    ("smart_home", "Nhà thông minh", "Smart home", "B", 10),
    ("smart_edu", "Giáo dục thông minh", "Smart education", "C", 10),
    ("smart_health", "Y tế thông minh", "Smart health", "D", 10),
    ("ekyc", "Định danh điện tử", "Digital identity", "E", 8),
    ("digital_economy", "Kinh tế số", "Digital economy", "F", 10),
)
_GLYPHS = {
    "lobby": "lobby",
    "egov": "egov",
    "smart_home": "home",
    "smart_edu": "edu",
    "smart_health": "health",
    "ekyc": "id",
    "digital_economy": "economy",
}
_HOURS = ((time(7, 30), time(11, 30)), (time(13, 0), time(17, 0)))


def default_space() -> Space:
    """Return the built-in space: a lobby and a zone per exhibit, open in office hours."""
    lobby = Zone(id="lobby", name="Sảnh", name_en="Lobby", capacity=60, area_m2=120, glyph="lobby")
    exhibits = tuple(
        Zone(id=id_, name=name, name_en=name_en, capacity=capacity, glyph=_GLYPHS[id_], letter=letter,
             colour=letter.lower(), exhibit=id_)
        for id_, name, name_en, letter, capacity in _EXHIBIT_ZONES
    )  # fmt: skip
    return Space(
        name="Không gian đổi mới sáng tạo và chuyển đổi số",
        name_en="Innovation and Digital Transformation Space",
        capacity=60,
        zones=(lobby, *exhibits),
        city="Thành phố Hồ Chí Minh",
        city_en="Ho Chi Minh City",
        opening=OpeningHours(days=(_HOURS,) * 5 + (((time(7, 30), time(11, 30)),), ())),
    )


def parse_space(text: str, *, timezone: str = "Asia/Ho_Chi_Minh") -> Space:
    """Read a space file. Raise `bad_space_file` with `where` and `why` at its first mistake."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DomainError("bad_space_file", where="TOML", why=str(error)) from error
    base = default_space()
    about = _table(document, "space")
    entries = document.get("zones", [])
    _demand(isinstance(entries, list), "zones", "not a list of tables")
    zones = tuple(_zone(entry, index) for index, entry in enumerate(entries)) or base.zones
    ids = [zone.id for zone in zones]
    _demand(len(set(ids)) == len(ids), "zones", "two zones have one id")
    return Space(
        name=_text(about, "name", base.name),
        name_en=_text(about, "name_en", _text(about, "name", base.name_en)),
        capacity=_whole(about, "capacity", base.capacity),
        zones=zones,
        city=_text(about, "city", base.city),
        city_en=_text(about, "city_en", base.city_en),
        fire_document=_text(about, "fire_document", ""),
        opening=_opening(document["opening"]) if "opening" in document else base.opening,
        passes=_policy(_table(document, "passes")),
        booking=_booking(_table(document, "appointments")),
        timezone=timezone,
        plan=_numbers(about, "plan", 2),
        double_scan_seconds=_whole(about, "double_scan_seconds", base.double_scan_seconds, least=0),
        public_wall=bool(about.get("public_wall", True)),
    )


def _zone(entry: Any, index: int) -> Zone:
    where = f"zones[{index + 1}]"
    _demand(isinstance(entry, Mapping), where, "not a table")
    id_ = _text(entry, "id", "", where)
    _demand(bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", id_)), where, "id must be small letters and digits")
    plan = _numbers(entry, "plan", 4, where)
    area = entry.get("area_m2")
    _demand(area is None or (_is_number(area) and area > 0), where, "area_m2 must be a number")
    exhibit = entry.get("exhibit")
    _demand(exhibit is None or isinstance(exhibit, str), where, "exhibit must be a text")
    return Zone(
        id=id_,
        name=_text(entry, "name", id_, where),
        name_en=_text(entry, "name_en", _text(entry, "name", id_, where), where),
        capacity=_whole(entry, "capacity", None, where=where),
        area_m2=float(area) if area is not None else None,
        glyph=_text(entry, "glyph", _GLYPHS.get(id_, ""), where),
        letter=_text(entry, "letter", "", where),
        colour=_text(entry, "colour", _text(entry, "letter", "", where).lower(), where),
        exhibit=exhibit,
        plan=(plan[0], plan[1], plan[2], plan[3]) if plan else None,
    )


def _opening(table: Any) -> OpeningHours:
    _demand(isinstance(table, Mapping), "opening", "not a table")
    if table.get("always"):
        return OpeningHours(always=True)
    unknown = set(table) - set(WEEKDAYS) - {"always"}
    _demand(not unknown, "opening", f"unknown key {sorted(unknown)}")
    return OpeningHours(days=tuple(parse_hours(str(table.get(day, "")), f"opening.{day}") for day in WEEKDAYS))


def parse_hours(text: str, where: str) -> tuple[tuple[time, time], ...]:
    """Read `07:30-11:30, 13:00-17:00`; none from an empty text. Raise `bad_space_file` with `where` and `why`."""
    spans: list[tuple[time, time]] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", part)
        if match is None:
            raise DomainError("bad_space_file", where=where, why=f"{part!r} is not HH:MM-HH:MM")
        hours = [int(group) for group in match.groups()]
        try:
            closes = time.max if hours[2:] == [24, 0] else time(hours[2], hours[3])
            span = (time(hours[0], hours[1]), closes)
        except ValueError as error:
            raise DomainError("bad_space_file", where=where, why=str(error)) from error
        _demand(span[0] < span[1], where, f"{part!r} closes before it opens")
        spans.append(span)
    spans.sort()
    _demand(all(one[1] <= other[0] for one, other in pairwise(spans)), where, "hours overlap")
    return tuple(spans)


def _policy(table: Mapping[str, Any]) -> PassPolicy:
    window = table.get("window", "day")
    _demand(window in ("none", "day", "slot"), "passes.window", "must be none, day or slot")
    return PassPolicy(
        window=window,
        valid_days=_whole(table, "valid_days", 90, where="passes"),
        slot_before=timedelta(minutes=_whole(table, "slot_before_minutes", 60, where="passes", least=0)),
        slot_after=timedelta(minutes=_whole(table, "slot_after_minutes", 120, where="passes", least=0)),
    )


def _booking(table: Mapping[str, Any]) -> BookingPolicy:
    capacity = _whole(table, "capacity", None, where="appointments") if "capacity" in table else None
    grid = _whole(table, "grid_minutes", 30, where="appointments")
    _demand(1_440 % grid == 0, "appointments.grid_minutes", "must divide a day")
    return BookingPolicy(capacity, grid)


def _demand(holds: bool, where: str, why: str) -> None:
    if not holds:
        raise DomainError("bad_space_file", where=where, why=why)


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    _demand(isinstance(table, Mapping), name, "not a table")
    return table  # type: ignore[no-any-return]


def _text(table: Mapping[str, Any], key: str, default: str, where: str = "space") -> str:
    value = table.get(key, default)
    _demand(isinstance(value, str), f"{where}.{key}", "must be a text")
    _demand(_CONTROL.search(value) is None, f"{where}.{key}", "must hold no control characters")
    return str(value)


def _whole(table: Mapping[str, Any], key: str, default: int | None, *, where: str = "space", least: int = 1) -> int:
    value = table.get(key, default)
    _demand(isinstance(value, int) and not isinstance(value, bool), f"{where}.{key}", "must be a whole number")
    _demand(least <= value <= _MOST, f"{where}.{key}", f"must be {least} to {_MOST}")
    return int(value)


def _numbers(table: Mapping[str, Any], key: str, count: int, where: str = "space") -> Any:
    value = table.get(key)
    if value is None:
        return None
    fits = isinstance(value, list) and len(value) == count and all(_is_number(n) for n in value)
    _demand(fits, f"{where}.{key}", f"must be {count} numbers")
    return tuple(float(number) for number in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
