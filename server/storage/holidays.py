"""Special days: what the desk has decided about a day, beside the weekday's hours and the state's holidays."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Column, Connection, delete, insert, select
from sqlmodel import Field, SQLModel

from server.domain.holidays import SpecialDay
from server.storage.core import table


class SpecialDayRow(SQLModel, table=True):
    """A day that is not as its weekday says; `spans` are pairs of local times, none when it is closed."""

    __tablename__ = "special_day"
    day: date = Field(primary_key=True)
    name: str = Field(max_length=200)
    name_en: str = Field(default="", max_length=200)
    spans: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    updated_at: datetime


SPECIAL_DAYS: Any = table(SpecialDayRow)


def special_days(connection: Connection, first: date, last: date) -> dict[date, SpecialDay]:
    """Return what was decided about the days from `first` to `last`, both included."""
    query = select(SPECIAL_DAYS).where(SPECIAL_DAYS.c.day.between(first, last)).order_by(SPECIAL_DAYS.c.day)
    return {
        row.day: SpecialDay(
            row.day,
            row.name,
            row.name_en,
            tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in row.spans),
        )
        for row in connection.execute(query)
    }


def keep_special_days(connection: Connection, days: Iterable[SpecialDay], at: datetime) -> None:
    """Store decisions, each in place of what was decided about its day before."""
    rows = [
        {
            "day": one.day,
            "name": one.name,
            "name_en": one.name_en,
            "spans": [[opens.isoformat(), closes.isoformat()] for opens, closes in one.spans],
            "updated_at": at,
        }
        for one in days
    ]
    if rows:
        connection.execute(delete(SPECIAL_DAYS).where(SPECIAL_DAYS.c.day.in_([row["day"] for row in rows])))
        connection.execute(insert(SPECIAL_DAYS), rows)


def drop_special_day(connection: Connection, day: date) -> bool:
    """Forget what was decided about a day; tell whether anything was."""
    return bool(connection.execute(delete(SPECIAL_DAYS).where(SPECIAL_DAYS.c.day == day)).rowcount)
