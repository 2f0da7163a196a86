"""Guides and interpreters: the languages they speak, the hours they work, and what speaks against a duty."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from server.domain.holidays import Span, moment_of


class GuideKind(StrEnum):
    GUIDE = "guide"
    INTERPRETER = "interpreter"


class Objection(StrEnum):
    """What speaks against somebody's going with a delegation."""

    INACTIVE = "inactive"
    DAY_OFF = "day_off"
    OFF_HOURS = "off_hours"
    BUSY = "busy"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide or an interpreter. `hours` are spans for each weekday, Monday first; `days_off` are first and last."""

    id: str
    name: str
    kind: str = GuideKind.GUIDE
    languages: tuple[str, ...] = ("vi",)
    hours: tuple[tuple[Span, ...], ...] = ((),) * 7
    days_off: tuple[tuple[date, date], ...] = ()
    note: str = ""
    account_id: str | None = None
    is_active: bool = True
    version: int = 1

    def on(self, day: date) -> tuple[Span, ...]:
        """Return when they work on a day."""
        return () if self.is_off(day) else self.hours[day.weekday()]

    def is_off(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.days_off)


@dataclass(frozen=True, slots=True)
class Duty:
    """A delegation that somebody goes with, on the space's own clock."""

    code: str
    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Against:
    """An objection, and the duty that is in the way when it is `busy`."""

    objection: Objection
    duty: Duty | None = None


def objections_to(
    guide: Guide, duty: Duty, others: Iterable[Duty], *, language: str = "vi", spoken: Sequence[str] = ()
) -> list[Against]:
    """Return what speaks against a duty: `others` are their other duties, `spoken` what those who come along speak."""
    found: list[Against] = []
    if not guide.is_active:
        found.append(Against(Objection.INACTIVE))
    if guide.is_off(duty.begins.date()):
        found.append(Against(Objection.DAY_OFF))
    elif not any(
        moment_of(duty.begins, opens) <= duty.begins and duty.ends <= moment_of(duty.begins, closes)
        for opens, closes in guide.on(duty.begins.date())
    ):
        found.append(Against(Objection.OFF_HOURS))
    found += [
        Against(Objection.BUSY, other)
        for other in others
        if other.code != duty.code and other.begins < duty.ends and duty.begins < other.ends
    ]
    if _base(language) not in {_base(one) for one in (*guide.languages, *spoken)}:
        found.append(Against(Objection.LANGUAGE))
    return found


def guide_from(row: Mapping[Any, Any]) -> Guide:
    """Return a guide from what is stored: times and days as ISO texts."""
    hours = [tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in spans) for spans in row["hours"]]
    return Guide(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        languages=tuple(row["languages"]),
        hours=(*hours, *((),) * 7)[:7],
        days_off=tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in row["days_off"]),
        note=row["note"],
        account_id=row["account_id"],
        is_active=row["is_active"],
        version=row["version"],
    )


def _base(language: str) -> str:
    return language.split("-", maxsplit=1)[0].lower()
