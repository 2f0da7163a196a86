"""Which account of ours a person of an OpenID provider has, and sign-ins on their way there and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlmodel import Field, SQLModel

from server.storage.accounts import ACCOUNTS
from server.storage.core import Moment


class OidcIdentity(SQLModel, table=True):
    """A person as the provider knows them, and the account that they have here."""

    __tablename__ = "oidc_identity"
    issuer: str = Field(primary_key=True, max_length=300)
    subject: str = Field(primary_key=True, max_length=300)
    account_id: str = Field(foreign_key="account.id", index=True, max_length=32)
    linked_at: datetime = Field(sa_type=Moment)


class OidcTry(SQLModel, table=True):
    """A sign-in that is at the provider; `state_hash` is of what the browser brings back, once."""

    __tablename__ = "oidc_try"
    state_hash: str = Field(primary_key=True, max_length=64)
    nonce: str = Field(max_length=100)
    verifier: str = Field(max_length=128)
    next_page: str = Field(default="", max_length=300)
    expires_at: datetime = Field(sa_type=Moment, index=True)


IDENTITIES: Any = OidcIdentity.__table__  # type: ignore[attr-defined]
TRIES: Any = OidcTry.__table__  # type: ignore[attr-defined]


def add_try(connection: Connection, values: Mapping[str, Any], now: datetime) -> None:
    """Store a sign-in that goes to the provider, and forget those that stayed away too long."""
    connection.execute(delete(TRIES).where(TRIES.c.expires_at <= now))
    connection.execute(insert(TRIES).values(**values))


def take_try(connection: Connection, state_hash: str, now: datetime) -> RowMapping | None:
    """Return a sign-in that came back, and forget it: another with the same state finds none."""
    here = TRIES.c.state_hash == state_hash
    row = connection.execute(select(TRIES).where(here, TRIES.c.expires_at > now)).mappings().first()
    # Of two at once, only the one that deletes the row has it.
    return row if connection.execute(delete(TRIES).where(here)).rowcount else None


def account_of_identity(connection: Connection, issuer: str, subject: str) -> str | None:
    """Return the id of the account that a person of the provider is linked to."""
    mine = (IDENTITIES.c.issuer == issuer) & (IDENTITIES.c.subject == subject)
    return connection.scalar(select(IDENTITIES.c.account_id).where(mine))


def is_linked(connection: Connection, account_id: str, issuer: str) -> bool:
    """Tell whether somebody of this provider has the account already."""
    query = select(IDENTITIES.c.subject).where(IDENTITIES.c.account_id == account_id, IDENTITIES.c.issuer == issuer)
    return connection.execute(query.limit(1)).first() is not None


def link_identity(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(IDENTITIES).values(**values))


def hold_account(connection: Connection, account_id: str) -> RowMapping | None:
    """Return an account; who locks it at this moment comes before or after this transaction, not within."""
    query = select(ACCOUNTS).where(ACCOUNTS.c.id == account_id)
    return connection.execute(query.with_for_update()).mappings().first()


def drop_lent_password(connection: Connection, account_id: str) -> None:
    """Forget a password that was lent and that its owner never changed."""
    values = {"password_hash": None, "must_change": False}
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))
