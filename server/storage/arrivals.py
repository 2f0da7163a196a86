"""What the wall tells of the day: who is here, who comes next, who came last. No person's name is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, String, cast, literal, or_, select, text

from server.storage.core import table
from server.storage.delegations import Delegation
from server.storage.movements import Movement
from server.storage.spaces import SpaceRow
from server.storage.standings import Standing

_delegations, _movements, _standings, _space = table(Delegation), table(Movement), table(Standing), table(SpaceRow)


# By the partial index: the sums beside a delegation would have to be looked at one by one.
_HERE = select(_standings.c.delegation_id).where(_standings.c.inside > text("0"))


@dataclass(frozen=True, slots=True)
class DayRows:
    """Rows of a day: its delegations with who of them is inside, its latest admissions, their number."""

    delegations: Sequence[Any]
    recent: Sequence[Any]
    admissions: int


def load_day(connection: Connection, day: date, begins: datetime, ends: datetime, recent: int) -> DayRows:
    """Return the rows of a local day that lasts from `begins` to `ends`. Three statements."""
    unnamed = _standings.alias("unnamed")
    inside = (unnamed.c.inside + unnamed.c.members_inside).label("inside")
    delegations = connection.execute(
        select(
            _delegations.c.code,
            _delegations.c.name,
            _delegations.c.planned,
            _delegations.c.named,
            _delegations.c.slot_at,
            _delegations.c.status,
            _delegations.c.arrived,
            _delegations.c.arrived_day,
            _delegations.c.visit_date,
            inside,
            unnamed.c.since,
        )
        .select_from(_delegations.join(unnamed, unnamed.c.holder == literal("d:") + cast(_delegations.c.id, String)))
        .where(or_(_delegations.c.visit_date == day, _delegations.c.id.in_(_HERE)))
        .order_by(_delegations.c.slot_at, _delegations.c.id)
    ).all()
    came = (
        (_movements.c.at >= begins)
        & (_movements.c.at < ends)
        & (_movements.c.answer == "admitted")
        & (_movements.c.from_zone.is_(None))
        & (_movements.c.people > 0)
    )
    latest = connection.execute(
        select(_movements.c.at, _movements.c.people, _delegations.c.name)
        .select_from(_movements.outerjoin(_delegations, _movements.c.delegation_id == _delegations.c.id))
        .where(came)
        .order_by(_movements.c.seq.desc())
        .limit(recent)
    ).all()
    counted = connection.execute(select(_space.c.admitted, _space.c.admitted_day)).one()
    return DayRows(delegations, latest, counted.admitted if counted.admitted_day == day else 0)
