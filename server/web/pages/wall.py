"""The wall: live occupancy for everybody in the hall. It never shows a person's name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.plan import plan_of
from server.domain.space import Space
from server.web.auth import principal_of
from server.web.i18n import format_time, ngettext
from server.web.templating import house_of, render
from server.web.words import day_in_words


async def wall(request: Request) -> Response:
    """Show who is inside: the plan, the tally, the ticker, all of them live from the first state on."""
    house = house_of(request)
    principal = await principal_of(request)
    if not house.space.public_wall and principal.device is None and not principal.is_staff:
        raise DomainError("sign_in_needed")
    occupancy, arrivals = await house.occupancy.state(), await house.arrivals.state()
    return render(request, "wall.html", **wall_context(house.space, occupancy, arrivals, house.clock.now()))


def wall_context(
    space: Space, occupancy: Mapping[str, Any], arrivals: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what the wall's template needs beside the states themselves."""
    moments = [entry["at"] for entry in (*arrivals["next"], *arrivals["recent"])]
    opens_at = arrivals["opens_at"] if _is_to_come(arrivals["opens_at"], now) else None
    return {
        "occupancy": occupancy,
        "arrivals": arrivals,
        "plan": plan_of(space),
        "zones": {zone["id"]: zone for zone in occupancy["zones"]},
        "today": day_in_words(space.local(now)),
        "times": {moment: _local_time(space, moment) if moment else "" for moment in moments},
        "opens_at": _local_time(space, opens_at) if opens_at else "",
        "face": "closed" if not arrivals["is_open"] and not occupancy["people"] else "open",
        "recent_words": [_who(entry) for entry in arrivals["recent"][:2]],
        "guests": {
            "one": ngettext("{people} khách, {name}", "{people} khách, {name}", 1),
            "many": ngettext("{people} khách, {name}", "{people} khách, {name}", 2),
            "walk_in_one": ngettext("{people} khách lẻ", "{people} khách lẻ", 1),
            "walk_in_many": ngettext("{people} khách lẻ", "{people} khách lẻ", 2),
        },
    }


def _who(entry: Mapping[str, Any]) -> str:
    people = int(entry["people"])
    if entry["name"]:
        sentence = ngettext("{people} khách, {name}", "{people} khách, {name}", people)
    else:
        sentence = ngettext("{people} khách lẻ", "{people} khách lẻ", people)
    return sentence.format(people=people, name=entry["name"] or "")


def _is_to_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now


def _local_time(space: Space, moment: datetime) -> str:
    return format_time(space.local(moment))
