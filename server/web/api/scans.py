"""Scans by a paired kiosk, and the occupancy that they bring about."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.domain.scans import MOST_PEOPLE, SCANS_A_CALL
from server.services.by_hand import ByHand, check_in_by_hand
from server.web.auth import principal_of, require_device
from server.web.openapi import Line, Model, operation
from server.web.templating import house_of

_SCAN = {
    "type": "object",
    "required": ["id", "pass", "at"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "pass": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "direction": {"enum": ["auto", "in", "out"], "default": "auto"},
        "people": {"type": "integer", "minimum": 1},
        "offline": {"type": "boolean", "default": False},
        "reentry": {"type": "boolean", "default": False},
        "force": {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]},
    },
}


class ScanBatch(BaseModel):
    """Scans to answer. A garbled one is answered `malformed` under its id; the others are answered all the same."""

    model_config = ConfigDict(extra="ignore")

    scans: Annotated[list[Annotated[Any, Field(json_schema_extra=_SCAN)]], Field(max_length=SCANS_A_CALL)]


class Named(BaseModel):
    display: str | None
    delegation: str | None


class QueueOut(BaseModel):
    number: int
    ahead: int
    wait_minutes: int | None


class DelegationSeen(BaseModel):
    code: str
    name: str
    covers: int
    inside: int
    arrived: int
    cancelled_at: datetime | None = None
    slot_at: datetime | None = None


class AnswerOut(BaseModel):
    """What a kiosk is told. `people` is the change that was counted."""

    id: str | None
    answer: Literal["admitted", "moved", "present", "left", "refused"]
    code: str | None
    people: int
    zone: str | None
    visitor: Named | None
    guide: str | None
    since: datetime | None
    free: int | None
    queue: QueueOut | None
    repeat: bool
    conflict: str | None
    at: datetime | None = None
    revoked_at: datetime | None = None
    delegation: DelegationSeen | None = None
    max_people: int | None = None


class Answers(BaseModel):
    answers: list[AnswerOut]


class ZoneOut(BaseModel):
    id: str
    name: str
    name_en: str
    people: int
    capacity: int
    level: Literal["quiet", "busy", "amber", "red"]
    glyph: str
    letter: str


class OccupancyOut(BaseModel):
    seq: int
    at: datetime
    people: int
    capacity: int
    level: Literal["quiet", "busy", "amber", "red"]
    error: int
    zones: list[ZoneOut]


@operation("scans", right="device", answers={200: Answers})
async def post_scans(request: Request, body: ScanBatch) -> Response:
    """Answer scans, in the order sent, once they are on disk."""
    device = require_device(await principal_of(request))
    answers = await house_of(request).checkin.answer(body.scans, device.kiosk)
    return Response(orjson.dumps({"answers": answers}), media_type="application/json")


class CheckInRequest(Model):
    """Whom staff check in by hand: a visitor by id or a delegation by code; `reason` forces what is refused."""

    visitor: Line | None = None
    delegation: Line | None = None
    direction: Literal["in", "out"] = "in"
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    zone: Line | None = None
    reason: Line | None = None


@operation("scans", right=Right.CHECK_IN, answers={200: AnswerOut}, problems=(404, 409))
async def check_in(request: Request, body: CheckInRequest) -> Response:
    """Check a visitor or a delegation in or out by hand, with the answer that a kiosk would give."""
    principal = await principal_of(request)
    if (body.visitor is None) == (body.delegation is None):
        raise DomainError("visitor_or_delegation")
    by_hand = ByHand(body.visitor, body.delegation, body.direction, body.people, body.zone, body.reason)
    account = principal.account_id or principal.token_id or ""
    answer = await check_in_by_hand(house_of(request), by_hand, account)
    return Response(orjson.dumps(answer), media_type="application/json")


@operation("occupancy", right="everybody", answers={200: OccupancyOut})
async def get_occupancy(request: Request) -> Response:
    """Tell who is inside, never older than the last answered scan. No names."""
    state = await house_of(request).occupancy.state()
    return Response(orjson.dumps(state), media_type="application/json")
