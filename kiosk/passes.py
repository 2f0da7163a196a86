"""What a kiosk may know of a pass before it is scanned: whether it stands for a group, and how many of it are here."""

from typing import Any

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.domain.passes import read_pass
from server.services.delegations import get_delegation
from server.services.house import House


async def look_at_pass(house: House, text: str, *, asker: str) -> dict[str, Any]:
    """Return `kind`, the `text` of the pass, and its `delegation` when it stands for a whole one.

    `kind` is None for what is no pass of ours. `ask` is False where a number would be asked in vain: the scan will
    be refused whatever the number. Raises `too_many_attempts` for short codes.
    """
    signed = read_pass(text)
    try:
        row = await house.passes.get(signed.id) if signed else await house.passes.by_short_code(text, asker=asker)
        if row.kind != "delegation" or row.delegation is None:
            return {"kind": row.kind, "text": row.text, "delegation": None, "ask": False}
        record = await get_delegation(house.database, row.delegation)
    except DomainError as error:
        if error.code not in ("unknown_pass", "unknown_delegation"):
            raise
        return {"kind": None, "text": text, "delegation": None, "ask": False}
    is_good = row.revoked_at is None and (record.count.inside > 0 or _may_come(house, record))
    return {"kind": row.kind, "text": row.text, "delegation": _numbers(record), "ask": is_good}


def _may_come(house: House, record: DelegationRecord) -> bool:
    if record.status == "cancelled":
        return False
    today = house.space.day_of(house.clock.now())
    return house.space.passes.window == "none" or record.visit_date in (None, today)


def _numbers(record: DelegationRecord) -> dict[str, Any]:
    return {
        "code": record.code,
        "name": record.name,
        "covers": record.count.covers,
        "inside": record.count.inside,
        "arrived": record.arrived,
    }
