"""How the house is served: one process, or several that share an address."""

import asyncio
import contextlib
import functools
import resource
import signal
import socket
import sys
import tempfile
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette

from server import logs
from server.app import build_app
from server.domain.errors import DomainError
from server.services.clock import Clock
from server.services.keys import Keys
from server.settings import Settings
from server.stopping import StoppingServer
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.supervisor import BEAT_SECONDS, Supervisor
from server.web.frames import DirectProtocol, check_door
from server.web.handshakes import PacedProtocol
from server.web.live import FRAME_LIMIT
from server.web.metrics import of_process
from server.web.peers import Peers
from server.works import go_on_after_last_movement

SWITCH_SECONDS = 0.001
BACKLOG = 2048
"""Connections that may wait to be accepted: all screens come back at once."""

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
    settings.space()  # a fault in the space file is a sentence here, and not every worker's trace
    logs.take_over()
    _raise_file_limit()
    lived_by = Clock(clock, speed)
    asyncio.run(_prepare(settings, lived_by))
    if not check_door():
        _log.warning("frames_take_the_public_way")
    if workers > 1:
        return _serve_several(settings, lived_by, host, port, workers)
    app = _build_worker(settings, lived_by)
    server = StoppingServer(server_config(app, host=host, port=port), app.state.readiness)
    server.run()
    return 0 if server.started else 1


def _build_worker(settings: Settings, clock: Clock) -> Starlette:
    """Return the application of one process, and make the process fit for it."""
    logs.set_up(settings.log_level)
    logs.take_over()
    # The writer lets go of the interpreter at every SQLite call and would wait 5 ms each time to get it back.
    sys.setswitchinterval(SWITCH_SECONDS)
    return build_app(settings, clock)


def _serve_several(settings: Settings, clock: Clock, host: str, port: int, workers: int) -> int:
    """Serve by several processes on one address; one that dies is replaced."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        tempfile.TemporaryDirectory(prefix="sanh-") as folder,
        socket.create_server((host, port), family=family, backlog=BACKLOG) as listener,
    ):
        run_worker = functools.partial(_run_worker, settings, clock, Path(folder))
        return Supervisor(run_worker, [listener], workers).run()


def _run_worker(
    settings: Settings, clock: Clock, folder: Path, number: int, sockets: list[socket.socket], beats: Connection
) -> None:
    """Serve as one of several, in a process of its own."""
    app = _build_worker(settings, clock)
    app.state.worker, app.state.peers = number, Peers(folder, number)

    async def beat() -> None:
        with contextlib.suppress(OSError):  # the parent is gone, and this process is about to follow it
            beats.send_bytes(b".")
        app.state.peers.tell(of_process(app))

    config = server_config(app)
    config.callback_notify, config.timeout_notify = beat, int(BEAT_SECONDS)
    # Ctrl-C reaches every process of a terminal; the supervisor tells its workers itself.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = StoppingServer(config, app.state.readiness, signals=(signal.SIGTERM,))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server.run(sockets)


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


def server_config(app: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """Return how the house is served: frames by the door, bounded in size, no deflate, idle connections pinged."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PacedProtocol,
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
