"""Cases: offline or forced scans that the rules would have refused, and missed gates. A person closes them."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Case(SQLModel, table=True):
    """`kind` is `missed_gate`, `reentry`, `forced`, or the refusal code that an offline scan met."""

    __tablename__ = "case"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True, max_length=24)
    scan_id: str = Field(index=True, max_length=36)
    holder: str | None = Field(default=None, max_length=36)
    delegation_id: int | None = None
    device_id: str | None = Field(default=None, max_length=32)
    opened_at: datetime
    detail: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: str | None = Field(default=None, max_length=100)
    reason: str | None = None
