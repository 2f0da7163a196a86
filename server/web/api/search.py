"""`GET /api/v1/search`: one line typed, people and delegations found."""

from datetime import date, datetime
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from server.domain.roles import Right
from server.services.search import search
from server.web.auth import principal_of
from server.web.openapi import Model, operation
from server.web.templating import house_of


class SearchQuery(Model):
    """What was typed, and how many hits are wanted."""

    q: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class HitOut(BaseModel):
    """What was found, and by which field: `spelling` when a word had to be read as another."""

    kind: Literal["visitor", "delegation", "organisation"]
    id: str
    title: str
    subtitle: str
    field: Literal["code", "short", "phone", "name", "spelling"]
    day: date | None
    slot_at: datetime | None
    inside: bool
    arrived: int
    covers: int
    needs_help: bool


class Hits(BaseModel):
    items: list[HitOut]
    next: None = None


@operation("search", right=Right.READ_DELEGATIONS, answers={200: Hits})
async def find(request: Request, query: SearchQuery) -> Response:
    """Find people, delegations and organisations by name without marks, phone or code; people for who may see them."""
    principal = await principal_of(request)
    house = house_of(request)
    today = house.space.day_of(house.clock.now())
    with_people = Right.READ_VISITORS in principal.rights
    hits = await search(house.database, query.q, day=today, limit=query.limit, with_people=with_people)
    items = [
        {
            "kind": hit.kind, "id": hit.id, "title": hit.title, "subtitle": hit.subtitle, "field": hit.field,
            "day": hit.day, "slot_at": hit.slot_at, "inside": bool(hit.places), "arrived": hit.arrived,
            "covers": hit.covers, "needs_help": hit.needs_help,
        }
        for hit in hits
    ]  # fmt: skip
    return Response(orjson.dumps({"items": items, "next": None}), media_type="application/json")
