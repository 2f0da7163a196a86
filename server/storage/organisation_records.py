"""The register of organisations as the desk keeps it: found, changed, followed by others, merged."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, tuple_, update

from server.domain.organisations import OrganisationRecord
from server.storage.delegations import DELEGATIONS
from server.storage.organisations import ORGANISATIONS

_O: Any = ORGANISATIONS.c
_SUCCESSOR: Any = ORGANISATIONS.alias("successor")
_COLUMNS = "id name kind tax_code valid_from valid_to successor_id merged_into version".split()


def find_organisation(connection: Connection, id_: str) -> OrganisationRecord | None:
    """Return the organisation with this id, a merged one too."""
    row = connection.execute(_records().where(_O.id == id_)).mappings().first()
    return OrganisationRecord(**row) if row else None


def list_organisations(
    connection: Connection,
    words: Sequence[str] = (),
    *,
    kind: str | None = None,
    is_current: bool | None = None,
    on: date,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[OrganisationRecord]:
    """Return the organisations that fit, by their names; `is_current` asks for those valid on a day, or no more."""
    query = _records().where(
        _O.merged_into.is_(None), *(_O.search_key.contains(word, autoescape=True) for word in words)
    )
    if kind is not None:
        query = query.where(_O.kind == kind)
    if is_current is not None:
        ended = _O.valid_to < on
        query = query.where(or_(_O.valid_to.is_(None), ~ended) if is_current else ended)
    if after is not None:
        query = query.where(tuple_(_O.search_key, _O.id) > tuple_(*after))
    found = connection.execute(query.order_by(_O.search_key, _O.id).limit(limit)).mappings()
    return [OrganisationRecord(**row) for row in found]


def named_like(connection: Connection, key: str) -> list[OrganisationRecord]:
    """Return the organisations with this folded name, whenever they were valid."""
    query = _records().where(_O.search_key == key, _O.merged_into.is_(None)).order_by(_O.id)
    return [OrganisationRecord(**row) for row in connection.execute(query).mappings()]


def hold_organisations(connection: Connection, ids: Sequence[str]) -> None:
    """Hold organisations in id order until the commit."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(_O.id).where(_O.id.in_(ids)).order_by(_O.id).with_for_update())


def update_organisation(connection: Connection, id_: str, values: Mapping[str, Any]) -> None:
    """Change an organisation; its version goes up."""
    connection.execute(ORGANISATIONS.update().where(_O.id == id_).values(**values, version=_O.version + 1))


def merge_rows(connection: Connection, source: str, target: str) -> int:
    """Let everything that refers to one organisation refer to another. Return how many delegations moved."""
    moved = connection.execute(
        update(DELEGATIONS)
        .where(DELEGATIONS.c.organisation_id == source)
        .values(organisation_id=target, version=DELEGATIONS.c.version + 1)
    ).rowcount
    rows = update(ORGANISATIONS)
    connection.execute(rows.where(_O.successor_id == source, _O.id != target).values(successor_id=target))
    # Nothing follows itself.
    connection.execute(rows.where(_O.id == target, _O.successor_id == source).values(successor_id=None))
    connection.execute(rows.where(or_(_O.merged_into == source, _O.id == source)).values(merged_into=target))
    return int(moved)


def _records() -> Select[Any]:
    count = (
        select(func.count())
        .select_from(DELEGATIONS)
        .where(DELEGATIONS.c.organisation_id == _O.id)
        .correlate(ORGANISATIONS)
        .scalar_subquery()
    )
    columns = [_O[name] for name in _COLUMNS]
    return select(
        *columns, _O.search_key, _SUCCESSOR.c.name.label("successor"), count.label("delegations")
    ).select_from(ORGANISATIONS.outerjoin(_SUCCESSOR, _SUCCESSOR.c.id == _O.successor_id))
