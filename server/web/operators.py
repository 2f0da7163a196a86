"""Liveness, readiness and metrics, for operators."""

import os
import time
from importlib.metadata import version

import orjson
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from server.services.readiness import Readiness
from server.web.metrics import write_metrics
from server.web.templating import house_of

VERSION = version("sanh")

_began = time.monotonic()


def _json(body: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")


async def healthz(request: Request) -> Response:
    """Say that the process lives, and the time that the space lives by. Asks nobody."""
    house = house_of(request)
    clock = house.clock
    body: dict[str, object] = {"status": "ok", "at": house.space.local(clock.now()), "speed": clock.speed}
    process = {"version": VERSION, "pid": os.getpid(), "uptime_seconds": round(time.monotonic() - _began, 3)}
    return _json(body | {"simulated": clock.is_simulated} | process)


async def readyz(request: Request) -> Response:
    """Say whether this process may be sent requests: 200 `ready` or `degraded`, 503 `not ready`."""
    readiness: Readiness = request.app.state.readiness
    parts = await readiness.examine()
    is_ready = all(part.ok for part in parts if part.is_vital)
    status = "not ready" if not is_ready else "ready" if all(part.ok for part in parts) else "degraded"
    checks = {part.name: {"ok": part.ok, "detail": part.detail} for part in parts}
    return _json({"status": status, "pid": os.getpid(), "checks": checks}, 200 if is_ready else 503)


async def metrics(request: Request) -> Response:
    """Give the figures of this process, and of the other workers, as Prometheus text."""
    return Response(write_metrics(request.app), media_type=CONTENT_TYPE_LATEST)
