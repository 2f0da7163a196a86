"""Several processes that serve one address: started, watched, replaced when they die or hang, and stopped together.

A worker is alive while its event loop says so every `BEAT_SECONDS`. One that cannot start while none has ever
served is a fault of the set-up, and ends them all; later it is tried again, since a database may be away.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from socket import socket
from types import FrameType

import structlog

from server.stopping import STOP_SECONDS

BEAT_SECONDS = 2.0
HANGING_SECONDS = 30.0
"""After how long a worker that says nothing, not even while it starts, is replaced."""

_TICK_SECONDS = 0.25
_SHORT_LIFE_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

RunWorker = Callable[[int, list[socket], Connection], None]
"""Gets the worker's number from 1, the listening sockets, and the pipe for its beats."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Worker:
    number: int
    process: SpawnProcess
    beats: Connection
    started_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)

    def listen(self) -> bool:
        """Take the beats that have come; tell whether there was one."""
        was_heard = False
        try:
            while self.beats.poll():
                self.beats.recv_bytes()
                was_heard = True
        except (EOFError, OSError):
            return was_heard
        if was_heard:
            self.heard_at = time.monotonic()
        return was_heard


class Supervisor:
    """Runs workers until it is told to stop."""

    def __init__(self, run_worker: RunWorker, sockets: list[socket], count: int) -> None:
        self._run_worker = run_worker
        self._sockets = sockets
        self._count = count
        self._workers: list[_Worker] = []
        self._is_told = False
        self._has_served = False
        self._has_failed = False

    def run(self) -> int:
        """Serve; return 0 when every worker has ended well, 1 when one could not start or had to be killed."""
        for sig in _SIGNALS:
            signal.signal(sig, self._on_signal)
        self._workers = [self._start(number) for number in range(1, self._count + 1)]
        while not (self._is_told or self._has_failed):
            wait([worker.process.sentinel for worker in self._workers], timeout=_TICK_SECONDS)
            for place, worker in enumerate(self._workers):
                self._look_after(place, worker)
        return self._stop()

    def _on_signal(self, sig: int, _frame: FrameType | None) -> None:
        if self._is_told:
            for worker in self._workers:
                worker.process.kill()
            os._exit(128 + sig)
        self._is_told = True

    def _start(self, number: int) -> _Worker:
        context = multiprocessing.get_context("spawn")
        beats, its_beats = context.Pipe(duplex=False)
        process = context.Process(
            target=self._run_worker, args=(number, self._sockets, its_beats), name=f"worker-{number}"
        )
        process.start()
        its_beats.close()
        _log.info("worker_started", worker=number, pid=process.pid)
        return _Worker(number, process, beats)

    def _look_after(self, place: int, worker: _Worker) -> None:
        self._has_served = worker.listen() or self._has_served
        if self._is_told or self._has_failed:
            return
        if worker.process.is_alive():
            if time.monotonic() - worker.heard_at < HANGING_SECONDS:
                return
            _log.error("worker_hangs", worker=worker.number, pid=worker.process.pid)
            worker.process.kill()
            worker.process.join()
        _log.error("worker_ended", worker=worker.number, pid=worker.process.pid, code=worker.process.exitcode)
        worker.beats.close()
        if not self._has_served:
            self._has_failed = True
            return
        if time.monotonic() - worker.started_at < _SHORT_LIFE_SECONDS:
            # What ends it may end the next one, too, such as a database that is away.
            time.sleep(_PAUSE_SECONDS)
        self._workers[place] = self._start(worker.number)

    def _stop(self) -> int:
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS + 0.5
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        codes = {worker.number: worker.process.exitcode for worker in self._workers}
        _log.info("workers_ended", codes=codes)
        # One that was still starting died of the signal itself, and had nothing to answer.
        is_well = all(code in (0, -signal.SIGTERM) for code in codes.values())
        return 0 if is_well and not self._has_failed else 1
