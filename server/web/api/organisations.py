"""The API for organisations, merging, confirming, and the protocol sheets of visits."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.domain.delegations import Kind
from server.domain.organisations import OrganisationRecord, read_tax_code
from server.domain.protocol import Guest, Moment, ProtocolSheet
from server.domain.roles import Right
from server.services import merging, protocol
from server.services import organisations as service
from server.services.delegations import confirm_delegation
from server.web.api import records
from server.web.api.delegations import DelegationOut, reply_delegation
from server.web.api.records import unset
from server.web.openapi import Model, Page, operation, reply
from server.web.templating import house_of

_MOST = 100


class OrganisationOut(Model):
    """An organisation. After `valid_to` its visits stay under its name; new ones are proposed to the successor."""

    id: str
    name: str
    kind: str
    tax_code: str | None
    valid_from: date | None
    valid_to: date | None
    successor_id: str | None
    successor: str | None
    merged_into: str | None
    delegations: int
    version: int


class OrganisationList(Model):
    items: list[OrganisationOut]
    next: str | None


class OrganisationChange(Model):
    """What shall change; what is left out stays. `version` (or If-Match) refuses a change of what others changed."""

    name: records.Name = unset()
    kind: Kind = unset()
    tax_code: Annotated[str, Field(max_length=40)] | None = unset()
    valid_from: records.Day | None = unset()
    valid_to: records.Day | None = unset()
    successor_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = unset()
    version: records.Version | None = unset()


class OrganisationPage(Page):
    """Which organisations: `q` is looked for in the name, accents and case aside; `current` asks who still exists."""

    q: Annotated[str, Field(max_length=200)] | None = None
    kind: Kind | None = None
    current: bool | None = None


class Merge(Model):
    """`into` stays: a delegation's code, or an organisation's id."""

    into: Annotated[str, Field(max_length=32, pattern=r"^[0-9A-Za-z-]+$")]


class GuestFields(Model):
    name: records.Name
    title: records.Short = ""


class MomentFields(Model):
    """`at` is `09:30`, or empty."""

    at: Annotated[str, Field(pattern=r"^([01]\d:[0-5]\d|2[0-3]:[0-5]\d)?$")] = ""
    what: records.Short = ""


class Sheet(Model):
    """A protocol sheet: guests in the order in which they are named, hosts, timing, interpreter, room, seats."""

    order: Annotated[list[GuestFields], Field(max_length=_MOST, default_factory=list)]
    hosts: Annotated[list[GuestFields], Field(max_length=_MOST, default_factory=list)]
    timing: Annotated[list[MomentFields], Field(max_length=_MOST, default_factory=list)]
    interpreter: records.Short = ""
    room: records.Short = ""
    seats: Annotated[list[records.Short], Field(max_length=_MOST, default_factory=list)]
    remarks: records.Notes = ""


@operation("organisations", right=Right.READ_DELEGATIONS, answers={200: OrganisationList})
async def list_organisations(request: Request, query: OrganisationPage) -> Response:
    """List the organisations by their names."""
    words = records.words_of(query.q)
    if words is None:
        return reply(OrganisationList(items=[], next=None))
    house = house_of(request)
    wanted = service.OrganisationFilter(words, query.kind, query.current)
    after = await _place(request, query.cursor)
    today = house.space.day_of(house.clock.now())
    found = await service.list_organisations(house.database, wanted, today, after=after, limit=query.limit)
    next_ = found[-1].id if len(found) == query.limit else None
    return reply(OrganisationList(items=[_out(one) for one in found], next=next_))


@operation("organisations", right=Right.READ_DELEGATIONS, answers={200: OrganisationOut}, problems=(404,))
async def get_organisation(request: Request) -> Response:
    """Get an organisation by its id."""
    return _reply(await service.get_organisation(house_of(request).database, request.path_params["id"]))


@operation("organisations", right=Right.EDIT_DELEGATIONS, answers={200: OrganisationOut}, problems=(404, 409))
async def change_organisation(request: Request, body: OrganisationChange) -> Response:
    """Change an organisation: its name, its span, who follows it."""
    changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"version"})
    if changes.get("tax_code") is not None:
        changes["tax_code"] = read_tax_code(changes["tax_code"])
    if "kind" in changes:
        changes["kind"] = changes["kind"].value
    version = records.wanted_version(request, body.version)
    desk, id_ = await records.desk_of(request), request.path_params["id"]
    return _reply(await service.change_organisation(desk, id_, changes, version=version))


@operation("organisations", right=Right.EDIT_DELEGATIONS, answers={200: OrganisationOut}, problems=(404, 409))
async def merge_organisation(request: Request, body: Merge) -> Response:
    """Merge an organisation into another one, which stays and gets its delegations."""
    desk, id_ = await records.desk_of(request), request.path_params["id"]
    return _reply(await service.merge_organisation(desk, id_, body.into))


@operation("delegations", right=Right.EDIT_DELEGATIONS, answers={200: DelegationOut}, problems=(404, 409))
async def confirm(request: Request) -> Response:
    """Confirm a delegation that asked to come; doing it again changes nothing."""
    done = await confirm_delegation(await records.desk_of(request), request.path_params["code"])
    return await reply_delegation(request, done)


@operation("delegations", right=Right.EDIT_VISITORS, answers={200: DelegationOut}, problems=(404, 409))
async def merge_delegation(request: Request, body: Merge) -> Response:
    """Merge a delegation into another one, which stays and gets its members, passes and visits."""
    desk, code = await records.desk_of(request), request.path_params["code"]
    return await reply_delegation(request, await merging.merge_delegation(desk, code, body.into))


@operation("delegations", right=Right.READ_VISITORS, answers={200: Sheet}, problems=(404,))
async def get_protocol(request: Request) -> Response:
    """Get the protocol sheet of a delegation, an empty one if nobody wrote any."""
    return await _sheet(request)


@operation("delegations", right=Right.EDIT_VISITORS, answers={200: Sheet}, problems=(404, 409))
async def put_protocol(request: Request, body: Sheet) -> Response:
    """Keep the protocol sheet of a delegation. An If-Match with its version refuses what others changed."""
    sent = body.model_dump()
    sheet = ProtocolSheet(
        **sent
        | {"order": [Guest(**one) for one in sent["order"]], "hosts": [Guest(**one) for one in sent["hosts"]]}
        | {"timing": [Moment(**one) for one in sent["timing"]]}
    )
    version = records.wanted_version(request, None)
    code = request.path_params["code"]
    await protocol.change_sheet(await records.desk_of(request), code, sheet, version=version)
    return await _sheet(request)


async def _sheet(request: Request) -> Response:
    one, sheet = await protocol.get_sheet(house_of(request).database, request.path_params["code"])
    answer = Sheet(
        order=[GuestFields(name=guest.name, title=guest.title) for guest in sheet.order],
        hosts=[GuestFields(name=guest.name, title=guest.title) for guest in sheet.hosts],
        timing=[MomentFields(at=moment.at, what=moment.what) for moment in sheet.timing],
        interpreter=sheet.interpreter,
        room=sheet.room,
        seats=sheet.seats,
        remarks=sheet.remarks,
    )
    response = reply(answer)
    response.headers["ETag"] = f'"{one.version}"'
    return response


async def _place(request: Request, cursor: str) -> tuple[str, str] | None:
    """Return where the list goes on: behind the organisation whose id is the cursor. Raise `bad_cursor`."""
    if not records.id_cursor(cursor):
        return None
    last = await service.get_organisation(house_of(request).database, cursor)
    return last.search_key, last.id


def _reply(record: OrganisationRecord) -> Response:
    response = reply(_out(record))
    response.headers["ETag"] = f'"{record.version}"'
    return response


def _out(record: OrganisationRecord) -> OrganisationOut:
    return OrganisationOut(**{name: getattr(record, name) for name in OrganisationOut.model_fields})
