"""Messages to people outside: queued with the change that they tell of, sent by whoever runs the house."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.services.clock import real_now
from server.services.desk import Desk
from server.services.message_doors import Door, Letter, PermanentError
from server.storage import messages as storage
from server.storage.audit import append_line
from server.storage.database import Database

Step = Literal["requested", "confirmed", "changed", "cancelled"]
MOST_TRIES = 8
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=4)
_CLAIM = timedelta(minutes=5)
_DOOR_SECONDS = 90
_AT_ONCE = 8

_log = structlog.get_logger()


class Compose(Protocol):
    """Makes what a message says, at the moment at which it is sent."""

    def __call__(self, message: Mapping[str, Any], /) -> Awaitable[Letter]: ...


def queue_step(
    connection: Connection, desk: Desk, delegation: DelegationRecord, step: Step, **data: object
) -> str | None:
    """Queue the message of a step inside the caller's transaction; return its id, None with nobody to tell.

    It goes by mail where there is an address, else by the hook to the phone.
    """
    channel, recipient = ("mail", delegation.email) if delegation.email else ("hook", delegation.phone)
    if not recipient:
        return None
    told = {"sequence": storage.count_steps(connection, delegation.code)} | data
    row: dict[str, Any] = {"channel": channel, "recipient": recipient, "language": delegation.language, "step": step}
    row |= {"delegation": delegation.code, "data": told, "created_at": desk.at, "next_try_at": real_now()}
    return storage.add_message(connection, row)


async def send_due(database: Database, doors: Mapping[str, Door], compose: Compose, *, limit: int = _AT_ONCE) -> int:
    """Send what is due, and return how many messages were taken. At least once each; the Message-ID is stable."""
    if not doors:
        return 0
    now = real_now()
    taken = await database.write(storage.claim_messages, sorted(doors), now, _CLAIM, limit)
    await asyncio.gather(*(_send(database, doors[row["channel"]], compose, dict(row)) for row in taken))
    return len(taken)


async def send_again(desk: Desk, id_: str) -> None:
    """Queue a message anew. Raise `unknown_message_id`, `message_is_being_sent`."""
    await desk.database.write(_send_again, desk, id_)


async def get_message(database: Database, id_: str) -> Mapping[str, Any]:
    """Return a message, or raise `unknown_message_id`."""
    row = await database.read(storage.find_message, id_)
    if row is None:
        raise DomainError("unknown_message_id")
    return dict(row)


async def list_messages(
    database: Database, *, state: str | None = None, delegation: str | None = None, before: str = "", limit: int = 50
) -> Sequence[Mapping[str, Any]]:
    """Return messages, newest first."""
    rows = await database.read(storage.list_messages, state=state, delegation=delegation, before=before, limit=limit)
    return [dict(row) for row in rows]


async def count_by_state(database: Database) -> dict[str, int]:
    """Return how many messages are in each state."""
    return await database.read(storage.count_by_state)


def wait_after(tries: int) -> timedelta:
    """Return how long a message rests after so many tries: twice as long each time, four hours at most."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(tries - 1, 20)))


async def _send(database: Database, door: Door, compose: Compose, row: Mapping[str, Any]) -> None:
    outcome: dict[str, Any]
    try:
        async with asyncio.timeout(_DOOR_SECONDS):
            await door(await compose(row))
        outcome = {"state": "sent", "sent_at": real_now(), "last_error": ""}
    except PermanentError as error:
        outcome = {"state": "given_up", "last_error": str(error)[:300]}
    except Exception as error:  # noqa: BLE001 - whatever a server outside does wrong, the message is tried again
        is_last = row["tries"] >= MOST_TRIES
        outcome = {"state": "given_up" if is_last else "failed", "last_error": _why(error)}
        outcome["next_try_at"] = real_now() + wait_after(row["tries"])
    # The log outlives people: it names the message, never whom it went to.
    _log.info("message_tried", id=row["id"], step=row["step"], state=outcome["state"], tries=row["tries"])
    await database.write(storage.settle_message, row["id"], row["claim"], outcome)


def _why(error: Exception) -> str:
    return (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:300]


def _send_again(connection: Connection, desk: Desk, id_: str) -> None:
    row = storage.find_message(connection, id_)
    if row is None:
        raise DomainError("unknown_message_id")
    if not storage.send_again(connection, id_, real_now()):
        raise DomainError("message_is_being_sent")
    append_line(connection, desk.entry("send_message_again", f"delegation:{row['delegation']}"))
