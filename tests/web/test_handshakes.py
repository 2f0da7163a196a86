"""Thousands of sockets at once are let in a few at a time, devices first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from server.web import handshakes
from server.web.handshakes import AT_ONCE, Line
from tests.web.running_house import RunningHouse, running_house

SCREEN = b"GET /live HTTP/1.1\r\nHost: sanh\r\n\r\n"
KIOSK = b"GET /live HTTP/1.1\r\nHost: sanh\r\nAuthorization: Bearer x\r\n\r\n"
BROWSER_KIOSK = b"GET /live HTTP/1.1\r\nHost: sanh\r\nCookie: sanh_language=vi; sanh_device=x\r\n\r\n"


class Guest:
    """A connection in line, which notes when it was let in."""

    def __init__(self, let_in: list["Guest"]) -> None:
        self.let_in = let_in

    def go_on(self, data: bytes) -> None:
        self.let_in.append(self)


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        yield hall


async def all_in(let_in: list[Guest], count: int) -> None:
    async with asyncio.timeout(5):
        while len(let_in) < count:
            await asyncio.sleep(0.001)


async def test_of_many_at_once_a_few_are_let_in_and_the_others_in_their_order() -> None:
    line, let_in = Line(), list[Guest]()
    guests = [Guest(let_in) for _ in range(50)]
    for guest in guests:
        line.enter(guest, SCREEN)
    at_once = len(let_in)
    await all_in(let_in, 50)
    assert at_once == AT_ONCE
    assert let_in == guests


async def test_between_two_pauses_no_more_are_let_in_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "PAUSE_SECONDS", 60)
    line, let_in = Line(), list[Guest]()
    for _ in range(50):
        line.enter(Guest(let_in), SCREEN)
        await asyncio.sleep(0)
    assert len(let_in) == AT_ONCE


class BadGuest:
    """A connection that fails when it is let in."""

    def go_on(self, data: bytes) -> None:
        raise AssertionError("no handshake")


async def test_a_connection_that_fails_keeps_nobody_behind_it_waiting() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    line, let_in = Line(), list[Guest]()
    for _ in range(AT_ONCE):
        line.enter(Guest(let_in), SCREEN)
    line.enter(BadGuest(), SCREEN)
    for _ in range(10):
        line.enter(Guest(let_in), SCREEN)
    await all_in(let_in, AT_ONCE + 10)


@pytest.mark.parametrize("request_", [KIOSK, BROWSER_KIOSK])
async def test_a_device_goes_before_the_screens_that_wait(request_: bytes) -> None:
    line, let_in = Line(), list[Guest]()
    for _ in range(50):
        line.enter(Guest(let_in), SCREEN)
    kiosk = Guest(let_in)
    line.enter(kiosk, request_)
    await all_in(let_in, 51)
    assert let_in.index(kiosk) == AT_ONCE


async def test_a_hundred_screens_at_once_all_get_their_state(hall: RunningHouse) -> None:
    async def look() -> str | bytes:
        async with connect(hall.url.replace("http", "ws") + "/live", compression=None) as screen:
            await screen.send('{"type": "watch", "topics": ["occupancy"]}')
            return await screen.recv()

    async with asyncio.timeout(20):
        states = await asyncio.gather(*(look() for _ in range(100)))
    assert len(states) == 100


async def test_a_page_does_not_stand_in_line(hall: RunningHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "PAUSE_SECONDS", 60)
    url = hall.url.replace("http", "ws") + "/live"
    waiting = [asyncio.create_task(_open(url)) for _ in range(AT_ONCE + 3)]
    async with asyncio.timeout(10):
        while sum(task.done() for task in waiting) < AT_ONCE:
            await asyncio.sleep(0.01)
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(hall.url + "/healthz")
    assert answer.status_code == 200
    assert sum(task.done() for task in waiting) == AT_ONCE
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def _open(url: str) -> None:
    await connect(url, compression=None)
