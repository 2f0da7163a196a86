"""The space, its zones and gates, and the counters of who is inside."""

from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import Field, SQLModel

from server.domain.space import Space
from server.storage.core import table

SPACE_ID = 1


class SpaceRow(SQLModel, table=True):
    """The one row of the space: the sequence of its state and what happened to its days.

    `ended_at` is when the last day ended; `opened_day` a closed day that staff opened; `admitted` counts the
    admissions of `admitted_day`.
    """

    __tablename__ = "space"
    id: int = Field(default=SPACE_ID, primary_key=True)
    seq: int = 0
    inside: int = 0
    staff: int = 0
    ended_at: datetime | None = None
    opened_day: date | None = None
    queue_day: date | None = None
    queue_number: int = 0
    level: str = "quiet"
    admitted_day: date | None = None
    admitted: int = 0


class ZoneRow(SQLModel, table=True):
    """A zone's counter: `inside` counts everybody, `staff` those of them on a staff pass."""

    __tablename__ = "zone"
    id: str = Field(primary_key=True, max_length=40)
    name: str
    position: int
    capacity: int
    inside: int = 0
    staff: int = 0
    level: str = "quiet"
    is_open: bool = True


class Gate(SQLModel, table=True):
    """A border that kiosks watch: the outer gate of a zone, or its inner door."""

    __tablename__ = "gate"
    id: str = Field(primary_key=True, max_length=48)
    zone_id: str = Field(foreign_key="zone.id", max_length=40)
    inner: bool = False
    name: str = ""


def gate_id(zone_id: str, *, inner: bool) -> str:
    """Return the id of a zone's outer gate or inner door."""
    return f"{zone_id}:{'inner' if inner else 'outer'}"


def sync_space(connection: Connection, space: Space) -> None:
    """Make the rows follow the space file: new zones are added, changed ones changed, vanished ones closed."""
    spaces, zones, gates = table(SpaceRow), table(ZoneRow), table(Gate)
    if connection.scalar(select(spaces.c.id)) is None:
        first = {"id": SPACE_ID, "seq": 0, "inside": 0, "staff": 0, "queue_number": 0, "level": "quiet", "admitted": 0}
        connection.execute(spaces.insert().values(**first))
    known = set(connection.scalars(select(zones.c.id)))
    for position, zone in enumerate(space.zones):
        values = {"name": zone.name, "position": position, "capacity": zone.capacity, "is_open": True}
        if zone.id in known:
            connection.execute(update(zones).where(zones.c.id == zone.id).values(**values))
            continue
        connection.execute(zones.insert().values(id=zone.id, inside=0, staff=0, level="quiet", **values))
        for inner in (False, True):
            row = {"id": gate_id(zone.id, inner=inner), "zone_id": zone.id, "inner": inner, "name": zone.name}
            connection.execute(gates.insert().values(**row))
    vanished = known - set(space.zone_ids)
    if vanished:
        closing = update(zones).where(zones.c.id == bindparam("gone")).values(is_open=False)
        connection.execute(closing, [{"gone": zone_id} for zone_id in vanished])
