"""Several check-ins by hand in one go, those without a record too, and what somebody has done today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from server.domain.delegations import Kind
from server.domain.errors import DomainError
from server.domain.passes import read_pass
from server.services.by_hand import ByHand, check_in_by_hand
from server.services.delegations import add_delegation, get_delegation
from server.services.desk import Desk
from server.services.house import House
from server.services.people import add_visitor, get_visitor
from server.storage.receipts import list_receipts

RECEIPTS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check-in: the answer that a kiosk would get. `error` when it could not be asked."""

    wish: ByHand
    name: str
    answer: dict[str, Any]
    error: DomainError | None = None

    @property
    def is_refused(self) -> bool:
        return self.error is not None or self.answer["answer"] == "refused"


async def check_in_each(house: House, wishes: Sequence[ByHand], account: str) -> list[Outcome]:
    """Check in one after the other and return what came of each; one that fails does not keep the others."""
    return [await _check_in(house, wish, account) for wish in wishes]


async def check_in_walk_in(house: House, desk: Desk, name: str, people: int) -> Outcome:
    """Register who came without a delegation, and let them in: one person, or a small delegation of citizens."""
    account, today = desk.actor.partition(":")[2], desk.space.day_of(desk.at)
    if people == 1:
        visitor = await add_visitor(desk, {"name": name, "visit_date": today})
        return await _check_in(house, ByHand(visitor.id, None), account)
    group = {"organisation": name, "kind": Kind.CITIZENS, "planned": people, "visit_date": today}
    delegation = await add_delegation(desk, group | {"name": name, "contact_name": name})
    return await _check_in(house, ByHand(None, delegation.code, people=people), account)


async def find_by_pass(house: House, typed: str) -> tuple[str, str] | None:
    """Return ("visitor", id) or ("delegation", code) of the pass that a scanner typed; None if not ours."""
    signed = read_pass(typed)
    if signed is None:
        return None
    try:
        row = await house.passes.get(signed.id)
    except DomainError:
        return None
    if row.visitor_id is not None:
        return "visitor", row.visitor_id
    return ("delegation", row.delegation) if row.delegation else None


async def receipts_of(house: House, account: str) -> Sequence[Any]:
    """Return what an account has checked in by hand today, latest first."""
    zone = ZoneInfo(house.space.timezone)
    midnight = datetime.combine(house.space.day_of(house.clock.now()), time(), tzinfo=zone)
    return await house.database.read(list_receipts, account, midnight.astimezone(UTC), RECEIPTS)


async def _check_in(house: House, wish: ByHand, account: str) -> Outcome:
    name = ""
    try:
        if wish.visitor is not None:
            name = (await get_visitor(house.database, wish.visitor)).name or ""
        else:
            name = (await get_delegation(house.database, wish.delegation or "")).name
        return Outcome(wish, name, await check_in_by_hand(house, wish, account))
    except DomainError as error:
        return Outcome(wish, name or wish.delegation or "", {}, error)
