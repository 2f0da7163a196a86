"""The virtual queue: numbers given when the space or a zone is full."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel


class QueuePlace(SQLModel, table=True):
    """A number of a day's queue: waiting, then called (its places are held until `held_until`), then over."""

    __tablename__ = "queue_place"
    day: date = Field(primary_key=True)
    number: int = Field(primary_key=True)
    holder: str = Field(index=True, max_length=36)
    zone_id: str | None = Field(default=None, max_length=40)
    people: int = 1
    taken_at: datetime
    called_at: datetime | None = None
    held_until: datetime | None = None
    over_at: datetime | None = None
    outcome: str | None = Field(default=None, max_length=10)
