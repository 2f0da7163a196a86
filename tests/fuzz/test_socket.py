"""`/live` under whatever bytes: the server stays up, forgets who has gone, and answers the next one at once."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from tests.fuzz import inputs
from tests.fuzz.wire import CONTINUATION, PING, TEXT, frame, handshake
from tests.web.running_house import RunningHouse, running_house

_MESSAGES = (
    '{"type":"ping"}|{"type":"watch","topics":["occupancy","arrivals"]}|{"type":"watch","topics":["exhibit:"]}|'
    '{"type":"watch","topics":[null]}|{"type":"scan","scans":[{}]}|{"type":"scan","scans":[1,"x",[]]}|{"type":[]}|'
    '{"type":"exhibit","session":1}|null|NaN|{"type":"watch","topics":["%s %(topics)s","\\u0000"]}|["\\ud800"]|'
).split("|")
_DEEP = [b"[" * 100_000, b'{"a":' * 50_000, b'{"type":"scan","scans":' + b"[" * 1_000 + b"]" * 1_000 + b"}"]
_contents = (
    st.sampled_from([message.encode() for message in _MESSAGES])
    | st.sampled_from(_DEEP)
    | inputs.json.map(lambda value: str(value).encode("utf-8", "surrogatepass"))
    | st.binary(max_size=140)
)
_good = _contents.map(lambda content: frame(TEXT, content))
_any = st.builds(
    frame,
    st.integers(0, 15),
    _contents,
    last=st.booleans(),
    masked=st.sampled_from([True, True, True, False]),
    reserved=st.sampled_from([0, 0, 0, 0, 1, 4]),
    says=st.sampled_from([None, None, None, None, 0, 125, 126, 70_000, 2**31, 2**63 + 5]),
)
_split = st.lists(st.binary(max_size=20), min_size=1, max_size=4).map(
    lambda parts: b"".join(
        frame(CONTINUATION if place else TEXT, part, last=place == len(parts) - 1) + frame(PING, b"p")
        for place, part in enumerate(parts)
    )
)
_headers = st.sampled_from(
    ["", "", "", "", "", "Origin: http://evil\r\n", "Origin: \xff\r\n", "Cookie: sanh_session=\xff; sanh_device=\"\\000\"\r\n",
     "Authorization: Bearer sanh_d_\xff\r\n", "Authorization: \xff\r\n", "Accept-Language: \xff;q=x\r\n", "Host: b\r\n",
     "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "X: " + "y" * 9_000 + "\r\n", "X: y\r\n" * 300,
     "Sec-WebSocket-Extensions: ;;;=\xff\r\n", "Sec-WebSocket-Protocol: a,,\xff\r\n", "X: a\r\n b\r\n", "X\x00: y\r\n"]
)  # fmt: skip
_openings = st.builds(
    handshake,
    _headers,
    path=st.sampled_from(["/live"] * 6 + ["/live%ff%00", "/live\xff", "/live?" + "a" * 9_000, "/nix", "http://x/live"]),
    version=st.sampled_from(["13"] * 6 + ["8", "\xff"]),
)
CONVERSATIONS = st.tuples(
    _openings | st.binary(max_size=40),
    st.booleans(),
    st.lists(st.one_of(_good, _any, _split, st.binary(max_size=40)), max_size=5),
    st.sampled_from(["close", "half", "reset"]),
)


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        await hall.expect_delegation()
        yield hall


async def open_raw(hall: RunningHouse) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(hall.url)
    return await asyncio.open_connection(address.hostname, address.port)


async def say(hall: RunningHouse, opening: bytes, waits: bool, pieces: list[bytes], ending: str) -> None:
    """Write the bytes of one conversation, read what comes, go in this or that way."""
    reader, writer = await open_raw(hall)
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.write(opening)
        await writer.drain()
        if waits:
            async with asyncio.timeout(0.2):
                await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if ending == "half":
            writer.write_eof()
            async with asyncio.timeout(0.2):
                await reader.read()
    if ending == "reset":
        writer.transport.abort()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def is_well(hall: RunningHouse) -> bool:
    """Tell whether the next well-behaved screen is answered within two seconds."""
    async with asyncio.timeout(2), connect(hall.url.replace("http", "ws") + "/live", compression=None) as screen:
        await screen.send('{"type": "ping"}')
        return '"pong"' in str(await screen.recv())


async def until_nobody_is_left(hall: RunningHouse) -> None:
    async with asyncio.timeout(5):
        while hall.server.server_state.connections:
            await asyncio.sleep(0.01)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(talks=st.lists(CONVERSATIONS, min_size=1, max_size=4))
async def test_no_bytes_hurt_the_next_screen(
    hall: RunningHouse, caplog: pytest.LogCaptureFixture, talks: list[Any]
) -> None:
    await asyncio.gather(*(say(hall, *talk) for talk in talks))
    assert await is_well(hall)
    await until_nobody_is_left(hall)
    # A trace would show what the stranger wrote, and fill the log at the stranger's pace.
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
