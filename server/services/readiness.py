"""Whether this process may be sent visitors' requests.

Ready is who can answer a scan: a database that answers and takes writes, at the schema that this program knows,
with room on the disk and a secret file that can be read. A lost bus leaves the house ready but *degraded*: scans
are decided in the database, and screens reread their state every few seconds.
"""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from server.logs import describe
from server.services.house import House
from server.storage import health
from server.storage.migrate import HEAD, current_revision
from server.storage.spaces import read_counts

LIMIT_SECONDS = 1.5
"""How long the database may take to answer before it counts as gone."""

LEAST_FREE_BYTES = 100 * 1024 * 1024

_GIVE_UP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that readiness rests on. `detail` holds figures and codes, no address, no path and no name."""

    name: str
    ok: bool
    detail: str
    is_vital: bool = True


class Readiness:
    """Examines the parts of a house. `is_stopping` is set once the process was told to end."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._asking: asyncio.Task[list[Part]] | None = None
        self._had_secret = False
        self.is_stopping = False

    async def examine(self) -> list[Part]:
        """Return every part, within about `LIMIT_SECONDS`, whatever hangs."""
        serving = Part("serving", not self.is_stopping, "stopping" if self.is_stopping else "")
        return [serving, *await self._ask_database(), self._disk(), self._secret(), *self._bus()]

    async def _ask_database(self) -> list[Part]:
        # One question at a time: a database that hangs would otherwise hold a connection for every probe.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait([self._asking], timeout=LIMIT_SECONDS)
        if self._asking.done():
            return self._asking.result()
        return [Part("database", ok=False, detail="no_answer")]

    async def _ask(self) -> list[Part]:
        database = self._house.database
        try:
            async with asyncio.timeout(_GIVE_UP_SECONDS):
                revision = await database.read(current_revision)
                refusal = await database.write(health.refusal_of_writes)
                counts, _ = await database.read(read_counts)
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is what is asked for
            return [Part("database", ok=False, detail=describe(error).partition(":")[0])]
        return [
            Part("database", refusal is None, refusal or ""),
            Part("migrations", revision == HEAD, f"{revision}/{HEAD}"),
            Part("zones", bool(counts.zones), "" if counts.zones else "none"),
        ]

    def _disk(self) -> Part:
        database = self._house.database
        folder = Path(database.url.database or ".").parent if database.is_sqlite else Path()
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            return Part("disk", ok=False, detail=type(error).__name__)
        return Part("disk", free > LEAST_FREE_BYTES, f"free_mib={free // 2**20}")

    def _secret(self) -> Part:
        path = self._house.settings.secret_file
        if os.access(path, os.F_OK):
            self._had_secret = True
            is_readable = os.access(path, os.R_OK)
            return Part("secret_file", is_readable, "" if is_readable else "not_readable")
        if self._had_secret:
            # The keys in memory still verify; a start without the file would make new ones.
            return Part("secret_file", ok=False, detail="lost", is_vital=False)
        is_makeable = os.access(_existing(path.absolute().parent), os.W_OK)
        return Part("secret_file", is_makeable, "to_be_made" if is_makeable else "not_writable")

    def _bus(self) -> list[Part]:
        if not self._house.settings.bus_url:
            return []
        is_connected = self._house.bus.is_connected
        return [Part("bus", is_connected, "" if is_connected else "not_connected", is_vital=False)]


def _existing(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)
