"""The private door for frames, and the public way where there is no door."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import connect

from server.serving import server_config
from server.web.frames import DirectProtocol, check_door, encode_text
from tests.web import running_house as running
from tests.web.running_house import RunningHouse, running_house


@pytest.fixture
async def hall_without_door(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningHouse]:
    def plain(app: Any, **where: Any) -> uvicorn.Config:
        config = server_config(app, **where)
        config.ws = "websockets-sansio"
        return config

    monkeypatch.setattr(running, "server_config", plain)
    async with running_house(tmp_path, database_url) as hall:
        yield hall


def test_the_door_fits_this_uvicorn() -> None:
    assert check_door()
    assert server_config(Starlette()).ws is DirectProtocol


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_is_as_the_protocol_wants_it(length: int, header: bytes) -> None:
    message = b"x" * length
    assert encode_text(message) == header + message


async def test_without_the_door_screens_are_told_the_public_way(hall_without_door: RunningHouse) -> None:
    hall = hall_without_door
    async with connect(hall.url.replace("http", "ws") + "/live") as screen:
        await screen.send('{"type": "watch", "topics": ["occupancy"]}')
        assert orjson.loads(await screen.recv())["topic"] == "occupancy"
        await screen.send("no json")
        assert orjson.loads(await screen.recv())["code"] == "malformed_json"
