"""The first administrator of a new house, made on a page by who can read the server's log."""

import asyncio
import hashlib
import hmac
import string
from typing import Any

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.accounts import Accounts, StaffAccount, store_account
from server.services.keys import Keys
from server.services.limits import Limit
from server.storage import accounts as storage
from server.storage.database import Database

ACTOR = "set-up page"
_LETTERS = string.ascii_lowercase.translate(str.maketrans("", "", "ilou")) + string.digits[2:]
_LENGTH = 12


def set_up_code(seal: bytes) -> str:
    """Return the code that a secret file's key stands for: the same in each process, until there is an account."""
    digest = hmac.digest(seal, b"sanh set-up code", hashlib.sha256)
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_LENGTH])
    return "-".join(letters[at : at + 4] for at in range(0, _LENGTH, 4))


class SetUp:
    """Open as long as a space has no account; never again afterwards."""

    def __init__(self, database: Database, keys: Keys, accounts: Accounts) -> None:
        self._database = database
        self._keys = keys
        self._accounts = accounts
        self._is_done = False
        self._by_address = Limit("10/5 minutes")
        self._by_all = Limit("100/5 minutes")

    async def is_open(self) -> bool:
        """Tell whether there is no account yet."""
        if not self._is_done:
            self._is_done = await self._database.read(storage.has_accounts)
        return not self._is_done

    async def code(self) -> str:
        """Return the code that the page asks for."""
        return set_up_code(await asyncio.to_thread(self._keys.sealing_key))

    async def make_first(self, name: str, password: str, code: str, *, address: str) -> StaffAccount:
        """Make the first account, an administrator.

        Raises `not_found` once there is one, `wrong_set_up_code`, `too_many_attempts`, and what `Accounts.add` does.
        """
        if not await self.is_open():
            raise DomainError("not_found")
        self._by_all.take("all")
        self._by_address.take(address)
        if not hmac.compare_digest(_plain(code), _plain(await self.code())):
            raise DomainError("wrong_set_up_code")
        account, row = await self._accounts.draft(name, Role.ADMINISTRATOR, password)
        await self._database.write(_make_first, row)
        return account


def _make_first(connection: Connection, row: dict[str, Any]) -> None:
    storage.other_administrators(connection, row["id"])  # waits for whoever does the same at this moment
    if storage.has_accounts(connection):
        raise DomainError("not_found")
    store_account(connection, row, ACTOR)


def _plain(code: str) -> bytes:
    return "".join(letter for letter in code[:100].casefold() if letter.isalnum()).encode()
