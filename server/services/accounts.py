"""The staff's accounts and sessions, and the bearer tokens of programs."""

import asyncio
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from server.domain.errors import DomainError
from server.domain.roles import RIGHTS, Right, Role
from server.services.clock import real_now
from server.services.limits import Limit
from server.services.secrets import PROGRAM, SESSION, STEP, hash_secret, new_secret
from server.storage import accounts as storage
from server.storage import second_steps
from server.storage.audit import Entry, append_line
from server.storage.database import Database
from server.storage.ids import new_id
from server.storage.standings import add_standing

SESSION_TIME = timedelta(hours=12)
STEP_TIME = timedelta(minutes=5)
"""How long a sign-in waits for its code."""
LEAST_PASSWORD = 8
_LONGEST_PASSWORD = 1_000
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StaffAccount:
    id: str
    login: str
    name: str
    role: Role
    language: str
    created_at: datetime
    disabled_at: datetime | None = None
    must_change: bool = False
    has_second_step: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """A program's token, without the secret itself."""

    id: str
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None = None


class Accounts:
    """The accounts of a space's staff."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # One at a time: each takes 19 MiB and a core for about 30 ms.
        self._hashing = asyncio.Semaphore(1)
        self._by_pair = Limit("5/5 minutes")
        self._by_login = Limit("50/5 minutes")
        self._by_address = Limit("60/5 minutes")

    async def add(
        self, name: str, role: str, password: str, *, actor: str = "command line", least: int = LEAST_PASSWORD
    ) -> StaffAccount:
        """Make an account whose login is the name. `least` is how long its password must be.

        Raises `bad_name`, `bad_role`, `weak_password`, `account_exists`.
        """
        account, row = await self.draft(name, role, password, least)
        try:
            await self._database.write(store_account, row, actor)
        except IntegrityError as error:
            raise DomainError("account_exists", account=account.name) from error
        return account

    async def draft(
        self, name: str, role: str, password: str, least: int = LEAST_PASSWORD
    ) -> tuple[StaffAccount, dict[str, Any]]:
        """Return an account that is not stored yet, and its row. Raises `bad_name`, `bad_role`, `weak_password`."""
        shown = " ".join(unicodedata.normalize("NFC", name).split())
        # Some capitals fold to two or three letters: the login may be longer than the name.
        if not shown or len(login_of(shown)) > 100 or len(shown) > 100 or not shown.isprintable():
            raise DomainError("bad_name")
        row = {
            "id": new_id(),
            "login": login_of(shown),
            "name": shown,
            "role": _role(role),
            "password_hash": await self.hash_password(password, least),
            "language": "vi",
            "created_at": real_now(),
        }
        return account_of(row), row

    async def listed(self) -> list[StaffAccount]:
        """Return every account, by login."""
        return [account_of(row) for row in await self._database.read(storage.list_accounts)]

    async def reset(self, name: str, password: str, *, actor: str = "command line") -> StaffAccount:
        """Give an account a new password and end its sessions. Raises `unknown_account`, `weak_password`."""
        row = await self._database.read(storage.find_account, login_of(name))
        if row is None:
            raise DomainError("unknown_account", account=name[:100])
        change = {"password_hash": await self.hash_password(password), "disabled_at": None, "must_change": False}
        await self._database.write(_change_account, row["id"], change, actor)
        return account_of(row)

    async def sign_in(self, login: str, password: str, *, address: str, agent: str = "") -> tuple[StaffAccount, str]:
        """Return the account and the secret of a new session.

        Raises `wrong_credentials` for whatever is wrong, `too_many_attempts` with `wait_seconds`, and
        `second_step_needed` with the `step` that `SecondSteps.finish` goes on with.
        """
        login = login_of(login)
        self._by_address.take(address)
        self._by_login.take(login)
        self._by_pair.take(login, address)
        row = await self._database.read(storage.find_account, login)
        known = row["password_hash"] if row and row["disabled_at"] is None else None
        if not await self.is_right(password, known) or row is None:
            if row is not None:
                await self._database.write(_tell, f"account:{row['id']}", "fail_sign_in")
            raise DomainError("wrong_credentials")
        self._by_pair.forget(login, address)
        if row["totp_since"] is not None:
            raise DomainError("second_step_needed", step=await self._database.write(_wait_for_code, row["id"]))
        secret, session = new_session(row["id"], agent)
        await self._database.write(_open_session, session)
        return account_of(row), secret

    async def by_session(self, secret: str) -> StaffAccount | None:
        """Return whose session this is, if it lives."""
        now = real_now()
        id_hash = hash_secret(secret)
        row = await self._database.read(storage.account_of_session, id_hash, now)
        if row is None:
            return None
        if now - row["seen_at"] > _SEEN_EVERY:
            await self._database.write(storage.touch_session, id_hash, now)
        return account_of(row)

    async def sign_out(self, secret: str) -> None:
        await self._database.write(storage.end_session, hash_secret(secret))

    async def add_token(self, name: str, role: str, *, actor: str = "command line") -> tuple[ProgramToken, str]:
        """Make a bearer token with a role's rights; its text is not kept. Raises `bad_name`, `bad_role`."""
        if not 0 < len(name.strip()) <= 100 or not name.strip().isprintable():
            raise DomainError("bad_name")
        secret = new_secret(PROGRAM)
        row = {"id": new_id(), "name": name.strip(), "role": _role(role), "created_at": real_now()}
        await self._database.write(_add_token, row | {"token_hash": hash_secret(secret)}, actor)
        return _token(row), secret

    async def tokens(self) -> list[ProgramToken]:
        """Return every token, revoked ones too, oldest first."""
        return [_token(row) for row in await self._database.read(storage.list_tokens)]

    async def revoke_token(self, name: str, *, actor: str = "command line") -> int:
        """Revoke the token with this id, or all of this name; return how many. Raises `unknown_token`."""
        count = await self._database.write(_revoke_tokens, name, actor)
        if not count:
            raise DomainError("unknown_token", token=name[:100])
        return count

    async def by_token(self, secret: str) -> ProgramToken | None:
        """Return the token that is not revoked and has this text."""
        row = await self._database.read(storage.find_token, hash_secret(secret))
        return _token(row) if row else None

    def count_try(self, account_id: str) -> None:
        """Count a try of one's own password. Raises `too_many_attempts`."""
        self._by_pair.take(account_id)

    async def hash_password(self, password: str, least: int = LEAST_PASSWORD) -> str:
        if not least <= len(password) <= _LONGEST_PASSWORD:
            raise DomainError("weak_password", least=least)
        async with self._hashing:
            return await asyncio.to_thread(_hasher().hash, unicodedata.normalize("NFC", password))

    async def is_right(self, password: str, known: str | None) -> bool:
        if len(password) > _LONGEST_PASSWORD:
            return False
        async with self._hashing:
            # A login that does not exist takes as long as one that does.
            right = await asyncio.to_thread(
                _hasher().verify, unicodedata.normalize("NFC", password), known or _nobodys_hash()
            )
        return right and known is not None


@cache
def _hasher() -> PasswordHash:
    # The least that OWASP advises: 19 MiB, two rounds.
    return PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_hex(16))


def login_of(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name[:200]).split()).casefold()


def new_session(account_id: str, agent: str) -> tuple[str, dict[str, Any]]:
    """Return the secret of a session that begins now, and the row to store."""
    secret, now = new_secret(SESSION), real_now()
    times = {"created_at": now, "seen_at": now, "expires_at": now + SESSION_TIME}
    return secret, {"id_hash": hash_secret(secret), "account_id": account_id, "agent": agent[:200], **times}


def _role(role: str) -> str:
    try:
        return Role(role).value
    except ValueError as error:
        raise DomainError("bad_role", role=role[:40], roles=", ".join(Role)) from error


def account_of(row: Mapping[Any, Any]) -> StaffAccount:
    return StaffAccount(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        role=Role(row["role"]),
        language=row["language"],
        created_at=row["created_at"],
        disabled_at=row.get("disabled_at"),
        must_change=bool(row.get("must_change")),
        has_second_step=row.get("totp_since") is not None,
    )


def _token(row: Mapping[Any, Any]) -> ProgramToken:
    return ProgramToken(row["id"], row["name"], Role(row["role"]), row["created_at"], row.get("revoked_at"))


def _tell(connection: Connection, actor: str, action: str) -> None:
    append_line(connection, Entry(real_now(), actor, action, actor))


def _wait_for_code(connection: Connection, account_id: str) -> str:
    secret, now = new_secret(STEP), real_now()
    step = {"id_hash": hash_secret(secret), "account_id": account_id, "expires_at": now + STEP_TIME}
    second_steps.add_step(connection, step, now)
    return secret


def _open_session(connection: Connection, session: dict[str, Any]) -> None:
    storage.add_session(connection, session)
    _tell(connection, f"account:{session['account_id']}", "sign_in")


def store_account(connection: Connection, row: dict[str, Any], actor: str) -> None:
    """Store a new account, inside a transaction."""
    storage.add_account(connection, row)
    add_standing(connection, f"s:{row['id']}", None)
    after = {"role": row["role"]}
    append_line(connection, Entry(row["created_at"], actor, "add_account", f"account:{row['id']}", after=after))


def _change_account(connection: Connection, account_id: str, change: dict[str, Any], actor: str) -> None:
    storage.change_account(connection, account_id, change)
    append_line(connection, Entry(real_now(), actor, "reset_password", f"account:{account_id}"))
    drop_second_step(connection, account_id, actor)


def drop_second_step(connection: Connection, account_id: str, actor: str) -> None:
    """Switch the second step off, where it is on, inside a transaction."""
    if second_steps.switch_off(connection, account_id):
        append_line(connection, Entry(real_now(), actor, "switch_off_second_step", f"account:{account_id}"))


def _add_token(connection: Connection, row: dict[str, Any], actor: str) -> None:
    storage.add_token(connection, row)
    after = {"name": row["name"], "role": row["role"]}
    append_line(connection, Entry(row["created_at"], actor, "add_token", f"token:{row['id']}", after=after))


def _revoke_tokens(connection: Connection, name: str, actor: str) -> int:
    count = storage.revoke_tokens(connection, name, real_now())
    if count:
        append_line(connection, Entry(real_now(), actor, "revoke_token", f"token:{name}"))
    return count
