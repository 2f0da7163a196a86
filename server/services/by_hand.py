"""Check-in by hand: staff at the desk scan, so to speak, for a visitor or a delegation."""

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from server.domain.kiosk import Kiosk
from server.domain.passes import read_pass
from server.domain.scans import SentScan
from server.services.house import House


@dataclass(frozen=True, slots=True)
class ByHand:
    """Who comes or goes: a visitor's id or a delegation's code. A `reason` forces what the rules refuse."""

    visitor: str | None
    delegation: str | None
    direction: Literal["in", "out"] = "in"
    people: int | None = None
    zone: str | None = None
    reason: str | None = None


async def check_in_by_hand(house: House, wish: ByHand, account: str) -> dict[str, Any]:
    """Return the answer to a check-in by hand; `account` is the id of who acts.

    Raises `unknown_visitor`, `unknown_delegation`, `unknown_zone`.
    """
    zone = house.space.zone(wish.zone or house.space.lobby).id
    if wish.visitor is not None:
        row, _ = await house.passes.of_visitor(wish.visitor)
    else:
        row, _ = await house.passes.of_delegation_itself(wish.delegation or "")
    now = house.clock.now()
    scan = SentScan(
        id=str(uuid.uuid4()),
        text=row.text,
        at=now,
        direction=wish.direction,
        people=wish.people,
        force=wish.reason or None,
        signed=read_pass(row.text),
    )
    desk = Kiosk("", "", "desk", zone)
    return await house.checkin.answer_by_hand(scan, desk, account)
