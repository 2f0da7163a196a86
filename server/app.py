"""The one place where the parts of the house meet."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from server import logs
from server.plugin import BrokenPlugin, Plugin, load_plugins, reason_of
from server.services.accounts import Accounts
from server.services.arrivals import ArrivalsBoard
from server.services.checkin import CheckIn
from server.services.clock import Clock
from server.services.day_end import close_due_day
from server.services.devices import Devices
from server.services.house import House
from server.services.hub import Hub
from server.services.keys import Keys
from server.services.occupancy import OccupancyBoard
from server.services.passes import Passes
from server.services.queueing import call_waiting
from server.services.readiness import Readiness
from server.settings import Settings
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.storage.movements import last_received
from server.storage.queues import read_pace
from server.storage.spaces import sync_space
from server.web.i18n import add_catalogue
from server.web.live import LiveSockets
from server.web.observe import Observe, ProcessFigures
from server.web.problems import HANDLERS
from server.web.requests import LimitBody, RefuseForgery, SpeakLanguage
from server.web.routes import build_routes
from server.web.security import SecurityHeaders
from server.web.templating import STATIC, build_environment

UPLOAD_LIMIT = 20 * 1024 * 1024
DRAIN_SECONDS = 10.0
FOLLOW_SECONDS = 0.5
"""How often changes of other processes (the command line) are looked for."""

_log = structlog.get_logger()


def build_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the application. Its database is opened here, and migrated when the application starts."""
    house = build_house(settings, clock or Clock())
    plugins = load_plugins()
    loaded = [plugin for plugin in plugins if isinstance(plugin, Plugin)]
    house.plugins = {plugin.id: _reason(plugin) for plugin in plugins}
    for plugin in loaded:
        if plugin.locales:
            add_catalogue(plugin.locales)
    figures = ProcessFigures()
    app = Starlette(
        routes=[*build_routes(), *_plugin_routes(loaded)],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Observe, figures=figures.requests),
            Middleware(SpeakLanguage, default=settings.language),
            Middleware(RefuseForgery),
            Middleware(LimitBody, most=UPLOAD_LIMIT),
        ],
        exception_handlers=HANDLERS,
        lifespan=_lifespan,
    )
    app.state.house = house
    app.state.live = LiveSockets()
    app.state.figures = figures
    app.state.readiness = Readiness(house)
    app.state.worker = 0
    app.state.loaded_plugins = loaded
    app.state.templates = build_environment({plugin.id: plugin.templates for plugin in loaded if plugin.templates})
    return app


def build_house(settings: Settings, clock: Clock) -> House:
    """Return the house with all its parts, its database opened."""
    space = settings.space()
    database = open_database(settings.database_url)
    hub = Hub()
    keys = Keys(settings.secret_file)
    occupancy = OccupancyBoard(database, space, clock, hub)
    checkin = CheckIn(database, space, clock, keys, occupancy)
    arrivals = ArrivalsBoard(database, space, clock, hub)
    checkin.moved = arrivals.mark_changed
    return House(
        settings=settings,
        space=space,
        clock=clock,
        database=database,
        hub=hub,
        keys=keys,
        passes=Passes(database, keys, space, clock, settings.public_url),
        devices=Devices(database, space),
        accounts=Accounts(database),
        occupancy=occupancy,
        arrivals=arrivals,
        checkin=checkin,
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    house: House = app.state.house
    asyncio.get_running_loop().set_exception_handler(logs.on_loop_failure)
    await house.database.write(upgrade)
    await house.database.write(sync_space, house.space)
    await _go_on_after_last_movement(house)
    await house.devices.reload()
    await house.occupancy.refresh()
    await house.arrivals.refresh()
    for plugin in app.state.loaded_plugins:
        _prepare(plugin, house)
    loop = app.state.figures.loop
    works = (house.hub.run(), house.checkin.run(), house.arrivals.run(), _follow(app), _keep_days(house), loop.run())
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(_report)
    _calm_collector()
    yield
    with contextlib.suppress(TimeoutError):
        # What is not committed by then was not answered either: its kiosk has it and sends it again.
        async with asyncio.timeout(DRAIN_SECONDS):
            await house.checkin.drain()
    await _end(tasks)
    await house.database.close()


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    """Cancel the house's works; one that does not end is told again, and then left, so that a stop always ends."""
    for _ in range(3):
        for task in tasks:
            task.cancel()
        _, pending = await asyncio.wait(tasks, timeout=1)
        if not pending:
            return
    _log.error("work_did_not_end", works=[task.get_coro().__qualname__ for task in pending])  # type: ignore[union-attr]


def _prepare(plugin: Plugin, house: House) -> None:
    if plugin.prepare is None:
        return
    try:
        plugin.prepare(house)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in does wrong is listed with it, and the rest runs
        _log.exception("plugin_not_prepared", plugin=plugin.id)
        house.plugins[plugin.id] = reason_of(error)


def _calm_collector() -> None:
    """Leave what the start has made out of garbage collection, and collect less often.

    The libraries' half a million objects would be walked again and again while scans wait, 50 ms at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("work_stopped", work=task.get_coro().__qualname__, exc_info=task.exception())  # type: ignore[union-attr]


async def _follow(app: Starlette) -> None:
    """Take up what the command line and other processes have changed, within a second."""
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        for step in (_follow_devices, _follow_counts, _follow_keys):
            try:
                await step(app)
            except Exception:  # noqa: BLE001 - tried again in half a second, whatever it was, and the others go on
                _log.exception("follow_failed", step=step.__name__)


async def _follow_devices(app: Starlette) -> None:
    for device_id in await app.state.house.devices.reload():
        await app.state.live.cut_off(device_id)


async def _follow_counts(app: Starlette) -> None:
    await app.state.house.occupancy.refresh()
    await app.state.house.database.tend()


async def _follow_keys(app: Starlette) -> None:
    app.state.house.keys.reload()


async def _keep_days(house: House) -> None:
    """End each day at its last closing, and keep the pace of the queue."""
    while True:
        try:
            people = await close_due_day(house.database, house.space, house.clock.now())
            if people:
                _log.info("day_ended", people=people)
            if people is not None:
                await house.occupancy.refresh()
                house.arrivals.mark_changed()
            await call_waiting(house.database, house.space, house.clock.now())
            house.checkin.set_pace(*await house.database.read(read_pace, house.clock.now()))
        except Exception:  # noqa: BLE001 - tried again in a moment, whatever it was
            _log.exception("day_end_failed")
        await asyncio.sleep(min(10.0, max(0.2, 20 / house.clock.speed)))


async def _go_on_after_last_movement(house: House) -> None:
    """A simulated day that is restarted goes on where it stopped."""
    if house.clock.is_simulated:
        last = await house.database.read(last_received)
        if last is not None:
            house.clock.go_on_after(last)


def _reason(plugin: Plugin | BrokenPlugin) -> str | None:
    return plugin.reason if isinstance(plugin, BrokenPlugin) else None


def _plugin_routes(plugins: list[Plugin]) -> list[BaseRoute]:
    routes: list[BaseRoute] = [route for plugin in plugins for route in plugin.routes]
    folders: list[tuple[str, Path]] = [(plugin.id, plugin.static) for plugin in plugins if plugin.static]
    routes += [Mount(f"/static/{id_}", _files(folder)) for id_, folder in folders]
    return [*routes, Mount("/static", _files(STATIC))]


def _files(folder: Path) -> ASGIApp:
    """Serve a folder, compressed: kiosks on a thin line fetch scripts and icons at a third of their size."""
    return GZipMiddleware(StaticFiles(directory=folder), minimum_size=1_000, compresslevel=6)
