"""How the house is served: one process, or several that share an address."""

import asyncio
import contextlib
import sys
from datetime import datetime

import structlog
import uvicorn
from starlette.applications import Starlette

from server import logs
from server.app import build_app
from server.domain.errors import DomainError
from server.services.clock import Clock
from server.settings import Settings
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.web.frames import DirectProtocol, check_door
from server.web.live import FRAME_LIMIT

SWITCH_SECONDS = 0.001

_log = structlog.get_logger()


def serve(
    settings: Settings, *, host: str, port: int, workers: int = 1, clock: datetime | None = None, speed: float = 1.0
) -> int:
    """Run the server until it is told to stop; return an exit code.

    Raise `workers_need_bus`, and `storage_unavailable` when the database cannot be written at the start.
    """
    if workers > 1:
        raise DomainError("workers_need_bus", workers=workers)
    logs.take_over()
    asyncio.run(_migrate(settings))
    app = build_app(settings, Clock(clock, speed))
    if not check_door():
        _log.warning("frames_take_the_public_way")
    # The writer lets go of the interpreter at every SQLite call and would wait 5 ms each time to get it back.
    sys.setswitchinterval(SWITCH_SECONDS)
    server = uvicorn.Server(server_config(app, host=host, port=port))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1


async def _migrate(settings: Settings) -> None:
    # Before uvicorn runs: out of its start a failure would come as a trace and an exit code of its own.
    database = open_database(settings.database_url)
    try:
        await database.write(upgrade)
    finally:
        await database.close()


def server_config(app: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """Return how the house is served: frames by the door, bounded in size, no deflate, idle connections pinged."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ws=DirectProtocol,
        ws_max_size=FRAME_LIMIT,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
