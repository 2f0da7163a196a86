"""A delegation's itinerary on the desk: the zones in order with times, proposed by the house, edited by people."""

from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.domain.itinerary import Stop
from server.domain.roles import Right
from server.domain.space import Space
from server.services import itinerary as service
from server.services.itinerary import Itinerary
from server.web.api.records import desk_of
from server.web.auth import Principal
from server.web.forms import read_form
from server.web.pages.menu import page_exists
from server.web.pages.staff.appointment_dialogs import number_in, path_word
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.slot_words import slot_words
from server.web.templating import house_of

_ROWS = 40


async def show_itinerary(request: Request) -> Response:
    """Show a delegation's itinerary, a proposal while it has none. `?propose` makes a new one."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    house, code = house_of(request), path_word(request, "code")
    anew = "propose" in request.query_params
    return _page(request, principal, await service.get_itinerary(house.database, house.space, code, propose_anew=anew))


async def keep_itinerary(request: Request) -> Response:
    """Keep what the form says; `weigh` only shows what speaks against it, `up` and `drop` change it first."""
    principal = await enter(request, Right.EDIT_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    house, code = house_of(request), path_word(request, "code")
    form = await read_form(request)
    known = await service.get_itinerary(house.database, house.space, code)
    try:
        stops = _stops(form, known.delegation, house.space)
        if "keep" not in form:
            weighed = await service.weigh_itinerary(house.database, house.space, code, _changed(form, stops))
            return _page(request, principal, weighed)
        await service.keep_itinerary(await desk_of(request), code, stops)
    except DomainError as error:
        status = PROBLEMS[error.code].status if error.code in PROBLEMS else 422
        return _page(request, principal, known, status=status, problem=sentence_of(error))
    return RedirectResponse(f"/staff/delegations/{known.delegation.code}/itinerary?done=kept", 303)


def _page(
    request: Request, principal: Principal, itinerary: Itinerary, *, status: int = 200, problem: str = ""
) -> Response:
    house = house_of(request)
    record = itinerary.delegation
    return render_desk(
        request,
        principal,
        "staff/itinerary.html",
        status,
        itinerary=itinerary,
        record=record,
        at=house.space.local(record.slot_at) if record.slot_at else None,
        crowds={crowd.position: crowd for crowd in itinerary.crowds},
        zones=house.space.zones,
        zone_of={zone.id: zone for zone in house.space.zones},
        may_edit=Right.EDIT_DELEGATIONS in principal.rights and record.slot_at is not None,
        problem=problem,
        slot_words=slot_words,
        has_record=page_exists(request.app, f"/staff/delegations/{record.code}"),
    )


def _stops(form: Mapping[str, str], record: DelegationRecord, space: Space) -> list[Stop]:
    """Return the stops that a form describes, by their begin. Raise `no_slot`, `bad_time`, `unknown_zone`."""
    if record.slot_at is None:
        raise DomainError("no_slot", delegation=record.code)
    day, zone = space.day_of(record.slot_at), ZoneInfo(space.timezone)
    stops = []
    for n in range(_ROWS):
        where = form.get(f"zone-{n}", "")
        if not where:
            continue
        minutes = number_in(form, f"minutes-{n}")
        try:
            begins = time.fromisoformat(form.get(f"at-{n}", "")).replace(tzinfo=None)
        except ValueError:
            raise DomainError("bad_time") from None
        if minutes is None or not 1 <= minutes <= 1_440:
            raise DomainError("bad_time")
        stops.append(Stop(space.zone(where).id, datetime.combine(day, begins, zone), minutes))
    return sorted(stops, key=lambda stop: stop.at)


def _changed(form: Mapping[str, str], stops: list[Stop]) -> list[Stop]:
    """Return the stops after `up` (a stop changes places with the one before it) or `drop`."""
    up, drop = number_in(form, "up"), number_in(form, "drop")
    if drop is not None and drop < len(stops):
        return [stop for n, stop in enumerate(stops) if n != drop]
    if up is not None and 0 < up < len(stops):
        before, moved = stops[up - 1], stops[up]
        first = Stop(moved.zone, before.at, moved.minutes)
        return [*stops[: up - 1], first, Stop(before.zone, first.ends, before.minutes), *stops[up + 1 :]]
    return stops
