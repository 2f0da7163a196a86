"""The socket `/live` as screens, kiosks and strangers use it."""

import asyncio
import contextlib
import gc
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.datastructures import Headers as AsgiHeaders
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.domain.errors import DomainError
from server.services.devices import Devices, Plan
from server.services.hub import Screen
from server.storage.database import open_database
from server.web.frames import DirectProtocol, DirectWire
from tests.web.running_house import RunningHouse, running_house


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        await hall.expect_delegation()
        yield hall


async def pair(hall: RunningHouse, role: Any = "gate", zone: str = "lobby", **plan: Any) -> tuple[str, dict[str, str]]:
    device, token = await hall.house.devices.pair(
        Plan(f"Kiosk {uuid.uuid4().hex[:4]}", role, zone, **plan), actor="test"
    )
    return device.id, {"Authorization": f"Bearer {token}"}


def live(hall: RunningHouse, headers: dict[str, str] | None = None, **options: Any) -> connect:
    return connect(hall.url.replace("http", "ws") + "/live", additional_headers=headers, compression=None, **options)


async def say(socket: ClientConnection, message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def hear(socket: ClientConnection, kind: str | None = None) -> dict[str, Any]:
    """The next message, or the next of a kind."""
    async with asyncio.timeout(5):
        while True:
            message: dict[str, Any] = orjson.loads(await socket.recv())
            if kind is None or message["type"] == kind:
                return message


async def hear_all(socket: ClientConnection, codes: set[str]) -> None:
    """Take messages until the connection ends, and note the codes of problems."""
    while True:
        codes.add(str((await hear(socket)).get("code")))


async def hear_to_the_end(socket: ClientConnection) -> list[dict[str, Any]]:
    """Everything that is still said before the connection ends."""
    messages = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            messages.append(await hear(socket))
    return messages


def scan(hall: RunningHouse, text: str, **fields: Any) -> dict[str, Any]:
    at = hall.house.clock.now().isoformat()
    return {"id": str(uuid.uuid4()), "pass": text, "at": at, "direction": "auto", **fields}


async def revoke_from_outside(hall: RunningHouse, id_: str) -> None:
    """Revoke a device as the command line does, from another process."""
    other = open_database(hall.house.database.url.render_as_string(hide_password=False))
    await Devices(other, hall.house.space).revoke(id_, actor="command line")
    await other.close()


async def lans_pass(hall: RunningHouse) -> str:
    return (await hall.house.passes.of_delegation("D017"))[1].text


async def test_a_new_watcher_gets_the_state_at_once(hall: RunningHouse) -> None:
    async with live(hall) as screen:
        await say(screen, {"type": "watch", "topics": ["occupancy", "arrivals"]})
        states = {message["topic"]: message["state"] for message in [await hear(screen), await hear(screen)]}
    assert states["occupancy"]["people"] == 0
    assert [entry["code"] for entry in states["arrivals"]["next"]] == ["D017"]


async def test_a_scan_is_answered_and_lights_the_wall(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate, live(hall) as wall:
        await say(wall, {"type": "watch", "topics": ["occupancy"]})
        before = await hear(wall)
        sent = scan(hall, await lans_pass(hall))
        await say(gate, {"type": "scan", "scans": [sent]})
        answer = (await hear(gate))["answers"][0]
        after = await hear(wall)
        while after["state"]["people"] == 0:  # read before the scan, sent after it
            after = await hear(wall)
    assert (answer["id"], answer["answer"]) == (sent["id"], "admitted")
    assert (before["state"]["people"], after["state"]["people"]) == (0, 1)
    assert after["seq"] > before["seq"]


async def test_the_wall_never_hears_a_persons_name(hall: RunningHouse) -> None:
    await hall.scan()
    await hall.house.arrivals.refresh()
    async with live(hall) as wall:
        await say(wall, {"type": "watch", "topics": ["occupancy", "arrivals"]})
        heard = str([await hear(wall), await hear(wall)])
    assert "THPT Bến Nghé" in heard
    assert "Lan" not in heard


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("xin chào", "malformed_json"),
        ("[1, 2]", "unknown_message"),
        ('{"type": "dance"}', "unknown_message"),
        ('{"type": "scan", "scans": "all"}', "malformed_scans"),
        ('{"type": "scan"}', "malformed_scans"),
        ('{"type": "watch", "topics": {"a": 1}}', "malformed_topics"),
        ('{"type": "watch", "topics": ["occupancy", "delegations"]}', "topic_not_allowed"),
        ('{"type": "watch", "topics": ["weather"]}', "topic_not_allowed"),
        (b"\x00\x01", "binary_frame"),
    ],
)
async def test_a_mistake_in_a_message_is_a_problem_and_the_connection_stays(
    hall: RunningHouse, sent: str | bytes, code: str
) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate:
        await gate.send(sent)
        problem = await hear(gate, "problem")
        assert (problem["code"], bool(problem["detail"])) == (code, True)
        await say(gate, {"type": "scan", "scans": [scan(hall, "x")]})
        assert (await hear(gate, "answers"))["answers"][0]["code"] == "invalid_pass"


async def test_more_than_500_scans_in_a_frame_are_a_problem_and_500_are_answered(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate:
        await say(gate, {"type": "scan", "scans": [{}] * 1000})
        assert (await hear(gate))["code"] == "too_many_scans"
        await say(gate, {"type": "scan", "scans": [scan(hall, "x") for _ in range(500)]})
        assert len((await hear(gate))["answers"]) == 500


async def test_a_frame_over_256_kib_ends_the_connection(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate:
        await gate.send('{"x": "' + "x" * 300_000 + '"}')
        with pytest.raises(ConnectionClosed) as closed:
            await hear(gate)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


async def test_a_flood_gets_a_problem_and_is_closed(hall: RunningHouse) -> None:
    async with live(hall) as stranger:

        async def flood() -> None:
            for _ in range(6_000):
                await stranger.send("{}")

        flooding = asyncio.create_task(flood())
        codes: set[str] = set()
        with pytest.raises(ConnectionClosed) as closed:
            await hear_all(stranger, codes)
        await asyncio.gather(flooding, return_exceptions=True)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert "too_many_frames" in codes


async def test_who_is_no_device_may_not_scan(hall: RunningHouse) -> None:
    async with live(hall) as stranger:
        await say(stranger, {"type": "scan", "scans": [scan(hall, await lans_pass(hall))]})
        assert (await hear(stranger))["code"] == "not_allowed"


async def test_a_token_that_is_not_good_is_told_so_and_closed(hall: RunningHouse) -> None:
    async with live(hall, {"Authorization": "Bearer nonsense"}) as stranger:
        assert (await hear(stranger))["code"] == "bad_token"
        with pytest.raises(ConnectionClosed) as closed:
            await hear(stranger)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_page_of_another_site_is_not_let_in(hall: RunningHouse) -> None:
    with pytest.raises(InvalidStatus):
        async with live(hall, {"Origin": "http://evil.example"}):
            pass


async def test_a_revoked_device_is_cut_off_within_a_second_though_the_command_line_did_it(hall: RunningHouse) -> None:
    id_, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate:
        await say(gate, {"type": "watch", "topics": ["occupancy"]})
        await hear(gate)
        await revoke_from_outside(hall, id_)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(hear_all(gate, set()), 1.5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_nothing_that_fails_beside_it_keeps_a_revoked_device_alive(
    hall: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bool:
        raise DomainError("bad_secret_file")

    monkeypatch.setattr(hall.house.keys, "reload", fail)
    monkeypatch.setattr(hall.house.occupancy, "refresh", fail)
    deaf_id, deaf = await pair(hall)
    id_, kiosk = await pair(hall)
    async with live(hall, deaf) as unread, live(hall, kiosk) as gate:
        # As when its buffer is full: a close waits until it reads.
        port = unread.local_address[1]
        for connection in hall.server.server_state.connections:
            if isinstance(connection, DirectProtocol) and connection.client == ("127.0.0.1", port):
                connection.writable.clear()
        await revoke_from_outside(hall, deaf_id)
        await asyncio.sleep(1)
        await revoke_from_outside(hall, id_)
        await asyncio.wait_for(hear_to_the_end(gate), 2.5)
        await asyncio.wait_for(hear_to_the_end(unread), 2.5)
    assert (gate.close_code, unread.close_code) == (4401, 1006)


async def test_one_device_may_hold_several_sockets(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as one, live(hall, kiosk) as two:
        for socket in (one, two):
            await say(socket, {"type": "scan", "scans": [scan(hall, "x")]})
            assert (await hear(socket))["type"] == "answers"


async def test_of_fifty_sockets_that_scan_one_pass_at_once_exactly_one_is_admitted(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall, direction="in")
    text = await lans_pass(hall)
    sockets = [await live(hall, kiosk) for _ in range(50)]
    await asyncio.gather(*(say(socket, {"type": "scan", "scans": [scan(hall, text)]}) for socket in sockets))
    answers = [(await hear(socket))["answers"][0]["answer"] for socket in sockets]
    await asyncio.gather(*(socket.close() for socket in sockets))
    assert sorted(answers) == ["admitted"] + ["refused"] * 49


async def test_a_kiosk_may_send_on_before_it_is_answered_and_loses_nothing(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall)
    async with live(hall, kiosk) as gate:
        sent = [scan(hall, "x") for _ in range(300)]
        for one in sent:
            await say(gate, {"type": "scan", "scans": [one]})
        heard = [(await hear(gate))["answers"][0]["id"] for _ in sent]
    assert heard == [one["id"] for one in sent]


async def test_a_server_that_stops_answers_what_it_has_taken_and_closes(hall: RunningHouse) -> None:
    _, kiosk = await pair(hall, direction="in")
    text = await lans_pass(hall)
    async with live(hall, kiosk) as gate:
        sent = [[scan(hall, text) for _ in range(100)] for _ in range(10)]
        for scans in sent:
            await say(gate, {"type": "scan", "scans": scans})
        first = await hear(gate, "answers")
        stopping = asyncio.create_task(hall.stop())
        rest = await hear_to_the_end(gate)
        await asyncio.wait_for(stopping, 5)
        assert gate.close_code == 1012
    heard = [answer["id"] for message in (first, *rest) for answer in message["answers"]]
    assert heard == [one["id"] for scans in sent for one in scans]


async def test_sockets_that_have_gone_leave_nothing_behind(hall: RunningHouse) -> None:
    async def look_and_go() -> None:
        async with live(hall) as screen:
            await say(screen, {"type": "watch", "topics": ["occupancy", "arrivals"]})
            await hear(screen)

    def counts() -> list[int]:
        gc.collect()
        kinds = (DirectProtocol, DirectWire, Screen, WebSocket)
        left = [type(thing) for thing in gc.get_objects()]
        return [hall.house.hub.screens, len(hall.server.server_state.tasks), *(left.count(kind) for kind in kinds)]

    await look_and_go()
    before = counts()
    for _ in range(6):
        await asyncio.gather(*(look_and_go() for _ in range(50)))
    async with asyncio.timeout(5):
        while hall.server.server_state.connections:
            await asyncio.sleep(0.01)
    assert counts() == before


async def test_an_open_socket_keeps_nothing_of_what_its_browser_sent_with_it(hall: RunningHouse) -> None:
    async with live(hall, {"X-Story": "long"}) as screen:
        await say(screen, {"type": "watch", "topics": ["occupancy"]})
        await hear(screen)
        gc.collect()
        kept = [thing for thing in gc.get_objects() if isinstance(thing, Headers | AsgiHeaders) and "X-Story" in thing]
        assert screen.request is not None
        assert kept == [screen.request.headers]  # the client's own
