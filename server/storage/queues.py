"""The virtual queue: numbers given when the space or a zone is full."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import Field, SQLModel

from server.storage.core import table
from server.storage.movements import Movement


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


def read_pace(connection: Connection, now: datetime) -> tuple[float | None, float]:
    """Return the mean of the last 30 waits within 4 h in minutes, and the people a minute that left in the last hour.

    Nothing is read while nobody waits.
    """
    places, movements = table(QueuePlace), table(Movement)
    if connection.scalar(select(places.c.number).where(places.c.over_at.is_(None)).limit(1)) is None:
        return None, 0.0
    called = connection.execute(
        select(places.c.taken_at, places.c.called_at)
        .where(places.c.called_at.is_not(None), places.c.called_at > now - timedelta(hours=4))
        .order_by(places.c.called_at.desc())
        .limit(30)
    ).all()
    waits = [(row.called_at - row.taken_at).total_seconds() / 60 for row in called]
    if waits:
        return sum(waits) / len(waits), 0.0
    left = select(func.coalesce(func.sum(movements.c.people), 0)).where(
        movements.c.at > now - timedelta(hours=1), movements.c.answer == "left", movements.c.to_zone.is_(None)
    )
    return None, (connection.scalar(left) or 0) / 60
