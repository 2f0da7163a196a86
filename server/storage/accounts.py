"""Accounts of the staff, their sessions, and the bearer tokens of programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, false, func, insert, select, update
from sqlmodel import Field, SQLModel

from server.storage.ids import new_id
from server.storage.locks import lock_word


class Account(SQLModel, table=True):
    __tablename__ = "account"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    login: str = Field(unique=True, max_length=100)
    name: str = Field(default="", max_length=200)
    role: str = Field(max_length=20)
    password_hash: str | None = None
    language: str = Field(default="vi", max_length=5)
    created_at: datetime
    disabled_at: datetime | None = None
    must_change: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    totp_secret: str | None = Field(default=None, max_length=200)  # sealed; without `totp_since` only proposed
    totp_since: datetime | None = None
    totp_step: int | None = None  # the last one used


class StaffSession(SQLModel, table=True):
    """A signed-in browser; `id_hash` is the SHA-256 of what its cookie bears."""

    __tablename__ = "staff_session"
    id_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True, max_length=32)
    agent: str = Field(default="", max_length=200)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class ApiToken(SQLModel, table=True):
    """A bearer token of a program, with the rights of a role."""

    __tablename__ = "api_token"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=100)
    role: str = Field(max_length=20)
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime
    revoked_at: datetime | None = None


ACCOUNTS: Any = Account.__table__  # type: ignore[attr-defined]
SESSIONS: Any = StaffSession.__table__  # type: ignore[attr-defined]
TOKENS: Any = ApiToken.__table__  # type: ignore[attr-defined]


def find_account(connection: Connection, login: str) -> RowMapping | None:
    return connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == login)).mappings().first()


def read_account(connection: Connection, account_id: str) -> RowMapping | None:
    return connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account_id)).mappings().first()


def has_accounts(connection: Connection) -> bool:
    """Tell whether there is any account, disabled ones too."""
    return connection.execute(select(ACCOUNTS.c.id).limit(1)).first() is not None


def other_administrators(connection: Connection, account_id: str) -> int:
    """Return how many administrators may sign in beside this account. Others who count wait until this one commits."""
    lock_word(connection, "administrators")
    able = ACCOUNTS.c.disabled_at.is_(None) & (ACCOUNTS.c.role == "administrator")
    return connection.scalar(select(func.count()).where(able, ACCOUNTS.c.id != account_id)) or 0


def list_accounts(connection: Connection) -> Sequence[RowMapping]:
    """Return every account, disabled ones too, by login."""
    return connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.login)).mappings().all()


def add_account(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(ACCOUNTS).values(**values))


def change_account(connection: Connection, account_id: str, values: Mapping[str, Any]) -> None:
    """Change an account and end its sessions."""
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))
    connection.execute(delete(SESSIONS).where(SESSIONS.c.account_id == account_id))


def sessions_of(connection: Connection, account_id: str, now: datetime) -> Sequence[RowMapping]:
    """Return an account's living sessions, the newest first."""
    query = select(SESSIONS).where(SESSIONS.c.account_id == account_id, SESSIONS.c.expires_at > now)
    return connection.execute(query.order_by(SESSIONS.c.created_at.desc())).mappings().all()


def living_sessions(connection: Connection, hashes: Sequence[str], now: datetime) -> set[str]:
    """Return which of these sessions live."""
    query = (
        select(SESSIONS.c.id_hash)
        .join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.account_id)
        .where(SESSIONS.c.id_hash.in_(hashes), SESSIONS.c.expires_at > now, ACCOUNTS.c.disabled_at.is_(None))
    )
    return set(connection.scalars(query))


def end_sessions(connection: Connection, account_id: str, *, only: str | None = None, but: str | None = None) -> int:
    """End an account's sessions, or one of them, or all but one; return how many."""
    query = delete(SESSIONS).where(SESSIONS.c.account_id == account_id)
    if only is not None:
        query = query.where(SESSIONS.c.id_hash == only)
    if but is not None:
        query = query.where(SESSIONS.c.id_hash != but)
    return int(connection.execute(query).rowcount)


def change_password(connection: Connection, account_id: str, values: Mapping[str, Any], but: str) -> None:
    """Change an account and end its sessions, but for one."""
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))
    end_sessions(connection, account_id, but=but)


def rename(connection: Connection, account_id: str, name: str) -> None:
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(name=name))


def set_language(connection: Connection, account_id: str, language: str) -> None:
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(language=language))


def add_session(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store a session, and forget those that have ended."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= values["created_at"]))
    connection.execute(insert(SESSIONS).values(**values))


def account_of_session(connection: Connection, id_hash: str, now: datetime) -> RowMapping | None:
    """Return the account that a living session belongs to, with the session's `seen_at`."""
    query = (
        select(ACCOUNTS, SESSIONS.c.seen_at)
        .join(SESSIONS, SESSIONS.c.account_id == ACCOUNTS.c.id)
        .where(SESSIONS.c.id_hash == id_hash, SESSIONS.c.expires_at > now, ACCOUNTS.c.disabled_at.is_(None))
    )
    return connection.execute(query).mappings().first()


def touch_session(connection: Connection, id_hash: str, now: datetime) -> None:
    connection.execute(update(SESSIONS).where(SESSIONS.c.id_hash == id_hash).values(seen_at=now))


def end_session(connection: Connection, id_hash: str) -> None:
    connection.execute(delete(SESSIONS).where(SESSIONS.c.id_hash == id_hash))


def add_token(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(TOKENS).values(**values))


def find_token(connection: Connection, token_hash: str) -> RowMapping | None:
    """Return the token that is not revoked."""
    query = select(TOKENS).where(TOKENS.c.token_hash == token_hash, TOKENS.c.revoked_at.is_(None))
    return connection.execute(query).mappings().first()


def list_tokens(connection: Connection) -> Sequence[RowMapping]:
    """Return every token, revoked ones too, oldest first."""
    return connection.execute(select(TOKENS).order_by(TOKENS.c.id)).mappings().all()


def revoke_tokens(connection: Connection, name: str, at: datetime) -> int:
    """Revoke the token with this id, or all of this name; return how many were live."""
    named = (TOKENS.c.id == name) | (TOKENS.c.name == name)
    changed = connection.execute(update(TOKENS).where(named, TOKENS.c.revoked_at.is_(None)).values(revoked_at=at))
    return int(changed.rowcount)
