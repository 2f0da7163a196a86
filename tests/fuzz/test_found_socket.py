"""What the fuzzers have found at `/live`, each with the bytes that showed it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fuzz.test_socket import is_well, open_raw
from tests.fuzz.wire import PING, TEXT, frame, handshake
from tests.web.running_house import RunningHouse, running_house

MEGABYTE = 1024 * 1024


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        yield hall


def unread(hall: RunningHouse) -> int:
    """How many bytes the server holds for clients that do not read."""
    return sum(protocol.transport.get_write_buffer_size() for protocol in hall.server.server_state.connections)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("X: " + "y" * 9_000 + "\r\n", b" 431 "),
        ("X: y\r\n" * 300, b" 431 "),
        ("Content-Length: 5\r\n", b" 400 "),
        ("Transfer-Encoding: chunked\r\n", b" 400 "),
    ],
)
async def test_a_handshake_that_is_none_is_refused_at_once(hall: RunningHouse, more: str, status: bytes) -> None:
    # It was neither answered nor closed: whoever opened many such sockets held them for good.
    reader, writer = await open_raw(hall)
    writer.write(handshake(more))
    async with asyncio.timeout(3):
        answer = await reader.read()
    assert status in answer.partition(b"\r\n")[0]
    writer.close()


async def test_text_that_is_no_utf_8_ends_its_socket_and_leaves_no_trace_in_the_log(
    hall: RunningHouse, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("uvicorn.error").addHandler(caplog.handler)
    reader, writer = await open_raw(hall)
    writer.write(handshake())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(TEXT, b"\xff\xfe") * 3)
    async with asyncio.timeout(3):
        assert (await reader.read())[2:4] == (1007).to_bytes(2, "big")
    writer.close()
    logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("early", [frame(PING, b"early"), frame(TEXT, b"\xff"), frame(TEXT, b'{"type":"ping"}')])
async def test_what_comes_before_the_socket_is_accepted_waits_for_it(
    hall: RunningHouse, caplog: pytest.LogCaptureFixture, early: bytes
) -> None:
    # A pong went out before the response to the handshake, and text that is no UTF-8 raised in the event loop.
    for _ in range(10):
        reader, writer = await open_raw(hall)
        writer.write(handshake("Authorization: Bearer sanh_d_nobody\r\n"))
        while not any(getattr(one, "handshake_initiated", False) for one in hall.server.server_state.connections):
            await asyncio.sleep(0)
        writer.write(early)
        async with asyncio.timeout(3):
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.close()
        while hall.server.server_state.connections:
            await asyncio.sleep(0.001)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "flood",
    [
        frame(PING, b"x" * 125) * 500,
        # Each is answered by a problem that names a hundred topics.
        frame(TEXT, b'{"type":"watch","topics":[' + b",".join([b'"' + b"x" * 60 + b'"'] * 100) + b"]}") * 20,
    ],
    ids=["pings", "mistakes"],
)
async def test_who_does_not_read_is_not_answered_without_end(hall: RunningHouse, flood: bytes) -> None:
    reader, writer = await open_raw(hall)
    writer.write(handshake())
    await reader.readuntil(b"\r\n\r\n")
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    most = written = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while written < 30 * MEGABYTE:
            writer.write(flood)
            written += len(flood)
            async with asyncio.timeout(1):
                await writer.drain()
            most = max(most, unread(hall))
    assert most < 2 * MEGABYTE
    writer.transport.abort()
    assert await is_well(hall)
