"""What an account's second step is, its recovery codes, and sign-ins that wait for their code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update
from sqlmodel import Field, SQLModel

from server.storage.accounts import ACCOUNTS, add_session
from server.storage.core import Moment

OFF: dict[str, Any] = {"totp_secret": None, "totp_since": None, "totp_step": None}


class RecoveryCode(SQLModel, table=True):
    """A code that opens the second step once; only its hash is kept."""

    __tablename__ = "recovery_code"
    code_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True, max_length=32)


class SignInStep(SQLModel, table=True):
    """A sign-in whose password was right and whose code is still to come; `id_hash` is of what its cookie bears."""

    __tablename__ = "sign_in_step"
    id_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True, max_length=32)
    expires_at: datetime = Field(sa_type=Moment)


CODES: Any = RecoveryCode.__table__  # type: ignore[attr-defined]
STEPS: Any = SignInStep.__table__  # type: ignore[attr-defined]


def add_step(connection: Connection, values: Mapping[str, Any], now: datetime) -> None:
    """Store a sign-in that waits, and forget those that waited too long."""
    connection.execute(delete(STEPS).where(STEPS.c.expires_at <= now))
    connection.execute(insert(STEPS).values(**values))


def account_of_step(connection: Connection, id_hash: str, now: datetime) -> RowMapping | None:
    """Return the account that a waiting sign-in belongs to."""
    query = (
        select(ACCOUNTS)
        .join(STEPS, STEPS.c.account_id == ACCOUNTS.c.id)
        .where(STEPS.c.id_hash == id_hash, STEPS.c.expires_at > now, ACCOUNTS.c.disabled_at.is_(None))
    )
    return connection.execute(query).mappings().first()


def finish_step(connection: Connection, id_hash: str, session: Mapping[str, Any]) -> bool:
    """Turn a waiting sign-in into a session; tell whether it still waited."""
    now = session["created_at"]
    # Locked first: who locks the account or lends a password at this moment comes before or after, not between.
    able = select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == session["account_id"], ACCOUNTS.c.disabled_at.is_(None))
    if connection.execute(able.with_for_update()).first() is None:
        return False
    waiting = delete(STEPS).where(STEPS.c.id_hash == id_hash, STEPS.c.expires_at > now)
    if not connection.execute(waiting).rowcount:
        return False
    add_session(connection, session)
    return True


def drop_steps(connection: Connection, account_id: str) -> None:
    connection.execute(delete(STEPS).where(STEPS.c.account_id == account_id))


def propose(connection: Connection, account_id: str, sealed: str) -> bool:
    """Keep a secret that is not confirmed yet; tell whether the second step is still off."""
    query = update(ACCOUNTS).where(ACCOUNTS.c.id == account_id, ACCOUNTS.c.totp_since.is_(None))
    return bool(connection.execute(query.values(totp_secret=sealed, totp_step=None)).rowcount)


def switch_on(connection: Connection, account: Mapping[Any, Any], *, step: int, now: datetime) -> bool:
    """Switch the proposed secret on; tell whether it was still the proposed one."""
    query = update(ACCOUNTS).where(
        ACCOUNTS.c.id == account["id"],
        ACCOUNTS.c.totp_secret == account["totp_secret"],
        ACCOUNTS.c.totp_since.is_(None),
    )
    return bool(connection.execute(query.values(totp_since=now, totp_step=step)).rowcount)


def switch_off(connection: Connection, account_id: str) -> bool:
    """Forget the secret, the codes and waiting sign-ins; tell whether the second step was on."""
    on = update(ACCOUNTS).where(ACCOUNTS.c.id == account_id, ACCOUNTS.c.totp_since.is_not(None))
    was_on = bool(connection.execute(on.values(**OFF)).rowcount)
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**OFF))
    connection.execute(delete(CODES).where(CODES.c.account_id == account_id))
    drop_steps(connection, account_id)
    return was_on


def use_step(connection: Connection, account: Mapping[Any, Any], step: int) -> bool:
    """Use up a moment's code and all before it; tell whether it was still good."""
    query = update(ACCOUNTS).where(
        ACCOUNTS.c.id == account["id"],
        ACCOUNTS.c.totp_secret == account["totp_secret"],
        or_(ACCOUNTS.c.totp_step.is_(None), ACCOUNTS.c.totp_step < step),
    )
    return bool(connection.execute(query.values(totp_step=step)).rowcount)


def use_code(connection: Connection, account_id: str, code_hash: str) -> bool:
    """Use up a recovery code; tell whether it was still good."""
    query = delete(CODES).where(CODES.c.account_id == account_id, CODES.c.code_hash == code_hash)
    return bool(connection.execute(query).rowcount)


def replace_codes(connection: Connection, account_id: str, hashes: Sequence[str]) -> None:
    connection.execute(delete(CODES).where(CODES.c.account_id == account_id))
    connection.execute(insert(CODES), [{"account_id": account_id, "code_hash": each} for each in hashes])


def count_codes(connection: Connection, account_id: str) -> int:
    return connection.scalar(select(func.count()).select_from(CODES).where(CODES.c.account_id == account_id)) or 0
