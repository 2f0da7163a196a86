"""Delegations: groups that come together."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlmodel import Field, SQLModel

from server.domain.delegations import DelegationFilter, DelegationRecord, Status, next_code
from server.storage.core import table
from server.storage.locks import lock_word
from server.storage.organisations import ORGANISATIONS
from server.storage.standings import Standing, add_standing


class Delegation(SQLModel, table=True):
    """A delegation. `named` counts members, erased ones too; `covers` is the larger of `planned` and `named`.

    `arrived` is the most people of it that were inside at once on `arrived_day`.
    `zones` lists the zones that its appointment opens; None opens all. `merged_into` is the code of the delegation
    that a duplicate was merged into, `protocol` the sheet of a leaders' or press visit.
    """

    __tablename__ = "delegation"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=300)
    search_key: str = Field(index=True)
    organisation_id: str | None = Field(default=None, foreign_key="organisation.id", index=True, max_length=32)
    kind: str = Field(default="other", index=True, max_length=20)
    status: str = Field(default="confirmed", index=True, max_length=20)
    planned: int = 0
    named: int = 0
    visit_date: date | None = Field(default=None, index=True)
    slot_at: datetime | None = Field(default=None, index=True)
    minutes: int = 60
    leader_id: str | None = Field(default=None, max_length=32)
    leader_name: str = ""
    leader_title: str = ""
    contact_name: str = ""
    phone: str | None = Field(default=None, max_length=20)
    email: str | None = Field(default=None, max_length=254)
    language: str = Field(default="vi", max_length=10)
    purpose: str = ""
    sector: str = ""
    needs: str = ""
    notes: str = ""
    letter: str = ""
    guide: str = ""
    zones: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    arrived: int = 0
    arrived_day: date | None = None
    source: str = ""
    merged_into: str | None = Field(default=None, max_length=20)
    protocol: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    version: int = 1
    created_at: datetime
    updated_at: datetime


DELEGATIONS: Any = table(Delegation)
_PLACE: Any = table(Standing)
_AS_THEY_ARE = (
    "id code name kind planned named arrived visit_date slot_at minutes leader_id leader_name leader_title "
    "contact_name phone email language purpose sector needs notes letter guide zones cancel_reason version "
    "organisation_id merged_into"
).split()
_ADD = DELEGATIONS.insert().returning(DELEGATIONS.c.id)
_COUNT_MEMBERS = (
    DELEGATIONS.update()
    .where(DELEGATIONS.c.id == bindparam("delegation"))
    .values(named=DELEGATIONS.c.named + bindparam("change"))
)
_UNNAMED = func.coalesce(_PLACE.c.inside, 0)
_MEMBERS = func.coalesce(_PLACE.c.members_inside, 0)


def find_delegation(connection: Connection, code: str) -> DelegationRecord | None:
    """Return the delegation with this code."""
    row = connection.execute(records().where(DELEGATIONS.c.code.in_({code, code.upper()}))).mappings().first()
    return DelegationRecord(**row) if row else None


def list_delegations(
    connection: Connection, wanted: DelegationFilter, *, after: int = 0, limit: int = 100
) -> list[DelegationRecord]:
    """Return the delegations that fit, in the order of their registration, from behind the id `after`."""
    query = records().where(DELEGATIONS.c.id > after, *_conditions(wanted)).order_by(DELEGATIONS.c.id).limit(limit)
    return [DelegationRecord(**row) for row in connection.execute(query).mappings()]


def free_code(connection: Connection) -> str:
    """Return the next code that was never given. No other process gets it before this transaction ends."""
    lock_word(connection, "delegation code")
    return next_code(connection.scalars(select(DELEGATIONS.c.code).where(DELEGATIONS.c.code.like("D%"))))


def add_delegation(connection: Connection, values: Mapping[str, Any]) -> int:
    """Register a delegation and give it its place, outside. Return its id."""
    defaults = {"planned": 0, "named": 0, "arrived": 0, "version": 1} | _EMPTY
    id_ = connection.scalar(_ADD, {**defaults, **values})
    assert id_ is not None
    add_standing(connection, f"d:{id_}", id_)
    return int(id_)


def update_delegation(connection: Connection, id_: int, values: Mapping[str, Any]) -> None:
    """Change a delegation; its version goes up."""
    connection.execute(
        DELEGATIONS.update().where(DELEGATIONS.c.id == id_).values(**values, version=DELEGATIONS.c.version + 1)
    )


def protocol_of(connection: Connection, id_: int) -> dict[str, Any] | None:
    """Return the protocol sheet of a delegation as it is stored; None when there is none."""
    found: dict[str, Any] | None = connection.scalar(select(DELEGATIONS.c.protocol).where(DELEGATIONS.c.id == id_))
    return found


def count_members(connection: Connection, id_: int, change: int) -> None:
    """Add to the number of a delegation's named members."""
    connection.execute(_COUNT_MEMBERS, {"delegation": id_, "change": change})


def lock_rows(connection: Connection, ids: Sequence[int]) -> None:
    """Hold delegations in id order until the commit, before the standings of any of them."""
    if ids and connection.dialect.name != "sqlite":
        connection.execute(
            select(DELEGATIONS.c.id).where(DELEGATIONS.c.id.in_(ids)).order_by(DELEGATIONS.c.id).with_for_update()
        )


def lock_delegations(connection: Connection, ids: Sequence[int]) -> None:
    """Hold delegations, then their people's standings, in id order as a scan does, until the commit."""
    lock_rows(connection, ids)
    # SQLite has one writer, who holds everything; looking for the standings would read their whole table.
    if ids and connection.dialect.name != "sqlite":
        places = select(_PLACE.c.holder).where(_PLACE.c.delegation_id.in_(ids))
        connection.execute(places.order_by(_PLACE.c.holder).with_for_update())


_EMPTY: dict[str, Any] = dict.fromkeys(
    (
        *(
            "leader_name",
            "leader_title",
            "contact_name",
            "purpose",
            "sector",
            "needs",
            "notes",
            "letter",
            "guide",
        ),
        *("cancel_reason", "source"),
    ),
    "",
) | {"kind": "other", "status": "confirmed", "minutes": 60, "language": "vi"}


def records() -> Select[Any]:
    """Return the query of all delegations, each row with the fields of a `DelegationRecord`."""
    columns = [DELEGATIONS.c[name] for name in _AS_THEY_ARE]
    place = _PLACE.c.holder == "d:" + cast(DELEGATIONS.c.id, String)
    return select(
        *columns,
        DELEGATIONS.c.status.label("decided"),
        ORGANISATIONS.c.name.label("organisation"),
        _UNNAMED.label("unnamed_inside"),
        _MEMBERS.label("members_inside"),
    ).select_from(
        DELEGATIONS.outerjoin(_PLACE, place).outerjoin(
            ORGANISATIONS, ORGANISATIONS.c.id == DELEGATIONS.c.organisation_id
        )
    )


def _conditions(wanted: DelegationFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        DELEGATIONS.c.search_key.contains(word, autoescape=True) for word in wanted.words
    ]
    if wanted.kind is not None:
        conditions.append(DELEGATIONS.c.kind == wanted.kind)
    if wanted.day is not None:
        conditions.append(DELEGATIONS.c.visit_date == wanted.day)
    if wanted.status is not None:
        conditions.append(_has_status(wanted.status))
    return conditions


def _has_status(status: str) -> ColumnElement[bool]:
    """Return `status_of(…) == status` as a condition; a test holds the two together."""
    is_cancelled: ColumnElement[bool] = DELEGATIONS.c.status == Status.CANCELLED
    if status == Status.CANCELLED:
        return is_cancelled
    inside = _UNNAMED + _MEMBERS
    covers = case((DELEGATIONS.c.planned > DELEGATIONS.c.named, DELEGATIONS.c.planned), else_=DELEGATIONS.c.named)
    seen: dict[str, ColumnElement[bool]] = {
        Status.ARRIVING: and_(inside > 0, DELEGATIONS.c.arrived < covers),
        Status.INSIDE: and_(inside > 0, DELEGATIONS.c.arrived >= covers),
        Status.LEFT: and_(inside == 0, DELEGATIONS.c.arrived > 0),
    }
    unseen = and_(inside == 0, DELEGATIONS.c.arrived == 0, DELEGATIONS.c.status == status)
    return and_(~is_cancelled, or_(seen.get(status, false()), unseen))
