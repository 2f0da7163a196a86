"""A kiosk that scans as fast as it is answered, while its server is told to stop."""

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.simulator.testbed import Testbed
from server.storage.database import open_database

WINDOW = 24


@dataclass(slots=True)
class Kiosk:
    """Keeps `WINDOW` scans under way; `answered` are the ids of those that came back, `code` is how it was closed."""

    url: str
    token: str
    passes: list[str]
    answered: set[str] = field(default_factory=set)
    code: int | None = None
    sent: int = 0

    async def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with connect(self.url.replace("http", "ws") + "/live", additional_headers=headers) as socket:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(WINDOW):
                    await self._send(socket)
                async for message in socket:
                    told = orjson.loads(message)
                    for answer in told.get("answers", ()):
                        self.answered.add(answer["id"])
                        with contextlib.suppress(ConnectionClosed):
                            await self._send(socket)
            self.code = socket.close_code

    async def _send(self, socket: Any) -> None:
        scan = {"id": str(uuid.uuid4()), "pass": self.passes[self.sent % len(self.passes)], "direction": "auto"}
        self.sent += 1
        await socket.send(
            orjson.dumps({"type": "scan", "scans": [scan | {"at": datetime.now(UTC).isoformat()}]}).decode()
        )


async def open_kiosks(bed: Testbed, count: int) -> list[Kiosk]:
    """Return kiosks with passes of their own, paired and not connected yet."""
    passes = await bed.fill(10 * count)
    await bed.start()
    paired = await bed.pair(count)
    return [Kiosk(bed.url, one.token, passes[n::count]) for n, one in enumerate(paired)]


async def stored_scans(bed: Testbed) -> set[str]:
    """Return the ids of the scans that are in the database."""
    database = open_database(bed.environment["SANH_DATABASE_URL"])

    def read(connection: Connection) -> set[str]:
        return set(connection.scalars(text("SELECT scan_id FROM movement")))

    try:
        return await database.read(read)
    finally:
        await database.close()


async def stop_under_load(bed: Testbed, kiosks: list[Kiosk], send: Any, *, after: int = 300) -> int:
    """Tell the server to stop by `send(pid)` in the midst of scans; return its exit code."""
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        for kiosk in kiosks:
            group.create_task(kiosk.run())
        while sum(len(kiosk.answered) for kiosk in kiosks) < after:
            await asyncio.sleep(0.01)
        assert bed.server is not None
        send(bed.server.pid)
        await asyncio.to_thread(bed.server.wait, 30)
    return int(bed.server.returncode)
