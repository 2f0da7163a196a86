"""Paired devices: how they pair, who they are, and when they no longer are."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.kiosk import Kiosk
from server.domain.space import Space
from server.services.clock import real_now
from server.services.limits import Limit
from server.services.secrets import DEVICE, PAIRING, hash_secret, new_secret
from server.storage import devices as storage
from server.storage.audit import Entry, append_line
from server.storage.database import Database
from server.storage.ids import new_id
from server.storage.spaces import gate_id

DeviceRole = Literal["gate", "desk", "exhibit", "wall", "survey"]
DeviceDirection = Literal["auto", "in", "out"]

PAIRING_TIME = timedelta(minutes=10)
_REMEMBERED = timedelta(hours=1)  # a code that expired is still told from one that never was


@dataclass(frozen=True, slots=True)
class Plan:
    """What staff give a device when they pair it."""

    name: str
    role: DeviceRole
    zone: str
    direction: DeviceDirection = "auto"
    inner: bool = False
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class PairedDevice:
    id: str
    name: str
    role: DeviceRole
    zone: str
    direction: DeviceDirection
    inner: bool
    language: str
    paired_at: datetime
    revoked_at: datetime | None = None

    @property
    def kiosk(self) -> Kiosk:
        """Return the device as admission sees it."""
        return Kiosk(self.id, self.name, self.role, self.zone, self.inner, self.direction, self.language)


@dataclass(frozen=True, slots=True)
class PairingCode:
    code: str
    secret: str
    expires_at: datetime


class Devices:
    """The devices of a space, answered from memory; `reload` follows the changes of other processes."""

    def __init__(self, database: Database, space: Space) -> None:
        self._database = database
        self._space = space
        self._by_hash: dict[str, PairedDevice] = {}
        self._by_id: dict[str, PairedDevice] = {}
        self._revoked: set[str] = set()  # by this process, not yet told by `reload`
        self._asking = Limit("600/minute")

    async def reload(self) -> set[str]:
        """Read the paired devices again; return the ids of those that are no longer paired, whoever revoked them."""
        before, revoked = set(self._by_id), self._revoked
        rows = await self._database.read(storage.live_devices)
        found = {row["token_hash"]: _device(row) for row in rows}
        # What was paired or revoked in this process while they were being read, the rows may not know yet.
        found |= {hash_: device for hash_, device in self._by_hash.items() if device.id not in before}
        revoked, self._revoked = revoked | self._revoked, set()
        self._by_hash = {hash_: device for hash_, device in found.items() if device.id not in revoked}
        self._by_id = {device.id: device for device in self._by_hash.values()}
        return (before | revoked) - self._by_id.keys()

    def get(self, device_id: str) -> PairedDevice | None:
        """Return a device that is paired, as of the last reload or lookup."""
        return self._by_id.get(device_id)

    async def by_token(self, token: str) -> PairedDevice | None:
        """Return the paired device that bears this token."""
        token_hash = hash_secret(token)
        known = self._by_hash.get(token_hash)
        if known is not None:
            return known
        row = await self._database.read(storage.find_device, storage.DEVICES.c.token_hash == token_hash)
        if row is None or row["revoked_at"] is not None:
            return None
        return self._remember(token_hash, _device(row))

    async def ask_code(self, *, asker: str = "", agent: str = "") -> PairingCode:
        """Return a new code for a screen that wants to pair. Raises `too_many_attempts`."""
        self._asking.take(asker)
        now = real_now()
        secret = new_secret(PAIRING)
        for _ in range(20):
            code = f"{secrets.randbelow(1_000_000):06}"
            row = {
                "code": code,
                "secret_hash": hash_secret(secret),
                "agent": agent[:200],
                "address": asker[:60],
                "created_at": now,
                "expires_at": now + PAIRING_TIME,
            }
            if await self._database.write(storage.add_pairing, row, forget_before=now - _REMEMBERED):
                return PairingCode(code, secret, now + PAIRING_TIME)
        raise DomainError("too_many_attempts", wait_seconds=60)

    async def waiting(self) -> list[dict[str, Any]]:
        """Return the codes that wait for approval, with the time and the browser they came from."""
        rows = await self._database.read(storage.open_pairings, real_now())
        return [{key: row[key] for key in ("code", "agent", "address", "created_at", "expires_at")} for row in rows]

    async def approve(self, code: str, plan: Plan, *, actor: str) -> PairedDevice:
        """Let the device that shows this code pair as planned, within ten minutes from now.

        Raises `unknown_code`, `pairing_expired`, `code_used`, and what `check` raises.
        """
        self.check(plan)
        now = real_now()
        pairing = await self._database.read(storage.find_pairing, code=code)
        if pairing is None:
            raise DomainError("unknown_code", shown=code[:20])
        if pairing["approved_by"] is not None:
            raise DomainError("code_used", shown=code)
        if pairing["expires_at"] <= now:
            raise DomainError("pairing_expired", shown=code)
        row = _row(plan, actor, now)
        approval = {"approved": row, "approved_by": actor, "expires_at": now + PAIRING_TIME}
        if not await self._database.write(_approve, code, approval, now):
            raise DomainError("code_used", shown=code)
        return _device(row)

    async def claim(self, secret: str) -> tuple[PairedDevice, str] | None:
        """Return the device and its token, once; None while staff have not approved.

        Raises `unknown_secret`, `pairing_expired`, `secret_used`.
        """
        now = real_now()
        pairing = await self._database.read(storage.find_pairing, secret_hash=hash_secret(secret))
        if pairing is None:
            raise DomainError("unknown_secret")
        if pairing["claimed_at"] is not None:
            raise DomainError("secret_used")
        if pairing["expires_at"] <= now:
            raise DomainError("pairing_expired", shown=pairing["code"])
        if pairing["approved"] is None:
            return None
        token = new_secret(DEVICE)
        row = pairing["approved"] | {"paired_at": now, "token_hash": hash_secret(token)}
        if not await self._database.write(_claim, pairing["code"], row, now):
            raise DomainError("secret_used")
        return self._remember(row["token_hash"], _device(row)), token

    async def pair(self, plan: Plan, *, actor: str) -> tuple[PairedDevice, str]:
        """Pair a device without a code and return it with its token. Raises what `check` raises."""
        self.check(plan)
        now = real_now()
        token = new_secret(DEVICE)
        row = _row(plan, actor, now) | {"token_hash": hash_secret(token)}
        await self._database.write(_add, row, now)
        return self._remember(row["token_hash"], _device(row)), token

    def check(self, plan: Plan) -> None:
        """Raise `unknown_zone` or `bad_name` where a plan cannot be."""
        self._space.zone(plan.zone)
        if not 0 < len(plan.name.strip()) <= 100:
            raise DomainError("bad_name")

    async def page(self, after: str, limit: int) -> list[PairedDevice]:
        """Return up to `limit` devices, revoked ones too, with ids after `after`."""
        return [_device(row) for row in await self._database.read(storage.page_of_devices, after, limit)]

    async def revoke(self, device_id: str, *, actor: str) -> PairedDevice:
        """Take a device's token from it. Raises `unknown_device`."""
        await self._database.write(_revoke, device_id, actor, real_now())
        row = await self._database.read(storage.find_device, storage.DEVICES.c.id == device_id)
        if row is None:
            raise DomainError("unknown_device", id=device_id[:40])
        self._by_hash.pop(row["token_hash"], None)
        self._by_id.pop(device_id, None)
        self._revoked.add(device_id)
        return _device(row)

    def _remember(self, token_hash: str, device: PairedDevice) -> PairedDevice:
        self._by_hash[token_hash] = self._by_id[device.id] = device
        return device


def _row(plan: Plan, actor: str, now: datetime) -> dict[str, Any]:
    inner = plan.role == "exhibit" or plan.inner
    row = asdict(plan) | {"id": new_id(), "inner": inner, "name": plan.name.strip()}
    row |= {"zone_id": row.pop("zone"), "gate_id": gate_id(plan.zone, inner=inner)}
    return row | {"paired_at": now, "paired_by": actor[:100]}


def _device(row: Mapping[Any, Any]) -> PairedDevice:
    return PairedDevice(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        zone=row["zone_id"],
        direction=row["direction"],
        inner=row["inner"],
        language=row["language"],
        paired_at=row["paired_at"],
        revoked_at=row.get("revoked_at"),
    )


def _approve(connection: Connection, code: str, approval: dict[str, Any], at: datetime) -> bool:
    if not storage.approve_pairing(connection, code, approval):
        return False
    device = approval["approved"]
    after = {key: device[key] for key in ("name", "role", "zone_id", "direction", "inner")}
    line = Entry(at, approval["approved_by"], "approve_device", f"device:{device['id']}", after=after)
    append_line(connection, line)
    return True


def _claim(connection: Connection, code: str, row: dict[str, Any], at: datetime) -> bool:
    if not storage.claim_pairing(connection, code, at):
        return False
    storage.add_device(connection, row)
    return True


def _add(connection: Connection, row: dict[str, Any], at: datetime) -> None:
    storage.add_device(connection, row)
    append_line(
        connection,
        Entry(at, row["paired_by"], "pair_device", f"device:{row['id']}", after={"name": row["name"]}),
    )


def _revoke(connection: Connection, device_id: str, actor: str, at: datetime) -> None:
    if storage.revoke_device(connection, device_id, at):
        append_line(connection, Entry(at, actor, "revoke_device", f"device:{device_id}"))
