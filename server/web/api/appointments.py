"""Appointments: free times, a delegation's time and guides, and who guides and interprets."""

from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from server.domain.delegations import MAX_PLANNED, DelegationRecord
from server.domain.errors import DomainError
from server.domain.guides import Guide
from server.domain.roles import Right
from server.domain.space import Space
from server.services import guides as guide_service
from server.services.appointments import Slot as FreeSlot
from server.services.appointments import free_slots
from server.services.booking import Placing, place_delegation
from server.web.api import records
from server.web.i18n import gettext as _
from server.web.openapi import Line, Model, Query, operation, reply
from server.web.templating import house_of

_Languages = Annotated[list[records.Language], Field(min_length=1, max_length=20)]


def _plausible(day: date) -> date:
    if not 2000 <= day.year < 2100:
        raise PydanticCustomError("impossible_date", _("Ngày phải nằm trong khoảng từ năm 2000 đến 2099."))
    return day


class SlotQuery(Query):
    """Which times: of a day, for so many people, for so long. `delegation` is one that is to be moved."""

    day: Annotated[records.QueryDay, AfterValidator(_plausible)]
    people: Annotated[int, Field(ge=1, le=MAX_PLANNED)] = 1
    minutes: Annotated[int, Field(ge=5, le=1_440)] = 60
    delegation: records.Code | None = None


class SlotOut(Model):
    """A time to come at. `taken` and `free` are people at its fullest moment; `reason` says why it cannot be had."""

    at: datetime
    minutes: int
    capacity: int
    taken: int
    free: int
    reason: Literal["past", "holiday", "closed", "outside_hours", "too_many", "full"] | None


class SlotList(Model):
    items: list[SlotOut]
    next: str | None


class AppointmentIn(Model):
    """A delegation's time; null takes it away. `force` is the reason to do it against the rules."""

    at: records.Slot | None
    minutes: Annotated[int, Field(ge=5, le=1_440)] = 60
    force: Line = ""
    version: records.Version | None = None


class AppointmentOut(Model):
    """A delegation's time, and the name of its guide."""

    delegation: str
    visit_date: date | None
    at: datetime | None
    minutes: int
    guide: str
    version: int


class SpanOut(Model):
    opens: time
    closes: time


class GuideOut(Model):
    """A guide or an interpreter. `hours` has a list of spans for each weekday, Monday first."""

    id: str
    name: str
    kind: Literal["guide", "interpreter"]
    languages: list[str]
    hours: list[list[SpanOut]]
    days_off: list[tuple[date, date]]
    note: str
    is_active: bool
    version: int


class GuideList(Model):
    items: list[GuideOut]
    next: str | None


class GuideIn(Model):
    """A guide or an interpreter. `hours` has a list of spans for each weekday, Monday first; what lacks is free."""

    name: records.Name
    kind: Literal["guide", "interpreter"] = "guide"
    languages: _Languages
    hours: Annotated[list[Annotated[list[SpanOut], Field(max_length=6)]], Field(max_length=7, default_factory=list)]
    days_off: Annotated[list[tuple[records.Day, records.Day]], Field(max_length=60, default_factory=list)]
    note: records.Short = ""
    is_active: bool = True


class AssignmentIn(Model):
    """Who goes with the delegation; `force` is the reason to let them although something speaks against it."""

    guide: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    force: Line = ""


@operation("appointments", right=Right.READ_DELEGATIONS, answers={200: SlotList})
async def list_slots(request: Request, query: SlotQuery) -> Response:
    """List the times of a day at which the space is open, full ones too."""
    house = house_of(request)
    slots = await free_slots(
        house.database,
        house.space,
        query.day,
        query.people,
        minutes=query.minutes,
        leaving_out=query.delegation,
        now=house.clock.now(),
    )
    return reply(SlotList(items=[_slot_out(slot) for slot in slots], next=None))


@operation("appointments", right=Right.EDIT_DELEGATIONS, answers={200: AppointmentOut}, problems=(404, 409))
async def place_appointment(request: Request, body: AppointmentIn) -> Response:
    """Give a delegation a time, or take it away; a refusal names its reason and the nearest free times."""
    placing = Placing(body.at, body.minutes, body.force, records.wanted_version(request, body.version))
    placed = await place_delegation(await records.desk_of(request), request.path_params["code"], placing)
    return reply(_appointment_out(placed, house_of(request).space))


@operation("appointments", right=Right.EDIT_DELEGATIONS, answers={200: AppointmentOut}, problems=(404, 409))
async def assign_guide(request: Request, body: AssignmentIn) -> Response:
    """Let a guide or interpreter go with a delegation; a refusal names what speaks against it."""
    desk = await records.desk_of(request)
    record = await guide_service.assign_guide(desk, request.path_params["code"], body.guide, force=body.force)
    return reply(_appointment_out(record, desk.space))


@operation("appointments", right=Right.EDIT_DELEGATIONS, answers={200: AppointmentOut}, problems=(404,))
async def unassign_guide(request: Request) -> Response:
    """End an assignment; doing it again changes nothing."""
    desk = await records.desk_of(request)
    record = await guide_service.unassign_guide(desk, request.path_params["code"], request.path_params["guide"])
    return reply(_appointment_out(record, desk.space))


@operation("guides", right=Right.READ_VISITORS, answers={200: GuideList})
async def list_guides(request: Request) -> Response:
    """List guides, then interpreters, each by name."""
    found = await guide_service.list_guides(house_of(request).database)
    return reply(GuideList(items=[_guide_out(one) for one in found], next=None))


@operation("guides", right=Right.EDIT_DELEGATIONS, answers={201: GuideOut})
async def add_guide(request: Request, body: GuideIn) -> Response:
    """Add a guide or an interpreter."""
    added = await guide_service.add_guide(await records.desk_of(request), _columns(body))
    return reply(_guide_out(added), 201)


def _columns(body: GuideIn) -> dict[str, object]:
    """Return what is stored. Raise `bad_hours` when a span closes before it opens or two overlap."""
    hours = []
    for spans in body.hours:
        pairs = sorted((one.opens.replace(tzinfo=None), one.closes.replace(tzinfo=None)) for one in spans)
        ends = [time.min, *(closes for _, closes in pairs)]
        if any(opens >= closes or opens < before for before, (opens, closes) in zip(ends, pairs, strict=False)):
            raise DomainError("bad_hours")
        hours.append([[opens.isoformat(), closes.isoformat()] for opens, closes in pairs])
    days = [[min(pair).isoformat(), max(pair).isoformat()] for pair in body.days_off]
    return body.model_dump(exclude={"hours", "days_off"}) | {"hours": hours, "days_off": days}


def _slot_out(slot: FreeSlot) -> SlotOut:
    return SlotOut.model_validate(
        {name: getattr(slot, name) for name in ("at", "minutes", "capacity", "taken", "free")}
        | {"reason": str(slot.reason) if slot.reason else None}
    )


def _appointment_out(record: DelegationRecord, space: Space) -> AppointmentOut:
    return AppointmentOut(
        delegation=record.code,
        visit_date=record.visit_date,
        at=space.local(record.slot_at) if record.slot_at else None,
        minutes=record.minutes,
        guide=record.guide,
        version=record.version,
    )


def _guide_out(guide: Guide) -> GuideOut:
    return GuideOut(
        id=guide.id,
        name=guide.name,
        kind="interpreter" if guide.kind == "interpreter" else "guide",
        languages=list(guide.languages),
        hours=[[SpanOut(opens=opens, closes=closes) for opens, closes in spans] for spans in guide.hours],
        days_off=list(guide.days_off),
        note=guide.note,
        is_active=guide.is_active,
        version=guide.version,
    )
