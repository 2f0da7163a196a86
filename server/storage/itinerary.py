"""Itineraries: the zones that a delegation visits, in order, with times."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlmodel import Field, SQLModel

from server.domain.itinerary import Stop
from server.storage.core import table
from server.storage.delegations import DELEGATIONS


class ItineraryStop(SQLModel, table=True):
    """A stop of a delegation: a zone, with the exhibit in it, from `at` for so many `minutes`."""

    __tablename__ = "itinerary_stop"
    delegation_id: int = Field(foreign_key="delegation.id", primary_key=True)
    position: int = Field(primary_key=True)
    zone: str = Field(max_length=40)
    at: datetime = Field(index=True)
    minutes: int


STOPS: Any = table(ItineraryStop)


def stops_of(connection: Connection, delegation_id: int) -> list[Stop]:
    """Return the stops of a delegation in order."""
    query = select(STOPS).where(STOPS.c.delegation_id == delegation_id).order_by(STOPS.c.position)
    return [Stop(row.zone, row.at, row.minutes) for row in connection.execute(query)]


def keep_stops(connection: Connection, delegation_id: int, stops: Iterable[Stop]) -> None:
    """Store a delegation's stops in place of those it had."""
    connection.execute(delete(STOPS).where(STOPS.c.delegation_id == delegation_id))
    rows = [
        {"delegation_id": delegation_id, "position": position, "zone": one.zone, "at": one.at, "minutes": one.minutes}
        for position, one in enumerate(stops)
    ]
    if rows:
        connection.execute(insert(STOPS), rows)


def other_stops(connection: Connection, delegation_id: int, begins: datetime, ends: datetime) -> list[Row[Any]]:
    """Return (code, planned, named, zone, at, minutes) of other live delegations that begin between two moments."""
    columns = (
        DELEGATIONS.c.code,
        DELEGATIONS.c.planned,
        DELEGATIONS.c.named,
        STOPS.c.zone,
        STOPS.c.at,
        STOPS.c.minutes,
    )
    query = select(*columns).join(DELEGATIONS, DELEGATIONS.c.id == STOPS.c.delegation_id)
    query = query.where(
        STOPS.c.at >= begins,
        STOPS.c.at < ends,
        STOPS.c.delegation_id != delegation_id,
        DELEGATIONS.c.status.notin_(("cancelled", "no_show")),
    )
    return list(connection.execute(query.order_by(STOPS.c.at)))
