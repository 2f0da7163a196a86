"""The audit log: who did what when to which thing; append-only, each line chained to the one before by its hash."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class AuditLine(SQLModel, table=True):
    __tablename__ = "audit_line"
    seq: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor: str = Field(max_length=100)
    action: str = Field(index=True, max_length=60)
    subject: str = Field(index=True, max_length=80)
    before: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)
