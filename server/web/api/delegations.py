"""Delegations: register, find, change, cancel, and their members."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from server.domain.delegations import SETTABLE, DelegationFilter, DelegationRecord, Kind, Status
from server.domain.people import VisitorFilter
from server.domain.roles import Right
from server.domain.space import Space
from server.domain.text import search_key
from server.services import delegations as service
from server.services import people
from server.web.api import records
from server.web.api.records import unset
from server.web.api.visitors import Member, VisitorList, VisitorOut, visitor_out
from server.web.auth import principal_of
from server.web.i18n import gettext as _
from server.web.openapi import Model, Page, operation, reply
from server.web.templating import house_of


class Contact(Model):
    """Whom to call about the visit; the leader unless `name` says otherwise."""

    name: records.Short = ""
    phone: records.Phone | None = None
    email: records.Email | None = None


class DelegationIn(Model):
    """A delegation to be registered. It needs a name or an organisation; its code is given to it."""

    name: records.Name = unset()
    organisation: records.Name | None = None
    kind: Kind = Kind.OTHER
    status: Status = Status.CONFIRMED
    planned: records.Planned = unset()
    visit_date: records.Day | None = None
    slot_at: records.Slot | None = None
    minutes: records.Minutes = 60
    leader: records.Leader | None = None
    contact: Contact | None = None
    language: records.Language = "vi"
    purpose: records.Notes = ""
    sector: records.Notes = ""
    needs: records.Notes = ""
    notes: records.Notes = ""
    letter: records.Notes = ""
    guide: records.Short = ""
    zones: records.ZoneIds | None = None
    force: records.Force | None = None

    @model_validator(mode="after")
    def _is_called_something(self) -> Self:
        if not self.name and not self.organisation:
            raise PydanticCustomError("name_missing", _("Cần tên đoàn hoặc tên đơn vị."))
        _demand_settable(self.status)
        return self


class DelegationChange(Model):
    """What shall change; what is left out stays. `version` (or If-Match) refuses a change of what others changed."""

    name: records.Name = unset()
    organisation: records.Name | None = unset()
    kind: Kind = unset()
    status: Status = unset()
    planned: records.Planned = unset()
    visit_date: records.Day | None = unset()
    slot_at: records.Slot | None = unset()
    minutes: records.Minutes = unset()
    leader: records.Leader | None = unset()
    contact: Contact | None = unset()
    language: records.Language = unset()
    purpose: records.Notes = unset()
    sector: records.Notes = unset()
    needs: records.Notes = unset()
    notes: records.Notes = unset()
    letter: records.Notes = unset()
    guide: records.Short = unset()
    zones: records.ZoneIds | None = unset()
    version: records.Version | None = unset()
    force: records.Force | None = None

    @model_validator(mode="after")
    def _sets_what_people_decide(self) -> Self:
        if self.status:
            _demand_settable(self.status)
        return self


class Cancellation(Model):
    reason: records.Notes = ""


class LeaderOut(Model):
    name: str = ""
    title: str = ""


class ContactOut(Model):
    name: str = ""
    phone: str | None = None
    email: str | None = None


class DelegationOut(Model):
    """A delegation. `covers` is how many people it stands for, `arrived` the most that were inside at once."""

    code: str
    name: str
    organisation: str | None
    kind: str
    status: Status
    planned: int
    named: int
    covers: int
    inside: int
    arrived: int
    visit_date: date | None
    slot_at: datetime | None
    minutes: int
    leader: LeaderOut
    contact: ContactOut
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


class DelegationList(Model):
    items: list[DelegationOut]
    next: str | None


class DelegationPage(Page):
    """Which delegations: `q` is looked for in code, name, organisation, leader and phone, accents and case aside."""

    q: Annotated[str, Field(max_length=200)] | None = None
    kind: Kind | None = None
    day: Annotated[records.QueryDay | None, Field(alias="date")] = None
    status: Status | None = None


@operation("delegations", right=Right.READ_DELEGATIONS, answers={200: DelegationList})
async def list_delegations(request: Request, query: DelegationPage) -> Response:
    """List the delegations, in the order of their registration."""
    if (words := records.words_of(query.q)) is None:
        return reply(DelegationList(items=[], next=None))
    wanted = DelegationFilter(words, query.kind, query.day, query.status)
    after, house = records.number_cursor(query.cursor), house_of(request)
    found = await service.list_delegations(house.database, wanted, after=after, limit=query.limit)
    next_ = str(found[-1].id) if len(found) == query.limit else None
    knows = await _knows_people(request)
    items = [_out(one, house.space, knows_people=knows) for one in found if knows or _is_found_by(one, words)]
    return reply(DelegationList(items=items, next=next_))


@operation("delegations", right=Right.EDIT_DELEGATIONS, answers={201: DelegationOut}, problems=(409,))
async def add_delegation(request: Request, body: DelegationIn) -> Response:
    """Register a delegation under a new code. A slot without room, from today on, is refused unless it is forced."""
    desk = await records.desk_of(request)
    added = await service.add_delegation(desk, columns_of(body), taking=_taking(body))
    return await reply_delegation(request, added, 201)


@operation("delegations", right=Right.READ_DELEGATIONS, answers={200: DelegationOut}, problems=(404,))
async def get_delegation(request: Request) -> Response:
    """Get a delegation by its code."""
    found = await service.get_delegation(house_of(request).database, request.path_params["code"])
    return await reply_delegation(request, found)


@operation("delegations", right=Right.EDIT_DELEGATIONS, answers={200: DelegationOut}, problems=(404, 409))
async def change_delegation(request: Request, body: DelegationChange) -> Response:
    """Change a delegation; never below the people who are inside, nor into a slot without room unless it is forced."""
    version = records.wanted_version(request, body.version)
    desk, code = await records.desk_of(request), request.path_params["code"]
    changed = await service.change_delegation(desk, code, columns_of(body), version=version, taking=_taking(body))
    return await reply_delegation(request, changed)


@operation("delegations", right=Right.EDIT_DELEGATIONS, answers={200: DelegationOut}, problems=(404,))
async def cancel_delegation(request: Request, body: Cancellation | None) -> Response:
    """Cancel a delegation. Who is inside may leave; doing it again changes nothing."""
    desk, code = await records.desk_of(request), request.path_params["code"]
    return await reply_delegation(
        request, await service.cancel_delegation(desk, code, reason=body.reason if body else "")
    )


@operation("delegations", right=Right.READ_VISITORS, answers={200: VisitorList}, problems=(404,))
async def list_members(request: Request, query: Page) -> Response:
    """List the named members of a delegation, erased ones too."""
    database = house_of(request).database
    delegation = await service.get_delegation(database, request.path_params["code"])
    wanted, after = VisitorFilter(delegation_id=delegation.id), records.id_cursor(query.cursor)
    found = await people.list_visitors(database, wanted, after=after, limit=query.limit)
    next_ = found[-1].id if len(found) == query.limit else None
    return reply(VisitorList(items=[visitor_out(one) for one in found], next=next_))


@operation("delegations", right=Right.EDIT_VISITORS, answers={201: VisitorOut}, problems=(404, 409))
async def add_member(request: Request, body: Member) -> Response:
    """Register a named member of a delegation."""
    values = body.model_dump(exclude_unset=True) | {"delegation": request.path_params["code"]}
    added = await people.add_visitor(await records.desk_of(request), values)
    response = reply(visitor_out(added), 201)
    response.headers["Location"] = f"/api/v1/visitors/{added.id}"
    return response


async def reply_delegation(request: Request, record: DelegationRecord, status: int = 200) -> Response:
    """Return a delegation as an answer; of its people only what the asker may know."""
    knows = await _knows_people(request)
    response = reply(_out(record, house_of(request).space, knows_people=knows), status)
    response.headers["ETag"] = f'"{record.version}"'
    if status == 201:
        response.headers["Location"] = f"/api/v1/delegations/{record.code}"
    return response


async def _knows_people(request: Request) -> bool:
    return Right.READ_VISITORS in (await principal_of(request)).rights


def _is_found_by(record: DelegationRecord, words: list[str]) -> bool:
    """Tell whether what is no person's data holds the words: a search must not tell more than a page would show."""
    text = search_key(f"{record.code} {record.name} {record.organisation or ''}")
    return all(word in text for word in words)


def _out(record: DelegationRecord, space: Space, *, knows_people: bool) -> DelegationOut:
    leader = LeaderOut(name=record.leader_name, title=record.leader_title)
    contact = ContactOut(name=record.contact_name, phone=record.phone, email=record.email)
    return DelegationOut(
        code=record.code,
        name=record.name,
        organisation=record.organisation,
        kind=record.kind,
        status=record.status,
        planned=record.planned,
        named=record.named,
        covers=record.count.covers,
        inside=record.count.inside,
        arrived=record.arrived,
        visit_date=record.visit_date,
        slot_at=space.local(record.slot_at) if record.slot_at else None,
        minutes=record.minutes,
        leader=leader if knows_people else LeaderOut(),
        contact=contact if knows_people else ContactOut(),
        language=record.language,
        purpose=record.purpose,
        sector=record.sector,
        needs=record.needs,
        notes=record.notes if knows_people else "",
        letter=record.letter if knows_people else "",
        guide=record.guide if knows_people else "",
        zones=record.zones,
        cancel_reason=record.cancel_reason if knows_people else "",
        version=record.version,
    )


def columns_of(body: DelegationIn | DelegationChange) -> dict[str, Any]:
    """Return what was sent, by the names of the columns. A leader or contact of null is emptied."""
    sent = body.model_dump(exclude_unset=True, exclude={"version", "force"})
    if "leader" in sent:
        leader = sent.pop("leader")
        leader = {"name": "", "title": ""} if leader is None else leader
        sent |= {f"leader_{key}": value for key, value in leader.items()}
    if "contact" in sent:
        contact = sent.pop("contact")
        contact = {"name": "", "phone": None, "email": None} if contact is None else contact
        sent |= {"contact_name" if key == "name" else key: value for key, value in contact.items()}
    return sent | {key: sent[key].value for key in ("kind", "status") if key in sent}


def _taking(body: DelegationIn | DelegationChange) -> service.Taking:
    return service.Taking(force=body.force.reason if body.force else "", only_room=True)


def _demand_settable(status: Status) -> None:
    if status not in SETTABLE:
        raise PydanticCustomError("status_not_settable", _("Trạng thái này không đặt trực tiếp được."))
