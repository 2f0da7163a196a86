"""Visitors: register, find, change, erase."""

from datetime import date
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.domain.people import VisitorFilter, VisitorRecord
from server.domain.roles import Right
from server.services import delegations
from server.services import people as service
from server.web.api import records
from server.web.api.records import unset
from server.web.openapi import Model, Page, operation, reply
from server.web.templating import house_of


class Member(Model):
    """A person to be registered in a delegation."""

    name: records.Name
    title: records.Short = ""
    organisation: records.Short = ""
    phone: records.Phone | None = None
    email: records.Email | None = None
    language: records.Language = "vi"
    needs: records.Notes = ""
    notes: records.Notes = ""


class VisitorIn(Member):
    """A person to be registered; without a delegation, a walk-in, whose appointment is `visit_date`."""

    delegation: records.Code | None = None
    visit_date: records.Day | None = None


class VisitorChange(Model):
    """What shall change; what is left out stays. `version` (or If-Match) refuses a change of what others changed."""

    name: records.Name = unset()
    title: records.Short = unset()
    organisation: records.Short = unset()
    phone: records.Phone | None = unset()
    email: records.Email | None = unset()
    language: records.Language = unset()
    needs: records.Notes = unset()
    notes: records.Notes = unset()
    delegation: records.Code | None = unset()
    visit_date: records.Day | None = unset()
    version: records.Version | None = unset()


class VisitorOut(Model):
    """A visitor; `inside` is the zone where they are on their own standing. An erased one has no name."""

    id: str
    delegation: str | None
    name: str | None
    title: str
    organisation: str
    phone: str | None
    email: str | None
    language: str
    needs: str
    notes: str
    visit_date: date | None
    inside: str | None
    erased: bool
    version: int


class VisitorList(Model):
    items: list[VisitorOut]
    next: str | None


class VisitorPage(Page):
    """Which visitors: `q` is looked for in name, phone and the delegation's code, accents and case aside."""

    q: Annotated[str, Field(max_length=200)] | None = None
    delegation: records.Code | None = None
    inside: bool | None = None


@operation("visitors", right=Right.READ_VISITORS, answers={200: VisitorList}, problems=(404,))
async def list_visitors(request: Request, query: VisitorPage) -> Response:
    """List the visitors, in the order of their registration."""
    database = house_of(request).database
    words = records.words_of(query.q)
    if words is None:
        return reply(VisitorList(items=[], next=None))
    delegation_id = None
    if query.delegation is not None:
        delegation_id = (await delegations.get_delegation(database, query.delegation)).id
    wanted = VisitorFilter(words, delegation_id, query.inside)
    after = records.id_cursor(query.cursor)
    found = await service.list_visitors(database, wanted, after=after, limit=query.limit)
    next_ = found[-1].id if len(found) == query.limit else None
    return reply(VisitorList(items=[visitor_out(one) for one in found], next=next_))


@operation("visitors", right=Right.EDIT_VISITORS, answers={201: VisitorOut}, problems=(404, 409))
async def add_visitor(request: Request, body: VisitorIn) -> Response:
    """Register a visitor: a member of a delegation, or a walk-in."""
    added = await service.add_visitor(await records.desk_of(request), body.model_dump(exclude_unset=True))
    response = _reply(added, 201)
    response.headers["Location"] = f"/api/v1/visitors/{added.id}"
    return response


@operation("visitors", right=Right.READ_VISITORS, answers={200: VisitorOut}, problems=(404,))
async def get_visitor(request: Request) -> Response:
    """Get a visitor by their id."""
    return _reply(await service.get_visitor(house_of(request).database, request.path_params["id"]))


@operation("visitors", right=Right.EDIT_VISITORS, answers={200: VisitorOut}, problems=(404, 409))
async def change_visitor(request: Request, body: VisitorChange) -> Response:
    """Change a visitor. Who is inside stays in their delegation."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    version = records.wanted_version(request, body.version)
    desk, id_ = await records.desk_of(request), request.path_params["id"]
    return _reply(await service.change_visitor(desk, id_, changes, version=version))


@operation("visitors", right=Right.ERASE_VISITORS, answers={204: None}, problems=(404,))
async def erase_visitor(request: Request) -> Response:
    """Erase a person for good: their data and passes go, counts remain. Doing it again changes nothing."""
    await service.erase_visitor(await records.desk_of(request), request.path_params["id"])
    return Response(status_code=204)


def visitor_out(record: VisitorRecord) -> VisitorOut:
    """Return a visitor as programs get them."""
    return VisitorOut(
        id=record.id,
        delegation=record.delegation,
        name=record.name,
        title=record.title,
        organisation=record.organisation,
        phone=record.phone,
        email=record.email,
        language=record.language,
        needs=record.needs,
        notes=record.notes,
        visit_date=record.visit_date,
        inside=record.inside,
        erased=record.erased_at is not None,
        version=record.version,
    )


def _reply(record: VisitorRecord, status: int = 200) -> Response:
    response = reply(visitor_out(record), status)
    response.headers["ETag"] = f'"{record.version}"'
    return response
