"""What the machine could do at most, measured in the same run: a bare group commit and a bare echo.

`python -m server.simulator.ceilings` serves the echo, on a free port that it prints.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from server.simulator.wire import Wire, open_wire

BATCH = 32
_COLUMNS = (
    "scan_id text not null, part integer, pass_id text, holder text, delegation_id integer, device_id text,"
    " answer text, code text, from_zone text, to_zone text, people integer, counted integer, from_holder text,"
    " to_holder text, at text, received_at text, offline integer, conflict text, assumed integer, reply text"
)
_SCHEMA = f"""
pragma journal_mode=wal; pragma synchronous=full; pragma cache_size=-16000;
create table movement (seq integer primary key autoincrement, {_COLUMNS}, unique (scan_id, part));
create index by_holder on movement (holder); create index by_at on movement (at);
create table zone (id text primary key, inside integer); insert into zone values ('lobby', 0);
"""  # noqa: S608 - built of constants


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A rate, and the CPU that one of them took, in microseconds."""

    per_second: float
    cpu_us: float


def group_commit(seconds: float, folder: Path | None = None) -> Ceiling:
    """Insert rows like a movement's, 32 a commit, as SQLite alone can: WAL, `synchronous=FULL`, one thread.

    Three indexes as on the real table, one of them over random ids; and one counter updated per commit.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        connection = sqlite3.connect(Path(place) / "ceiling.db", isolation_level=None)
        try:
            connection.executescript(_SCHEMA)
            return _commit_batches(connection, seconds)
        finally:
            connection.close()


def _commit_batches(connection: sqlite3.Connection, seconds: float) -> Ceiling:
    marks = ",".join("?" * (_COLUMNS.count(",") + 1))
    insert = f"insert into movement values (null,{marks})"  # noqa: S608 - only question marks
    names = [name.split()[0] for name in _COLUMNS.split(",")]
    values = {"answer": "admitted", "to_zone": "lobby", "people": 1, "counted": 1, "at": "2020-10-12 07:30:00.000000"}
    row = [values.get(name) for name in names]
    rows = 0
    cpu, began = time.process_time(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        ids = os.urandom(16 * BATCH).hex()
        batch = [
            [ids[n : n + 32], 0, ids[n : n + 16], "v:" + ids[n : n + 32], 7, *row[5:]] for n in range(0, len(ids), 32)
        ]
        connection.execute("begin immediate")
        connection.executemany(insert, batch)
        connection.execute("update zone set inside = inside + ? where id = 'lobby'", (BATCH,))
        connection.execute("commit")
        rows += BATCH
    spent = time.perf_counter() - began
    return Ceiling(rows / spent, (time.process_time() - cpu) / rows * 1e6)


async def echo(seconds: float, sockets: int, in_flight: int, size: int) -> Ceiling:
    """Send messages of `size` bytes to a bare `websockets` server in a process of its own, and count what returns.

    The CPU is the server's.
    """
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.simulator.ceilings", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        return await _count_echoes(f"ws://127.0.0.1:{port}/", server.pid, seconds, sockets, in_flight, b"x" * size)
    finally:
        server.terminate()
        await server.wait()


async def _count_echoes(url: str, pid: int, seconds: float, sockets: int, in_flight: int, payload: bytes) -> Ceiling:
    echoes = 0
    wires: list[Wire] = []
    ends = time.perf_counter() + 3600

    def again(wire: Wire) -> None:
        nonlocal echoes
        echoes += 1
        if time.perf_counter() < ends:
            wire.send_text(payload)

    async with AsyncExitStack() as stack:
        for _ in range(sockets):
            wire = await open_wire(url, "", lambda _: None)
            wire.on_text = lambda _, wire=wire: again(wire)  # type: ignore[misc]
            stack.callback(wire.close)
            wires.append(wire)
        cpu, began = cpu_seconds(pid), time.perf_counter()
        ends = began + seconds
        for wire in wires:
            for _ in range(in_flight):
                wire.send_text(payload)
        await asyncio.sleep(seconds)
        spent = time.perf_counter() - began
        return Ceiling(echoes / spent, (cpu_seconds(pid) - cpu) / max(1, echoes) * 1e6)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, its finished children excluded."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Return how much memory a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def _serve_echo() -> None:
    async def answer(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)  # noqa: T201
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve_echo())
