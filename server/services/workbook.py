"""A file from outside → sheets of cells, read in a process of its own with little memory and time.

A hostile or broken file can end that process and nothing else: what comes back is a sheet or a stable code.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import orjson

import server
from server.domain.errors import DomainError
from server.domain.registry import Cell, NoValue, Sheet
from server.services.workbook_limits import MOST_BYTES, WALL_SECONDS

_CHILD = "server.services.workbook_child"
_ROOT = Path(server.__file__).parent.parent


async def read_workbook(source: Path | bytes, name: str) -> list[Sheet]:
    """Return the sheets of an .xlsx, .xls, .ods or .csv file; its type is told from its content.

    Raise `DomainError` with `file` and one of the codes `file_missing`, `file_empty`, `file_too_large`,
    `too_many_rows`, `wrong_type`, `broken_file`, `encrypted_file`, `zip_bomb`, `hostile_file`, `file_too_demanding`.
    """
    return await asyncio.to_thread(_read, source, name)


def _read(source: Path | bytes, name: str) -> list[Sheet]:
    try:
        with _opened(source, name) as content:
            return _run(content)
    except DomainError as error:
        raise DomainError(error.code, file=name) from error
    except OSError as error:
        raise DomainError("file_missing", file=name) from error


def _opened(source: Path | bytes, name: str) -> IO[bytes]:
    if isinstance(source, Path):
        if not source.is_file():
            raise DomainError("file_missing", file=name)
        size = source.stat().st_size
    else:
        size = len(source)
    if size > MOST_BYTES:
        raise DomainError("file_too_large", file=name)
    if not size:
        raise DomainError("file_empty", file=name)
    if isinstance(source, Path):
        return source.open("rb")
    content = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    content.write(source)
    content.seek(0)
    return content


def _run(content: IO[bytes]) -> list[Sheet]:
    # A clean environment: nothing of the house's settings and keys is within a hostile file's reach.
    environment = {"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-s", "-X", "utf8", "-m", _CHILD]
    with subprocess.Popen(  # noqa: S603  the command is ours; the file comes on its standard input
        command, stdin=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/"
    ) as child:
        timer = threading.Timer(WALL_SECONDS, child.kill)
        timer.start()
        try:
            assert child.stdout is not None
            return _sheets(_messages(child.stdout))
        finally:
            timer.cancel()
            child.kill()


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in stream:
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            return


def _sheets(messages: Iterator[dict[str, Any]]) -> list[Sheet]:
    sheets: list[Sheet] = []
    for message in messages:
        if "error" in message:
            raise DomainError(str(message["error"]))
        if "sheet" in message:
            merged = [(m[0], m[1], m[2], m[3]) for m in message["merged"]]
            sheets.append(Sheet(message["sheet"], [], merged, bool(message["hidden"])))
        elif "rows" in message:
            rows: Any = sheets[-1].rows
            rows.extend([_cell(cell) for cell in row] for row in message["rows"])
        elif "end" in message:
            return sheets
    # It fell silent before its end: out of memory or time.
    raise DomainError("file_too_demanding")


_DECODERS: dict[str, Callable[[str], Cell]] = {
    "d": date.fromisoformat,
    "t": time.fromisoformat,
    "m": datetime.fromisoformat,
    "f": lambda text: NoValue("formula", text),
    "e": lambda text: NoValue("error", text),
}


def _cell(value: Any) -> Cell:
    """Read a cell as the child wrote it: plain JSON, or `{tag: text}` for what JSON has no word for."""
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    ((tag, text),) = value.items()
    return _DECODERS[tag](text)
