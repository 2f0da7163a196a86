"""Passes: the signed texts that were issued, and whom each stands for."""

from datetime import date, datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Pass(SQLModel, table=True):
    """A pass. Exactly one of `visitor_id`, `delegation_id`, `account_id` is set, as its kind says.

    `id` is the pass id of the token as 16 hex characters. `zones` lists the zones that it opens; None opens all.
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
