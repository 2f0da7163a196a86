"""Delegations: groups that come together."""

from datetime import date, datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Delegation(SQLModel, table=True):
    """A delegation. `named` counts its members, erased ones too; `covers` is the larger of `planned` and `named`.

    `arrived` is the most people of it that were inside at once on `arrived_day`.
    `zones` lists the zones that its appointment opens; None opens all.
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
    slot_at: datetime | None = None
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
    version: int = 1
    created_at: datetime
    updated_at: datetime
