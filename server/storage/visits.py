"""Visits: from the first entry to the exit of one holder on one day."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from server.storage.core import Moment


class Visit(SQLModel, table=True):
    """A holder's day: `left_at` is None while inside; an assumed exit is one made at the day's end."""

    __tablename__ = "visit"
    holder: str = Field(primary_key=True, max_length=36)
    day: date = Field(primary_key=True, index=True)
    delegation_id: int | None = Field(default=None, index=True)
    pass_id: str | None = Field(default=None, max_length=16)
    people: int = 1
    entered_at: datetime = Field(sa_type=Moment)
    left_at: datetime | None = Field(default=None, sa_type=Moment)
    is_assumed: bool = False
