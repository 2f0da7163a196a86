"""The page that a pass's QR code opens on a phone."""

from starlette.requests import Request
from starlette.responses import Response

from server.services.passports import find_passport
from server.web.templating import house_of, render


async def passport(request: Request) -> Response:
    """Show the state of the visit to whoever holds the code; nothing that names a person."""
    house = house_of(request)
    found = await find_passport(house.database, house.clock, request.path_params["token"])
    since = house.space.local(found.since) if found.since else None
    response = render(request, "passport.html", passport=found, since=since, hours=house.space.opening)
    response.headers["Cache-Control"] = "no-store"
    return response
