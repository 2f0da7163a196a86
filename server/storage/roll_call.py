"""Roll calls: who is inside now, the events at which people are ticked off, and the ticks of each tablet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, RowMapping, select, update
from sqlmodel import Field, SQLModel

from server.domain.roll_call import Listed
from server.storage.accounts import Account
from server.storage.bulk import upsert_rows
from server.storage.core import Moment, table
from server.storage.delegations import DELEGATIONS
from server.storage.people import VISITORS
from server.storage.standings import Standing


class RollCall(SQLModel, table=True):
    """One event. `listed` is who was inside when it began, without names: key, zone, count, since."""

    __tablename__ = "roll_call"
    id: str = Field(primary_key=True, max_length=36)
    started_at: datetime = Field(sa_type=Moment)
    started_by: str = Field(max_length=100)
    ended_at: datetime | None = Field(default=None, index=True, sa_type=Moment)
    ended_by: str | None = Field(default=None, max_length=100)
    listed: list[dict[str, object]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class RollCallTick(SQLModel, table=True):
    """What one tablet says of one line: so many are safe. Lines of several tablets are merged by their largest."""

    __tablename__ = "roll_call_tick"
    roll_call_id: str = Field(primary_key=True, foreign_key="roll_call.id", max_length=36)
    tablet: str = Field(primary_key=True, max_length=36)
    key: str = Field(primary_key=True, max_length=80)
    safe: int
    at: datetime = Field(sa_type=Moment)
    actor: str = Field(max_length=100)


_STANDINGS: Any = table(Standing)
_ROLL_CALLS: Any = table(RollCall)
_TICKS: Any = table(RollCallTick)
_ACCOUNTS: Any = table(Account)
_CHUNK = 500


def list_inside(connection: Connection) -> list[Listed]:
    """Return who is inside now: a line for each visitor and member of staff, one for unnamed people per zone."""
    query = select(_STANDINGS.c.holder, _STANDINGS.c.places, _STANDINGS.c.since).where(_STANDINGS.c.inside > 0)
    places = [
        (row.holder, zone, int(count), row.since)
        for row in connection.execute(query.order_by(_STANDINGS.c.holder))
        for zone, count in row.places.items()
        if count
    ]
    return name_lines(connection, places)


def name_lines(connection: Connection, places: Sequence[tuple[str, str, int, datetime | None]]) -> list[Listed]:
    """Return lines with their names; places are (holder, zone, people, since)."""
    holders = {holder for holder, *_ in places}
    visitors = _visitors(connection, {h[2:] for h in holders if h.startswith("v:")})
    staff = _staff(connection, {h[2:] for h in holders if h.startswith("s:")})
    ids = {int(h[2:]) for h in holders if h.startswith("d:")} | {row.delegation_id for row in visitors.values()}
    groups = _delegations(connection, ids - {None})
    lines = []
    for holder, zone, count, since in places:
        kind, id_ = holder[0], holder[2:]
        visitor = visitors.get(id_) if kind == "v" else None
        group = groups.get(int(id_) if kind == "d" else visitor.delegation_id if visitor else None)
        needs = (visitor.needs if visitor else group.needs if kind == "d" and group else "") or ""
        lines.append(
            Listed(
                key=f"{holder}@{zone}" if kind == "d" else holder,
                kind={"v": "visitor", "s": "staff"}.get(kind, "unnamed"),
                zone=zone,
                count=count,
                since=since,
                name=visitor.name if visitor else staff[id_].name if kind == "s" and id_ in staff else None,
                role=staff[id_].role if kind == "s" and id_ in staff else None,
                delegation=group.code if group else None,
                delegation_name=group.name if group else None,
                needs_help=bool(needs),
            )
        )
    return lines


def _visitors(connection: Connection, ids: Collection[str]) -> dict[str, Any]:
    columns = (VISITORS.c.id, VISITORS.c.name, VISITORS.c.delegation_id, VISITORS.c.needs)
    return {row.id: row for row in _in_chunks(connection, columns, VISITORS.c.id, ids)}


def _staff(connection: Connection, ids: Collection[str]) -> dict[str, Any]:
    columns = (_ACCOUNTS.c.id, _ACCOUNTS.c.name, _ACCOUNTS.c.role)
    return {row.id: row for row in _in_chunks(connection, columns, _ACCOUNTS.c.id, ids)}


def _delegations(connection: Connection, ids: Collection[int]) -> dict[int | None, Any]:
    columns = (DELEGATIONS.c.id, DELEGATIONS.c.code, DELEGATIONS.c.name, DELEGATIONS.c.needs)
    return {row.id: row for row in _in_chunks(connection, columns, DELEGATIONS.c.id, ids)}


def _in_chunks(connection: Connection, columns: Sequence[Any], column: Any, ids: Collection[Any]) -> list[Any]:
    wanted = sorted(ids)
    found: list[Any] = []
    for start in range(0, len(wanted), _CHUNK):
        found += connection.execute(select(*columns).where(column.in_(wanted[start : start + _CHUNK]))).all()
    return found


def open_roll_call(connection: Connection) -> RowMapping | None:
    """Return the event that is under way."""
    query = select(_ROLL_CALLS).where(_ROLL_CALLS.c.ended_at.is_(None)).order_by(_ROLL_CALLS.c.started_at).limit(1)
    return connection.execute(query).mappings().first()


def find_roll_call(connection: Connection, id_: str) -> RowMapping | None:
    return connection.execute(select(_ROLL_CALLS).where(_ROLL_CALLS.c.id == id_)).mappings().first()


def add_roll_call(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(_ROLL_CALLS.insert().values(**values))


def end_roll_call(connection: Connection, id_: str, at: datetime, by: str) -> bool:
    """End an event; tell whether it was under way until now."""
    open_one = (_ROLL_CALLS.c.id == id_, _ROLL_CALLS.c.ended_at.is_(None))
    changed = connection.execute(update(_ROLL_CALLS).where(*open_one).values(ended_at=at, ended_by=by))
    return bool(changed.rowcount)


def save_ticks(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep what a tablet says now; of each line its latest word."""
    upsert_rows(connection, _TICKS, rows, key=("roll_call_id", "tablet", "key"), change=("safe", "at", "actor"))


def ticks_of(connection: Connection, id_: str) -> list[RowMapping]:
    """Return every tick of an event."""
    query = select(_TICKS).where(_TICKS.c.roll_call_id == id_, _TICKS.c.safe > 0)
    return list(connection.execute(query.order_by(_TICKS.c.key, _TICKS.c.tablet)).mappings())
