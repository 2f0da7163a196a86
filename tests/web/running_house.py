"""A real server on a port of its own for tests that drive a browser, in the tests' own event loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn

from server.app import build_app
from server.domain.kiosk import Kiosk
from server.services.clock import Clock
from server.services.house import House
from server.services.presence import Presence
from server.serving import server_config
from server.settings import Settings
from tests.cast import MORNING, add_delegation, add_visitor

GATE = Kiosk("gate-1", "Kiosk 1", "gate", "lobby")
PASSWORD = "mat-khau-thu"


@dataclass(slots=True)
class RunningHouse:
    """The house and its address; `stop` takes the server away while the page stays open."""

    url: str
    house: House
    server: uvicorn.Server
    serving: "asyncio.Task[None]"
    presence: Presence

    async def stop(self) -> None:
        self.server.should_exit = True
        await asyncio.shield(self.serving)

    async def expect_delegation(self, code: str = "D017", **values: Any) -> None:
        """Have D017 come today with Lan among its three people."""

        def store(connection: Any) -> None:
            id_ = add_delegation(connection, code, status="confirmed", **values)
            add_visitor(connection, delegation_id=id_)

        await self.house.database.write(store)
        await self.house.arrivals.refresh()

    async def scan(self, code: str = "D017", *, direction: str = "in") -> dict[str, Any]:
        """Scan Lan's pass at the gate."""
        _, lan = await self.house.passes.of_delegation(code)
        at = self.house.clock.now().isoformat()
        scan = {"id": str(uuid4()), "pass": lan.text, "at": at, "direction": direction}
        return (await self.house.checkin.answer([scan], GATE))[0]


@contextlib.asynccontextmanager
async def running_house(
    folder: Path, database_url: str, *, at: datetime = MORNING, speed: float = 1, port: int = 0, **settings: Any
) -> AsyncIterator[RunningHouse]:
    """Open a house on a database, at 08:00 of a day in 2020; on a given port, it comes back there."""
    chosen = Settings(database_url=database_url, secret_file=folder / "secret.json", _env_file=None, **settings)
    app = build_app(chosen, Clock(at, speed))
    config = server_config(app, port=port)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the server did not start"
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    running = RunningHouse(f"http://127.0.0.1:{port}", app.state.house, server, serving, app.state.presence)
    try:
        yield running
    finally:
        await running.stop()
