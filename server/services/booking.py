"""Give a delegation its time, move it, or take it away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.domain.appointments import Wish
from server.domain.delegations import DelegationRecord, Status
from server.domain.errors import DomainError
from server.domain.holidays import official_holidays
from server.services.appointments import take_slot
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.services.messages import queue_step
from server.storage.audit import append_line
from server.storage.delegations import find_delegation, update_delegation


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a delegation shall come: from `at` (None: no time), for so many minutes.

    `force` is the reason to do it although the rules speak against it; `version` is what the change was made on.
    """

    at: datetime | None
    minutes: int = 60
    force: str = ""
    version: int | None = None


async def place_delegation(desk: Desk, code: str, placing: Placing) -> DelegationRecord:
    """Give a delegation a time. Of two who take the last places at once, one gets them.

    Raise `unknown_delegation`, `edit_conflict`, `cancelled_delegation`, and `slot_taken` unless it is forced.
    """
    if placing.at is not None:
        official_holidays(placing.at.year)
    return await desk.database.write(_place, desk, code, placing)


def _place(connection: Connection, desk: Desk, code: str, placing: Placing) -> DelegationRecord:
    old = hold_delegation(connection, code)
    if placing.version is not None and placing.version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    if old.decided == Status.CANCELLED:
        raise DomainError("cancelled_delegation", delegation=old.code)
    if placing.at == old.slot_at and placing.minutes == old.minutes:
        return old
    overruled = _take(connection, desk, old, placing)
    changes: dict[str, object] = {"slot_at": placing.at, "minutes": placing.minutes}
    if placing.at is not None:
        changes["visit_date"] = desk.space.day_of(placing.at)
    before = {key: getattr(old, key) for key in changes}
    update_delegation(connection, old.id, changes | {"updated_at": desk.at})
    after = changes | ({"overruled": overruled, "reason": placing.force} if overruled else {})
    append_line(connection, desk.entry("place_delegation", f"delegation:{old.code}", before=before, after=after))
    new = find_delegation(connection, old.code) or old
    # Whoever was told of a time is told of the new one; a request hears of its time when it is confirmed.
    if new.decided == Status.CONFIRMED and new.slot_at is not None:
        queue_step(connection, desk, new, "changed")
    return new


def _take(connection: Connection, desk: Desk, old: DelegationRecord, placing: Placing) -> str:
    """Take the time; return what was overruled by force, an empty text when nothing was."""
    if placing.at is None:
        return ""
    wish = Wish(placing.at, old.count.covers or 1, placing.minutes)
    try:
        take_slot(connection, desk.space, wish, leaving_out=old.code, now=desk.at)
    except DomainError as error:
        if error.code != "slot_taken" or not placing.force.strip():
            raise
        return str(error.arguments["reason"])
    return ""
