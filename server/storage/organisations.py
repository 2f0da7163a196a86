"""Organisations: who sends delegations. Vietnam's units merge and split, so a row has a span and successors."""

from datetime import date

from sqlmodel import Field, SQLModel

from server.storage.ids import new_id


class Organisation(SQLModel, table=True):
    __tablename__ = "organisation"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=300)
    search_key: str = Field(index=True, max_length=300)
    kind: str = Field(default="other", max_length=20)
    tax_code: str | None = Field(default=None, max_length=20)
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: str | None = Field(default=None, foreign_key="organisation.id", max_length=32)
