"""Visitors: people, named, with or without a delegation."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from server.storage.ids import new_id


class Visitor(SQLModel, table=True):
    """A named visitor. An erased visitor keeps the row (counts remain) and loses every personal field.

    `occurrence` tells people of one folded name in one delegation apart: 1 for the first in the file.
    `visit_date` is the appointment of a walk-in; a delegation's member follows the delegation's.
    """

    __tablename__ = "visitor"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id", index=True)
    name: str | None = Field(default=None, max_length=200)
    search_key: str = Field(default="", index=True)
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
