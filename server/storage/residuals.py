"""What the counter still held when a day ended: people whose exit had to be assumed."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from server.storage.core import table
from server.storage.movements import Movement
from server.storage.visits import Visit

_movements, _visits = table(Movement), table(Visit)


def read_residuals(connection: Connection, day_of: Callable[[datetime], date], days: int) -> list[int]:
    """Return the people with an assumed exit of each of the last so many days with visits; 0 for a day without."""
    open_days = list(connection.scalars(select(_visits.c.day).distinct().order_by(_visits.c.day.desc()).limit(days)))
    assumed = (
        select(_movements.c.at, func.sum(_movements.c.people)).where(_movements.c.assumed).group_by(_movements.c.at)
    )
    residuals: Counter[date] = Counter()
    for at, people in connection.execute(assumed):
        residuals[day_of(at)] += people
    return [residuals[day] for day in open_days]
