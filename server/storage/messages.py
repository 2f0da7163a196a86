"""Messages to people outside: what is to be sent, who sends it now, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Connection, RowMapping, and_, func, or_, select
from sqlmodel import Field, SQLModel

from server.storage.core import table
from server.storage.ids import new_id


class Message(SQLModel, table=True):
    """A message. `state` is queued, sending, sent, failed (tried again later) or given_up.

    `claim` says who sends it until `claimed_until`. What it says and bears is made when it is sent.
    """

    __tablename__ = "message"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    channel: str = Field(max_length=10)
    recipient: str = Field(max_length=254)
    language: str = Field(default="vi", max_length=10)
    step: str = Field(max_length=20)
    delegation: str = Field(index=True, max_length=20)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    state: str = Field(default="queued", index=True, max_length=10)
    tries: int = 0
    next_try_at: datetime = Field(index=True)
    claim: str | None = Field(default=None, max_length=32)
    claimed_until: datetime | None = None
    last_error: str = Field(default="", max_length=300)
    created_at: datetime
    sent_at: datetime | None = None


MESSAGES: Any = table(Message)
_WAITING = ("queued", "failed")


def add_message(connection: Connection, values: dict[str, Any]) -> str:
    """Queue a message and return its id."""
    id_ = new_id()
    connection.execute(MESSAGES.insert().values(id=id_, state="queued", tries=0, last_error="", **values))
    return id_


def count_steps(connection: Connection, delegation: str) -> int:
    """Return how many messages a delegation has had, for an invitation's next version."""
    query = select(func.count()).select_from(MESSAGES).where(MESSAGES.c.delegation == delegation)
    return int(connection.scalar(query) or 0)


def claim_messages(
    connection: Connection, channels: Sequence[str], now: datetime, span: timedelta, limit: int
) -> Sequence[RowMapping]:
    """Take up to `limit` messages that are due, and return them: nobody else gets them within `span`."""
    claim = new_id()
    due = or_(
        and_(MESSAGES.c.state.in_(_WAITING), MESSAGES.c.next_try_at <= now),
        and_(MESSAGES.c.state == "sending", MESSAGES.c.claimed_until < now),
    )
    wanted = and_(due, MESSAGES.c.channel.in_(channels))
    ids = list(connection.scalars(select(MESSAGES.c.id).where(wanted).order_by(MESSAGES.c.id).limit(limit)))
    if not ids:
        return []
    # Asked again in the change itself: another process may have taken some meanwhile.
    change = {"state": "sending", "claim": claim, "claimed_until": now + span, "tries": MESSAGES.c.tries + 1}
    connection.execute(MESSAGES.update().where(MESSAGES.c.id.in_(ids), wanted).values(change))
    query = select(MESSAGES).where(MESSAGES.c.claim == claim).order_by(MESSAGES.c.id)
    return connection.execute(query).mappings().all()


def settle_message(connection: Connection, id_: str, claim: str, values: dict[str, Any]) -> bool:
    """Note what became of a message; tell whether it was still the claimant's."""
    mine = and_(MESSAGES.c.id == id_, MESSAGES.c.claim == claim)
    change = {"claim": None, "claimed_until": None} | values
    return bool(connection.execute(MESSAGES.update().where(mine).values(change)).rowcount)


def send_again(connection: Connection, id_: str, now: datetime) -> bool:
    """Queue a message anew that is not being sent; tell whether there was one."""
    idle = and_(MESSAGES.c.id == id_, MESSAGES.c.state != "sending")
    change = {"state": "queued", "tries": 0, "next_try_at": now, "last_error": ""}
    return bool(connection.execute(MESSAGES.update().where(idle).values(change)).rowcount)


def find_message(connection: Connection, id_: str) -> RowMapping | None:
    """Return a message."""
    return connection.execute(select(MESSAGES).where(MESSAGES.c.id == id_)).mappings().first()


def list_messages(
    connection: Connection,
    *,
    state: str | None = None,
    delegation: str | None = None,
    before: str = "",
    limit: int = 50,
) -> Sequence[RowMapping]:
    """Return messages, newest first, from those older than the id `before`."""
    query = select(MESSAGES).order_by(MESSAGES.c.id.desc()).limit(limit)
    if state:
        query = query.where(MESSAGES.c.state == state)
    if delegation:
        query = query.where(MESSAGES.c.delegation == delegation)
    if before:
        query = query.where(MESSAGES.c.id < before)
    return connection.execute(query).mappings().all()


def count_by_state(connection: Connection) -> dict[str, int]:
    """Return how many messages are in each state."""
    rows = connection.execute(select(MESSAGES.c.state, func.count()).group_by(MESSAGES.c.state))
    return {state: int(count) for state, count in rows}
