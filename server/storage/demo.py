"""What a demonstration asks of the database: whether it is its own, and which of the days were busy."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.storage.accounts import Account
from server.storage.core import table
from server.storage.delegations import Delegation
from server.storage.movements import Movement

_DELEGATIONS = table(Delegation)


def is_empty(connection: Connection) -> bool:
    """Tell whether nobody has registered, moved or worked here yet."""
    return all(
        connection.scalar(select(func.count()).select_from(table(model))) == 0
        for model in (Account, Delegation, Movement)
    )


def has_login(connection: Connection, login: str) -> bool:
    """Tell whether an account of this login exists."""
    accounts = table(Account)
    return connection.scalar(select(accounts.c.id).where(accounts.c.login == login)) is not None


def people_by_day(connection: Connection) -> dict[date, int]:
    """Return how many people the delegations of each day have, in the days' order."""
    day, people = _DELEGATIONS.c.visit_date, func.sum(_DELEGATIONS.c.planned)
    query = (
        select(day, people).where(day.is_not(None), _DELEGATIONS.c.status == "confirmed").group_by(day).order_by(day)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


class Coming(NamedTuple):
    """A delegation of a day."""

    code: str
    slot_at: datetime | None
    named: int


def delegations_of(connection: Connection, day: date) -> list[Coming]:
    """Return the confirmed delegations of a day that have named members, in the order of their slots."""
    query = (
        select(_DELEGATIONS.c.code, _DELEGATIONS.c.slot_at, _DELEGATIONS.c.named)
        .where(_DELEGATIONS.c.visit_date == day, _DELEGATIONS.c.status == "confirmed", _DELEGATIONS.c.named > 0)
        .order_by(_DELEGATIONS.c.slot_at, _DELEGATIONS.c.id)
    )
    return [Coming._make(row) for row in connection.execute(query)]
