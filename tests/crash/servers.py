"""A Redis and a PostgreSQL of the test's own, to be stopped, started and cut off. The machine's are left alone."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import asyncpg
import pytest

_PATIENCE = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Redis:
    """Use as `with Redis() as redis`. Keeps nothing: after a stop it begins anew."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._binary = shutil.which("redis-server") or pytest.skip("no redis-server on this machine")
        self._folder = tempfile.TemporaryDirectory(prefix="sanh-redis-")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder.name)
        self._process = subprocess.Popen((self._binary, *options), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        ends = time.monotonic() + _PATIENCE
        while not _answers(self.port):
            assert time.monotonic() < ends, "redis-server does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it; whoever is connected is cut off."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
            self._process = None


@dataclass(slots=True)
class Cluster:
    """A PostgreSQL of its own. Use as `with Cluster() as cluster`; it runs as an unprivileged user."""

    port: int = field(default_factory=free_port)
    folder: Path = field(init=False)
    _binaries: Path = field(init=False)

    def __enter__(self) -> Self:
        self._binaries = _find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="sanh-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-U", "sanh", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\n"
            )
        self.control("start")
        return self

    def __exit__(self, *_: object) -> None:
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        """Return the address of the cluster's first database."""
        return self.url_of("postgres")

    def url_of(self, name: str) -> str:
        return f"postgresql://sanh@127.0.0.1:{self.port}/{name}"

    def control(self, action: str, *more: str) -> None:
        """Run `pg_ctl`: start, stop or restart, and wait until it is done."""
        self._run("pg_ctl", "-w", "-t", str(_PATIENCE), "-l", str(self.folder / "log"), *more, action)

    async def make(self, name: str) -> str:
        """Make a database and return its address."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.url_of(name)

    async def cut_connections(self) -> int:
        """Cut every connection but our own; return how many there were."""
        connection = await asyncpg.connect(self.url)
        others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        try:
            return len(await connection.fetch(f"SELECT pg_terminate_backend(pid) {others}"))
        finally:
            await connection.close()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *options: str) -> None:
        # A server refuses to run as root.
        become = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        command = (*become, str(self._binaries / program), "-D", str(self._data), *options)
        # To a file, not a pipe: the server would hold the pipe open, and we would wait for its end.
        with (Path(self.folder) / "said").open("w+b") as said:
            done = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=60, check=False
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read().decode(errors='replace')}"


def _find_binaries() -> Path:
    asked = shutil.which("pg_config")
    if asked is None:
        pytest.skip("no PostgreSQL on this machine: pg_config is missing")
    folder = Path(subprocess.run((asked, "--bindir"), capture_output=True, text=True, check=True).stdout.strip())
    if not (folder / "initdb").exists():
        pytest.skip(f"no PostgreSQL server on this machine: {folder / 'initdb'} is missing")
    return folder


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"PING\r\n")
            return link.recv(64).startswith(b"+PONG")
    except OSError:
        return False
