"""The day as the desk sees it: who is received, who is inside, to come or gone, and what needs a hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from server.domain.delegation_list import Hand, hands_of
from server.domain.delegations import DelegationFilter, DelegationRecord, Status
from server.services.board import Board, get_board
from server.services.cases import open_cases
from server.services.delegation_list import find_chosen
from server.services.delegations import list_delegations
from server.services.house import House
from server.services.messages import count_by_state

Group = Literal["receiving", "inside", "expected", "left", "off"]
GROUPS: tuple[Group, ...] = ("receiving", "inside", "expected", "left", "off")
LATE_AFTER = timedelta(minutes=5)
_MOST = 500
_SOON = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class Row:
    """A delegation of the day. `late_minutes` is how long it is overdue, of the local slot `at`; 0 when it is not."""

    delegation: DelegationRecord
    group: Group
    at: datetime | None
    until: datetime | None
    late_minutes: int
    hands: frozenset[Hand]

    @property
    def state(self) -> str:
        """Return what its chip says, as the macro `standing` names it."""
        if self.late_minutes:
            return "late"
        status = self.delegation.status
        return "expected" if status is Status.CONFIRMED else str(status)


@dataclass(frozen=True, slots=True)
class Today:
    """The day: its rows in groups, what needs somebody, and the figures above."""

    day: date
    now: datetime
    is_today: bool
    rows: Sequence[Row]
    board: Board
    occupancy: dict[str, Any]
    admissions: int
    cases: int
    unsent: int
    requests: int
    lost_devices: Sequence[str]

    def of(self, group: Group) -> list[Row]:
        """Return the rows of a group."""
        return [row for row in self.rows if row.group == group]

    @property
    def late(self) -> list[Row]:
        return [row for row in self.rows if row.late_minutes]

    @property
    def unguided(self) -> list[Row]:
        """Return those to come who have no guide, the soonest first."""
        return [row for row in self.rows if row.group in ("receiving", "expected") and Hand.GUIDE in row.hands]

    @property
    def supported(self) -> list[Row]:
        """Return those to come, or here, with whom somebody needs help."""
        here = [row for row in self.rows if row.group in ("receiving", "inside", "expected")]
        return [row for row in here if row.delegation.needs]

    @property
    def crowded(self) -> list[dict[str, Any]]:
        """Return the zones that are nearly full or full."""
        return [zone for zone in self.occupancy["zones"] if zone["level"] in ("amber", "red")]

    @property
    def expected(self) -> int:
        """Return how many delegations of the day were or are to come."""
        return sum(row.group != "off" for row in self.rows)

    @property
    def came(self) -> int:
        return sum(row.delegation.arrived > 0 for row in self.rows)


async def read_today(house: House, devices: Iterable[str], day: date | None = None) -> Today:
    """Return a day of the desk, today unless another is asked for; `devices` are those that hold a socket now."""
    now = house.space.local(house.clock.now())
    shown = day or now.date()
    found = await list_delegations(house.database, DelegationFilter(day=shown), limit=_MOST)
    arrivals = await house.arrivals.state()
    if shown == now.date():
        known = {delegation.code for delegation in found}
        # Whoever is here on another day than theirs.
        strayed = [group["code"] for group in arrivals["inside"] if group["code"] not in known]
        found = [*found, *(await find_chosen(house.database, strayed) if strayed else ())]
    rows = [_row(house, delegation, now, shown) for delegation in found]
    rows.sort(key=lambda row: (row.at is None, row.at or now, row.delegation.id))
    connected = frozenset(devices)
    return Today(
        day=shown,
        now=now,
        is_today=shown == now.date(),
        rows=rows,
        board=await get_board(house.database, house.space, shown, 1, house.clock.now()),
        occupancy=await house.occupancy.state(),
        admissions=arrivals["admissions"],
        cases=await open_cases(house.database),
        unsent=(await count_by_state(house.database)).get("given_up", 0),
        requests=sum(row.delegation.status is Status.REQUESTED for row in rows),
        lost_devices=[
            device.name
            for device in await house.devices.page("", _MOST)
            if not device.revoked_at and device.role in ("gate", "desk", "exhibit") and device.id not in connected
        ],
    )


def _row(house: House, delegation: DelegationRecord, now: datetime, shown: date) -> Row:
    at = house.space.local(delegation.slot_at) if delegation.slot_at else None
    status, late = delegation.status, 0
    if status is Status.CONFIRMED and at is not None and shown == now.date() and now - at >= LATE_AFTER:
        late = int((now - at).total_seconds() // 60)
    until = at + timedelta(minutes=delegation.minutes) if at else None
    return Row(delegation, _group(status, at, now, late=late), at, until, late, hands_of(delegation))


def _group(status: Status, at: datetime | None, now: datetime, *, late: int) -> Group:
    if status in (Status.CANCELLED, Status.NO_SHOW):
        return "off"
    if status is Status.INSIDE:
        return "inside"
    if status is Status.LEFT:
        return "left"
    is_due = at is not None and at.date() == now.date() and at - now <= timedelta(minutes=10)
    return "receiving" if status is Status.ARRIVING or late or (status is Status.CONFIRMED and is_due) else "expected"
