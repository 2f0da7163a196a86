"""The space, its zones and gates, and the counters of who is inside."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import Field, SQLModel

from server.domain.occupancy import WHOLE, Counts
from server.domain.space import Space
from server.storage.core import table
from server.storage.locks import lock_word

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


def read_counts(connection: Connection) -> tuple[Counts, datetime | None]:
    """Return the counters of the space and its zones, and when its last day ended."""
    space = connection.execute(select(table(SpaceRow))).one_or_none()
    zones = connection.execute(select(table(ZoneRow))).all()
    return _counts(space, zones), space.ended_at if space else None


def lock_counts(connection: Connection) -> Counts:
    """Lock the rows of the zones and the space, and return their counters."""
    zones = connection.execute(select(table(ZoneRow)).order_by(table(ZoneRow).c.id).with_for_update()).all()
    return _counts(connection.execute(select(table(SpaceRow)).with_for_update()).one_or_none(), zones)


def save_levels(connection: Connection, levels: Mapping[str, str]) -> None:
    """Write how crowded these zones are, and the space, which counts as a new state of it."""
    zones, space = table(ZoneRow), table(SpaceRow)
    for id_, level in levels.items():
        if id_ != WHOLE:
            connection.execute(update(zones).where(zones.c.id == id_).values(level=level))
    if levels:
        whole = {"level": levels[WHOLE]} if WHOLE in levels else {}
        connection.execute(update(space).values(seq=space.c.seq + 1, **whole))


def _counts(space: Any, zones: Sequence[Any]) -> Counts:
    if space is None:
        return Counts(0, {}, {})
    levels = {row.id: row.level for row in zones} | {WHOLE: space.level}
    return Counts(space.seq, {row.id: (row.inside, row.staff) for row in zones}, levels)


def sync_space(connection: Connection, space: Space) -> None:
    """Make the rows follow the space file: new zones are added, changed ones changed, vanished ones closed."""
    lock_word(connection, "space file")
    # Other processes go on with their scans, which hold the zones in another order than the file's.
    lock_counts(connection)
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
