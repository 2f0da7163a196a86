"""The register of organisations: change, name a successor, merge duplicates, propose who follows one that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.organisations import OrganisationRecord, demand_span
from server.domain.text import search_key
from server.services.desk import Desk
from server.storage import organisation_records as storage
from server.storage.audit import append_line
from server.storage.database import Database
from server.storage.locks import lock_word

_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class OrganisationFilter:
    """Which organisations: `words` are folded; `is_current` asks for those that still exist, or no more."""

    words: list[str] = field(default_factory=list)
    kind: str | None = None
    is_current: bool | None = None


async def list_organisations(
    database: Database,
    wanted: OrganisationFilter,
    on: date,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[OrganisationRecord]:
    """Return the organisations that fit, by their names, from behind a (folded name, id)."""
    return await database.read(
        storage.list_organisations,
        wanted.words,
        kind=wanted.kind,
        is_current=wanted.is_current,
        on=on,
        after=after,
        limit=limit,
    )


async def get_organisation(database: Database, id_: str) -> OrganisationRecord:
    """Return an organisation, or raise `unknown_organisation`."""
    return await database.read(_find, id_)


async def change_organisation(
    desk: Desk, id_: str, changes: Mapping[str, Any], *, version: int | None = None
) -> OrganisationRecord:
    """Change what `changes` bears and nothing else. With `version`, only what nobody changed since.

    Raise `unknown_organisation`, `edit_conflict`, `span_ends_first`, `successor_circle`.
    """
    return await desk.database.write(_change, desk, id_, changes, version)


async def merge_organisation(desk: Desk, id_: str, into: str) -> OrganisationRecord:
    """Make one organisation of two: `into` stays, and gets the delegations. Its old spellings lead to it.

    Raise `unknown_organisation`, `same_organisation`.
    """
    return await desk.database.write(_merge, desk, id_, into)


async def proposed_successor(database: Database, name: str, on: date) -> tuple[OrganisationRecord, str] | None:
    """Return the organisation of this name that has ended on a day, and who follows it; None when there is none."""
    return await database.read(_propose, name, on)


def _find(connection: Connection, id_: str) -> OrganisationRecord:
    found = storage.find_organisation(connection, id_)
    if found is None:
        raise DomainError("unknown_organisation")
    return found


def _change(
    connection: Connection, desk: Desk, id_: str, changes: Mapping[str, Any], version: int | None
) -> OrganisationRecord:
    storage.hold_organisations(connection, [id_])
    old = _find(connection, id_)
    if version is not None and version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    row = {key: value for key, value in changes.items() if getattr(old, key) != value}
    if not row:
        return old
    demand_span(row.get("valid_from", old.valid_from), row.get("valid_to", old.valid_to))
    if row.get("successor_id") is not None:
        _demand_no_circle(connection, id_, row["successor_id"])
    before = {key: getattr(old, key) for key in row}
    if "name" in row:
        row["search_key"] = search_key(row["name"])[:300]
    storage.update_organisation(connection, id_, row)
    told = {key: row[key] for key in before}
    append_line(connection, desk.entry("change_organisation", f"organisation:{id_}", before=before, after=told))
    return _find(connection, id_)


def _demand_no_circle(connection: Connection, id_: str, successor_id: str) -> None:
    next_: str | None = successor_id
    for _ in range(_LONGEST_CHAIN):
        if next_ is None:
            return
        if next_ == id_:
            break
        next_ = _find(connection, next_).successor_id
    raise DomainError("successor_circle")


def _merge(connection: Connection, desk: Desk, id_: str, into: str) -> OrganisationRecord:
    lock_word(connection, "organisation")
    storage.hold_organisations(connection, [id_, into])
    source, target = _find(connection, id_), _find(connection, into)
    if source.id == target.id or target.merged_into is not None or source.merged_into is not None:
        raise DomainError("same_organisation")
    moved = storage.merge_rows(connection, source.id, target.id)
    if source.tax_code and not target.tax_code:
        storage.update_organisation(connection, target.id, {"tax_code": source.tax_code})
    told: dict[str, object] = {"into": target.id, "name": source.name, "delegations": moved}
    append_line(connection, desk.entry("merge_organisation", f"organisation:{source.id}", after=told))
    return _find(connection, target.id)


def _propose(connection: Connection, name: str, on: date) -> tuple[OrganisationRecord, str] | None:
    named = storage.named_like(connection, search_key(name)[:300])
    if any(one.is_valid_on(on) for one in named):
        return None
    for ended in named:
        follower: OrganisationRecord | None = ended
        for _ in range(_LONGEST_CHAIN):
            if follower is None or follower.successor_id is None:
                break
            follower = storage.find_organisation(connection, follower.successor_id)
        if follower is not None and follower.id != ended.id:
            return ended, follower.name
    return None
