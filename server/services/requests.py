"""Requests of the public: an organisation asks for a visit, follows its request, takes it back."""

import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord, Status
from server.domain.errors import DomainError
from server.services import delegations
from server.services.desk import Desk
from server.services.messages import queue_step
from server.services.secrets import hash_secret, new_secret
from server.storage import requests as storage
from server.storage.database import Database

_PREFIX = "sanh_r_"
_LAST_DIGITS = 4


def new_key() -> str:
    """Return the key of a request that is about to be written: its form carries it, and it opens the result."""
    return new_secret(_PREFIX)


def is_key(key: str) -> bool:
    """Tell whether a text has the form of a key."""
    return key.startswith(_PREFIX) and len(key) == len(_PREFIX) + 43


async def ask_for_visit(desk: Desk, key: str, values: Mapping[str, Any], consents: Mapping[str, str]) -> str:
    """Register a request once, however often its form is sent, and return its number.

    `consents` holds the versions of the agreed texts by purpose. Raise `slot_taken`, `slot_not_on_day`.
    """
    return await desk.database.write(_ask, desk, key, values, consents)


async def open_request(database: Database, code: str, *, key: str = "", digits: str = "") -> DelegationRecord:
    """Return the delegation of a request by its key or its phone's last four digits. Raise `unknown_request`."""
    row = await database.read(storage.find_request, delegation=code.strip().upper())
    if row is None:
        raise DomainError("unknown_request")
    record = await delegations.get_delegation(database, row["delegation"])
    by_key = bool(key) and hmac.compare_digest(hash_secret(key), row["key_hash"])
    is_last = len(digits) == _LAST_DIGITS and digits.isdecimal() and (record.phone or "").endswith(digits)
    if not by_key and not is_last:
        raise DomainError("unknown_request")
    return record


async def withdraw(desk: Desk, code: str, *, key: str = "", digits: str = "") -> DelegationRecord:
    """Take a request back. Raise `unknown_request`, `request_settled` for one whose people came."""
    record = await open_request(desk.database, code, key=key, digits=digits)
    if record.status not in (Status.REQUESTED, Status.CONFIRMED):
        raise DomainError("request_settled")
    return await delegations.cancel_delegation(desk, record.code, reason="")


def _ask(connection: Connection, desk: Desk, key: str, values: Mapping[str, Any], consents: Mapping[str, str]) -> str:
    form_id = hash_secret(f"form {key}")[:32]
    known = storage.find_request(connection, id_=form_id)
    if known is not None:
        return str(known["delegation"])
    row = dict(values) | {"status": Status.REQUESTED.value, "source": "register"}
    record = delegations._add(connection, desk, row, taking=delegations.Taking())
    agreed = {name: {"text": text, "at": desk.at.isoformat()} for name, text in consents.items()}
    request = {"id": form_id, "delegation": record.code, "key_hash": hash_secret(key), "consents": agreed}
    storage.add_request(connection, request | {"created_at": desk.at})
    queue_step(connection, desk, record, "requested", key=key)
    return record.code
