"""The kiosk's addresses: its page, what the page asks beside the socket, its service worker."""

import gzip
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from kiosk.page import page_config, render_page
from kiosk.passes import look_at_pass
from server.services import qr
from server.services.devices import PairedDevice
from server.web.auth import address_of, principal_of, require_device
from server.web.i18n import choose_language, language
from server.web.templating import house_of

_WORKER = Path(__file__).parent / "static" / "worker.js"
_FRESH = {"Cache-Control": "no-cache"}


async def show_kiosk(request: Request) -> Response:
    """Show the one page of every device: pairing until it is paired, then the screen of its role."""
    house = house_of(request)
    device = (await principal_of(request)).device
    config = page_config(
        house.space,
        _describe(device),
        at=house.clock.now(),
        speed=house.clock.speed,
        simulated=house.clock.is_simulated,
        language=choose_language(device.language) if device else language(),
    )
    headers = _FRESH if device else _FRESH | {"X-Kiosk": "unpaired"}
    return _compressed(request, render_page(request.app.state.templates, house.space, config), headers)


async def show_config(request: Request) -> Response:
    """Tell the page who it is (still) and what time it is."""
    house = house_of(request)
    device = (await principal_of(request)).device
    at = house.space.local(house.clock.now())
    return _json({"device": _describe(device), "at": at, "speed": house.clock.speed})


async def show_pass(request: Request) -> Response:
    """Tell what a pass stands for, before anything is counted: a group is asked how many they are."""
    require_device(await principal_of(request))
    text = request.query_params.get("text", "")
    return _json(await look_at_pass(house_of(request), text, asker=address_of(request)))


async def draw_pairing_code(request: Request) -> Response:
    """Draw the address at which staff approve a code; the code alone gives nobody anything."""
    code = "".join(filter(str.isdigit, request.query_params.get("code", "")))[:6]
    address = f"{request.base_url}staff/devices?pair={code}"
    return Response(qr.draw_svg(address), media_type="image/svg+xml")


async def serve_worker(request: Request) -> Response:
    """Serve the service worker, which may look after the page itself and not only what lies below it."""
    headers = _FRESH | {"Service-Worker-Allowed": "/kiosk"}
    return FileResponse(_WORKER, media_type="text/javascript", headers=headers)


def _describe(device: PairedDevice | None) -> dict[str, Any] | None:
    if device is None:
        return None
    known = asdict(device)
    return {key: known[key] for key in ("id", "name", "role", "zone", "direction", "inner", "language")}


def _compressed(request: Request, page: str, headers: dict[str, str]) -> Response:
    """Return the page a tenth of its size: it holds every screen twice, in both languages."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(page, headers=headers)
    return HTMLResponse(
        gzip.compress(page.encode(), 5), headers=headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    )


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})


routes = [
    Route("/kiosk", show_kiosk),
    Route("/kiosk/config", show_config),
    Route("/kiosk/pass", show_pass),
    Route("/kiosk/pairing.svg", draw_pairing_code),
    Route("/kiosk/worker.js", serve_worker),
]
