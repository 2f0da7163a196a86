"""Delegations: their kinds, their life, the number of people they stand for, their codes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from server.domain.errors import DomainError
from server.domain.text import search_key

MAX_PLANNED = 10_000
"""More people than that are no delegation but a mistake of typing."""

_CODE = re.compile(r"D(\d{1,9})")


class Kind(StrEnum):
    """What sort of group it is; `district` before 1 July 2025, `commune` after."""

    AGENCY = "agency"
    DISTRICT = "district"
    COMMUNE = "commune"
    ENTERPRISE = "enterprise"
    SCHOOL = "school"
    CITIZENS = "citizens"
    INTERNATIONAL = "international"
    PRESS = "press"
    OTHER = "other"


class Status(StrEnum):
    """Where a delegation is in its life."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ARRIVING = "arriving"
    INSIDE = "inside"
    LEFT = "left"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


SETTABLE = frozenset({Status.REQUESTED, Status.CONFIRMED, Status.NO_SHOW})
"""What people decide. The others are seen (arriving, inside, left) or come by cancelling."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """A delegation's numbers: `unnamed_inside` came on its pass, `members_inside` on their own standing."""

    planned: int
    named: int
    unnamed_inside: int = 0
    members_inside: int = 0
    arrived: int = 0

    @property
    def covers(self) -> int:
        """Return how many people the delegation stands for."""
        return covers(self.planned, self.named)

    @property
    def inside(self) -> int:
        return self.unnamed_inside + self.members_inside

    def changed(self, *, planned: int | None = None, members: int = 0) -> "Headcount":
        """Return the numbers with another planned headcount, or `members` more (or fewer) named people."""
        return replace(self, planned=self.planned if planned is None else planned, named=self.named + members)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRecord:
    """A delegation as it stands in the register, its organisation's name, and who of it is inside."""

    id: int
    code: str
    name: str
    organisation: str | None
    kind: str
    decided: str
    planned: int
    named: int
    arrived: int
    unnamed_inside: int
    members_inside: int
    visit_date: date | None
    slot_at: datetime | None
    minutes: int
    leader_id: str | None
    leader_name: str
    leader_title: str
    contact_name: str
    phone: str | None
    email: str | None
    language: str
    purpose: str
    sector: str
    needs: str
    notes: str
    letter: str
    guide: str
    zones: list[str] | None
    cancel_reason: str
    version: int
    organisation_id: str | None = None
    merged_into: str | None = None

    @property
    def count(self) -> Headcount:
        return Headcount(self.planned, self.named, self.unnamed_inside, self.members_inside, self.arrived)

    @property
    def status(self) -> Status:
        return status_of(self.decided, self.count)


@dataclass(frozen=True, slots=True)
class DelegationFilter:
    """What a list of delegations is narrowed to; `words` are folded, and each must be found."""

    words: Sequence[str] = ()
    kind: str | None = None
    day: date | None = None
    status: str | None = None


def covers(planned: int, named: int) -> int:
    """Return the larger of planned headcount and named members; an erased person is still one of `named`."""
    return max(planned, named)


def demand_room(before: Headcount, after: Headcount) -> None:
    """Raise `covers_below_inside` when a change would leave more people inside than it stands for."""
    if after.covers < min(before.covers, after.inside):
        raise DomainError("covers_below_inside", covers=after.covers, inside=after.inside)


def demand_confirmable(delegation: DelegationRecord) -> None:
    """Raise `cancelled_delegation`, `already_came` or `slot_missing` when a delegation cannot be confirmed."""
    if delegation.decided == Status.CANCELLED:
        raise DomainError("cancelled_delegation", delegation=delegation.code)
    if delegation.arrived:
        raise DomainError("already_came", delegation=delegation.code)
    if delegation.slot_at is None:
        raise DomainError("slot_missing", delegation=delegation.code)


def status_of(decided: str, count: Headcount) -> Status:
    """Return where a delegation is: what people decided, unless its people have been seen since."""
    if decided == Status.CANCELLED:
        return Status.CANCELLED
    if count.inside:
        return Status.INSIDE if count.arrived >= count.covers else Status.ARRIVING
    return Status.LEFT if count.arrived else Status(decided)


def next_code(taken: Iterable[str]) -> str:
    """Return the code after the highest of the form `D017`; one that was ever given is never given again."""
    numbers = (int(match[1]) for match in map(_CODE.fullmatch, taken) if match)
    return f"D{max(numbers, default=0) + 1:03}"


def delegation_search_key(*, code: str, name: str, organisation: str, leader: str, phone: str | None) -> str:
    """Return what a search for a delegation looks through; a phone is found as dialled at home and abroad."""
    national = f"0{phone[3:]}" if phone and phone.startswith("+84") else ""
    return search_key(" ".join((code, name, organisation, leader, national, phone or "")))


def settle_appointment(
    changes: Mapping[str, Any],
    timezone: str,
    *,
    visit_date: date | None = None,
    slot_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the changes with day and slot in step: a slot says its day, a moved day takes its slot along.

    Raise `slot_not_on_day` when both are given and differ.
    """
    settled = dict(changes)
    zone = ZoneInfo(timezone)
    slot = settled.get("slot_at")
    if slot is not None:
        day = slot.astimezone(zone).date()
        if settled.get("visit_date", day) != day:
            raise DomainError("slot_not_on_day", slot=slot.astimezone(zone).isoformat(), day=str(settled["visit_date"]))
        settled["visit_date"] = day
    elif "visit_date" in settled and "slot_at" not in settled and slot_at is not None:
        day = settled["visit_date"]
        time = slot_at.astimezone(zone).time()
        settled["slot_at"] = datetime.combine(day, time, zone) if day is not None else None
    return settled
