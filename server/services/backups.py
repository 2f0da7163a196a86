"""A backup: one file with the database and the secret file, as they were at one moment.

A tar that its owner alone can read: it holds the private key and everybody's data. SQLite only; PostgreSQL has
its own tools.
"""

import io
import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from server.domain.errors import DomainError

_DATABASE, _SECRET = "sanh.db", "secret.json"


def make_backup(database_url: str, secret_file: Path, target: Path) -> int:
    """Write a backup, also while the server runs; return its size in bytes.

    Raises `backup_needs_sqlite`, `no_database`, `cannot_write_file`.
    """
    source = _sqlite_file(database_url)
    if not source.is_file():
        raise DomainError("no_database", file=str(source))
    try:
        return _pack(source, secret_file, target)
    except OSError as error:
        raise DomainError("cannot_write_file", path=str(target), why=error.strerror or str(error)) from error


def _pack(source: Path, secret_file: Path, target: Path) -> int:
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
        copy = Path(folder) / _DATABASE
        _copy(source, copy)
        packed = Path(folder) / "packed"
        with os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as tar:
                tar.add(copy, _DATABASE)
                if secret_file.is_file():
                    tar.add(secret_file, _SECRET)
            file.flush()
            os.fsync(file.fileno())
        packed.replace(target)
    return target.stat().st_size


def restore_backup(database_url: str, secret_file: Path, source: Path, *, replace: bool) -> None:
    """Put a backup's database and secret file in place. What was there stays beside it as `….before-restore`.

    Raises `bad_backup`, `database_exists` unless `replace`, `database_in_use` while a server runs.
    """
    target = _sqlite_file(database_url)
    content = _read(source)
    if target.exists():
        if not replace:
            raise DomainError("database_exists", file=str(target))
        _demand_unused(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unpacked = Path(folder) / _DATABASE
        unpacked.write_bytes(content[_DATABASE])
        _demand_whole(unpacked, source)
        _put(unpacked, target)
    if _SECRET in content:
        secret_file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=secret_file.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content[_SECRET])
        _put(Path(name), secret_file)


def _sqlite_file(database_url: str) -> Path:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise DomainError("backup_needs_sqlite")
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    # SQLite's own copying sees one consistent state, the write-ahead log included.
    reader, writer = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reader.backup(writer)
        writer.execute("PRAGMA journal_mode=DELETE")
    finally:
        reader.close()
        writer.close()


def _read(source: Path) -> dict[str, bytes]:
    # Members are read by name and never unpacked: a hostile archive can name no other place.
    content: dict[str, bytes] = {}
    try:
        with tarfile.open(source, "r:gz") as tar:
            for name in (_DATABASE, _SECRET):
                file = tar.extractfile(name) if name in tar.getnames() else None
                if file is not None:
                    content[name] = io.BytesIO(file.read()).getvalue()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DomainError("bad_backup", file=str(source), why=str(error)) from error
    if _DATABASE not in content:
        raise DomainError("bad_backup", file=str(source), why=_DATABASE)
    return content


def _demand_unused(database: Path) -> None:
    connection = sqlite3.connect(database, timeout=0)
    try:
        # Leaving WAL takes the file for oneself, which fails while anybody else has it open.
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise DomainError("database_in_use", file=str(database)) from error
    except sqlite3.DatabaseError:
        return  # broken: all the more reason to restore
    finally:
        connection.close()


def _demand_whole(database: Path, source: Path) -> None:
    connection = sqlite3.connect(database)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    finally:
        connection.close()
    if found != "ok":
        raise DomainError("bad_backup", file=str(source), why=found)


def _put(new: Path, place: Path) -> None:
    if place.exists():
        place.replace(place.with_name(place.name + ".before-restore"))
    for leftover in ("-wal", "-shm"):
        place.with_name(place.name + leftover).unlink(missing_ok=True)
    new.replace(place)
