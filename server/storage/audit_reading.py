"""Reading the audit log: by who, what, which thing and when, the newest line first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, or_, select

from server.storage.accounts import ACCOUNTS
from server.storage.audit import AuditLine
from server.storage.core import table
from server.storage.devices import Device

_LINES = table(AuditLine)
_DEVICES = table(Device)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """What is asked for; an empty field asks for anything."""

    actor: str = ""
    action: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_lines(connection: Connection, asked: LineFilter, *, before: int | None, limit: int) -> Sequence[RowMapping]:
    """Return at most `limit` lines older than the line `before`, the newest first."""
    query = _narrowed(select(_LINES), asked)
    if before is not None:
        query = query.where(_LINES.c.seq < before)
    return connection.execute(query.order_by(_LINES.c.seq.desc()).limit(limit)).mappings().all()


def line_with_neighbours(connection: Connection, seq: int) -> Sequence[RowMapping]:
    """Return the line before, the line itself and the one after, as far as they exist."""
    return (
        connection.execute(select(_LINES).where(_LINES.c.seq.between(seq - 1, seq + 1)).order_by(_LINES.c.seq))
        .mappings()
        .all()
    )


def last_line(connection: Connection) -> int:
    """Return the newest line's `seq`; 0 where there is none."""
    return connection.scalar(select(func.max(_LINES.c.seq))) or 0


def names_of(connection: Connection) -> dict[str, str]:
    """Return the names of accounts and devices by how the log names them."""
    names = {f"account:{row.id}": row.name for row in connection.execute(select(ACCOUNTS.c.id, ACCOUNTS.c.name))}
    return names | {f"device:{row.id}": row.name for row in connection.execute(select(_DEVICES.c.id, _DEVICES.c.name))}


def known_actions(connection: Connection) -> list[str]:
    """Return every action that the log has, by the index alone."""
    found: list[str] = []
    while (name := connection.scalar(
        select(func.min(_LINES.c.action)).where(_LINES.c.action > (found[-1] if found else ""))
    )) is not None:  # fmt: skip
        found.append(name)
    return found


def _narrowed(query: Select[Any], asked: LineFilter) -> Select[Any]:
    if asked.actor:
        query = query.where(_LINES.c.actor == asked.actor)
    if asked.action:
        query = query.where(_LINES.c.action == asked.action)
    if asked.words:
        # The start of a subject, with its kind or without: what an index can find.
        kinds = ("delegation", "pass", "visitor", "account", "device", "token", "case")
        starts = [asked.words, *(f"{kind}:{asked.words}" for kind in kinds)]
        query = query.where(or_(*(_LINES.c.subject.between(start, f"{start}\uffff") for start in starts)))
    if asked.since:
        query = query.where(_LINES.c.at >= asked.since)
    if asked.until:
        query = query.where(_LINES.c.at < asked.until)
    return query
