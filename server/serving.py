"""How the house is served: one process, or several that share an address."""

import asyncio
import contextlib
import functools
import resource
import sys
from collections.abc import Callable
from datetime import datetime

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from server import logs
from server.app import build_app
from server.domain.errors import DomainError
from server.services.clock import Clock
from server.services.keys import Keys
from server.settings import Settings
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.web.frames import DirectProtocol, check_door
from server.web.live import FRAME_LIMIT
from server.works import go_on_after_last_movement

SWITCH_SECONDS = 0.001
HANGING_SECONDS = 30
"""After how long a process that answers nothing, not even while it starts, is replaced."""

_log = structlog.get_logger()


def serve(
    settings: Settings, *, host: str, port: int, workers: int = 1, clock: datetime | None = None, speed: float = 1.0
) -> int:
    """Run the server until it is told to stop; return an exit code.

    Raise `workers_need_bus` where several processes could not share their state, and `storage_unavailable` when the
    database cannot be written at the start.
    """
    if workers > 1 and (settings.database_url.startswith("sqlite") or not settings.bus_url):
        raise DomainError("workers_need_bus", workers=workers)
    logs.take_over()
    _raise_file_limit()
    lived_by = Clock(clock, speed)
    asyncio.run(_prepare(settings, lived_by))
    if not check_door():
        _log.warning("frames_take_the_public_way")
    build = functools.partial(build_worker, settings, lived_by)
    if workers > 1:
        return _serve_several(build, host, port, workers)
    server = uvicorn.Server(server_config(build(), host=host, port=port))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1


def build_worker(settings: Settings, clock: Clock) -> Starlette:
    """Return the application of one process."""
    logs.take_over()
    # The writer lets go of the interpreter at every SQLite call and would wait 5 ms each time to get it back.
    sys.setswitchinterval(SWITCH_SECONDS)
    return build_app(settings, clock)


def _serve_several(build: Callable[[], Starlette], host: str, port: int, workers: int) -> int:
    """Serve by several processes on one address; one that dies is replaced."""
    config = server_config(build, host=host, port=port)
    config.factory, config.workers, config.timeout_worker_healthcheck = True, workers, HANGING_SECONDS
    parent = Multiprocess(config, [config.bind_socket()])
    parent.run()
    return 1 if any(worker.exitcode == STARTUP_FAILURE for worker in parent.processes) else 0


async def _prepare(settings: Settings, clock: Clock) -> None:
    # Before uvicorn runs: out of its start a failure would come as a trace and an exit code of its own. And once for
    # all processes, which live by one clock.
    database = open_database(settings.database_url)
    try:
        await database.write(upgrade)
        await go_on_after_last_movement(clock, database)
        # Made here if there are none, and not by two processes at their first pass.
        _ = Keys(settings.secret_file).ring
    finally:
        await database.close()


def _raise_file_limit() -> None:
    """Allow as many open files as the system does: every screen is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def server_config(
    app: Starlette | Callable[[], Starlette], *, host: str = "127.0.0.1", port: int = 0
) -> uvicorn.Config:
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
