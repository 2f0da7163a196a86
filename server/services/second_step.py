"""The second step of signing in: a code of an authenticator (RFC 6238), or one of ten recovery codes.

The secret is stored sealed with a key of the secret file, so that a copy of the database alone signs nobody in.
"""

import asyncio
import base64
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyotp
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.services.accounts import Accounts, StaffAccount, account_of, drop_second_step, new_session
from server.services.clock import real_now
from server.services.keys import Keys
from server.services.limits import Limit
from server.services.secrets import hash_secret
from server.storage import accounts, second_steps
from server.storage.audit import Entry, append_line
from server.storage.database import Database

CODES = 10
_STEP_SECONDS = 30
_DRIFT = 1
"""How many steps a telephone's clock may be before or behind the server's."""
_DIGITS = 6
_LETTERS = string.ascii_lowercase.translate(str.maketrans("", "", "ilou")) + string.digits[2:]
_NONCE = 12

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret that waits for its first code, as text and as the address that an authenticator reads."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class SecondStepState:
    """Whether one's second step is on, with how many recovery codes; or what is proposed."""

    is_on: bool
    codes: int = 0
    proposal: Proposal | None = None


class SecondSteps:
    """The second steps of a space's accounts. Authenticators show `issuer`; short, for the QR code."""

    def __init__(self, database: Database, keys: Keys, staff: Accounts, issuer: str) -> None:
        self._database = database
        self._keys = keys
        self._staff = staff
        self._issuer = issuer
        self._by_account = Limit("5/5 minutes")
        self._by_address = Limit("60/5 minutes")

    async def state(self, account_id: str) -> SecondStepState:
        """Return how one's second step stands. Raises `unknown_account`."""
        row = await self._read(account_id)
        if row["totp_since"] is not None:
            return SecondStepState(is_on=True, codes=await self._database.read(second_steps.count_codes, account_id))
        secret = await self._unseal(row)
        if secret is None:
            return SecondStepState(is_on=False)
        uri = pyotp.TOTP(secret).provisioning_uri(name=row["login"], issuer_name=self._issuer)
        return SecondStepState(is_on=False, proposal=Proposal(secret, uri))

    async def propose(self, account_id: str) -> None:
        """Make a secret that waits to be confirmed by a code. Raises `second_step_is_on`."""
        key = await asyncio.to_thread(self._keys.sealing_key)
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, pyotp.random_base32().encode(), account_id.encode())
        if not await self._database.write(second_steps.propose, account_id, base64.b64encode(sealed).decode()):
            raise DomainError("second_step_is_on")

    async def confirm(self, account_id: str, code: str) -> list[str]:
        """Switch the proposed secret on; return the recovery codes, which are told only now.

        Raises `wrong_code`, `too_many_attempts`, `no_second_step` when nothing is proposed (any more).
        """
        self._by_account.take(account_id)
        row = await self._read(account_id)
        if row["totp_secret"] is None or row["totp_since"] is not None:
            raise DomainError("no_second_step")
        step = await self._step_of(row, code)
        if step is None:
            raise DomainError("wrong_code")
        codes = [_new_code() for _ in range(CODES)]
        if not await self._database.write(_switch_on, row, step, [_hash_code(account_id, each) for each in codes]):
            raise DomainError("no_second_step")
        self._by_account.forget(account_id)
        return codes

    async def switch_off(self, account_id: str, password: str) -> None:
        """Switch one's own second step off. Raises `wrong_password`, `too_many_attempts`."""
        row = await self._read(account_id)
        self._staff.count_try(account_id)
        if not await self._staff.is_right(password, row["password_hash"]):
            raise DomainError("wrong_password")
        await self._database.write(drop_second_step, account_id, f"account:{account_id}")

    async def waits(self, step: str) -> bool:
        """Tell whether this sign-in waits for its code."""
        return await self._database.read(second_steps.account_of_step, hash_secret(step), real_now()) is not None

    async def finish(self, step: str, code: str, *, address: str, agent: str = "") -> tuple[StaffAccount, str]:
        """Return the account and the secret of a new session.

        Raises `step_expired`, `wrong_code`, `too_many_attempts` with `wait_seconds`.
        """
        self._by_address.take(address)
        row = await self._database.read(second_steps.account_of_step, hash_secret(step), real_now())
        if row is None:
            raise DomainError("step_expired")
        self._by_account.take(row["id"])
        moment = await self._step_of(row, code)
        secret, session = new_session(row["id"], agent)
        proof = _Proof(hash_secret(step), moment, _hash_code(row["id"], code))
        try:
            await self._database.write(_finish, row, proof, session)
        except DomainError as error:
            if error.code == "wrong_code":
                await self._database.write(_tell, row["id"], "fail_second_step")
            raise
        self._by_account.forget(row["id"])
        return account_of(row), secret

    async def _read(self, account_id: str) -> Mapping[Any, Any]:
        row = await self._database.read(accounts.read_account, account_id)
        if row is None:
            raise DomainError("unknown_account", account=account_id[:40])
        return row

    async def _step_of(self, row: Mapping[Any, Any], code: str) -> int | None:
        """Return which moment this is the code of, near now and after the last one used."""
        typed = "".join(code.split())
        if len(typed) != _DIGITS or not typed.isascii() or not typed.isdigit():
            return None
        secret = await self._unseal(row)
        if secret is None:
            return None
        now = int(real_now().timestamp()) // _STEP_SECONDS
        used = -1 if row["totp_step"] is None else row["totp_step"]
        near = range(now - _DRIFT, now + _DRIFT + 1)
        return next((step for step in near if pyotp.HOTP(secret).verify(typed, step) and step > used), None)

    async def _unseal(self, row: Mapping[Any, Any]) -> str | None:
        if row["totp_secret"] is None:
            return None
        key = await asyncio.to_thread(self._keys.sealing_key)
        sealed = base64.b64decode(row["totp_secret"])
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], row["id"].encode()).decode()
        except InvalidTag:
            # The secret file is another one: a recovery code still opens, and an administrator's reset.
            _log.warning("second_step_unreadable", account=row["id"])
            return None


@dataclass(frozen=True, slots=True)
class _Proof:
    step_hash: str
    moment: int | None
    code_hash: str


def _switch_on(connection: Connection, row: Mapping[Any, Any], step: int, hashes: list[str]) -> bool:
    if not second_steps.switch_on(connection, row, step=step, now=real_now()):
        return False
    second_steps.replace_codes(connection, row["id"], hashes)
    _tell(connection, row["id"], "switch_on_second_step")
    return True


def _finish(connection: Connection, row: Mapping[Any, Any], proof: _Proof, session: dict[str, Any]) -> None:
    # What is refused below undoes this too: the sign-in goes on waiting.
    if not second_steps.finish_step(connection, proof.step_hash, session):
        raise DomainError("step_expired")
    if proof.moment is not None and second_steps.use_step(connection, row, proof.moment):
        _tell(connection, row["id"], "sign_in")
    elif second_steps.use_code(connection, row["id"], proof.code_hash):
        _tell(connection, row["id"], "use_recovery_code")
        _tell(connection, row["id"], "sign_in")
    else:
        raise DomainError("wrong_code")


def _tell(connection: Connection, account_id: str, action: str) -> None:
    me = f"account:{account_id}"
    append_line(connection, Entry(real_now(), me, action, me))


def _new_code() -> str:
    """Return 78 random bits in four groups, without letters that look like others."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _hash_code(account_id: str, typed: str) -> str:
    return hash_secret(account_id + "".join(letter for letter in typed[:100].casefold() if letter.isalnum()))
