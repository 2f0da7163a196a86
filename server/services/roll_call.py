"""Roll call: who is inside now, and who of them is safe. Tablets tick without a network and merge their ticks later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from server.domain.roll_call import Listed, Tick, merge_ticks, without_names
from server.services.desk import Desk
from server.storage import roll_call as storage
from server.storage.audit import append_line
from server.storage.case_evidence import name_actors
from server.storage.database import Database
from server.storage.locks import lock_word

MOST_TICKS = 5_000


@dataclass(frozen=True, slots=True)
class RollCallEvent:
    id: str
    started_at: datetime
    started_by: str


@dataclass(frozen=True, slots=True)
class RollCallState:
    """The list as it is to be read out: who was inside when the event began and who came since, or who is now.

    `ticks` are merged over the tablets, `names` tells who made them.
    """

    lines: list[Listed]
    event: RollCallEvent | None
    ticks: Mapping[str, Tick]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a tablet sends: its own ticks, for the event that it knows (it may have begun it without a network)."""

    tablet: str
    event_id: str | None
    started_at: datetime | None
    ticks: Sequence[tuple[str, int, datetime]]


@dataclass(frozen=True, slots=True)
class Merged:
    """What the tablet gets back: the event that holds, None if none does, and the ticks of the other tablets."""

    event: RollCallEvent | None
    others: list[Tick]
    names: Mapping[str, str]


async def list_inside(database: Database, *, named: bool) -> list[Listed]:
    """Return who is inside now, staff too; without the right to names, numbers in their place."""
    lines = await database.read(storage.list_inside)
    return lines if named else without_names(lines)


async def roll_call_state(database: Database, *, named: bool) -> RollCallState:
    """Return the list with what is ticked; without the right to names there are no ticks."""
    state = await database.read(_state)
    return state if named else RollCallState(without_names(state.lines), state.event, {}, {})


async def start_roll_call(desk: Desk) -> RollCallEvent:
    """Begin an event, or return the one that is under way."""
    return await desk.database.write(_start, desk, str(uuid4()), desk.at)


async def end_roll_call(desk: Desk, id_: str) -> None:
    """End an event; ending it again changes nothing."""
    await desk.database.write(_end, desk, id_)


async def merge_tablet(desk: Desk, sent: Sent) -> Merged:
    """Keep a tablet's ticks and return those of the others. An event that it began alone is begun here."""
    return await desk.database.write(_merge, desk, sent)


def _state(connection: Connection) -> RollCallState:
    lines = storage.list_inside(connection)
    event = storage.open_roll_call(connection)
    if event is None:
        return RollCallState(lines, None, {}, {})
    lines = _listed(connection, event["listed"], lines)
    ticks = merge_ticks(_ticks(connection, event["id"]))
    actors = {tick.actor for tick in ticks.values()} | {event["started_by"]}
    return RollCallState(lines, _event(event), ticks, name_actors(connection, actors))


def _listed(connection: Connection, kept: Sequence[Any], now: list[Listed]) -> list[Listed]:
    """Return the lines of the event's beginning, and of those who came in since."""
    moments = [datetime.fromisoformat(since) if since else None for _, _, _, since in kept]
    places = [(holder, zone, count, since) for (holder, zone, count, _), since in zip(kept, moments, strict=True)]
    lines = storage.name_lines(connection, places)
    known = {line.key for line in lines}
    return lines + [line for line in now if line.key not in known]


def _ticks(connection: Connection, id_: str) -> list[Tick]:
    return [
        Tick(row["key"], row["tablet"], row["safe"], row["at"], row["actor"])
        for row in storage.ticks_of(connection, id_)
    ]


def _event(row: Mapping[Any, Any]) -> RollCallEvent:
    return RollCallEvent(row["id"], row["started_at"], row["started_by"])


def _start(connection: Connection, desk: Desk, id_: str, started_at: datetime) -> RollCallEvent:
    lock_word(connection, "roll call")
    known = storage.open_roll_call(connection)
    if known is not None:
        return _event(known)
    listed = [
        [line.key.split("@")[0], line.zone, line.count, line.since.isoformat() if line.since else None]
        for line in storage.list_inside(connection)
    ]
    row = {"id": id_, "started_at": started_at, "started_by": desk.actor[:100], "listed": listed}
    storage.add_roll_call(connection, row)
    people = sum(int(entry[2] or 0) for entry in listed)
    append_line(connection, desk.entry("start_roll_call", f"roll_call:{id_}", after={"people": people}))
    return _event(row)


def _end(connection: Connection, desk: Desk, id_: str) -> None:
    if not storage.end_roll_call(connection, id_, desk.at, desk.actor[:100]):
        return
    safe = sum(tick.safe for tick in merge_ticks(_ticks(connection, id_)).values())
    append_line(connection, desk.entry("end_roll_call", f"roll_call:{id_}", after={"safe": safe}))


def _merge(connection: Connection, desk: Desk, sent: Sent) -> Merged:
    known = storage.find_roll_call(connection, sent.event_id) if sent.event_id else None
    if known is None:
        opened = storage.open_roll_call(connection)
        if opened is not None:
            event = _event(opened)
        elif sent.event_id and sent.started_at:
            event = _start(connection, desk, sent.event_id, min(sent.started_at, desk.at))
        else:
            return Merged(None, [], {})
    else:
        event = _event(known)
    rows = [
        {
            "roll_call_id": event.id,
            "tablet": sent.tablet,
            "key": key,
            "safe": safe,
            "at": min(at, desk.at),
            "actor": desk.actor[:100],
        }
        for key, safe, at in {key: (key, safe, at) for key, safe, at in sent.ticks}.values()
    ]
    storage.save_ticks(connection, rows)
    if known is not None and known["ended_at"] is not None:
        return Merged(None, [], {})
    others = merge_ticks(tick for tick in _ticks(connection, event.id) if tick.tablet != sent.tablet)
    return Merged(event, list(others.values()), name_actors(connection, {tick.actor for tick in others.values()}))
