"""Who has which form open now, so that two who edit one thing see each other."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlmodel import Field, SQLModel

from server.storage.accounts import Account
from server.storage.bulk import upsert_rows
from server.storage.core import table


class Editing(SQLModel, table=True):
    """Somebody has the form of a subject (`delegation:D017`) open; `seen_at` is their latest sign of it."""

    __tablename__ = "editing"
    subject: str = Field(primary_key=True, max_length=80)
    actor: str = Field(primary_key=True, max_length=100)
    seen_at: datetime


_EDITING = table(Editing)
_ACCOUNTS = table(Account)


def note_editor(connection: Connection, subject: str, actor: str, at: datetime, since: datetime) -> None:
    """Note that somebody has a form open, and forget whoever was not seen since a moment."""
    connection.execute(delete(_EDITING).where(_EDITING.c.seen_at < since))
    row = {"subject": subject, "actor": actor, "seen_at": at}
    upsert_rows(connection, _EDITING, [row], key=("subject", "actor"), change=("seen_at",))


def forget_editor(connection: Connection, subject: str, actor: str) -> None:
    """Note that somebody closed a form."""
    connection.execute(delete(_EDITING).where(_EDITING.c.subject == subject, _EDITING.c.actor == actor))


def names_of_editors(connection: Connection, subject: str, actor: str, since: datetime) -> list[str]:
    """Return the names of the others who have a form open and were seen since a moment."""
    query = (
        select(_ACCOUNTS.c.name)
        .join(_EDITING, _EDITING.c.actor == "account:" + _ACCOUNTS.c.id)
        .where(_EDITING.c.subject == subject, _EDITING.c.actor != actor, _EDITING.c.seen_at >= since)
        .order_by(_ACCOUNTS.c.name)
    )
    return list(connection.scalars(query))
