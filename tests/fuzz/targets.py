"""The targets of the long runs: bytes → an input of one of the properties."""

import asyncio
import io
import random
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from server.domain.errors import DomainError
from server.domain.registry import Cell, Sheet
from server.services.recount import recount
from server.services.workbook import read_workbook
from server.storage.database import open_database
from server.storage.migrate import upgrade
from tests.fuzz import properties
from tests.fuzz.test_scan_door import Door, open_door
from tests.fuzz.test_socket import is_well, say
from tests.fuzz.wire import PING, TEXT, frame, handshake
from tests.services.spreadsheets import ods, xls, xlsx
from tests.web.running_house import RunningHouse, running_house

_HEAD = "STT|Họ và tên|Đơn vị|Ngày|Giờ|Số người|SĐT|Email|Ghi chú"
_ROW = "1|Nguyễn Thị Lan|Sở Y tế|12/10/2020|8h30|3|0903123456|lan@x.vn|x"
_ROWS: list[list[Any]] = [_HEAD.split("|"), _ROW.split("|"), ["=A1", 2.5]]
_SCAN = {"id": "7ec68a23-10fe-4474-81a5-cd5c6e8a98b4", "pass": "Lan", "at": "2020-10-12T08:00:00+07:00"}
_FULL = {"direction": "in", "people": 2, "offline": True, "reentry": False, "force": {"reason": "x"}}
_stack = ExitStack()
_count = 0


@dataclass(frozen=True, slots=True)
class Target:
    """One fuzzer: what it runs, what it begins with, how long its inputs are, and how it changes them."""

    run: Callable[[bytes], None]
    seeds: Iterable[bytes] = ()
    length: int = 4_096
    mutate: Callable[[bytes, int, int], bytes] | None = None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _scan(data: bytes) -> None:
    with suppress(orjson.JSONDecodeError):
        properties.a_scan_is_read_or_malformed(orjson.loads(data))


def _sheet(data: bytes) -> None:
    rows = [[_cell(cell) for cell in line.split("|")] for line in _text(data).split("\n")]
    properties.a_sheet_is_read(Sheet("Sheet1", rows, [(1, 2, 4, 2)] if len(rows) % 2 else []))


def _cell(text: str) -> Cell:
    if text.startswith("#"):
        with suppress(ValueError):
            return float(text[1:])
    return text or None


def _workbook(data: bytes) -> None:
    try:
        asyncio.run(read_workbook(data, "f.xlsx"))
    except DomainError as error:
        if error.code not in properties.known_refusals():
            raise


_TOKENS = (
    b"<f>A1</f>", b'<c r="A1" t="e"><v>#REF!</v></c>', b'<mergeCell ref="A1:XFD1048576"/>', b' r="ZZ9999999"', b"&#0;",
    b"_x0000_", b"&lt;", b"<!DOCTYPE a>", b' t="s"', b"<v>99999999</v>", b"<v>1e999</v>", b"\xff", b"<row>", b"</c>",
    b' table:number-rows-repeated="99999999"', b' table:number-columns-repeated="-1"', b"<v>44116</v>",
)  # fmt: skip


def mutate_parts(data: bytes, most: int, seed: int) -> bytes:
    """Change a part inside an archive, so that what is changed is read at all; now and then the archive itself."""
    dice = random.Random(seed)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error):
        parts = {}
    if not parts or dice.random() < 0.2:
        return _mutate(data, dice)[:most]
    chosen = dice.choice(sorted(parts))
    parts[chosen] = _mutate(parts[chosen], dice)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    changed = stream.getvalue()
    return changed if len(changed) <= most else data


def _mutate(data: bytes, dice: random.Random) -> bytes:
    """Return bytes with a few of them changed, left out, said twice, or a word of the format put in."""
    changed = bytearray(data or b"\0")
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(changed) + 1)
        end = min(len(changed), start + dice.randint(1, 40))
        how = dice.randrange(4)
        if how == 0 and start < len(changed):
            changed[start] ^= 1 << dice.randrange(8)
        elif how == 1:
            del changed[start:end]
        elif how == 2:
            changed[end:end] = changed[start:end]
        else:
            changed[start:start] = dice.choice(_TOKENS)
    return bytes(changed)


@cache
def _open_door() -> Door:
    folder = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="sanh-fuzz-")))
    url = f"sqlite:///{folder / 'sanh.db'}"
    asyncio.run(_migrate(url))
    return _stack.enter_context(open_door(folder, url))


async def _migrate(url: str) -> None:
    database = open_database(url)
    await database.write(upgrade)
    await database.close()


def _door(data: bytes) -> None:
    global _count  # noqa: PLW0603
    try:
        calls = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    door = _open_door()
    for call in calls if isinstance(calls, list) else [calls]:
        scans = call if isinstance(call, list) else [call]
        kiosk = sorted(door.tokens)[len(data) % len(door.tokens)]
        door.check(kiosk, "http" if len(data) % 2 else "socket", scans[:20])
    _count += 1
    if _count % 50 == 0:
        counted = door.call(recount, door.programs.house.database)
        assert counted.is_equal, counted


@cache
def _open_hall() -> tuple[asyncio.Runner, RunningHouse]:
    folder = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="sanh-fuzz-")))
    url = f"sqlite:///{folder / 'sanh.db'}"
    asyncio.run(_migrate(url))
    runner = _stack.enter_context(asyncio.Runner())
    house = running_house(folder, url)
    hall = runner.run(house.__aenter__())
    _stack.callback(lambda: runner.run(house.__aexit__(None, None, None)))
    return runner, hall


def _socket(data: bytes) -> None:
    global _count  # noqa: PLW0603
    runner, hall = _open_hall()
    ending = ("close", "half", "reset")[len(data) % 3]
    opening, pieces = (data, []) if data[:3] == b"GET" else (handshake(), [data])
    runner.run(say(hall, opening, bool(pieces), pieces, ending))
    _count += 1
    if _count % 20 == 0:
        assert runner.run(is_well(hall))


TARGETS = {
    "passes": Target(
        lambda data: properties.one_text_is_one_pass(_text(data)),
        [properties.LAN.token.encode(), b"HTTP://A/P/" + properties.LAN.token.encode(), b"7K3M-Q2TX"],
        400,
    ),
    "scans": Target(_scan, [orjson.dumps(_SCAN), orjson.dumps(_SCAN | _FULL)], 1_000),
    "cells": Target(
        lambda data: properties.a_cell_is_a_value_or_unreadable(_text(data)),
        [part.encode() for part in _ROW.split("|")],
        300,
    ),
    "sheets": Target(
        _sheet, ["\n".join((_HEAD, _ROW, _ROW)).encode(), f"Đơn vị: Sở A\n{_HEAD}\nI. Sở B\n{_ROW}".encode()]
    ),
    "files": Target(
        properties.a_file_is_rows_or_a_code, [xlsx(("S", _ROWS)), ods(("S", _ROWS)), _ROW.encode("utf-16")], 20_000
    ),
    "spaces": Target(
        lambda data: properties.a_space_is_read_or_refused(_text(data)),
        [Path("server/demo/space.toml").read_bytes(), b'[[zones]]\nid = "a"\ncapacity = 1\nplan = [1, 2, 3, 4]'],
    ),
    "workbooks": Target(
        _workbook, [xlsx(("S", _ROWS)), ods(("S", _ROWS)), xls("S", _ROWS), _ROW.encode()], 20_000, mutate_parts
    ),
    "door": Target(_door, [orjson.dumps([_SCAN]), orjson.dumps([_SCAN | _FULL, _SCAN])], 2_000),
    "socket": Target(
        _socket,
        [
            frame(TEXT, b'{"type":"ping"}'),
            frame(PING, b"p"),
            frame(TEXT, b'{"type":"watch","topics":["occupancy"]}'),
            handshake(),
        ],
    ),
}
