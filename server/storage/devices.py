"""Devices: paired kiosks, and the codes by which they pair."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, RowMapping, delete, insert, select, update
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


DEVICES: Any = Device.__table__  # type: ignore[attr-defined]
_PAIRINGS: Any = Pairing.__table__  # type: ignore[attr-defined]


def add_device(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(DEVICES).values(misreads={}, **values))


def live_devices(connection: Connection) -> Sequence[RowMapping]:
    """Return every device that is paired now."""
    query = select(DEVICES).where(DEVICES.c.revoked_at.is_(None)).order_by(DEVICES.c.id)
    return connection.execute(query).mappings().all()


def find_device(connection: Connection, condition: Any) -> RowMapping | None:
    """Return the device that meets a condition on `DEVICES`, a revoked one too."""
    return connection.execute(select(DEVICES).where(condition)).mappings().first()


def page_of_devices(connection: Connection, after: str, limit: int) -> Sequence[RowMapping]:
    """Return up to `limit` devices, revoked ones too, with ids after `after`, oldest first."""
    query = select(DEVICES).where(DEVICES.c.id > after).order_by(DEVICES.c.id).limit(limit)
    return connection.execute(query).mappings().all()


def revoke_device(connection: Connection, device_id: str, at: datetime) -> bool:
    """Revoke a device; tell whether it was paired until now."""
    changed = connection.execute(
        update(DEVICES).where(DEVICES.c.id == device_id, DEVICES.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return bool(changed.rowcount)


def add_pairing(connection: Connection, values: Mapping[str, Any], *, forget_before: datetime) -> bool:
    """Store a pairing, unless its code is taken; those that expired before `forget_before` free theirs."""
    connection.execute(delete(_PAIRINGS).where(_PAIRINGS.c.expires_at < forget_before))
    if connection.scalar(select(_PAIRINGS.c.code).where(_PAIRINGS.c.code == values["code"])) is not None:
        return False
    connection.execute(insert(_PAIRINGS).values(**values))
    return True


def find_pairing(
    connection: Connection, *, code: str | None = None, secret_hash: str | None = None
) -> RowMapping | None:
    """Return the pairing with this code, or else with this secret."""
    condition = _PAIRINGS.c.code == code if code is not None else _PAIRINGS.c.secret_hash == secret_hash
    return connection.execute(select(_PAIRINGS).where(condition)).mappings().first()


def open_pairings(connection: Connection, now: datetime) -> Sequence[RowMapping]:
    """Return the pairings that wait for approval, oldest first."""
    waiting = (_PAIRINGS.c.expires_at > now, _PAIRINGS.c.approved_by.is_(None))
    query = select(_PAIRINGS).where(*waiting).order_by(_PAIRINGS.c.created_at)
    return connection.execute(query).mappings().all()


def approve_pairing(connection: Connection, code: str, values: Mapping[str, Any]) -> bool:
    """Store an approval; tell whether the pairing was not approved yet."""
    changed = connection.execute(
        update(_PAIRINGS).where(_PAIRINGS.c.code == code, _PAIRINGS.c.approved_by.is_(None)).values(**values)
    )
    return bool(changed.rowcount)


def claim_pairing(connection: Connection, code: str, at: datetime) -> bool:
    """Mark an approved pairing as claimed; tell whether it was not claimed yet."""
    changed = connection.execute(
        update(_PAIRINGS)
        .where(_PAIRINGS.c.code == code, _PAIRINGS.c.claimed_at.is_(None), _PAIRINGS.c.approved_by.is_not(None))
        .values(claimed_at=at)
    )
    return bool(changed.rowcount)


def add_misreads(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    """Add the scans that are counted but not remembered to their devices; keys are (device, code)."""
    # By id, and held: another process may be adding those that it counted.
    for (device_id, code), count in sorted(counts.items()):
        known = select(DEVICES.c.misreads).where(DEVICES.c.id == device_id).with_for_update()
        row = connection.execute(known).one_or_none()
        if row is not None:
            misreads = {**row.misreads, code: row.misreads.get(code, 0) + count}
            connection.execute(update(DEVICES).where(DEVICES.c.id == device_id).values(misreads=misreads))
