"""Playing a day over real sockets, against small stand-in doors."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.simulator import link as link_module
from server.simulator.day import plan_day
from server.simulator.driver import Driver
from server.simulator.link import Link
from server.simulator.people import Guest, Hours, Intention, Outage, Party, Place, Plan, Step
from server.simulator.posts import lay_out
from server.simulator.routes import Floor
from server.simulator.tally import Tally
from server.simulator.timeline import Timeline
from tests.simulator.doors import Doors, refuse

pytestmark = pytest.mark.slow

SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
PLACES = tuple(Place(zone, zone, 12) for zone in ("lobby", "egov", "smart_home", "ekyc"))
POSTS = lay_out(PLACES)
HOURS = Hours(date(2020, 10, 13), SAIGON, ((time(8), time(9, 30)),))
NINE = HOURS.at(time(9))
LAN = "LAN"


@asynccontextmanager
async def kiosks(doors, timeline, tally):
    links = {post.key: Link(post, doors.url, post.key, timeline.now, tally.note) for post in POSTS}
    tasks = [asyncio.create_task(link.run()) for link in links.values()]
    async with asyncio.timeout(5):
        await asyncio.gather(*(link.online.wait() for link in links.values()))
    try:
        yield links
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def doors():
    doors = Doors(POSTS)
    await doors.open()
    yield doors
    await doors.close()


def step(at, what, post="gate-auto", actor="D001:lan", pass_text=LAN, **more):
    zone = next(p.zone for p in POSTS if p.key == post)
    return Intention(at, actor, "D001", what, post, zone, pass_text, **more)


async def play(doors, *intentions, start=NINE, closes=None, speed=600.0, outages=(), is_fresh=False, inside=0):
    timeline, tally = Timeline(start, speed), Tally()
    async with kiosks(doors, timeline, tally) as links:
        timeline.set(start)  # connecting takes longer on a busy machine
        driver = Driver(Plan(tuple(intentions), tuple(outages)), links, timeline, tally, capacities={}, seed=1)
        await driver.play(closes or start + timedelta(minutes=5), no_clock, inside=inside, is_fresh=is_fresh)
        tally.count_links(links.values())
    return tally


async def no_clock() -> datetime | None:
    return None


def minutes(n):
    return NINE + timedelta(minutes=n)


async def test_a_whole_day_is_played_and_everybody_who_scans_out_is_out(doors):
    parties = [
        Party(f"D{n}", time(8, 10), n, tuple(Guest(f"{n}-{i}", f"P{n}-{i}") for i in range(n)), f"GROUP{n}")
        for n in range(1, 9)
    ]
    floor = Floor(HOURS, PLACES, POSTS)
    plan = plan_day(floor, parties, [], seed=4)
    start = HOURS.opens - timedelta(minutes=1)
    tally = await play(doors, *plan.intentions, start=start, closes=HOURS.closes, speed=1800)
    assert tally.people_in > 25
    assert tally.unsent == 0
    assert tally.sent == sum(tally.answers.values()) == len(doors.answers)
    assert len(doors.where) <= tally.forgotten_exits + 6  # and members who left with their group's scan
    assert not doors.groups


async def test_people_scan_in_the_order_and_at_the_kiosks_of_the_plan(doors):
    await play(
        doors,
        step(minutes(0.2), Step.ENTER),
        step(minutes(0.6), Step.GO, "exhibit-egov"),
        step(minutes(1), Step.LEAVE, "gate-out"),
    )
    assert [key for key, _ in doors.received] == ["gate-auto", "exhibit-egov", "gate-out"]
    assert not doors.where


async def test_a_kiosk_asks_in_or_out_when_the_server_needs_a_direction(doors):
    doors.scripted = [refuse("direction_needed")]
    await play(doors, step(minutes(0.2), Step.ENTER))
    assert [scan["direction"] for _, scan in doors.received] == ["auto", "in"]
    assert len({scan["id"] for _, scan in doors.received}) == 2


async def test_people_wait_at_a_full_zone_and_try_again(doors):
    doors.scripted = [{"answer": "admitted", "people": 1}, refuse("zone_full", free=0)]
    tally = await play(
        doors,
        step(minutes(0), Step.ENTER),
        step(minutes(1), Step.GO, "exhibit-ekyc"),
        closes=minutes(20),
        speed=2400,
    )
    assert tally.refusals == {"zone_full": 1}
    assert doors.where == {LAN: "ekyc"}


async def test_people_give_up_when_the_space_stays_full(doors):
    doors.capacity = 0
    tally = await play(
        doors,
        step(minutes(1), Step.ENTER),
        step(minutes(60), Step.GO, "exhibit-ekyc"),
        closes=minutes(90),
        speed=1500,
    )
    assert tally.gave_up == 1
    assert {key for key, _ in doors.received} == {"gate-auto"}


async def test_a_group_that_is_too_large_comes_in_with_as_many_as_may(doors):
    doors.scripted = [refuse("too_many_people", max_people=7)]
    await play(doors, step(minutes(0.2), Step.ENTER, pass_text="GROUP1", actor="D001", people=9))
    assert [scan["people"] for _, scan in doors.received] == [9, 7]


async def test_whoever_is_said_to_be_inside_may_say_that_they_come_in_again(doors):
    doors.scripted = [refuse("already_inside")] * 12
    await play(doors, *(step(minutes(0.2), Step.ENTER, actor=f"D001:{n}", pass_text=f"P{n}") for n in range(12)))
    again = [scan for _, scan in doors.received if scan.get("reentry")]
    assert 3 <= len(again) <= 12


async def test_a_badge_held_twice_is_sent_under_two_ids(doors):
    await play(doors, step(minutes(0.2), Step.ENTER, "gate-in", twice=True))
    assert len({scan["id"] for _, scan in doors.received}) == 2


async def test_a_kiosk_without_network_keeps_its_scans_and_flushes_them_as_offline(doors):
    outage = Outage("gate-auto", minutes(0.1), timedelta(minutes=6))
    tally = await play(
        doors,
        step(minutes(2), Step.ENTER),
        step(minutes(3), Step.GO, "exhibit-egov"),
        outages=[outage],
        closes=minutes(10),
    )
    keys = [key for key, _ in doors.received]
    assert keys == ["exhibit-egov", "gate-auto"]
    flushed = doors.received[1][1]
    assert (flushed["offline"], flushed["direction"]) == (True, "in")
    # Made while the network was away, sent when it was back.
    assert datetime.fromisoformat(flushed["at"]) < minutes(6)
    assert (tally.offline, tally.unsent) == (1, 0)


async def test_a_scan_unanswered_at_a_restart_is_sent_again_under_its_id(doors):
    timeline, tally = Timeline(NINE, 60), Tally()
    async with kiosks(doors, timeline, tally) as links:
        doors.mute = True
        entry = links["gate-auto"].scan(LAN, "auto", "in")
        await until(lambda: doors.received)
        await doors.close()
        doors.mute = False
        await doors.open()
        answer = await asyncio.wait_for(entry.waiting, 10)
    assert answer.answer == "admitted"
    assert [scan["id"] for _, scan in doors.received] == [entry.scan["id"]] * 2
    assert "offline" not in doors.received[1][1]


async def test_a_kiosk_decides_alone_once_its_socket_has_been_dead_for_some_seconds(doors, monkeypatch):
    monkeypatch.setattr(link_module, "_VERDICT_AFTER", 0.3)
    timeline, tally = Timeline(NINE, 60), Tally()
    async with kiosks(doors, timeline, tally) as links:
        await doors.close()
        entry = links["gate-auto"].scan(LAN, "auto", "in")
        answer = await asyncio.wait_for(entry.waiting, 5)
        assert answer.local
        await doors.open()
        await until(lambda: not links["gate-auto"].pending)
    assert doors.received[-1][1] == entry.scan
    assert entry.scan["offline"]


async def test_a_kiosk_that_the_server_does_not_know_stops_asking(doors):
    link = Link(POSTS[0], doors.url, "nobody", lambda: NINE, Tally().note)
    await asyncio.wait_for(link.run(), 5)
    assert link.is_refused


async def test_on_a_day_that_nobody_has_counted_the_morning_is_flushed(doors):
    await play(
        doors,
        step(minutes(-50), Step.ENTER),
        step(minutes(-40), Step.GO, "exhibit-egov"),
        step(minutes(-30), Step.LEAVE),
        step(minutes(-20), Step.ENTER),
        is_fresh=True,
    )
    sent = [(scan["at"], scan["direction"], scan["offline"]) for _, scan in doors.received]
    assert [direction for _, direction, _ in sent] == ["in", "auto", "out", "in"]
    assert [datetime.fromisoformat(at) for at, _, _ in sent] == [minutes(m) for m in (-50, -40, -30, -20)]
    assert all(offline for _, _, offline in sent)
    assert doors.where == {LAN: "lobby"}


async def test_on_a_day_that_is_under_way_those_who_should_be_inside_are_brought_in(doors):
    await play(
        doors,
        step(minutes(-50), Step.ENTER),
        step(minutes(-40), Step.GO, "exhibit-egov"),
        step(minutes(-45), Step.ENTER, actor="D001:minh", pass_text="MINH"),
        step(minutes(-30), Step.LEAVE, actor="D001:minh", pass_text="MINH"),
    )
    assert doors.where == {LAN: "egov"}
    assert [scan["direction"] for _, scan in doors.received] == ["in", "auto"]


async def test_when_most_are_inside_already_nobody_is_greeted_again(doors):
    await play(doors, step(minutes(-50), Step.ENTER), step(minutes(0.3), Step.GO, "exhibit-egov"), inside=1)
    assert [key for key, _ in doors.received] == ["exhibit-egov"]


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)
