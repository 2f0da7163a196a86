"""A server of its own for measuring: a temporary database, filled and started by the `sanh` command alone."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson
import xlsxwriter

from server.domain.errors import DomainError
from server.simulator.api import Api, Paired
from server.simulator.people import Post

_SPACE = """
[space]
name = "Bench"
capacity = 100000
[opening]
always = true
[passes]
window = "none"
[[zones]]
id = "lobby"
name = "Lobby"
capacity = 100000
[[zones]]
id = "probe"
name = "Probe"
capacity = 100000
"""
_HEADS = ("STT", "Mã đoàn", "Tên đoàn / Đơn vị", "Số người", "Ngày tham quan", "Giờ")
_MEMBER_HEADS = ("STT", "Mã đoàn", "Họ và tên")
_MEMBERS = 10
_START_SECONDS = 90.0
_STOP_SECONDS = 15.0


def sanh_command(*arguments: str) -> list[str]:
    """Return the command line of `sanh` in this environment."""
    return [str(Path(sys.executable).with_name("sanh")), *arguments]


@dataclass(slots=True)
class Testbed:
    """Use as `async with Testbed() as bed`. Everything goes with it when it ends.

    `space` is the text of its space file, `serving` what `sanh serve` is told beside its port, `settings` more
    environment.
    """

    database_url: str = ""
    space: str = _SPACE
    serving: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    _exit: AsyncExitStack = field(default_factory=AsyncExitStack)
    folder: Path = field(init=False)
    environment: dict[str, str] = field(init=False)
    url: str = field(init=False)
    server: subprocess.Popen[bytes] | None = field(init=False, default=None)

    async def __aenter__(self) -> Self:
        self.folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="sanh-bench-")))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        space = self.folder / "space.toml"
        space.write_text(self.space, encoding="utf-8")
        self.environment = os.environ | {
            "SANH_DATABASE_URL": self.database_url or f"sqlite:///{self.folder / 'bench.db'}",
            "SANH_SECRET_FILE": str(self.folder / "secret.json"),
            "SANH_SPACE_FILE": str(space),
            "SANH_PUBLIC_URL": self.url,
            **self.settings,
        }
        self._exit.push_async_callback(self.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def sanh(self, *arguments: str, say: str = "") -> bytes:
        """Run a command, tell it something, and return what it printed. Raise `command_failed`."""
        process = await asyncio.create_subprocess_exec(
            *sanh_command(*arguments), env=self.environment, cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        output, complaint = await process.communicate(say.encode())
        if process.returncode:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:]
            raise DomainError("command_failed", command=" ".join(arguments), why="".join(last))
        return output

    async def fill(self, people: int) -> list[str]:
        """Import so many invented people in delegations of ten, and return a pass text for each."""
        workbook = self.folder / "bench.xlsx"
        _write_workbook(workbook, people)
        await self.sanh("migrate")
        await self.sanh("import", str(workbook), "--json")
        passes: list[dict[str, Any]] = orjson.loads(await self.sanh("passes", "--all", "--json"))
        return [row["text"] for row in passes if row["kind"] == "visitor"]

    async def start(self) -> float:
        """Start the server and return how many seconds passed until it was ready."""
        began = time.perf_counter()
        port = self.url.rpartition(":")[2]
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(  # noqa: S603, ASYNC220 - a server that outlives this call
                sanh_command("serve", "--port", port, *self.serving), env=self.environment, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        while not await asyncio.to_thread(is_ready, self.url):
            if self.server.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                raise DomainError("command_failed", command="serve", why=self.log_end())
            await asyncio.sleep(0.01)
        return time.perf_counter() - began

    async def restart(self) -> float:
        """Stop the server if it runs, start it again, and return how many seconds the start took."""
        await self.stop()
        return await self.start()

    @property
    def pid(self) -> int:
        """Return the process that `sanh serve` is."""
        assert self.server is not None
        return self.server.pid

    async def stop(self) -> None:
        """Stop the server: politely, then surely."""
        if self.server is None:
            return
        self.server.terminate()
        try:
            await asyncio.to_thread(self.server.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.server = None

    async def pair(self, count: int, zone: str = "lobby", role: str = "gate") -> list[Paired]:
        """Pair so many kiosks through the API."""
        name = f"bench-{time.time_ns()}"
        token = orjson.loads(await self.sanh("token", "add", name, "--role", "administrator", "--json"))
        async with Api.open(self.url, token["token"], ZoneInfo("UTC")) as api:
            posts = [Post(f"{zone}-{n}", zone, role, "auto", inner=False) for n in range(count)]
            return [await api.pair(post, post.key) for post in posts]

    def log_end(self) -> str:
        """Return the last line that the server said."""
        lines = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _write_workbook(path: Path, people: int) -> None:
    groups = -(-people // _MEMBERS)
    with xlsxwriter.Workbook(path) as book:
        delegations, members = book.add_worksheet(), book.add_worksheet()
        _write_rows(delegations, _HEADS, [
            (n, f"D{n:05}", f"Bench {n}", _MEMBERS, "12/10/2020", "09:00") for n in range(1, groups + 1)
        ])  # fmt: skip
        _write_rows(members, _MEMBER_HEADS, [
            (n + 1, f"D{n // _MEMBERS + 1:05}", f"Nguyen Van {letters(n)}") for n in range(people)
        ])  # fmt: skip


def _write_rows(sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for number, row in enumerate((heads, *rows)):
        sheet.write_row(number, 0, row)


def letters(number: int) -> str:
    """Return a name-like word that is different for each number."""
    word = ""
    while True:
        number, digit = divmod(number, 26)
        word += chr(ord("a") + digit)
        if not number:
            return word.capitalize() + "a"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as response:  # noqa: S310 - our own server
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
