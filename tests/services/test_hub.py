"""The hub: states with a sequence, one slot per topic and screen, and no screen that harms another."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson
import pytest

from server.services import hub as hub_module
from server.services.hub import BUFFER_LIMIT, Hub, Screen


@dataclass(eq=False)
class Line:
    """A connection that a test can clog or break."""

    heard: list[bytes] = field(default_factory=list)
    waiting: int = 0
    is_open: bool = True
    is_broken: bool = False
    was_dropped: bool = False
    encoded: int = 0

    def encode(self, message: bytes) -> bytes:
        self.encoded += 1
        return message

    def write(self, message: bytes) -> None:
        if self.is_broken:
            raise OSError("gone")
        self.heard.append(message)

    def drop(self) -> None:
        self.was_dropped = True

    @property
    def seqs(self) -> list[int]:
        return [orjson.loads(message)["seq"] for message in self.heard]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    running = asyncio.create_task(hub.run())
    yield hub
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(condition: object) -> None:
    async with asyncio.timeout(3):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_a_state_is_encoded_once_for_all_screens(hub: Hub) -> None:
    lines = [Line() for _ in range(50)]
    for line in lines:
        hub.watch(Screen(line), ["occupancy"])
    hub.publish("occupancy", 1, {"people": 3})
    await until(lambda: all(line.heard for line in lines))
    assert sum(line.encoded for line in lines) == 1


async def test_at_most_ten_states_a_second_and_the_last_one_arrives(hub: Hub) -> None:
    line = Line()
    hub.watch(Screen(line), ["occupancy"])
    for seq in range(1, 101):
        hub.publish("occupancy", seq, {"people": seq})
        await asyncio.sleep(0.01)
    await until(lambda: line.seqs[-1:] == [100])
    assert len(line.heard) <= 14


async def test_a_lower_sequence_is_old_news(hub: Hub) -> None:
    line = Line()
    hub.watch(Screen(line), ["occupancy"])
    hub.publish("occupancy", 7, {})
    hub.publish("occupancy", 6, {})
    await until(lambda: line.heard)
    assert line.seqs == [7]


async def test_a_slow_screen_skips_states_and_gets_the_latest_once_it_reads(hub: Hub) -> None:
    slow, quick = Line(waiting=BUFFER_LIMIT + 1), Line()
    for line in (slow, quick):
        hub.watch(Screen(line), ["occupancy"])
    for seq in (1, 2, 3):
        hub.publish("occupancy", seq, {})
        await until(lambda seq=seq: quick.seqs[-1:] == [seq])
    assert slow.heard == []
    slow.waiting = 0
    await until(lambda: slow.heard)
    assert slow.seqs == [3]


async def test_a_screen_that_never_reads_is_dropped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STUCK_SECONDS", 0.2)
    dead = Line(waiting=BUFFER_LIMIT + 1)
    hub.watch(Screen(dead), ["occupancy"])
    hub.publish("occupancy", 1, {})
    await until(lambda: dead.was_dropped)
    assert hub.screens == 0


async def test_a_broken_screen_harms_nobody(hub: Hub) -> None:
    broken, gone, fine = Line(is_broken=True), Line(is_open=False), Line()
    for line in (broken, gone, fine):
        hub.watch(Screen(line), ["occupancy"])
    hub.publish("occupancy", 1, {})
    await until(lambda: fine.heard)
    assert hub.screens == 1


async def test_a_screen_that_watches_anew_leaves_its_former_topics(hub: Hub) -> None:
    line = Line()
    screen = Screen(line)
    hub.watch(screen, ["occupancy"])
    hub.watch(screen, ["arrivals"])
    hub.publish("occupancy", 1, {})
    hub.publish("arrivals", 5, {})
    await until(lambda: line.heard)
    assert line.seqs == [5]


async def test_screens_are_counted_once_however_many_topics_they_watch(hub: Hub) -> None:
    one, other = Screen(Line()), Screen(Line())
    counts = []
    for screen, topics in ((one, ["occupancy", "arrivals"]), (other, ["occupancy"]), (one, ["arrivals"]), (one, [])):
        hub.watch(screen, topics)
        counts.append(hub.screens)
    for screen in (one, other, other):
        hub.leave(screen)
        counts.append(hub.screens)
    assert counts == [1, 2, 2, 1, 1, 0, 0]


@pytest.mark.parametrize("line", [Line(is_open=False), Line(is_broken=True)])
async def test_a_screen_that_is_gone_before_it_hears_its_first_states_is_forgotten(hub: Hub, line: Line) -> None:
    for topic in ("occupancy", "arrivals"):
        hub.publish(topic, 1, {})
    hub.watch(Screen(line), ["occupancy", "arrivals"])
    assert hub.screens == 0


class SlowLine(Line):
    """A connection to which a write takes its time."""

    def write(self, message: bytes) -> None:
        time.sleep(0.004)
        super().write(message)


async def test_where_sending_takes_long_the_pauses_are_longer_still(hub: Hub) -> None:
    lines: list[Line] = [SlowLine() for _ in range(50)]
    for line in lines:
        hub.watch(Screen(line), ["occupancy"])
    began, seq = time.monotonic(), 0
    while time.monotonic() - began < 2:
        seq += 1
        hub.publish("occupancy", seq, {})
        await asyncio.sleep(0.01)
    # 0.2 s of sending, 0.3 s of rest: at RATE's pause of 0.1 s there would be room for six.
    assert 1 <= len(lines[-1].heard) <= 5


async def test_many_screens_wait_for_a_batch_of_scans_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    batch: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(hub_module, "MOST_WAY_SECONDS", 0.3)
    hub = Hub(lambda: None if batch.done() else batch)
    running = asyncio.create_task(hub.run())
    lines = [Line() for _ in range(2 * hub_module.YIELD_EVERY)]
    for line in lines:
        hub.watch(Screen(line), ["occupancy"])

    hub.publish("occupancy", 1, {})
    await until(lambda: hub.deliveries == hub_module.YIELD_EVERY)
    await asyncio.sleep(0.1)
    assert hub.deliveries == hub_module.YIELD_EVERY
    batch.set_result(None)
    await until(lambda: all(line.seqs == [1] for line in lines))

    batch = asyncio.get_running_loop().create_future()
    hub.publish("occupancy", 2, {})
    await until(lambda: all(line.seqs == [1, 2] for line in lines))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_screen_that_leaves_a_topic_while_others_are_served_does_not_hear_it() -> None:
    batch: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    hub = Hub(lambda: None if batch.done() else batch)
    running = asyncio.create_task(hub.run())
    screens = [Screen(Line()) for _ in range(3 * hub_module.YIELD_EVERY)]
    for screen in screens:
        hub.watch(screen, ["occupancy"])
    hub.publish("occupancy", 1, {})
    await until(lambda: hub.deliveries >= hub_module.YIELD_EVERY)
    unserved = [screen for screen in screens if not screen.wire.heard]  # type: ignore[attr-defined]
    for screen in unserved:
        hub.watch(screen, ["arrivals"])
    batch.set_result(None)
    hub.publish("arrivals", 7, {})
    await until(lambda: all(screen.wire.seqs == [7] for screen in unserved))  # type: ignore[attr-defined]
    assert unserved
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
