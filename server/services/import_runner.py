"""The server's side of the wizard's work: a process started when there is work, woken, and followed by another."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import orjson
import structlog

import server
from server.services.clock import Clock, real_now
from server.services.import_worker import STALE
from server.settings import Settings
from server.storage import import_changes as journal
from server.storage import import_lines as lines
from server.storage import imports as storage
from server.storage.database import Database, StorageUnavailableError
from server.storage.ids import new_id

LOOK_SECONDS = 3.0
_ROOT = Path(server.__file__).parent.parent
_ENDS_WITHIN = 2.0
_SLICE = 250
_CARRIED = ("database_url", "timezone", "space_file", "public_url", "language", "log_level")

_log = structlog.get_logger()


class ImportRunner:
    """Keeps a worker running as long as imports wait for one."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._worker = ""
        self._woken = asyncio.Event()
        self._is_expected = False

    def wake(self) -> None:
        """Say that there is work."""
        self._woken.set()

    def warm(self) -> None:
        """Say that there may be work soon: a worker takes a second to start."""
        self._is_expected = True
        self._woken.set()

    async def run(self) -> None:
        """Start and wake workers until cancelled."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
                self._woken.clear()
                with contextlib.suppress(StorageUnavailableError):
                    await self._look()
        finally:
            await asyncio.shield(asyncio.to_thread(self._end))

    async def _look(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            await asyncio.to_thread(self._end)
            # It may have died with an import in hand: another goes on at once.
            await self._database.write(storage.free_claims, self._worker)
        is_expected, self._is_expected = self._is_expected, False
        if is_expected or await self._database.read(storage.find_work, real_now() - STALE) is not None:
            await asyncio.to_thread(self._rouse)
        expired = await self._database.read(storage.find_expired, self._clock.now())
        if expired is not None:
            await forget_content(self._database, expired)
            await self._database.write(storage.change_job, expired, {"state": "expired", "summary": {}})
            self.wake()

    def _rouse(self) -> None:
        if self._child is None:
            self._child = self._start()
        assert self._child.stdin is not None
        with contextlib.suppress(OSError):
            self._child.stdin.write(b"\n")
            self._child.stdin.flush()

    def _start(self) -> "subprocess.Popen[bytes]":
        # Settings may bear a password: they go through the pipe, where no list of processes shows them.
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        command = [sys.executable, "-m", "server.services.import_worker"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603
        assert child.stdin is not None
        self._worker = new_id()
        told = {"worker": self._worker, "settings": self._settings.model_dump(mode="json", include=set(_CARRIED))}
        child.stdin.write(orjson.dumps(told) + b"\n")
        child.stdin.flush()
        return child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        with contextlib.suppress(OSError):
            child.stdin.close()
        try:
            child.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


async def forget_content(database: Database, job_id: str) -> None:
    """Delete an import's file, rows, corrections and the way back, in slices."""
    while await database.write(storage.drop_part, job_id):
        await asyncio.sleep(0)
    while await database.write(lines.drop_some_lines, job_id, _SLICE):
        await asyncio.sleep(0)
    while await database.write(journal.drop_some_changes, job_id, _SLICE):
        await asyncio.sleep(0)
    await database.write(lines.drop_edits, job_id)
