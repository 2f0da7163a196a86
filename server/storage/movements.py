"""Movements: the stored facts of answered scans; never changed, never deleted before their retention ends."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, Integer, UniqueConstraint, select, text
from sqlmodel import Field, SQLModel

from server.storage.core import Moment, table


class Movement(SQLModel, table=True):
    """One effect of one scan: `people` from `from_zone` to `to_zone` (None is outside), between two holders.

    A scan's parts share `scan_id`; part 0 bears the answer, and `reply` what a repeat needs to be told the same
    (never a person's name). `counted` is the answer's own number of people. Every index costs each scan a page:
    what a holder did is found by its visits and their times.
    """

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("scan_id", "part"),
        Index("ix_movement_assumed", "at", sqlite_where=text("assumed"), postgresql_where=text("assumed")),
    )
    seq: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    )
    scan_id: str = Field(max_length=36)
    part: int = 0
    pass_id: str | None = Field(default=None, max_length=16)
    holder: str | None = Field(default=None, max_length=36)
    delegation_id: int | None = None
    device_id: str | None = Field(default=None, max_length=32)
    account_id: str | None = Field(default=None, max_length=32)
    answer: str = Field(max_length=12)
    code: str | None = Field(default=None, max_length=24)
    from_zone: str | None = Field(default=None, max_length=40)
    to_zone: str | None = Field(default=None, max_length=40)
    people: int = 0
    counted: int = 0
    from_holder: str | None = Field(default=None, max_length=36)
    to_holder: str | None = Field(default=None, max_length=36)
    at: datetime = Field(index=True, sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    offline: bool = False
    conflict: str | None = Field(default=None, max_length=24)
    assumed: bool = False
    is_skewed: bool = False
    reason: str | None = None
    reply: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


def last_received(connection: Connection) -> datetime | None:
    """Return when the latest movement was received; None when there is none."""
    movements = table(Movement)
    latest: datetime | None = connection.scalar(
        select(movements.c.received_at).order_by(movements.c.seq.desc()).limit(1)
    )
    return latest
