"""What runs beside the requests as long as the house is open."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.applications import Starlette

from server.services.cases import note_recount
from server.services.clock import Clock
from server.services.corrections import finish_corrections
from server.services.day_end import close_due_day
from server.services.house import House
from server.services.message_doors import Letter, open_doors
from server.services.messages import send_due
from server.services.queueing import call_waiting
from server.services.recount import recount
from server.services.staff import ended_sessions
from server.storage.database import Database, StorageUnavailableError
from server.storage.movements import last_received
from server.storage.queues import read_pace
from server.web.letters import compose

FOLLOW_SECONDS = 0.5
"""How often changes of other processes are looked for: the command line's, and what the bus has lost."""

MESSAGE_SECONDS = 2.0
"""How often messages that are due are looked for."""

_log = structlog.get_logger()


def start_works(app: Starlette) -> "list[asyncio.Task[None]]":
    """Start the works of a house; the tasks are for `end_works`."""
    house: House = app.state.house
    works = [house.hub.run(), house.bus.run(), house.checkin.run(), house.arrivals.run(), app.state.presence.run()]
    works += [
        _follow(app),
        _keep_days(house),
        _keep_chain(house),
        app.state.figures.loop.run(),
        _end_with_parent(),
        send_messages(app),
    ]
    works += [house.imports.run()]
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(_report)
    return tasks


async def end_works(tasks: "list[asyncio.Task[None]]") -> None:
    """Cancel the house's works; one that does not end is told again, and then left, so that a stop always ends."""
    for _ in range(3):
        for task in tasks:
            task.cancel()
        _, pending = await asyncio.wait(tasks, timeout=1)
        if not pending:
            return
    _log.error("work_did_not_end", works=[task.get_coro().__qualname__ for task in pending])  # type: ignore[union-attr]


async def go_on_after_last_movement(clock: Clock, database: Database) -> None:
    """A simulated day that is restarted goes on where it stopped."""
    if clock.is_simulated:
        last = await database.read(last_received)
        if last is not None:
            clock.go_on_after(last)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("work_stopped", work=task.get_coro().__qualname__, exc_info=task.exception())  # type: ignore[union-attr]


class _Attempts:
    """Runs a step again and again; what keeps it from working is told once, not each time."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    async def make(self, step: Callable[[], Awaitable[None]], name: str) -> None:
        try:
            await step()
        except StorageUnavailableError as error:
            if name not in self._failing:
                _log.warning("work_waits_for_store", work=name, why=error.why)
            self._failing.add(name)
        except Exception:  # noqa: BLE001 - tried again in a moment, whatever it was, and the others go on
            if name not in self._failing:
                _log.exception("work_failed", work=name)
            self._failing.add(name)
        else:
            if name in self._failing:
                _log.info("work_goes_on", work=name)
            self._failing.discard(name)


async def _follow(app: Starlette) -> None:
    """Take up what the command line and other processes have changed, within a second."""
    house: House = app.state.house
    attempts = _Attempts()

    async def follow_devices() -> None:
        for device_id in await house.devices.reload():
            await app.state.live.cut_off(device_id)

    async def follow_sessions() -> None:
        if open_now := app.state.live.staff_sessions:
            for ended in await ended_sessions(house.database, open_now):
                await app.state.live.cut_off_staff(ended)

    async def follow_keys() -> None:
        house.keys.reload()

    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        await attempts.make(follow_devices, "devices")
        await attempts.make(house.occupancy.refresh, "occupancy")
        await attempts.make(house.database.tend, "database")
        await attempts.make(follow_keys, "keys")
        await attempts.make(follow_sessions, "sessions")


async def _keep_days(house: House) -> None:
    """End each day at its last closing, and keep the pace of the queue."""
    attempts = _Attempts()

    async def keep() -> None:
        people = await close_due_day(house.database, house.space, house.clock.now())
        if people:
            _log.info("day_ended", people=people)
        if people is not None:
            await house.occupancy.refresh()
            house.arrivals.mark_changed()
            await note_recount(house.database, await recount(house.database), house.clock.now())
        await finish_corrections(house)
        await call_waiting(house.database, house.space, house.clock.now())
        house.checkin.set_pace(*await house.database.read(read_pace, house.clock.now()))

    while True:
        await attempts.make(keep, "days")
        await asyncio.sleep(min(10.0, max(0.2, 20 / house.clock.speed)))


async def _keep_chain(house: House) -> None:
    """Verify what is new in the audit log, twice a minute."""
    attempts = _Attempts()

    async def verify() -> None:
        await house.audit.go_on()

    while True:
        await attempts.make(verify, "audit chain")
        await asyncio.sleep(30)


async def send_messages(app: Starlette) -> None:
    """Send what is queued; several processes share the work."""
    house: House = app.state.house
    attempts = _Attempts()
    doors = open_doors(house.settings)

    async def make(message: "Mapping[str, Any]") -> Letter:
        return await compose(house, app.state.templates, message)

    async def send() -> None:
        while await send_due(house.database, doors, make):
            await asyncio.sleep(0)

    while doors:
        await attempts.make(send, "messages")
        await asyncio.sleep(MESSAGE_SECONDS)


async def _end_with_parent() -> None:
    """Stop, where the process that started this one and would start it again is gone: it holds the address."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    while parent.is_alive():
        await asyncio.sleep(1)
    _log.error("parent_gone")
    os.kill(os.getpid(), signal.SIGTERM)
