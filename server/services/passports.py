"""The visitor's own page, as far as anybody who holds the code may see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.domain.errors import DomainError
from server.domain.passes import read_pass
from server.services.clock import Clock
from server.storage.database import Database
from server.storage.passports import read_passport

State = Literal["inside", "outside", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class Passport:
    """The state of a visit: no name, no delegation, since the badge hangs where all can photograph it."""

    state: State
    since: datetime | None


async def find_passport(database: Database, clock: Clock, token: str) -> Passport:
    """Return the state of the visit that a token's pass stands for. Raise `unknown_pass`."""
    signed = read_pass(token)
    row = await database.read(read_passport, signed.id) if signed else None
    if row is None or row.text[-135:].upper() != token.strip().upper()[-135:]:
        raise DomainError("unknown_pass")
    if row.revoked_at is not None:
        return Passport("revoked", row.revoked_at)
    if row.places:
        return Passport("inside", row.since)
    has_ended = row.valid_until is not None and row.valid_until < clock.now()
    return Passport("expired" if has_ended else "outside", row.valid_until if has_ended else None)
