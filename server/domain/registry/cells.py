"""One cell → one value. Each parser returns the value, or raises `Unreadable` with a stable code."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from server.domain.text import clean, search_key

MOST_PEOPLE = 10_000
# No day, time or number is longer; patterns are not tried on what a hostile cell may hold.
_LONGEST = 120
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day 0, of no time zone


@dataclass(frozen=True, slots=True)
class NoValue:
    """A cell that has no value to read: a formula that was saved without one, or an error such as `#REF!`."""

    why: Literal["formula", "error"]
    text: str = ""


Cell = str | bool | int | float | date | time | datetime | NoValue | None


class Unreadable(Exception):
    """A cell whose content cannot be what its column holds; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# Said instead of leaving a cell empty.
_NOTHING = frozenset(
    {"", "khong", "khong co", "chua co", "khong ro", "n a", "na", "none", "null", "nil", "k co", "trong"}
)
_DITTO = re.compile(r"[-–\s(.]*(?:[\"“”„〃″]|''|``|’’|nt|n/t|như trên|nhu tren)[-–\s).\"]*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def as_text(cell: Cell) -> str:
    """Return what the cell shows, cleaned: whole floats without their point, dates as dd/mm/yyyy."""
    if cell is None or isinstance(cell, NoValue):
        return ""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y}" if cell.time() == time() else f"{cell:%d/%m/%Y %H:%M}"
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else f"{cell:%H:%M}"


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and not cell[:1].isalnum() and not clean(cell))


def says_nothing(text: str) -> bool:
    """Tell whether a text stands for an empty cell: `-`, `không có`, `n/a`."""
    return len(text) < 12 and search_key(text) in _NOTHING


def is_ditto(cell: Cell) -> bool:
    """Tell whether a cell means "as above"."""
    return isinstance(cell, str) and _DITTO.fullmatch(clean(cell)) is not None


def read_date(cell: Cell) -> date | None:
    """Return the day a cell names, None when it is empty; `impossible_date` otherwise.

    Knows real dates, serial numbers, d/m/y with any separator and two-digit years, y-m-d, and days in letters.
    Of a span of days it is the first.
    """
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(cell)
    if isinstance(cell, time | bool | NoValue):
        raise Unreadable("impossible_date")
    text = as_text(cell)
    if says_nothing(text):
        return None
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return _serial(float(text))
    return _day_of_text(text)


def _serial(number: float) -> date:
    if 0 < number < 100_000:
        return _plausible((_EPOCH + timedelta(days=number)).date())
    raise Unreadable("impossible_date")


_SPELLED = re.compile(r"(?:ngày\s*)?(\d{1,2})\s*tháng\s*(\d{1,2})(?:\s*,?\s*năm\s*(\d{4}))", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d/.])(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})(?![\d/])")
_SPAN = re.compile(r"(?<!\d)(\d{1,2})\s*(?:-|–|đến|và|&|,)\s*\d{1,2}\s*[/.]\s*(\d{1,2})\s*[/.]\s*(\d{4})(?!\d)")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ENGLISH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3})[a-z]*[\s,-]+(\d{4})", re.IGNORECASE)


def _day_of_text(text: str) -> date:
    if len(text) > _LONGEST:
        raise Unreadable("impossible_date")
    for pattern in (_SPAN, _SPELLED, _YEAR_LAST):
        if match := pattern.search(text):
            day, month, year = (int(group) for group in match.groups())
            return _day(year, month, day)
    if match := _YEAR_FIRST.search(text):
        year, month, day = (int(group) for group in match.groups())
        return _day(year, month, day)
    if match := _COMPACT.fullmatch(text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if (match := _ENGLISH.search(text)) and match[2].lower() in _MONTHS:
        return _day(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    raise Unreadable("impossible_date")


def _day(year: int, month: int, day: int) -> date:
    try:
        return _plausible(date(year + 2000 if year < 100 else year, month, day))
    except ValueError:
        raise Unreadable("impossible_date") from None


def _plausible(day: date) -> date:
    if _EARLIEST <= day < _LATEST:
        return day
    raise Unreadable("impossible_date")


_HALF = r"(?:\s*(rưỡi|rưởi))?"
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:giờ|gio|h|g|:|\.|,)\s*(?:(\d{1,2})(?!\d))?(?::\d{2})?(?:\.\d+)?\s*(?:phút|phut|p|')?"
    + _HALF,
    re.IGNORECASE,
)
_BARE_HOUR = re.compile(r"(?<!\d)(\d{1,2})(?!\d)" + _HALF)
_HOURS_SPAN = re.compile(r"(?<![\d:h])(\d{1,2})\s*(?:-|–|đến)\s*(\d{1,2})\s*(?:h|giờ)(?!\s*\d)", re.IGNORECASE)
_DAYPART = re.compile(r"\b(am|pm|a\.m\.?|p\.m\.?|sáng|trưa|chiều|tối)(?!\w)", re.IGNORECASE)
_OFFICE_PARTS = {"sang": time(7, 30), "buoi sang": time(7, 30), "chieu": time(13, 0), "buoi chieu": time(13, 0)}


def read_time(cell: Cell) -> tuple[time | None, time | None, bool]:
    """Return when it begins, when it ends if it says so, and whether the beginning is only roughly said (`buổi sáng`).

    `impossible_time` for what is no time of a day. Knows real times, fractions of a day, `8h30`, `9 giờ`, `09:00`,
    `2h chiều`, `8h30 - 10h`, and numbers that mean an hour.
    """
    if isinstance(cell, datetime):
        return cell.time().replace(microsecond=0), None, False
    if isinstance(cell, time):
        return cell.replace(microsecond=0), None, False
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _time_of_number(float(cell)), None, False
    if isinstance(cell, date | bool | NoValue):
        raise Unreadable("impossible_time")
    text = as_text(cell)
    if says_nothing(text):
        return None, None, False
    if (part := _OFFICE_PARTS.get(search_key(text))) is not None:
        return part, None, True
    if re.fullmatch(r"\d+(?:\.\d+)?", text) and not re.fullmatch(r"\d{1,2}\.\d{2}", text):
        return _time_of_number(float(text)), None, False
    return _times_of_text(text)


def _times_of_text(text: str) -> tuple[time, time | None, bool]:
    if len(text) > _LONGEST:
        raise Unreadable("impossible_time")
    text = _HOURS_SPAN.sub(r"\1h - \2h", text)
    pattern = _CLOCK if _CLOCK.search(text) else _BARE_HOUR
    matches = list(pattern.finditer(text))
    if not 1 <= len(matches) <= 2 or text.startswith("-") or re.search(r"\d", pattern.sub("", text)):
        raise Unreadable("impossible_time")
    times = [_clock(match, text) for match in matches]
    end = times[1] if len(times) == 2 and times[1] > times[0] else None
    return times[0], end, False


def _clock(match: re.Match[str], text: str) -> time:
    groups = match.groups()
    minute = int(groups[1]) if len(groups) == 3 and groups[1] else 30 if groups[-1] else 0
    hour = int(groups[0])
    after = _DAYPART.search(text, match.end())
    part = search_key(after[1]).replace(" ", "") if after else ""
    if part in ("pm", "chieu", "toi") and 1 <= hour < 12:
        hour += 12
    if part == "am" and hour == 12:
        hour = 0
    try:
        return time(hour, minute)
    except ValueError:
        raise Unreadable("impossible_time") from None


def _time_of_number(number: float) -> time:
    """Return the time of a fraction of a day, or of a number read as an hour: 8 is 8:00, 8.3 and 8.5 are 8:30."""
    if not math.isfinite(number):
        raise Unreadable("impossible_time")
    fraction = number % 1
    if 0 <= number < 1 or number > 20_000:
        minutes = round(fraction * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    minute = {0: 0, 15: 15, 25: 15, 30: 30, 45: 45, 50: 30, 75: 45}.get(round(fraction * 100))
    if not 1 <= number < 24 or minute is None:
        raise Unreadable("impossible_time")
    return time(int(number), minute)


def read_size(cell: Cell) -> int | None:
    """Return a number of people, None when the cell is empty; `impossible_size` unless it is whole and 1 to 10,000.

    Knows `15 người`, `khoảng 20`, `15-20` (the larger), `10 + 5` (the sum) and dots for thousands.
    """
    if isinstance(cell, bool | date | time | datetime | NoValue):
        raise Unreadable("impossible_size")
    if isinstance(cell, int | float):
        if not float(cell).is_integer():
            raise Unreadable("impossible_size")
        return _possible(int(cell))
    text = as_text(cell)
    if says_nothing(text):
        return None
    if len(text) > _LONGEST:
        raise Unreadable("impossible_size")
    text = re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", text)
    numbers = [float(match.replace(",", ".")) for match in _NUMBER.findall(text)]
    if not numbers or text.lstrip().startswith(("-", "−")) or not all(number.is_integer() for number in numbers):
        raise Unreadable("impossible_size")
    if re.fullmatch(r"[\d\s+=.a-zà-ỹ,]*\+[^-]*", text.lower()) and "=" not in text:
        return _possible(int(sum(numbers)))
    return _possible(int(max(numbers)))


def _possible(people: int) -> int:
    if 1 <= people <= MOST_PEOPLE:
        return people
    raise Unreadable("impossible_size")


_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def read_email(text: str) -> str:
    """Return the address with its domain in small letters; `bad_email` when it is no possible address."""
    address = re.sub(r"^mailto:", "", text.strip().strip("<>"), flags=re.IGNORECASE)
    local, _, domain = address.rpartition("@")
    if len(address) > 254 or not _EMAIL.fullmatch(address) or ".." in address or local[:1] == "." or local[-1:] == ".":
        raise Unreadable("bad_email")
    return f"{local}@{domain.lower()}"
