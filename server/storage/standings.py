"""Standings: where each holder is now. A holder is a visitor, a delegation's unnamed people, or one of the staff."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Index, text
from sqlmodel import Field, SQLModel

from server.storage.bulk import insert_rows
from server.storage.core import Moment, table


class Standing(SQLModel, table=True):
    """A holder's place: `places` maps a zone to the people there (`{}` is outside), `inside` is their sum.

    Holder ids: `v:<visitor>`, `d:<delegation>` (its unnamed people), `s:<account>`.
    `members_inside` (on `d:` rows) counts the members who are inside on their own standing.
    `asserted_at` is the time of the latest movement that asserts a standing; `came_at` and `went_at` the same for
    the two directions of an outer gate. `last` is the latest movement with an effect, for the double-scan guard.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index(
            "ix_standing_inside",
            "delegation_id",
            sqlite_where=text("inside > 0"),
            postgresql_where=text("inside > 0"),
        ),
    )
    holder: str = Field(primary_key=True, max_length=36)
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id")
    inside: int = 0
    places: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    members_inside: int = 0
    since: datetime | None = Field(default=None, sa_type=Moment)
    asserted_at: datetime | None = Field(default=None, sa_type=Moment)
    came_at: datetime | None = Field(default=None, sa_type=Moment)
    went_at: datetime | None = Field(default=None, sa_type=Moment)
    last: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    reentry_day: date | None = None
    reentries: int = 0


_STANDINGS = table(Standing)


def add_standing(connection: Connection, holder: str, delegation_id: int | None) -> None:
    """Give a new visitor (`v:…`), delegation (`d:…`) or member of staff (`s:…`) its place: outside."""
    add_standings(connection, [holder], delegation_id)


def add_standings(connection: Connection, holders: Sequence[str], delegation_id: int | None) -> None:
    """Give many their places. One statement."""
    first: dict[str, Any] = {
        "delegation_id": delegation_id,
        "inside": 0,
        "places": {},
        "members_inside": 0,
        "reentries": 0,
    }
    insert_rows(connection, _STANDINGS, [{"holder": holder, **first} for holder in holders])
