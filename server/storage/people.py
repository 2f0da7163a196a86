"""Visitors: people, named, with or without a delegation."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Index, Select, func, or_, select, text
from sqlmodel import Field, SQLModel

from server.domain.people import VisitorFilter, VisitorRecord
from server.storage.core import table
from server.storage.delegations import DELEGATIONS, count_members
from server.storage.ids import new_id
from server.storage.standings import Standing, add_standing


def _index_where(name: str, column: str, condition: str) -> Index:
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


class Visitor(SQLModel, table=True):
    """A named visitor. An erased visitor keeps the row (counts remain) and loses every personal field.

    `occurrence` tells people of one folded name in one delegation apart: 1 for the first in the file.
    `visit_date` is the appointment of a walk-in; a delegation's member follows the delegation's.
    """

    __tablename__ = "visitor"
    __table_args__ = (
        Index("ix_visitor_search", "search_key", "id"),
        _index_where("ix_visitor_visit_date", "visit_date", "visit_date IS NOT NULL"),
        _index_where("ix_visitor_needs", "id", "needs <> ''"),
        _index_where("ix_visitor_walk_in", "id", "delegation_id IS NULL"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id", index=True)
    name: str | None = Field(default=None, max_length=200)
    search_key: str = ""
    occurrence: int = 1
    title: str = ""
    organisation: str = ""
    phone: str | None = Field(default=None, index=True, max_length=20)
    email: str | None = Field(default=None, max_length=254)
    language: str = Field(default="vi", max_length=10)
    needs: str = ""
    notes: str = ""
    visit_date: date | None = None
    erased_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime


VISITORS: Any = table(Visitor)
_PLACE: Any = table(Standing)
_AS_THEY_ARE = (
    "id delegation_id name title organisation phone email language needs notes visit_date erased_at version"
).split()
_EMPTY: dict[str, Any] = dict.fromkeys(("title", "organisation", "needs", "notes"), "")


def find_visitor(connection: Connection, id_: str) -> VisitorRecord | None:
    """Return the visitor with this id, an erased one too."""
    row = connection.execute(_records().where(VISITORS.c.id == id_)).mappings().first()
    return VisitorRecord(**row) if row else None


def list_visitors(
    connection: Connection, wanted: VisitorFilter, *, after: str = "", limit: int = 100
) -> list[VisitorRecord]:
    """Return the visitors that fit, in the order of their ids (that of time), from behind the id `after`."""
    query = _records().where(VISITORS.c.id > after, *_conditions(wanted)).order_by(VISITORS.c.id).limit(limit)
    return [VisitorRecord(**row) for row in connection.execute(query).mappings()]


def add_visitor(connection: Connection, values: Mapping[str, Any]) -> str:
    """Register a visitor, give them their place (outside) and count them among their delegation's members."""
    delegation_id = values.get("delegation_id")
    defaults = {"id": new_id(), "search_key": "", "occurrence": 1, "language": "vi", "version": 1} | _EMPTY
    row = {**defaults, **values}
    connection.execute(VISITORS.insert().values(**row))
    add_standing(connection, f"v:{row['id']}", delegation_id)
    if delegation_id is not None:
        count_members(connection, delegation_id, 1)
    return str(row["id"])


def update_visitor(connection: Connection, id_: str, values: Mapping[str, Any]) -> None:
    """Change a visitor; their version goes up. A change of delegation is `move_visitor`."""
    connection.execute(VISITORS.update().where(VISITORS.c.id == id_).values(**values, version=VISITORS.c.version + 1))


def move_visitor(connection: Connection, visitor: VisitorRecord, delegation_id: int | None) -> None:
    """Make a visitor a member of another delegation, or of none; both are counted anew."""
    connection.execute(VISITORS.update().where(VISITORS.c.id == visitor.id).values(delegation_id=delegation_id))
    place = _PLACE.update().where(_PLACE.c.holder == f"v:{visitor.id}")
    connection.execute(place.values(delegation_id=delegation_id))
    if visitor.delegation_id is not None:
        count_members(connection, visitor.delegation_id, -1)
    if delegation_id is not None:
        count_members(connection, delegation_id, 1)


def next_occurrence(connection: Connection, delegation_id: int | None, key: str) -> int:
    """Return the number by which a further person of this folded name is told apart in their delegation."""
    same = select(func.coalesce(func.max(VISITORS.c.occurrence), 0))
    query = same.where(VISITORS.c.search_key == key, VISITORS.c.delegation_id == delegation_id)
    return int(connection.scalar(query) or 0) + 1


def member_named(connection: Connection, delegation_id: int, key: str) -> str | None:
    """Return the id of the first member of a delegation with this folded name."""
    if not key:
        return None
    query = select(VISITORS.c.id).where(VISITORS.c.delegation_id == delegation_id, VISITORS.c.search_key == key)
    found: str | None = connection.scalar(query.order_by(VISITORS.c.occurrence).limit(1))
    return found


def notes_in_delegation(connection: Connection, delegation_id: int) -> list[tuple[str, str, str]]:
    """Return (id, needs, notes) of every member of a delegation that has any."""
    query = select(VISITORS.c.id, VISITORS.c.needs, VISITORS.c.notes)
    query = query.where(VISITORS.c.delegation_id == delegation_id, (VISITORS.c.needs != "") | (VISITORS.c.notes != ""))
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _records() -> Select[Any]:
    return select(
        *(VISITORS.c[name] for name in _AS_THEY_ARE),
        DELEGATIONS.c.code.label("delegation"),
        _PLACE.c.places,
    ).select_from(
        VISITORS.outerjoin(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id).outerjoin(
            _PLACE, _PLACE.c.holder == "v:" + VISITORS.c.id
        )
    )


def _conditions(wanted: VisitorFilter) -> list[ColumnElement[bool]]:
    conditions = [_finds(word) for word in wanted.words]
    if wanted.delegation_id is not None:
        conditions.append(VISITORS.c.delegation_id == wanted.delegation_id)
    if wanted.is_inside is not None:
        conditions.append((func.coalesce(_PLACE.c.inside, 0) > 0).is_(wanted.is_inside))
    return conditions


def _finds(word: str) -> ColumnElement[bool]:
    places: list[ColumnElement[bool]] = [VISITORS.c.search_key.contains(word, autoescape=True)]
    places.append(func.lower(DELEGATIONS.c.code) == word)
    if word.isdecimal():
        # A number dialled at home begins with the 0 that E.164 leaves out.
        places.append(VISITORS.c.phone.contains(word.removeprefix("0"), autoescape=True))
    return or_(*places)


def lock_visitor(connection: Connection, id_: str) -> None:
    """Hold a visitor's standing, then the visitor, until the commit. Delegations are held before, never after."""
    connection.execute(select(_PLACE.c.holder).where(_PLACE.c.holder == f"v:{id_}").with_for_update())
    connection.execute(select(VISITORS.c.id).where(VISITORS.c.id == id_).with_for_update())
