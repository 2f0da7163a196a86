"""Devices: paired kiosks, and the codes by which they pair."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from server.storage.ids import new_id


class Device(SQLModel, table=True):
    """A paired kiosk. `misreads` counts, by code, the scans that are not remembered."""

    __tablename__ = "device"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=100)
    role: str = Field(max_length=10)
    zone_id: str = Field(foreign_key="zone.id", max_length=40)
    gate_id: str | None = Field(default=None, foreign_key="gate.id", max_length=48)
    inner: bool = False
    direction: str = Field(default="auto", max_length=4)
    language: str = Field(default="vi", max_length=5)
    token_hash: str = Field(unique=True, max_length=64)
    paired_at: datetime
    paired_by: str | None = Field(default=None, max_length=100)
    revoked_at: datetime | None = None
    misreads: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Pairing(SQLModel, table=True):
    """A code on a screen that asks to be paired; `approved` holds what staff gave it, once they did."""

    __tablename__ = "pairing"
    code: str = Field(primary_key=True, max_length=6)
    secret_hash: str = Field(unique=True, max_length=64)
    agent: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=60)
    created_at: datetime
    expires_at: datetime
    approved: dict[str, object] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    approved_by: str | None = Field(default=None, max_length=100)
    claimed_at: datetime | None = None
