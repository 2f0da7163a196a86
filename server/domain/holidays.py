"""When the space opens on a day: its usual hours, the state's holidays, and what the desk has decided for the day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from server.domain.space import OpeningHours

Span = tuple[time, time]
_WHOLE_DAY: tuple[Span, ...] = ((time.min, time.max),)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not as the weekday says: closed without `spans`, else open in them."""

    day: date
    name: str
    name_en: str = ""
    spans: tuple[Span, ...] = ()

    @property
    def is_closed(self) -> bool:
        return not self.spans


@dataclass(frozen=True, slots=True)
class Openings:
    """Usual hours, and the special days beside them; what the desk decided goes before the state's holidays."""

    opening: OpeningHours
    decided: Mapping[date, SpecialDay] = field(default_factory=dict)

    def special(self, day: date) -> SpecialDay | None:
        """Return what makes a day special: the desk's decision, else a public holiday."""
        return self.decided.get(day) or official_holidays(day.year).get(day)

    def on(self, day: date) -> tuple[Span, ...]:
        """Return the opening spans of a day, earliest first; none when it is closed."""
        special = self.special(day)
        if special is not None:
            return special.spans
        return _WHOLE_DAY if self.opening.always else self.opening.on(day)

    def covers(self, begins: datetime, ends: datetime) -> bool:
        """Tell whether the space is open all the time between two local moments of one day."""
        return any(
            moment_of(begins, opens) <= begins and ends <= moment_of(begins, closes)
            for opens, closes in self.on(begins.date())
        )


def moment_of(local: datetime, at: time) -> datetime:
    """Return a time of the day of a local moment; `time.max` is the midnight after it."""
    if at == time.max:
        return datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo)
    return datetime.combine(local.date(), at, local.tzinfo)


@lru_cache(maxsize=64)
def official_holidays(year: int) -> Mapping[date, SpecialDay]:
    """Return Vietnam's public holidays of a year, substitute days and days that were swapped included."""
    from holidays.countries.vietnam import Vietnam

    country: Any = Vietnam
    english = country(years=year, language="en_US")
    return {
        day: SpecialDay(day, name, english.get(day, ""))
        for day, name in sorted(country(years=year, language="vi").items())
    }
