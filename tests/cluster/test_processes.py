"""Several processes answer scans as one would: the truth is the database, the bus only makes it quick."""

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from redis.asyncio import Redis
from sqlalchemy import Connection, text

from server.domain.kiosk import Kiosk
from server.services.day_end import close_day
from server.services.devices import Plan
from server.services.recount import recount
from server.simulator.wire import Wire, open_wire
from tests.cast import MORNING, add_delegation, add_visitor
from tests.cluster.conftest import OpenHouses
from tests.web.running_house import GATE, RunningHouse


def scan(content: str, direction: str = "in", **values: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "pass": content, "at": MORNING.isoformat(), "direction": direction, **values}


async def people(hall: RunningHouse, count: int, *, in_delegations: int = 0) -> list[str]:
    """Have so many visitors, in so many delegations, and return their passes' texts."""

    def store(connection: Connection) -> list[str]:
        groups = [
            add_delegation(connection, f"D{n:03}", status="confirmed", planned=count) for n in range(in_delegations)
        ]
        return [
            add_visitor(connection, f"Khách {n}", delegation_id=groups[n % len(groups)] if groups else None)
            for n in range(count)
        ]

    ids = await hall.house.database.write(store)
    return [(await hall.house.passes.of_visitor(id_))[0].text for id_ in ids]


async def movements(hall: RunningHouse) -> int:
    counted = await hall.house.database.read(lambda c: c.execute(text("SELECT count(*) FROM movement")).scalar())
    return int(counted or 0)


async def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it never came to be"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def watcher(hall: RunningHouse) -> AsyncIterator[list[dict[str, Any]]]:
    """A screen at one of the processes; the states that it is sent."""
    states: list[dict[str, Any]] = []
    wire = await open_wire(f"{hall.url.replace('http', 'ws')}/live", "", lambda m: states.append(orjson.loads(m)))
    wire.send_text(b'{"type":"watch","topics":["occupancy"]}')
    try:
        yield states
    finally:
        wire.close()


def answers_in(message: bytes) -> list[dict[str, Any]]:
    """Return the answers of a frame, or its problem in their place."""
    content = orjson.loads(message)
    answers: list[dict[str, Any]] = content.get("answers", [{"answer": content.get("code")}])
    return answers


async def test_fifty_sockets_over_four_processes_with_one_pass_admit_one(open_houses: OpenHouses) -> None:
    halls = await open_houses(4)
    (lan,) = await people(halls[0], 1)
    answers: list[dict[str, Any]] = []
    wires: list[Wire] = []
    for number in range(50):
        hall = halls[number % 4]
        _, token = await hall.house.devices.pair(Plan(f"k{number}", "gate", "lobby", "in"), actor="hoa")
        wires.append(
            await open_wire(f"{hall.url.replace('http', 'ws')}/live", token, lambda m: answers.extend(answers_in(m)))
        )
    for wire in wires:
        wire.send_text(orjson.dumps({"type": "scan", "scans": [scan(lan)]}))
    await until(lambda: len(answers) == 50)
    assert Counter(answer["answer"] for answer in answers) == {"admitted": 1, "refused": 49}
    assert (await recount(halls[0].house.database)).is_equal
    for wire in wires:
        wire.close()


async def test_one_scan_id_at_two_processes_is_one_movement_with_one_answer(open_houses: OpenHouses) -> None:
    halls = await open_houses(2)
    passes = await people(halls[0], 20)
    for content in passes:
        same = scan(content)
        first, second = await asyncio.gather(*(hall.house.checkin.answer([same], GATE) for hall in halls))
        assert sorted(answer[0]["repeat"] for answer in (first, second)) == [False, True]
        assert first[0]["answer"] == second[0]["answer"] == "admitted"
    assert await movements(halls[0]) == 20


async def test_a_pass_that_was_never_scanned_is_admitted_once_even_without_a_standing(open_houses: OpenHouses) -> None:
    halls = await open_houses(2)
    passes = await people(halls[0], 20)
    await halls[0].house.database.write(lambda c: c.execute(text("DELETE FROM standing")))
    for content in passes:
        both = await asyncio.gather(*(hall.house.checkin.answer([scan(content)], GATE) for hall in halls))
        assert sorted(answers[0]["answer"] for answers in both) == ["admitted", "refused"]
    assert (await recount(halls[0].house.database)).is_equal


async def test_counters_are_the_sum_of_what_four_processes_did(open_houses: OpenHouses) -> None:
    halls = await open_houses(4)
    passes = await people(halls[0], 60, in_delegations=5)
    kiosks = [Kiosk(f"k{n}", "", "gate", "lobby") for n in range(4)]

    async def run_about(hall: RunningHouse, kiosk: Kiosk, mine: list[str]) -> None:
        for way in ("in", "out", "in"):
            answers = await hall.house.checkin.answer([scan(content, way) for content in mine], kiosk)
            assert {answer["answer"] for answer in answers} <= {"admitted", "left", "refused"}

    # Every pass at two processes: they are rivals for the rows.
    work = [run_about(halls[n], kiosks[n], passes[n % 2 :: 2]) for n in range(4)]
    await asyncio.gather(*work, close_day(halls[1].house.database, halls[1].house.space, MORNING, MORNING))
    assert (await recount(halls[0].house.database)).is_equal


async def test_a_scan_at_one_process_shows_on_the_screens_of_another(open_houses: OpenHouses) -> None:
    halls = await open_houses(2)
    (lan,) = await people(halls[0], 1)
    await until(lambda: all(hall.house.bus.is_connected for hall in halls))
    # The counters are reread twice a second as well: only what the bus brings shows that it was told.
    told: list[Any] = []
    board = halls[1].house.occupancy

    def hear(speaker: str, state: Any) -> None:
        told.append(state)
        board._hear(speaker, state)

    halls[1].house.bus.listen("occupancy", hear)
    async with watcher(halls[1]) as states:
        await until(lambda: bool(states))
        await halls[0].house.checkin.answer([scan(lan)], GATE)
        await until(lambda: bool(told))
        await until(lambda: states[-1]["state"]["people"] == 1)
        here, there = halls[0].house.occupancy.latest(), halls[1].house.occupancy.latest()
        assert {**here, "at": None} == {**there, "at": None}


async def test_an_older_state_that_comes_late_is_dropped(open_houses: OpenHouses) -> None:
    (hall,) = await open_houses(1)
    (lan,) = await people(hall, 1)
    await until(lambda: hall.house.bus.is_connected)
    await hall.house.checkin.answer([scan(lan)], GATE)
    bus: Any = hall.house.bus
    async with Redis.from_url(bus._url) as redis:
        for seq in (0, 10_000):
            state = [seq, {"lobby": [40 + seq, 0]}, {"": "red"}]
            await redis.publish(bus._channel, orjson.dumps({"from": "late", "subject": "occupancy", "state": state}))
        await until(lambda: bus.heard == 2)
    # The one from the future was taken, the one from the past was not.
    assert hall.house.occupancy.latest()["seq"] == 10_000


async def test_words_on_the_bus_that_nobody_understands_change_nothing(open_houses: OpenHouses) -> None:
    (hall,) = await open_houses(1)
    await until(lambda: hall.house.bus.is_connected)
    bus: Any = hall.house.bus
    async with Redis.from_url(bus._url) as redis:
        for words in (b"", b"{", b"[]", b'{"from":"x"}', b'{"from":"x","subject":"occupancy","state":{"a":1}}'):
            await redis.publish(bus._channel, words)
        last = {"from": "x", "subject": "presence", "state": ["k7"]}
        await redis.publish(bus._channel, orjson.dumps(last))
        await until(lambda: bus.heard > 0)
    assert (hall.house.occupancy.latest()["people"], hall.house.bus.is_connected) == (0, True)


async def test_a_bus_whose_hearer_fails_is_found_again(open_houses: OpenHouses) -> None:
    (hall,) = await open_houses(1)
    bus: Any = hall.house.bus
    await until(lambda: bus.is_connected)

    def fail(_speaker: str, _state: Any) -> None:
        raise RuntimeError("nobody foresaw this")

    bus.listen("word", fail)
    async with Redis.from_url(bus._url) as redis:
        await redis.publish(bus._channel, orjson.dumps({"from": "x", "subject": "word", "state": 1}))
    await until(lambda: bus.reconnects == 1 and bus.is_connected, 8)


async def test_levels_are_the_same_whichever_process_one_asks(open_houses: OpenHouses) -> None:
    one, other = await open_houses(2)
    passes = await people(one, 48)
    await one.house.checkin.answer([scan(content) for content in passes], GATE)
    await one.house.checkin.answer([scan(passes[0], "out")], GATE)
    # 48 of 60 are amber, and 47 still are, by their hysteresis: who had seen 47 alone would say busy.
    late = (await open_houses(1))[0]
    for hall in (one, other, late):
        state = await hall.house.occupancy.state()
        assert (state["people"], state["zones"][0]["level"], state["level"]) == (47, "amber", "amber")


async def test_a_device_at_one_process_is_seen_online_by_another(open_houses: OpenHouses) -> None:
    one, other = await open_houses(2)
    device, token = await one.house.devices.pair(Plan("Cổng chính", "gate", "lobby"), actor="hoa")
    wire = await open_wire(f"{one.url.replace('http', 'ws')}/live", token, lambda _: None)
    await until(lambda: device.id in other.presence.devices)
    wire.close()
    await until(lambda: device.id not in other.presence.devices)


async def test_a_device_that_is_revoked_at_one_process_is_cut_off_at_another(open_houses: OpenHouses) -> None:
    one, other = await open_houses(2)
    device, token = await one.house.devices.pair(Plan("Cổng chính", "gate", "lobby"), actor="hoa")
    wire = await open_wire(f"{other.url.replace('http', 'ws')}/live", token, lambda _: None)
    await one.house.devices.revoke(device.id, actor="hoa")
    assert await asyncio.wait_for(wire.closed, 20) == 4401
