"""How the house is served: one process, or several that share an address."""

import asyncio
import contextlib
import functools
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess, multiprocess
from uvicorn.supervisors.multiprocess import Process

from server import logs
from server.app import build_app
from server.domain.errors import DomainError
from server.services.clock import Clock
from server.services.keys import Keys
from server.settings import Settings
from server.stopping import STOP_SECONDS, StoppingServer
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.web.frames import DirectProtocol, check_door
from server.web.handshakes import PacedProtocol
from server.web.live import FRAME_LIMIT
from server.web.metrics import of_process
from server.web.peers import Peers
from server.works import go_on_after_last_movement

SWITCH_SECONDS = 0.001
HANGING_SECONDS = 15
"""After how long a process that answers nothing, not even while it starts, is replaced."""
TELL_SECONDS = 2
"""How old the figures of other workers may be."""

_log = structlog.get_logger()


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    clock: datetime | None = None,
    speed: float = 1.0,
    announce: Callable[[], None] = lambda: None,
) -> int:
    """Run the server until it is told to stop; return an exit code. Call `announce` once nothing refuses it.

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
    announce()
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
    with tempfile.TemporaryDirectory(prefix="sanh-") as folder:
        build = functools.partial(_build_one_of_several, settings, clock, Path(folder))
        config = server_config(build, host=host, port=port)
        config.workers, config.timeout_worker_healthcheck = workers, HANGING_SECONDS
        parent = Workers(config, [config.bind_socket()], Path(folder))
        parent.run()
    # One that was still starting dies of the signal itself, and had nothing to answer.
    return 0 if all(worker.exitcode in (0, -signal.SIGTERM) for worker in parent.told) else 1


def _build_one_of_several(settings: Settings, clock: Clock, folder: Path) -> Starlette:
    app = _build_worker(settings, clock)
    app.state.worker, app.state.peers = os.getpid(), Peers(folder, os.getpid())
    return app


class _Worker(Process):
    """uvicorn's worker, which tells its figures to the others and stops as `StoppingServer` does."""

    _asked_at: float | None = None

    def is_alive(self, timeout: float = 5) -> bool:
        """Tell whether it lives and has answered within `timeout` seconds. Never waits: others may need their parent.

        uvicorn's own waits for the answer, and both ends of the pipe are the parent's: a death would not end it.
        """
        now = time.monotonic()
        if not self.process.is_alive():
            _log.error("worker_died", pid=self.pid, exit_code=self.exitcode)
            return False
        if self._asked_at is None:
            self._asked_at = now
            self.parent_conn.send(b"ping")
        elif self.parent_conn.poll(0):
            self.parent_conn.recv()
            self._asked_at = None
        elif now - self._asked_at > timeout:
            _log.error("worker_hangs", pid=self.pid, seconds=round(now - self._asked_at))
            return False
        return True

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        app: Starlette = self.config.app()  # type: ignore[operator, call-arg, assignment]
        self.config.app = app

        async def tell() -> None:
            app.state.peers.tell(of_process(app))

        self.config.callback_notify, self.config.timeout_notify = tell, TELL_SECONDS
        self._server = StoppingServer(self.config, app.state.readiness, signals=(signal.SIGTERM,))
        # Ctrl-C and a terminal that goes reach every process of it; the parent tells its workers itself.
        for sig in (signal.SIGINT, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        super().target(sockets)


class Workers(Multiprocess):
    """uvicorn's workers; told twice they end at once, and told once in bounded time, whatever hangs.

    `told` are those who were alive when they were told to end.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], folder: Path) -> None:
        super().__init__(config, sockets)
        self.told: list[Process] = []
        self._folder = folder
        self._is_told = False
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._on_signal)

    def _on_signal(self, sig: int, _frame: object) -> None:
        if self._is_told:
            self._end(128 + sig)
        self._is_told = True
        self.told = [worker for worker in self.processes if worker.process.is_alive()]
        self.signal_queue.append(signal.SIGTERM)
        watch = threading.Timer(STOP_SECONDS + 1, self._end, (1,))
        watch.daemon = True
        watch.start()

    def _end(self, code: int) -> None:
        _log.error("workers_killed", pids=[worker.pid for worker in self.processes])
        for worker in self.processes:
            worker.process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(code)


# The library makes its workers by this name and has no other place to say which.
multiprocess.Process = _Worker  # type: ignore[misc]


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
