"""The roll call for programs: who is inside now, staff included."""

from datetime import datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from server.domain.roles import Right
from server.services import roll_call as service
from server.web.auth import principal_of
from server.web.openapi import Model, operation, reply
from server.web.templating import house_of


class RollCallPerson(Model):
    """A person, or `count` people without names. Without the right to names, people are told by number only."""

    name: str | None
    delegation: str | None
    since: datetime | None
    count: int
    kind: Literal["visitor", "staff", "unnamed"]
    needs_help: bool


class RollCallZone(Model):
    id: str
    people: list[RollCallPerson]


class RollCallOut(Model):
    at: datetime
    zones: list[RollCallZone]


@operation("occupancy", right=Right.READ_ROLL_CALL, answers={200: RollCallOut})
async def get_roll_call(request: Request) -> Response:
    """Tell who is inside now, by zone, staff included."""
    house = house_of(request)
    named = Right.READ_VISITORS in (await principal_of(request)).rights
    lines = await service.list_inside(house.database, named=named)
    ids = [*house.space.zone_ids, *sorted({line.zone for line in lines} - set(house.space.zone_ids))]
    zones = [
        RollCallZone(
            id=id_,
            people=[
                RollCallPerson(
                    name=line.name, delegation=line.delegation, since=line.since, count=line.count,
                    kind=line.kind, needs_help=line.needs_help,  # type: ignore[arg-type]
                )
                for line in lines
                if line.zone == id_
            ],
        )
        for id_ in ids
    ]  # fmt: skip
    return reply(RollCallOut(at=house.space.local(house.clock.now()), zones=zones))
