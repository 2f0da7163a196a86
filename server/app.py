"""The one place where the parts of the house meet."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from server import logs
from server.domain.errors import DomainError
from server.plugin import BrokenPlugin, Plugin, load_plugins, reason_of
from server.services.accounts import Accounts
from server.services.arrivals import ArrivalsBoard
from server.services.audit import AuditChain
from server.services.bus import Bus, NoBus
from server.services.checkin import CheckIn
from server.services.clock import Clock
from server.services.devices import Devices
from server.services.house import House
from server.services.hub import Hub
from server.services.import_runner import ImportRunner
from server.services.keys import Keys
from server.services.occupancy import OccupancyBoard
from server.services.oidc import Oidc
from server.services.passes import Passes
from server.services.presence import Presence
from server.services.readiness import Readiness
from server.services.second_step import SecondSteps
from server.services.set_up import SetUp
from server.settings import Settings
from server.storage.database import open_database
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space
from server.web.i18n import add_catalogue
from server.web.live import LiveSockets
from server.web.observe import Observe, ProcessFigures
from server.web.problems import HANDLERS
from server.web.requests import LimitBody, RefuseForgery, SpeakLanguage
from server.web.routes import build_routes
from server.web.security import SecurityHeaders
from server.web.templating import STATIC, build_environment
from server.works import end_works, go_on_after_last_movement, start_works

# A file of 20 MB, and what a form writes around it.
UPLOAD_LIMIT = 20 * 1024 * 1024 + 64 * 1024
DRAIN_SECONDS = 3.0
"""For what the sockets and requests left behind, which have had their own time to be answered."""

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
    app.state.live = live = LiveSockets()
    app.state.presence = Presence(house.bus, lambda: live.devices)
    app.state.figures = figures
    app.state.readiness = Readiness(house)
    app.state.worker, app.state.peers = 0, None
    app.state.loaded_plugins = loaded
    app.state.templates = build_environment({plugin.id: plugin.templates for plugin in loaded if plugin.templates})
    return app


def build_house(settings: Settings, clock: Clock) -> House:
    """Return the house with all its parts, its database opened."""
    space = settings.space()
    database = open_database(settings.database_url)
    hub = Hub(lambda: checkin.batch)
    bus = open_bus(settings)
    keys = Keys(settings.secret_file)
    occupancy = OccupancyBoard(database, space, clock, hub, bus)
    arrivals = ArrivalsBoard(database, space, clock, hub)
    occupancy.moved = arrivals.mark_changed
    checkin = CheckIn(database, space, clock, keys, occupancy)
    accounts = Accounts(database)
    return House(
        settings=settings,
        space=space,
        clock=clock,
        database=database,
        hub=hub,
        bus=bus,
        keys=keys,
        passes=Passes(database, keys, space, clock, settings.public_url),
        devices=Devices(database, space),
        accounts=accounts,
        second_steps=SecondSteps(database, keys, accounts, f"Sanh {urlsplit(settings.public_url).hostname}"),
        set_up=SetUp(database, keys, accounts),
        occupancy=occupancy,
        arrivals=arrivals,
        checkin=checkin,
        audit=AuditChain(database),
        imports=ImportRunner(settings, database, clock),
        oidc=Oidc(settings, database) if settings.has_oidc else None,
    )


def open_bus(settings: Settings) -> Bus:
    """Return the bus between the processes of this house, or none for a house that is one process.

    Raise `bad_bus_url` for an address that is not Redis's.
    """
    if not settings.bus_url:
        return NoBus()
    if not settings.bus_url.startswith(("redis://", "rediss://")):
        raise DomainError("bad_bus_url")
    from server.services.redis_bus import RedisBus

    # PUB/SUB knows no database numbers: with them in the name, spaces may share a Redis as they are used to.
    bus, database = make_url(settings.bus_url), make_url(settings.database_url)
    return RedisBus(settings.bus_url, f"sanh:{bus.database or 0}:{database.database}")


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    house: House = app.state.house
    asyncio.get_running_loop().set_exception_handler(logs.on_loop_failure)
    await house.database.write(upgrade)
    await house.database.write(sync_space, house.space)
    await go_on_after_last_movement(house.clock, house.database)
    if await house.set_up.is_open():
        _log.warning("set_up_code", code=await house.set_up.code(), page=f"{house.settings.public_url}/staff/set-up")
    await house.devices.reload()
    await house.occupancy.refresh()
    await house.arrivals.refresh()
    for plugin in app.state.loaded_plugins:
        _prepare(plugin, house)
    tasks = start_works(app)
    _calm_collector()
    yield
    with contextlib.suppress(TimeoutError):
        # What is not committed by then was not answered either: its kiosk has it and sends it again.
        async with asyncio.timeout(DRAIN_SECONDS):
            await house.checkin.drain()
    await end_works(tasks)
    await house.database.close()


def _prepare(plugin: Plugin, house: House) -> None:
    if plugin.prepare is None:
        return
    try:
        plugin.prepare(house)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in does wrong is listed with it, and the rest runs
        _log.exception("plugin_not_prepared", plugin=plugin.id)
        house.plugins[plugin.id] = reason_of(error)


def _calm_collector() -> None:
    """Leave what the start has made out of garbage collection, and collect less often, and less at once.

    The libraries' half a million objects would be walked again and again while scans wait, 50 ms at a time; so would
    those of three thousand screens that came in the same minute.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 2, 250)


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
