"""The load generator: its cheap WebSocket client, and what it counts."""

import asyncio
from typing import Any

import orjson
import pytest
from websockets.asyncio.server import serve

from server.simulator.load import Load, bring_out, run_load
from server.simulator.people import Place
from server.simulator.posts import lay_out
from server.simulator.wire import open_wire
from tests.simulator.doors import Doors, refuse

POSTS = lay_out((Place("lobby", "Lobby", 100),))


@pytest.fixture
async def doors():
    doors = Doors(POSTS)
    await doors.open()
    yield doors
    await doors.close()


def load(doors, **more):
    values: dict[str, Any] = {"passes": [f"P{n}" for n in range(20)], "seconds": 0.3, "in_flight": 2} | more
    return Load(doors.url, [POSTS[0].key] * 2, **values)


async def test_at_full_speed_every_scan_gets_a_first_answer(doors):
    outcome = await run_load(load(doors))
    assert outcome.answered == len(doors.answers) == len(outcome.latencies) > 20
    assert (outcome.repeats, outcome.lost) == (0, 0)
    assert set(outcome.answers) == {"admitted", "left"}


async def test_each_pass_goes_in_and_out_in_turn(doors):
    await run_load(load(doors))
    ways = [scan["direction"] for _, scan in doors.received if scan["pass"] == "P3"]
    assert len(ways) > 2
    assert ways == (["in", "out"] * len(ways))[: len(ways)]


async def test_every_scan_has_an_id_of_its_own(doors):
    await run_load(load(doors))
    ids = [scan["id"] for _, scan in doors.received]
    assert len(set(ids)) == len(ids)
    assert {(len(one), one[14]) for one in ids} == {(36, "4")}


async def test_a_rate_is_kept(doors):
    outcome = await run_load(load(doors, rate=200.0, seconds=0.5))
    assert 95 <= outcome.answered <= 102


async def test_several_scans_may_share_a_frame(doors):
    outcome = await run_load(load(doors, per_frame=5))
    assert outcome.answered == len(doors.answers)
    assert outcome.answered % 5 == 0


async def test_everybody_is_brought_out_after_a_load(doors):
    wish = load(doors)
    await run_load(wish)
    await bring_out(wish)
    assert not doors.where


async def test_repeats_and_refusals_are_counted_as_what_they_are(doors):
    doors.scripted = [{"answer": "admitted", "repeat": True}, refuse("zone_full")]
    outcome = await run_load(load(doors, rate=20.0, seconds=0.2))
    assert outcome.repeats == 1
    assert outcome.answers["zone_full"] == 1


async def test_an_unknown_device_is_told_so(doors):
    with pytest.raises(ConnectionError, match="401"):
        await open_wire(doors.url, "nobody", print)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 300_000])
async def test_messages_of_any_size_come_through(size):
    got = asyncio.get_running_loop().create_future()

    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        wire = await open_wire(url_of(server), "", got.set_result)
        wire.send_text(b"x" * size)
        assert await asyncio.wait_for(got, 5) == b"x" * size
        wire.close()
        await wire.closed


async def test_fragments_are_joined_pings_answered_and_the_closing_code_kept():
    got = asyncio.get_running_loop().create_future()

    async def talk(socket):
        pong = await socket.ping()
        await socket.send(iter(["frag", "ment", "s"]))
        await pong
        await socket.close(1008)

    async with serve(talk, "127.0.0.1", 0) as server:
        wire = await open_wire(url_of(server), "", got.set_result)
        assert await asyncio.wait_for(got, 5) == b"fragments"
        assert await asyncio.wait_for(wire.closed, 5) == 1008


def url_of(server):
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_a_load_ends_when_it_is_told_to(doors):
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, stop.set)
    outcome = await asyncio.wait_for(run_load(load(doors, rate=50.0, seconds=60), stop), 10)
    assert 5 <= outcome.answered == len(doors.answers) < 100


async def test_the_rest_of_a_burst_is_a_lost_answer(doors, monkeypatch):
    monkeypatch.setattr("server.simulator.load._LAST_ANSWERS", 0.1)
    doors.mute = True
    outcome = await run_load(load(doors, rate=40.0, seconds=0.2))
    assert outcome.lost == 8
    assert orjson.dumps(outcome.answers) == b"{}"
