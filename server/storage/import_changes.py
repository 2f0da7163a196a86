"""What an import has written, so that it can be taken back; and whether anything else rests on it since."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    cast,
    delete,
    func,
    insert,
    select,
    union_all,
)
from sqlmodel import Field, SQLModel

from server.storage.core import table
from server.storage.delegations import DELEGATIONS, count_members
from server.storage.organisations import ORGANISATIONS
from server.storage.people import VISITORS
from server.storage.standings import Standing


class ImportChange(SQLModel, table=True):
    """One record that an import made (`before` is None) or changed. `version` is the record's behind it."""

    __tablename__ = "import_change"
    seq: int | None = Field(default=None, primary_key=True)
    job_id: str = Field(foreign_key="import_job.id", index=True, max_length=32)
    kind: str = Field(max_length=12)
    subject: str = Field(max_length=32)
    delegation_id: int | None = None
    version: int = 0
    before: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Present(NamedTuple):
    """A visitor as far as it takes to know whether anybody changed them."""

    id: str
    name: str | None
    version: int
    is_erased: bool


class Change(NamedTuple):
    """A record that the import made or changed."""

    kind: str
    subject: str
    version: int
    before: dict[str, Any] | None


_CHANGES: Any = table(ImportChange)
_PLACES: Any = table(Standing)
_OWN = ("visitor", "standing", "import_change")


def add_changes(connection: Connection, job_id: str, delegation_id: int | None, changes: Sequence[Change]) -> None:
    """Note what an import wrote, in the transaction that writes it."""
    if changes:
        shared = {"job_id": job_id, "delegation_id": delegation_id}
        connection.execute(insert(_CHANGES), [{**shared, **change._asdict()} for change in changes])


def versions_of(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return the versions of visitors."""
    found = select(VISITORS.c.id, VISITORS.c.version).where(VISITORS.c.id.in_(ids))
    return {row[0]: int(row[1]) for row in connection.execute(found)}


def present_visitors(connection: Connection, delegation_id: int, ids: Sequence[str]) -> dict[str, Present]:
    """Return those of these visitors who are still in a delegation."""
    columns = (VISITORS.c.id, VISITORS.c.name, VISITORS.c.version, VISITORS.c.erased_at.is_not(None))
    query = select(*columns).where(VISITORS.c.id.in_(ids), VISITORS.c.delegation_id == delegation_id)
    return {row[0]: Present(*row) for row in connection.execute(query)}


def delegation_version(connection: Connection, id_: int) -> int:
    """Return a delegation's version."""
    return int(connection.scalar(select(DELEGATIONS.c.version).where(DELEGATIONS.c.id == id_)) or 0)


def delegation_columns(connection: Connection, id_: int, names: Sequence[str]) -> dict[str, Any]:
    """Return columns of a delegation as they are."""
    row = connection.execute(select(*(DELEGATIONS.c[name] for name in names)).where(DELEGATIONS.c.id == id_)).first()
    return dict(row._mapping) if row else {}


def touched_delegations(connection: Connection, job_id: str) -> list[int]:
    """Return the ids of the delegations that an import made or changed, the last first."""
    query = select(_CHANGES.c.delegation_id).where(_CHANGES.c.job_id == job_id, _CHANGES.c.delegation_id.is_not(None))
    return [int(row[0]) for row in connection.execute(query.distinct().order_by(_CHANGES.c.delegation_id.desc()))]


def changes_of(connection: Connection, job_id: str, delegations: Sequence[int]) -> dict[int, list[Change]]:
    """Return what an import wrote of these delegations, in order."""
    columns = (_CHANGES.c.delegation_id, _CHANGES.c.kind, _CHANGES.c.subject, _CHANGES.c.version, _CHANGES.c.before)
    own = select(*columns).where(_CHANGES.c.job_id == job_id, _CHANGES.c.delegation_id.in_(delegations))
    found: dict[int, list[Change]] = {}
    for row in connection.execute(own.order_by(_CHANGES.c.seq)):
        found.setdefault(int(row[0]), []).append(Change(*row[1:]))
    return found


def made_organisations(connection: Connection, job_id: str) -> list[str]:
    """Return the ids of the organisations that an import made."""
    own = select(_CHANGES.c.subject).where(_CHANGES.c.job_id == job_id, _CHANGES.c.kind == "organisation")
    return list(connection.scalars(own))


def made_count(connection: Connection, job_id: str) -> dict[tuple[str, bool], int]:
    """Return how many records of each kind an import made (True) or only changed (False)."""
    is_new = _CHANGES.c.before.is_(None)
    seen = select(_CHANGES.c.kind, _CHANGES.c.subject, func.max(cast(is_new, Integer)).label("made"))
    seen = seen.where(_CHANGES.c.job_id == job_id).group_by(_CHANGES.c.kind, _CHANGES.c.subject)
    inner = seen.subquery()
    query = select(inner.c.kind, inner.c.made, func.count()).group_by(inner.c.kind, inner.c.made)
    return {(row[0], bool(row[1])): int(row[2]) for row in connection.execute(query)}


def touched_codes(connection: Connection, job_id: str, limit: int) -> list[tuple[str, str]]:
    """Return (code, name) of delegations that an import made or changed and that are still there."""
    own = select(_CHANGES.c.delegation_id).where(_CHANGES.c.job_id == job_id)
    query = select(DELEGATIONS.c.code, DELEGATIONS.c.name).where(DELEGATIONS.c.id.in_(own))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(DELEGATIONS.c.id).limit(limit))]


def drop_changes(connection: Connection, job_id: str, subjects: Sequence[str]) -> None:
    """Forget what was taken back."""
    own = _CHANGES.c.job_id == job_id
    connection.execute(delete(_CHANGES).where(own, _CHANGES.c.subject.in_(subjects)))


def drop_some_changes(connection: Connection, job_id: str, most: int) -> bool:
    """Forget some of what an import wrote: there is no way back any more. Tell whether there was any."""
    some = list(connection.scalars(select(_CHANGES.c.seq).where(_CHANGES.c.job_id == job_id).limit(most)))
    connection.execute(delete(_CHANGES).where(_CHANGES.c.seq.in_(some)))
    return bool(some)


def uses_of_visitors(connection: Connection, metadata: MetaData, ids: Sequence[str]) -> dict[str, str]:
    """Map visitors that anything rests on to the table where it stands: passes, scans, and what else names them."""
    used = uses_of_visitors_now(connection, ids)
    holders = [f"v:{id_}" for id_ in ids]
    for name, column, values, cut in _mentions(metadata, ids, holders):
        for value in connection.scalars(select(column).where(column.in_(values)).distinct()):
            used.setdefault(str(value)[cut:], name)
    return used


def uses_of_visitors_now(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Map visitors who were ever counted by a scan to `movement`: their standing tells, at little cost."""
    moved = select(_PLACES.c.holder).where(
        _PLACES.c.holder.in_([f"v:{id_}" for id_ in ids]), (_PLACES.c.inside > 0) | _PLACES.c.asserted_at.is_not(None)
    )
    return {holder[2:]: "movement" for holder in connection.scalars(moved)}


def _mentions(
    metadata: MetaData, ids: Sequence[str], holders: Sequence[str]
) -> list[tuple[str, Any, Sequence[str], int]]:
    found: list[tuple[str, Any, Sequence[str], int]] = []
    for other in _others(metadata):
        for column in other.c:
            if any(key.column is VISITORS.c.id for key in column.foreign_keys) or column.name == "visitor_id":
                found.append((other.name, column, ids, 0))
            elif column.name == "holder":
                found.append((other.name, column, holders, 2))
    return found


def uses_of_delegations(connection: Connection, metadata: MetaData, ids: Sequence[int]) -> dict[int, str]:
    """Map delegations on which anything rests, their members' own rows aside, to a table where it stands."""
    used: dict[int, str] = {}
    for other in _others(metadata):
        for column in other.c:
            if any(key.column is DELEGATIONS.c.id for key in column.foreign_keys) or column.name == "delegation_id":
                values: Sequence[Any] = ids
            elif column.name == "holder":
                values = [f"d:{id_}" for id_ in ids]
            else:
                continue
            for value in connection.scalars(select(column).where(column.in_(values)).distinct()):
                used.setdefault(int(str(value).removeprefix("d:")), other.name)
    return used


def has_members(connection: Connection, id_: int) -> bool:
    """Tell whether a delegation has members, erased ones too."""
    return connection.scalar(select(VISITORS.c.id).where(VISITORS.c.delegation_id == id_).limit(1)) is not None


def _others(metadata: MetaData) -> list[Table]:
    return [other for other in metadata.sorted_tables if other.name not in _OWN and other is not DELEGATIONS]


def remove_visitors(connection: Connection, delegation_id: int, ids: Sequence[str]) -> None:
    """Delete visitors of a delegation on whom nothing rests, and count them off."""
    connection.execute(delete(_PLACES).where(_PLACES.c.holder.in_([f"v:{id_}" for id_ in ids])))
    gone = connection.execute(delete(VISITORS).where(VISITORS.c.id.in_(ids), VISITORS.c.delegation_id == delegation_id))
    count_members(connection, delegation_id, -gone.rowcount)
    led = DELEGATIONS.update().where(DELEGATIONS.c.id == delegation_id, DELEGATIONS.c.leader_id.in_(ids))
    connection.execute(led.values(leader_id=None))


def remove_delegation(connection: Connection, id_: int) -> None:
    """Delete a delegation on which nothing rests."""
    connection.execute(delete(_PLACES).where(_PLACES.c.holder == f"d:{id_}"))
    connection.execute(delete(DELEGATIONS).where(DELEGATIONS.c.id == id_))


def has_organisation(connection: Connection, key: str) -> bool:
    """Tell whether an organisation of this folded name is known."""
    return bool(connection.scalar(select(func.count()).where(ORGANISATIONS.c.search_key == key)))


def remove_unused_organisations(connection: Connection, metadata: MetaData, ids: Sequence[str]) -> None:
    """Delete those of these organisations that nothing names."""
    named = [
        select(column).where(column.in_(ids))
        for other in metadata.sorted_tables
        for column in other.c
        if any(key.column is ORGANISATIONS.c.id for key in column.foreign_keys)
    ]
    used = set(connection.scalars(union_all(*named))) if named else set()
    free = [id_ for id_ in ids if id_ not in used]
    connection.execute(delete(ORGANISATIONS).where(ORGANISATIONS.c.id.in_(free)))
