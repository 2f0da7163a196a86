"""Liveness, readiness and metrics, for operators."""

import contextlib
import shutil
from pathlib import Path

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from server.services.occupancy import load_counts
from server.web.templating import house_of

_LEAST_FREE_BYTES = 100 * 1024 * 1024


def _json(body: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


async def healthz(request: Request) -> Response:
    """Say that the process lives, and the time that the space lives by."""
    house = house_of(request)
    clock = house.clock
    body: dict[str, object] = {"status": "ok", "at": house.space.local(clock.now()), "speed": clock.speed}
    return _json(body | {"simulated": clock.is_simulated})


async def readyz(request: Request) -> Response:
    """Say whether the database answers and the disk has room."""
    house = house_of(request)
    checks = {"database": True, "disk": False}
    try:
        await house.database.read(load_counts)
    except Exception:  # noqa: BLE001 - whatever keeps the database from answering is what is asked for here
        checks["database"] = False
    folder = Path(house.database.url.database or ".").parent if house.database.is_sqlite else Path()
    with contextlib.suppress(OSError):
        checks["disk"] = shutil.disk_usage(folder).free > _LEAST_FREE_BYTES
    is_ready = all(checks.values())
    return _json({"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)


async def metrics(request: Request) -> Response:
    """Give the figures of this process as Prometheus text."""
    house = house_of(request)
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(name, text, registry=registry).set(value)

    gauge("sanh_people", "Visitors inside now", house.occupancy.people)
    gauge("sanh_scans_answered_total", "Scans answered by this process", house.checkin.answered)
    gauge("sanh_screens", "Screens that watch a topic", house.hub.screens)
    gauge("sanh_deliveries_total", "States delivered to screens", house.hub.deliveries)
    gauge("sanh_screens_dropped_total", "Screens dropped because they did not read", house.hub.dropped)
    gauge("sanh_devices_online", "Devices with an open socket", len(request.app.state.live.devices))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
