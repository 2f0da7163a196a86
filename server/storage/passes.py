"""Passes: the signed texts that were issued, and whom each stands for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Column, Connection, exists, func, insert, select, update
from sqlmodel import Field, SQLModel

from server.storage.accounts import Account
from server.storage.delegations import Delegation
from server.storage.locks import lock_word
from server.storage.people import Visitor


class Pass(SQLModel, table=True):
    """A pass. Exactly one of `visitor_id`, `delegation_id`, `account_id` is set, as its kind says.

    `id` is the pass id of the token as 16 hex characters. `zones` lists the zones it opens; None opens all.
    `revoked_seq` orders revocations for devices that ask for what is new.
    """

    __tablename__ = "pass"
    id: str = Field(primary_key=True, max_length=16)
    kind: str = Field(max_length=12)
    visitor_id: str | None = Field(default=None, foreign_key="visitor.id", index=True, max_length=32)
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id", index=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True, max_length=32)
    short: str = Field(unique=True, max_length=8)
    text: str
    zones: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    day: date | None = None
    issued_at: datetime
    valid_until: datetime | None = None
    revoked_at: datetime | None = None
    revoked_seq: int | None = Field(default=None, unique=True)
    replaced_by: str | None = Field(default=None, max_length=16)


PASSES: Any = Pass.__table__  # type: ignore[attr-defined]
_VISITORS: Any = Visitor.__table__  # type: ignore[attr-defined]
_DELEGATIONS: Any = Delegation.__table__  # type: ignore[attr-defined]
_ACCOUNTS: Any = Account.__table__  # type: ignore[attr-defined]


class PassRow(NamedTuple):
    """A pass with the names of whom it stands for. `delegation` is a code, its own or its visitor's."""

    id: str
    kind: str
    visitor_id: str | None
    delegation_id: int | None
    account_id: str | None
    delegation: str | None
    visitor: str | None
    account: str | None
    short: str
    text: str
    issued_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None


class Holder(NamedTuple):
    """Whom a pass can be issued for, and the day of the appointment. Exactly one of the ids is set."""

    kind: str
    visitor_id: str | None
    delegation_id: int | None
    account_id: str | None
    day: date | None


def find_passes(connection: Connection, *conditions: Any, limit: int | None = None) -> list[PassRow]:
    """Return the passes that meet the conditions on `PASSES`: a delegation's own first, then its members'."""
    delegation_id = func.coalesce(PASSES.c.delegation_id, _VISITORS.c.delegation_id)
    query = (
        select(
            PASSES.c.id,
            PASSES.c.kind,
            PASSES.c.visitor_id,
            PASSES.c.delegation_id,
            PASSES.c.account_id,
            _DELEGATIONS.c.code,
            _VISITORS.c.name,
            _ACCOUNTS.c.name,
            PASSES.c.short,
            PASSES.c.text,
            PASSES.c.issued_at,
            PASSES.c.valid_until,
            PASSES.c.revoked_at,
            PASSES.c.replaced_by,
        )
        .select_from(
            PASSES.outerjoin(_VISITORS, PASSES.c.visitor_id == _VISITORS.c.id)
            .outerjoin(_DELEGATIONS, _DELEGATIONS.c.id == delegation_id)
            .outerjoin(_ACCOUNTS, PASSES.c.account_id == _ACCOUNTS.c.id)
        )
        .where(*conditions)
        .order_by(delegation_id, PASSES.c.delegation_id.is_(None), PASSES.c.visitor_id, PASSES.c.id)
        .limit(limit)
    )
    return [PassRow._make(row) for row in connection.execute(query)]


def live_passes_of_delegation(connection: Connection, delegation_id: int | None) -> list[PassRow]:
    """Return the delegation's pass and those of its members."""
    members = select(_VISITORS.c.id).where(_VISITORS.c.delegation_id == delegation_id)
    return find_passes(
        connection,
        PASSES.c.revoked_at.is_(None),
        (PASSES.c.delegation_id == delegation_id) | PASSES.c.visitor_id.in_(members),
    )


def live_passes_of_delegations(connection: Connection) -> list[PassRow]:
    """Return the passes of every delegation and of every member, delegation by delegation."""
    return find_passes(connection, PASSES.c.revoked_at.is_(None), _DELEGATIONS.c.id.is_not(None))


def live_pass_of(connection: Connection, holder: Holder) -> PassRow | None:
    """Return the pass that a holder has now."""
    found = find_passes(connection, PASSES.c.revoked_at.is_(None), _stands_for(holder), limit=1)
    return found[0] if found else None


def find_pass(connection: Connection, pass_id: str) -> PassRow | None:
    found = find_passes(connection, PASSES.c.id == pass_id)
    return found[0] if found else None


def find_pass_by_short_code(connection: Connection, short: str) -> PassRow | None:
    found = find_passes(connection, PASSES.c.short == short)
    return found[0] if found else None


def page_of_passes(connection: Connection, after: str, limit: int) -> list[PassRow]:
    """Return up to `limit` passes, revoked ones too, with ids after `after`, in their order."""
    ids = select(PASSES.c.id).where(PASSES.c.id > after).order_by(PASSES.c.id).limit(limit)
    return sorted(find_passes(connection, PASSES.c.id.in_(ids)), key=lambda row: row.id)


def holders_without_pass(connection: Connection, delegation_id: int | None = None) -> list[Holder]:
    """Return the delegations (or the one) that are not cancelled and have no pass, and such members."""
    live = PASSES.c.revoked_at.is_(None)
    open_ones: list[Any] = [_DELEGATIONS.c.status != "cancelled"]
    if delegation_id is not None:
        open_ones.append(_DELEGATIONS.c.id == delegation_id)
    day = _DELEGATIONS.c.visit_date
    delegations = (
        select(_DELEGATIONS.c.id, day)
        .where(*open_ones, ~exists().where(live, PASSES.c.delegation_id == _DELEGATIONS.c.id))
        .order_by(_DELEGATIONS.c.id)
    )
    members = (
        select(_VISITORS.c.id, day)
        .join(_DELEGATIONS, _DELEGATIONS.c.id == _VISITORS.c.delegation_id)
        .where(*open_ones, _VISITORS.c.erased_at.is_(None))
        .where(~exists().where(live, PASSES.c.visitor_id == _VISITORS.c.id))
        .order_by(_DELEGATIONS.c.id, _VISITORS.c.id)
    )
    return [
        *(Holder("delegation", None, id_, None, day) for id_, day in connection.execute(delegations)),
        *(Holder("visitor", id_, None, None, day) for id_, day in connection.execute(members)),
    ]


def holder_of_visitor(connection: Connection, visitor_id: str) -> Holder | None:
    """Return a visitor who is not erased, with their own or their delegation's appointment."""
    query = (
        select(func.coalesce(_VISITORS.c.visit_date, _DELEGATIONS.c.visit_date, type_=_VISITORS.c.visit_date.type))
        .select_from(_VISITORS.outerjoin(_DELEGATIONS, _DELEGATIONS.c.id == _VISITORS.c.delegation_id))
        .where(_VISITORS.c.id == visitor_id, _VISITORS.c.erased_at.is_(None))
    )
    row = connection.execute(query).first()
    return Holder("visitor", visitor_id, None, None, row[0]) if row else None


def holder_of_delegation(connection: Connection, code: str) -> Holder | None:
    query = select(_DELEGATIONS.c.id, _DELEGATIONS.c.visit_date).where(_DELEGATIONS.c.code == code.upper())
    row = connection.execute(query).first()
    return Holder("delegation", None, row[0], None, row[1]) if row else None


def holder_of_account(connection: Connection, login: str) -> Holder | None:
    query = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.login == login, _ACCOUNTS.c.disabled_at.is_(None))
    id_ = connection.scalar(query)
    return Holder("staff", None, None, id_, None) if id_ else None


def add_passes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store new passes, but none for a holder who was given one meanwhile; return how many were stored."""
    lock_word(connection, "pass")
    # Somebody else may have issued between our reading and this write.
    taken = {
        (row.visitor_id, row.delegation_id, row.account_id)
        for row in connection.execute(
            select(PASSES.c.visitor_id, PASSES.c.delegation_id, PASSES.c.account_id).where(
                PASSES.c.revoked_at.is_(None),
                PASSES.c.visitor_id.in_([row["visitor_id"] for row in rows if row["visitor_id"]])
                | PASSES.c.delegation_id.in_([row["delegation_id"] for row in rows if row["delegation_id"]])
                | PASSES.c.account_id.in_([row["account_id"] for row in rows if row["account_id"]]),
            )
        )
    }
    new = [row for row in rows if (row["visitor_id"], row["delegation_id"], row["account_id"]) not in taken]
    if new:
        connection.execute(insert(PASSES), new)
    return len(new)


def revoke_pass(connection: Connection, pass_id: str, at: datetime, *, replaced_by: str | None = None) -> bool:
    """Revoke a pass, with the next number of the list of revocations; tell whether it was live until now."""
    lock_word(connection, "pass")
    last: int = connection.scalar(select(func.coalesce(func.max(PASSES.c.revoked_seq), 0))) or 0
    changed = connection.execute(
        update(PASSES)
        .where(PASSES.c.id == pass_id, PASSES.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_seq=last + 1, replaced_by=replaced_by)
    )
    return bool(changed.rowcount)


def revoked_since(connection: Connection, cursor: int, limit: int) -> list[tuple[int, str]]:
    """Return (number, pass id) of revocations after `cursor`, oldest first."""
    query = (
        select(PASSES.c.revoked_seq, PASSES.c.id)
        .where(PASSES.c.revoked_seq > cursor)
        .order_by(PASSES.c.revoked_seq)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _stands_for(holder: Holder) -> Any:
    if holder.visitor_id is not None:
        return PASSES.c.visitor_id == holder.visitor_id
    if holder.delegation_id is not None:
        return PASSES.c.delegation_id == holder.delegation_id
    return PASSES.c.account_id == holder.account_id
