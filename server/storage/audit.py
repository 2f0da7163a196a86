"""The audit log: who did what when to which thing; append-only, each line chained by its hash to the last."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Connection, insert, select
from sqlmodel import Field, SQLModel

from server.storage.core import table
from server.storage.locks import lock_word

GENESIS = "0" * 64
"""What stands for the line before the first."""

_CHUNK = 2000


class AuditLine(SQLModel, table=True):
    __tablename__ = "audit_line"
    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor: str = Field(index=True, max_length=100)
    action: str = Field(index=True, max_length=60)
    subject: str = Field(index=True, max_length=80)
    before: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


_LINES = table(AuditLine)
_LAST_HASH = select(_LINES.c.hash).order_by(_LINES.c.seq.desc()).limit(1)
_ADD = insert(_LINES)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to be written. Personal data stays out of it: the log outlives an erased person."""

    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


def append_line(connection: Connection, entry: Entry) -> None:
    """Add a line to the log, chained to the one before."""
    lock_word(connection, "audit line")
    previous = connection.scalar(_LAST_HASH) or GENESIS
    values: dict[str, Any] = {
        "at": entry.at,
        "actor": entry.actor[:100],
        "action": entry.action,
        "subject": entry.subject[:80],
        "before": _plain(entry.before),
        "after": _plain(entry.after),
    }
    connection.execute(_ADD, {**values, "previous_hash": previous, "hash": _hash(previous, values)})


def verify_chain(connection: Connection, after: int = 0, previous: str = GENESIS) -> int | None:
    """Return the `seq` of the first line that does not fit the one before it; None when all fit.

    Lines cut off at the end leave no trace in the chain: keep the newest hash elsewhere to notice that.
    """
    while True:
        count, after, previous, broken = verify_slice(connection, after, previous, _CHUNK)
        if broken is not None or count < _CHUNK:
            return broken


def verify_slice(connection: Connection, after: int, previous: str, most: int) -> tuple[int, int, str, int | None]:
    """Verify at most so many lines; return how many fitted, the last one's `seq` and hash, and the first that broke."""
    query = select(_LINES).where(_LINES.c.seq > after).order_by(_LINES.c.seq).limit(most)
    count = 0
    for line in connection.execute(query).mappings():
        if line["previous_hash"] != previous or line["hash"] != _hash(previous, dict(line)):
            return count, after, previous, int(line["seq"])
        previous, after, count = line["hash"], line["seq"], count + 1
    return count, after, previous, None


def _hash(previous: str, line: Mapping[str, Any]) -> str:
    content = [line["at"].astimezone(UTC).isoformat(), line["actor"], line["action"], line["subject"]]
    content += [line["before"], line["after"]]
    return hashlib.sha256(previous.encode() + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(values: Mapping[str, object] | None) -> Any:
    # As it will be read back: dates become texts before they are hashed.
    return None if values is None else orjson.loads(orjson.dumps(dict(values)))
