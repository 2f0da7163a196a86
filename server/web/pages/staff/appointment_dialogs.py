"""The two dialogs of the appointments' page: a delegation's time, and who goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.requests import Request

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.services.appointments import free_slots
from server.services.delegations import get_delegation
from server.services.guides import guides_for
from server.services.house import House
from server.web.problems import PROBLEMS, sentence_of

MINUTES = (30, 45, 60, 90, 120, 180)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was refused: what was typed, and why."""

    code: str
    form: Mapping[str, str]
    error: DomainError
    is_slot: bool

    @property
    def status(self) -> int:
        return PROBLEMS[self.error.code].status if self.error.code in PROBLEMS else 422

    @property
    def sentence(self) -> str:
        return sentence_of(self.error)


async def slot_dialog(house: House, code: str, values: Mapping[str, str], refused: Refused | None) -> dict[str, Any]:
    """Return what the dialog of a delegation's time shows: the times of a day, full ones too."""
    record = await get_delegation(house.database, code)
    now = house.clock.now()
    day = _day(values.get("on", ""), record.visit_date or house.space.day_of(now))
    minutes = min(max(number_in(values, "minutes") or record.minutes, 5), 1_440)
    slots = await free_slots(
        house.database, house.space, day, record.count.covers or 1, minutes=minutes, leaving_out=record.code, now=now
    )
    return {
        "record": record,
        "day": day,
        "minutes": minutes,
        "lengths": sorted({*MINUTES, minutes}),
        "slots": slots,
        "at": house.space.local(record.slot_at) if record.slot_at else None,
        "chosen": _chosen_time(house, record, values),
        "problem": refused.sentence if refused else "",
        "typed": refused.form if refused else {},
        "nearest": refused.error.arguments.get("free", []) if refused else [],
        "may_force": bool(refused and refused.error.code == "slot_taken"),
    }


async def guide_dialog(house: House, code: str, refused: Refused | None) -> dict[str, Any]:
    """Return what the dialog of a delegation's guides shows: who could go, and what speaks against each."""
    record, candidates = await guides_for(house.database, house.space, code)
    return {
        "record": record,
        "candidates": candidates,
        "at": house.space.local(record.slot_at) if record.slot_at else None,
        "problem": refused.sentence if refused else "",
        "refused": refused.form.get("guide", "") if refused else "",
    }


def path_word(request: Request, name: str) -> str:
    """Return a part of the address that names something. Raise `not_found` for what no database can hold."""
    word: str = request.path_params[name]
    if "\x00" in word:
        raise DomainError("not_found")
    return word


def number_in(values: Mapping[str, str], name: str) -> int | None:
    """Return a number that was typed; None where there is none, or one of more digits than anything here has."""
    text = values.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _chosen_time(house: House, record: DelegationRecord, values: Mapping[str, str]) -> str:
    if values.get("at"):
        return values["at"]
    return house.space.local(record.slot_at).isoformat() if record.slot_at else ""


def _day(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if 2000 <= day.year < 2100 else otherwise
