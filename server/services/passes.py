"""Issue, replace, revoke and find passes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
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
_SPACE = "space"
"""The audit log's actor where nobody asked: a letter's passes, a correction's."""


class Passes:
    """The passes of a space. The first call issues; later ones give the same until it is replaced."""

    def __init__(self, database: Database, keys: Keys, space: Space, clock: Clock, public_url: str) -> None:
        self._database = database
        self._keys = keys
        self._space = space
        self._clock = clock
        self._public_url = public_url
        self._typing = Limit("30/minute")

    async def of_delegation(self, code: str, *, actor: str = _SPACE) -> list[PassRow]:
        """Return the delegation's pass, then its members', issuing what is missing.

        A cancelled delegation gets no new ones. Raises `unknown_delegation`.
        """
        delegation = await self._delegation(code)
        missing = await self._database.read(storage.holders_without_pass, delegation.delegation_id)
        await self._issue(missing, actor, f"delegation:{code.upper()}")
        return await self.issued_to(code)

    async def of_all_delegations(self, *, actor: str = _SPACE) -> list[PassRow]:
        """Return the passes of every delegation and its members, issuing what is missing."""
        await self._issue(await self._database.read(storage.holders_without_pass), actor, "delegations")
        return await self._database.read(storage.live_passes_of_delegations)

    async def of_delegation_itself(self, code: str, *, actor: str = _SPACE) -> tuple[PassRow, bool]:
        """Return the pass that stands for a whole delegation, and whether it is new.

        Raises `unknown_delegation`, `cancelled_delegation`.
        """
        holder = await self._open_delegation(code)
        return await self._one(holder, actor, f"delegation:{code.upper()}")

    async def of_visitor(self, visitor_id: str, *, actor: str = _SPACE) -> tuple[PassRow, bool]:
        """Return a visitor's pass, and whether it is new. Raises `unknown_visitor`."""
        holder = await self._visitor(visitor_id)
        return await self._one(holder, actor, f"visitor:{visitor_id}")

    async def of_staff(self, login: str, *, actor: str = _SPACE) -> tuple[PassRow, bool]:
        """Return the pass of one of the staff, and whether it is new. Raises `unknown_account`."""
        holder = await self._account(login)
        return await self._one(holder, actor, f"account:{holder.account_id}")

    async def issue_to(self, holders: Sequence[str], *, actor: str) -> None:
        """Issue passes to those who have none: `v:` a visitor's id, `d:` a delegation's code, `s:` a login.

        Raises `unknown_visitor`, `unknown_delegation`, `cancelled_delegation`, `unknown_account`.
        """
        finders = {"v": self._visitor, "d": self._open_delegation, "s": self._account}
        found = [await finders[holder[0]](holder[2:]) for holder in holders]
        await self._issue(found, actor, "badges")

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

    async def _open_delegation(self, code: str) -> Holder:
        holder = await self._delegation(code)
        known = await self._database.read(storage.live_pass_of, holder)
        missing = await self._database.read(storage.holders_without_pass, holder.delegation_id)
        if known is None and holder not in missing:
            raise DomainError("cancelled_delegation", delegation=code)
        return holder

    async def _visitor(self, visitor_id: str) -> Holder:
        holder = await self._database.read(storage.holder_of_visitor, visitor_id)
        if holder is None:
            raise DomainError("unknown_visitor", visitor=visitor_id)
        return holder

    async def _account(self, login: str) -> Holder:
        holder = await self._database.read(storage.holder_of_account, login)
        if holder is None:
            raise DomainError("unknown_account", account=login)
        return holder

    async def _refreshed(self, holder: Holder, row: PassRow) -> Holder:
        if holder.visitor_id is not None:
            return await self._database.read(storage.holder_of_visitor, holder.visitor_id) or holder
        if holder.delegation_id is not None and row.delegation is not None:
            return await self._database.read(storage.holder_of_delegation, row.delegation) or holder
        return holder

    async def _one(self, holder: Holder, actor: str, subject: str) -> tuple[PassRow, bool]:
        known = await self._database.read(storage.live_pass_of, holder)
        if known is not None:
            return known, False
        is_new = await self._issue([holder], actor, subject) > 0
        issued = await self._database.read(storage.live_pass_of, holder)
        assert issued is not None
        return issued, is_new

    async def _issue(self, holders: Sequence[Holder], actor: str, subject: str) -> int:
        """Issue passes and tell the log in one line how many; return that. No line where there were none to issue."""
        issued = 0
        for start in range(0, len(holders), _SLICE):
            part = holders[start : start + _SLICE]
            is_last = start + _SLICE >= len(holders)
            line = self._told(actor, subject, issued) if is_last else None
            try:
                issued += await self._store(part, line)
            except BaseException:
                if issued:  # what was issued before it stopped halfway is told all the same
                    await self._database.write(append_line, self._told(actor, subject, issued))
                raise
        return issued

    async def _store(self, holders: Sequence[Holder], line: Entry | None) -> int:
        try:
            return await self._database.write(_add, await asyncio.to_thread(self._sign, holders), line)
        except IntegrityError:
            # Once in a million or so two passes draw the same short code.
            return await self._database.write(_add, await asyncio.to_thread(self._sign, holders), line)

    def _told(self, actor: str, subject: str, issued: int) -> Entry:
        return Entry(self._clock.now(), actor, "issue_pass", subject, after={"passes": issued})

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


def _add(connection: Connection, rows: list[dict[str, Any]], line: Entry | None) -> int:
    """Store passes; with the last of them, the line that tells how many there were in all."""
    added = storage.add_passes(connection, rows)
    if line is not None:
        issued = added + int(str((line.after or {})["passes"]))
        if issued:
            append_line(connection, replace(line, after={"passes": issued}))
    return added


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
