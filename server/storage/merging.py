"""Two entries of one delegation become one: what refers to the one is moved to the other."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from server.domain.delegations import DelegationRecord, Status
from server.storage.cases import Case
from server.storage.core import table
from server.storage.delegations import DELEGATIONS, records
from server.storage.passes import PASSES
from server.storage.people import VISITORS
from server.storage.standings import Standing
from server.storage.visits import Visit

_D: Any = DELEGATIONS.c
_V: Any = VISITORS.c
_PLACE: Any = table(Standing)
_VISIT: Any = table(Visit)
_CASE: Any = table(Case)
_MOST = 300


def same_day_or_sender(connection: Connection, one: DelegationRecord) -> list[DelegationRecord]:
    """Return the other open delegations of the same day, and those of the same organisation without a day."""
    near: list[Any] = []
    if one.visit_date is not None:
        near.append(_D.visit_date == one.visit_date)
    if one.organisation_id is not None:
        is_undated: Any = _D.visit_date.is_(None) if one.visit_date is not None else _D.id > 0
        near.append((_D.organisation_id == one.organisation_id) & is_undated)
    if not near:
        return []
    query = records().where(or_(*near), _D.id != one.id, _D.status != Status.CANCELLED).order_by(_D.id).limit(_MOST)
    return [DelegationRecord(**row) for row in connection.execute(query).mappings()]


def move_members(connection: Connection, source: int, target: int) -> int:
    """Make every member of one delegation a member of another; nobody of them may be inside. Return how many."""
    _tell_apart(connection, source, target)
    moved = connection.execute(update(VISITORS).where(_V.delegation_id == source).values(delegation_id=target)).rowcount
    places = _PLACE.update().where(_PLACE.c.delegation_id == source, _PLACE.c.holder.like("v:%"))
    connection.execute(places.values(delegation_id=target))
    for id_, change in ((source, -moved), (target, moved)):
        connection.execute(DELEGATIONS.update().where(_D.id == id_).values(named=_D.named + change))
    return int(moved)


def move_references(connection: Connection, source: int, target: int) -> None:
    """Let the visits and cases of one delegation count for another. Movements are facts and stay."""
    for rows in (_VISIT, _CASE):
        connection.execute(update(rows).where(rows.c.delegation_id == source).values(delegation_id=target))


def live_own_passes(connection: Connection, delegation_id: int) -> list[str]:
    """Return the ids of the live passes that stand for a whole delegation."""
    query = select(PASSES.c.id).where(PASSES.c.delegation_id == delegation_id, PASSES.c.revoked_at.is_(None))
    return list(connection.scalars(query.order_by(PASSES.c.id)))


def move_own_passes(connection: Connection, source: int, target: int) -> None:
    """Let the live passes of a whole delegation stand for another."""
    live = (PASSES.c.delegation_id == source) & PASSES.c.revoked_at.is_(None)
    connection.execute(update(PASSES).where(live).values(delegation_id=target))


def arrivals_of(connection: Connection, id_: int) -> tuple[int, date | None]:
    """Return the most people of a delegation that were inside at once, and on which day."""
    row = connection.execute(select(_D.arrived, _D.arrived_day).where(_D.id == id_)).one()
    return int(row[0]), row[1]


def _tell_apart(connection: Connection, source: int, target: int) -> None:
    """Give namesakes of the other delegation's members the next numbers, as if they had been registered there."""
    highest = select(_V.search_key, func.max(_V.occurrence)).where(_V.delegation_id == target).group_by(_V.search_key)
    numbers = {row[0]: int(row[1]) for row in connection.execute(highest)}
    comers = select(_V.id, _V.search_key).where(_V.delegation_id == source, _V.search_key.in_(list(numbers)))
    for id_, key in connection.execute(comers.order_by(_V.occurrence, _V.id)).all():
        numbers[key] += 1
        connection.execute(update(VISITORS).where(_V.id == id_).values(occurrence=numbers[key]))
