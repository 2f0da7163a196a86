"""Changes of the staff's accounts by an administrator, and of one's own by oneself. Each ends what it takes away."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.accounts import Accounts, drop_second_step
from server.services.clock import real_now
from server.services.secrets import hash_secret
from server.storage import accounts as storage
from server.storage.audit import Entry, append_line
from server.storage.database import Database
from server.storage.second_steps import drop_steps

_TEMPORARY_BYTES = 9


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser in which one is signed in. `id` says which, and opens nothing."""

    id: str
    agent: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def temporary_password() -> str:
    """Return a password to hand over once, of 72 random bits."""
    return secrets.token_urlsafe(_TEMPORARY_BYTES)


async def change_staff(database: Database, account_id: str, *, name: str, role: str, actor: str) -> None:
    """Give an account another name or role; a new role ends its sessions.

    Raises `unknown_account`, `bad_name`, `bad_role`, `last_administrator`.
    """
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(shown) <= 100 or not shown.isprintable():
        raise DomainError("bad_name")
    if role not in set(Role):
        raise DomainError("bad_role", role=role[:40], roles=", ".join(Role))
    await database.write(_change, account_id, {"name": shown, "role": role}, actor)


async def switch_staff(database: Database, account_id: str, *, is_on: bool, actor: str) -> None:
    """Let an account sign in, or never more. Raises `unknown_account`, `last_administrator`."""
    await database.write(_change, account_id, {"disabled_at": None if is_on else real_now()}, actor)


async def lend_password(database: Database, accounts: Accounts, account_id: str, *, actor: str) -> str:
    """Return a new password that must be changed at the next sign-in; the sessions end. Raises `unknown_account`."""
    password = temporary_password()
    values = {"password_hash": await accounts.hash_password(password), "must_change": True}
    await database.write(_reset, account_id, values, actor)
    return password


async def add_staff(accounts: Accounts, database: Database, name: str, role: str, *, actor: str) -> tuple[str, str]:
    """Make an account; return its id and the password to hand over. Raises what `Accounts.add` does."""
    password = temporary_password()
    account = await accounts.add(name, role, password, actor=actor)
    await database.write(_must_change, account.id)
    return account.id, password


async def change_own_password(
    database: Database, accounts: Accounts, account_id: str, passwords: tuple[str, str], *, secret: str
) -> None:
    """Change one's password from an old one to a new; the other sessions end.

    Raises `wrong_password`, `weak_password`, `same_password`, `too_many_attempts`.
    """
    old, new = passwords
    row = await database.read(storage.read_account, account_id)
    accounts.count_try(account_id)
    if row is None or not await accounts.is_right(old, row["password_hash"]):
        raise DomainError("wrong_password")
    if old == new:
        raise DomainError("same_password")
    values = {"password_hash": await accounts.hash_password(new), "must_change": False}
    await database.write(_own_password, account_id, values, hash_secret(secret))


async def own_sessions(database: Database, account_id: str, secret: str) -> list[OwnSession]:
    """Return one's living sessions, the newest first."""
    mine = hash_secret(secret)
    rows: Sequence[Any] = await database.read(storage.sessions_of, account_id, real_now())
    return [
        OwnSession(row["id_hash"], row["agent"], row["created_at"], row["seen_at"], row["id_hash"] == mine)
        for row in rows
    ]


async def end_own_sessions(database: Database, account_id: str, *, only: str | None, secret: str) -> int:
    """End one of one's sessions, or all but the one that asks; return how many ended."""
    return await database.write(_end, account_id, only, hash_secret(secret))


async def choose_own_language(database: Database, account_id: str, language: str) -> None:
    """Keep the language that one reads in, `vi` or `en`."""
    await database.write(storage.set_language, account_id, "en" if language == "en" else "vi")


async def ended_sessions(database: Database, hashes: Sequence[str]) -> set[str]:
    """Return which of these sessions have ended."""
    return set(hashes) - await database.read(storage.living_sessions, hashes, real_now())


def _change(connection: Connection, account_id: str, values: dict[str, Any], actor: str) -> None:
    others = storage.other_administrators(connection, account_id)
    row = _found(connection, account_id)
    after = dict(row) | values
    is_able = after["role"] == Role.ADMINISTRATOR and after["disabled_at"] is None
    if row["role"] == Role.ADMINISTRATOR and row["disabled_at"] is None and not is_able and not others:
        raise DomainError("last_administrator")
    changed = {key: value for key, value in values.items() if row[key] != value}
    if not changed:
        return
    if set(changed) == {"name"}:
        storage.rename(connection, account_id, changed["name"])
        append_line(connection, Entry(real_now(), actor, "rename_account", f"account:{account_id}"))
        return
    storage.change_account(connection, account_id, changed)
    told = [{"role": each["role"], "disabled": each["disabled_at"] is not None} for each in (row, after)]
    append_line(connection, Entry(real_now(), actor, "change_account", f"account:{account_id}", *told))


def _reset(connection: Connection, account_id: str, values: dict[str, Any], actor: str) -> None:
    _found(connection, account_id)
    storage.change_account(connection, account_id, values)
    append_line(connection, Entry(real_now(), actor, "reset_password", f"account:{account_id}"))
    drop_second_step(connection, account_id, actor)


def _must_change(connection: Connection, account_id: str) -> None:
    storage.change_account(connection, account_id, {"must_change": True})


def _own_password(connection: Connection, account_id: str, values: dict[str, Any], but: str) -> None:
    storage.change_password(connection, account_id, values, but)
    drop_steps(connection, account_id)
    me = f"account:{account_id}"
    append_line(connection, Entry(real_now(), me, "change_password", me))


def _end(connection: Connection, account_id: str, only: str | None, mine: str) -> int:
    count = storage.end_sessions(connection, account_id, only=only, but=None if only else mine)
    if count:
        me = f"account:{account_id}"
        append_line(connection, Entry(real_now(), me, "end_sessions", me, after={"count": count}))
    return count


def _found(connection: Connection, account_id: str) -> Any:
    row = storage.read_account(connection, account_id)
    if row is None:
        raise DomainError("unknown_account", account=account_id[:40])
    return row
