"""The process that does the wizard's work: reads files, checks rows, applies imports and takes them back.

It runs beside the server, as `sanh import` does, so that scans never wait for its reckoning. Its first line of input is
its id and the settings as JSON; a further line says that there is work; the end of input ends it. Several may run: each
takes an import in hand by a conditional update, and one that dies is followed by another.
"""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import structlog

from server.domain.errors import DomainError
from server.domain.import_jobs import ImportLine, ImportRecord, ImportState
from server.domain.registry import Sheet
from server.domain.space import Space
from server.services.clock import real_now
from server.services.desk import Desk
from server.services.import_check import check, prepare
from server.services.import_reading import corrected_by, read_file, read_sheets
from server.services.import_undo import Undo
from server.settings import Settings
from server.storage import import_changes as journal
from server.storage import import_lines as lines_storage
from server.storage import imports as storage
from server.storage.audit import append_line
from server.storage.database import Database, StorageUnavailableError, open_database
from server.storage.ids import new_id

STALE = timedelta(seconds=20)
"""After so long without a sign a worker is taken for dead."""

BEAT_SECONDS = 0.5
IDLE_SECONDS = 90.0
LINES_A_SLICE = 250
BREATH_SECONDS = 0.004
MOST_TRIES = 3

_log = structlog.get_logger()


@dataclass(slots=True)
class Progress:
    """How far the work at hand is; `goes_on` turns false when it shall stop."""

    done: int = 0
    total: int = 0
    goes_on: bool = True

    async def watch(self, done: int) -> bool:
        self.done = done
        return self.goes_on


class Worker:
    """Takes one import after the other in hand."""

    def __init__(self, database: Database, space: Space, id_: str = "") -> None:
        self.id = id_ or new_id()
        self.database = database
        self.space = space
        self._sheets: tuple[str, list[Sheet]] | None = None

    async def work(self) -> bool:
        """Do the work that waits longest; tell whether there was any."""
        now = real_now()
        id_ = await self.database.read(storage.find_work, now - STALE)
        if id_ is None:
            return False
        if not await self.database.write(storage.claim_job, id_, self.id, now, now - STALE):
            return True
        record = await self.database.read(storage.find_job, id_)
        if record is not None:
            await self._do(record)
        return True

    async def _do(self, record: ImportRecord) -> None:
        if await self.database.read(storage.tries_of, record.id) > MOST_TRIES:
            await self._end(record, _failed(record, "import_failed"))
            return
        progress = Progress()
        step = asyncio.create_task(self._step(record, progress))
        beating = asyncio.create_task(self._beat(record.id, progress, step))
        try:
            values = await step
        except asyncio.CancelledError:
            if not step.cancelled():
                raise
            return
        except StorageUnavailableError as error:
            # Nothing of the slice at hand was kept; the claim grows stale, and somebody goes on.
            _log.warning("import_waits_for_store", why=error.why)
            await asyncio.sleep(1)
            return
        except DomainError as error:
            values = _failed(record, error.code)
        except Exception:  # noqa: BLE001 - whatever a file brought about is told, and the next import goes on
            _log.exception("import_failed", job=record.id)
            values = _failed(record, "import_failed")
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
        await self._end(record, values)

    async def _end(self, record: ImportRecord, values: dict[str, Any]) -> None:
        self._forget(values)
        await self.database.write(storage.let_go, record.id, self.id, {"tries": 0, "is_stopping": False, **values})

    def _forget(self, values: dict[str, Any]) -> None:
        if values.get("state") not in (None, ImportState.READY):
            self._sheets = None

    async def _beat(self, id_: str, progress: Progress, step: "asyncio.Task[Any]") -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            values = {"done": progress.done, "total": progress.total}
            is_stopping = await self.database.write(storage.beat, id_, self.id, real_now(), values)
            if is_stopping is None:
                step.cancel()
                return
            progress.goes_on = not is_stopping

    async def _step(self, record: ImportRecord, progress: Progress) -> dict[str, Any]:
        if record.state is ImportState.APPLYING:
            return await self._apply(record, progress)
        if record.state is ImportState.UNDOING:
            return await self._undo(record, progress)
        return await self._check(record, progress)

    def _desk(self, record: ImportRecord) -> Desk:
        return Desk(self.database, self.space, record.actor, record.changed_at)

    async def _read(self, record: ImportRecord) -> list[Sheet]:
        if self._sheets is None or self._sheets[0] != record.id:
            self._sheets = None
            self._sheets = (record.id, await read_file(self.database, record.id, record.name))
        return self._sheets[1]

    async def _check(self, record: ImportRecord, progress: Progress) -> dict[str, Any]:
        sheets = await self._read(record)
        edits = await self.database.read(lines_storage.all_edits, record.id)
        summary, lines = await check(self._desk(record), record, sheets, edits)
        await self._save(record.id, lines, progress)
        return {"state": ImportState.READY, "summary": summary, "checked": record.revision, "problem": ""}

    async def _save(self, job_id: str, lines: list[ImportLine], progress: Progress) -> None:
        """Keep the rows; those that are as they were are left alone."""
        stored = {(line.sheet, line.row): line for line in await self.database.read(lines_storage.all_lines, job_id)}
        changed = [line for line in lines if stored.pop((line.sheet, line.row), None) != line]
        progress.total = len(lines)
        done = len(lines) - len(changed)
        for start in range(0, len(changed), LINES_A_SLICE):
            await self.database.write(lines_storage.save_lines, job_id, changed[start : start + LINES_A_SLICE])
            progress.done = done + start + LINES_A_SLICE
            await asyncio.sleep(BREATH_SECONDS)
        gone = list(stored)
        for start in range(0, len(gone), LINES_A_SLICE):
            await self.database.write(lines_storage.drop_lines, job_id, gone[start : start + LINES_A_SLICE])

    async def _apply(self, record: ImportRecord, progress: Progress) -> dict[str, Any]:
        sheets = await self._read(record)
        corrected = corrected_by(await self.database.read(lines_storage.all_edits, record.id))
        read = await asyncio.to_thread(read_sheets, sheets, corrected, converts=record.converts)
        desk = self._desk(record)
        work = await prepare(desk, record, read, corrected, progress.watch)
        progress.total = sum(1 + len(target.group.members) for target in work.targets)
        await work.run(is_dry=False)
        is_whole = work.done >= progress.total
        result = await self._result(record, is_whole=is_whole, left=len({_row(found) for found in work.report.errors}))
        await self.database.write(_audit, desk, "apply_import", record.id, result)
        state = {"state": ImportState.APPLIED, "result": result, "done": progress.total, "total": progress.total}
        return {**state, "applied_at": record.changed_at, "problem": ""}

    async def _result(self, record: ImportRecord, *, is_whole: bool, left: int) -> dict[str, Any]:
        made = await self.database.read(journal.made_count, record.id)
        return {
            "delegations": {"new": made.get(("delegation", True), 0), "changed": made.get(("delegation", False), 0)},
            "visitors": {"new": made.get(("visitor", True), 0), "changed": made.get(("visitor", False), 0)},
            "left": left,
            "is_whole": is_whole,
        }

    async def _undo(self, record: ImportRecord, progress: Progress) -> dict[str, Any]:
        desk = self._desk(record)
        progress.total = len(await self.database.read(journal.touched_delegations, record.id))
        taken = await Undo(desk, record.id, progress.watch, BREATH_SECONDS).run()
        told = {key: taken[key] for key in ("removed", "restored", "kept_count")}
        await self.database.write(_audit, desk, "undo_import", record.id, told)
        result = {**record.result, "undo": taken}
        return {"state": ImportState.UNDONE, "result": result, "undone_at": record.changed_at, "problem": ""}


def _row(found: Any) -> tuple[str, str, int | None]:
    return found.file, found.sheet, found.finding.row


def _audit(connection: Any, desk: Desk, action: str, job_id: str, told: dict[str, Any]) -> None:
    append_line(connection, desk.entry(action, f"import:{job_id}", after=told))


def _failed(record: ImportRecord, code: str) -> dict[str, Any]:
    """Return where an import stands that could not go on: what was read stays, what was written can be taken back."""
    if record.state is ImportState.APPLYING:
        result = {**record.result, "is_whole": False}
        return {"state": ImportState.APPLIED, "problem": code, "applied_at": record.changed_at, "result": result}
    if record.state is ImportState.UNDOING:
        return {"state": ImportState.APPLIED, "problem": code}
    if record.state is ImportState.READY:
        return {"state": ImportState.READY, "checked": record.revision, "problem": code}
    return {"state": ImportState.FAILED, "problem": code}


async def _serve(settings: Settings, id_: str) -> None:
    woken = asyncio.Event()
    ended = asyncio.Event()
    listening = asyncio.create_task(_listen(woken, ended))
    database = open_database(settings.database_url)
    worker = Worker(database, settings.space(), id_)
    working: asyncio.Task[None] = asyncio.create_task(_work_on(worker, woken))
    ending = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, ending, listening):
            task.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)
        with contextlib.suppress(StorageUnavailableError):
            await database.write(storage.free_claims, worker.id)
        await database.close()


async def _work_on(worker: Worker, woken: asyncio.Event) -> None:
    while True:
        try:
            found = await worker.work()
        except StorageUnavailableError:
            await asyncio.sleep(1)
            continue
        if found:
            continue
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await woken.wait()
        except TimeoutError:
            return
        woken.clear()


async def _listen(woken: asyncio.Event, ended: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        woken.set()
    ended.set()


def main() -> int:
    """Work until there has been nothing to do for a while, or until the server is gone."""
    with contextlib.suppress(OSError):
        # Who stands at a gate goes first.
        os.nice(5)
    line = bytearray()
    while not line.endswith(b"\n"):
        if not (byte := os.read(0, 1)):
            return 0
        line += byte
    told = orjson.loads(line)
    asyncio.run(_serve(Settings(_env_file=None, **told["settings"]), told["worker"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
