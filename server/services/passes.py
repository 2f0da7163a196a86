"""Issue, replace, revoke and find passes."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from server.domain.errors import DomainError
from server.domain.passes import PassKind, hard_end, new_pass_id, new_short_code, pass_text, read_short_code
from server.domain.space import Space
from server.services.clock import Clock
from server.services.keys import Keys
from server.services.limits import Limit
from server.storage import passes as storage
from server.storage.audit import Entry, append_line
from server.storage.database import Database
from server.storage.passes import Holder, PassRow

IssuedPass = PassRow
"""A pass with the names of whom it stands for, as the web floor gets it."""

_SLICE = 50  # a write of this size stays far under 20 ms


class Passes:
    """The passes of a space. The first call issues; later ones give the same until it is replaced."""

    def __init__(self, database: Database, keys: Keys, space: Space, clock: Clock, public_url: str) -> None:
        self._database = database
        self._keys = keys
        self._space = space
        self._clock = clock
        self._public_url = public_url
        self._typing = Limit("30/minute")

    async def of_delegation(self, code: str) -> list[PassRow]:
        """Return the delegation's pass, then its members', issuing what is missing.

        A cancelled delegation gets no new ones. Raises `unknown_delegation`.
        """
        delegation = await self._delegation(code)
        await self._issue(await self._database.read(storage.holders_without_pass, delegation.delegation_id))
        return await self.issued_to(code)

    async def of_all_delegations(self) -> list[PassRow]:
        """Return the passes of every delegation and its members, issuing what is missing."""
        await self._issue(await self._database.read(storage.holders_without_pass))
        return await self._database.read(storage.live_passes_of_delegations)

    async def of_delegation_itself(self, code: str) -> tuple[PassRow, bool]:
        """Return the pass that stands for a whole delegation, and whether it is new.

        Raises `unknown_delegation`, `cancelled_delegation`.
        """
        holder = await self._delegation(code)
        known = await self._database.read(storage.live_pass_of, holder)
        missing = await self._database.read(storage.holders_without_pass, holder.delegation_id)
        if known is None and holder not in missing:
            raise DomainError("cancelled_delegation", delegation=code)
        return await self._one(holder)

    async def of_visitor(self, visitor_id: str) -> tuple[PassRow, bool]:
        """Return a visitor's pass, and whether it is new. Raises `unknown_visitor`."""
        holder = await self._database.read(storage.holder_of_visitor, visitor_id)
        if holder is None:
            raise DomainError("unknown_visitor", visitor=visitor_id)
        return await self._one(holder)

    async def of_staff(self, login: str) -> tuple[PassRow, bool]:
        """Return the pass of one of the staff, and whether it is new. Raises `unknown_account`."""
        holder = await self._database.read(storage.holder_of_account, login)
        if holder is None:
            raise DomainError("unknown_account", account=login)
        return await self._one(holder)

    async def get(self, pass_id: str) -> PassRow:
        """Return a pass, a revoked one too, or raise `unknown_pass`."""
        row = await self._database.read(storage.find_pass, pass_id.lower())
        if row is None:
            raise DomainError("unknown_pass", id=pass_id)
        return row

    async def by_short_code(self, typed: str, *, asker: str) -> PassRow:
        """Return the pass with a typed code. Raises `unknown_pass`, `too_many_attempts` (30 a minute)."""
        self._typing.take(asker)
        code = read_short_code(typed)
        row = await self._database.read(storage.find_pass_by_short_code, code) if code else None
        if row is None:
            raise DomainError("unknown_pass", id=typed[:20])
        return row

    async def page(self, after: str, limit: int) -> list[PassRow]:
        """Return up to `limit` passes, revoked ones too, whose ids come after `after`."""
        return await self._database.read(storage.page_of_passes, after, limit)

    async def issued_to(self, code: str) -> list[PassRow]:
        """Return the passes that a delegation and its members have now. Raises `unknown_delegation`."""
        delegation = await self._delegation(code)
        return await self._database.read(storage.live_passes_of_delegation, delegation.delegation_id)

    async def revoke(self, pass_id: str, *, actor: str) -> PassRow:
        """Revoke a pass, once. Raises `unknown_pass`."""
        row = await self.get(pass_id)
        await self._database.write(_revoke, row.id, self._clock.now(), actor, None)
        return await self.get(row.id)

    async def replace(self, pass_id: str, *, actor: str) -> PassRow:
        """Revoke a pass and issue another for its holder. Raises `unknown_pass`, `revoked_pass`."""
        row = await self.get(pass_id)
        if row.revoked_at is not None:
            raise DomainError("revoked_pass", id=row.id)
        old = Holder(row.kind, row.visitor_id, row.delegation_id, row.account_id, None)
        holder = await self._refreshed(old, row)
        new = (await asyncio.to_thread(self._sign, [holder]))[0]
        await self._database.write(_replace, row.id, new, self._clock.now(), actor)
        return await self.get(new["id"])

    async def revoked_since(self, cursor: int, limit: int = 1_000) -> tuple[list[str], int]:
        """Return the ids of passes revoked after `cursor`, oldest first, and the cursor to ask with next."""
        rows = await self._database.read(storage.revoked_since, cursor, limit)
        return [pass_id for _, pass_id in rows], rows[-1][0] if rows else cursor

    async def _delegation(self, code: str) -> Holder:
        holder = await self._database.read(storage.holder_of_delegation, code)
        if holder is None:
            raise DomainError("unknown_delegation", delegation=code[:40])
        return holder

    async def _refreshed(self, holder: Holder, row: PassRow) -> Holder:
        if holder.visitor_id is not None:
            return await self._database.read(storage.holder_of_visitor, holder.visitor_id) or holder
        if holder.delegation_id is not None and row.delegation is not None:
            return await self._database.read(storage.holder_of_delegation, row.delegation) or holder
        return holder

    async def _one(self, holder: Holder) -> tuple[PassRow, bool]:
        known = await self._database.read(storage.live_pass_of, holder)
        if known is not None:
            return known, False
        await self._issue([holder])
        issued = await self._database.read(storage.live_pass_of, holder)
        assert issued is not None
        return issued, True

    async def _issue(self, holders: Sequence[Holder]) -> None:
        for start in range(0, len(holders), _SLICE):
            part = holders[start : start + _SLICE]
            try:
                await self._database.write(storage.add_passes, await asyncio.to_thread(self._sign, part))
            except IntegrityError:
                # Once in a million or so two passes draw the same short code.
                await self._database.write(storage.add_passes, await asyncio.to_thread(self._sign, part))

    def _sign(self, holders: Sequence[Holder]) -> list[dict[str, Any]]:
        now = self._clock.now()
        return [self._row(holder, now) for holder in holders]

    def _row(self, holder: Holder, now: datetime) -> dict[str, Any]:
        kind = PassKind(holder.kind)
        is_staff = kind is PassKind.STAFF
        ends = None if is_staff else hard_end(self._space, holder.day or self._space.day_of(now))
        signed = self._keys.ring.issue(new_pass_id(), kind, valid_until=ends)
        return {
            "id": signed.id,
            "kind": kind.value,
            "visitor_id": holder.visitor_id,
            "delegation_id": holder.delegation_id,
            "account_id": holder.account_id,
            "short": new_short_code(),
            "text": pass_text(self._public_url, signed.token),
            "day": holder.day,
            "issued_at": now,
            "valid_until": signed.valid_until,
        }


def _revoke(connection: Connection, pass_id: str, at: datetime, actor: str, replaced_by: str | None) -> bool:
    if not storage.revoke_pass(connection, pass_id, at, replaced_by=replaced_by):
        return False
    after = {"replaced_by": replaced_by} if replaced_by else None
    append_line(connection, Entry(at, actor, "revoke_pass", f"pass:{pass_id}", after=after))
    return True


def _replace(connection: Connection, old_id: str, new: dict[str, Any], at: datetime, actor: str) -> None:
    if not _revoke(connection, old_id, at, actor, new["id"]):
        raise DomainError("revoked_pass", id=old_id)
    storage.add_passes(connection, [new])
