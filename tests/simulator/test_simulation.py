"""A simulated day against the real server: its API, its sockets, its rules."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import uvicorn

from server.app import build_app
from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.clock import Clock
from server.services.delegations import add_delegation
from server.services.desk import Desk
from server.services.imports import import_files
from server.services.people import add_visitor
from server.services.recount import recount
from server.settings import Settings
from server.simulator.api import Api
from server.simulator.day import plan_day
from server.simulator.people import Hours
from server.simulator.posts import lay_out
from server.simulator.routes import Floor
from server.simulator.simulation import Overview, Wish, simulate
from server.web.frames import DirectProtocol

pytestmark = pytest.mark.slow

SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = date(2020, 10, 13)
REFERENCE_PERIOD = [date(2020, 10, 12) + timedelta(days=number) for number in range(28)]
REGISTRY = Path(__file__).parents[2] / "server" / "demo" / "so-dang-ky-doan-2020.xlsx"
SPACE = """
[space]
name = "Sảnh"
capacity = 40
[opening]
tuesday = "07:30-10:20"
[[zones]]
id = "lobby"
name = "Sảnh"
capacity = 40
[[zones]]
id = "egov"
name = "Chính quyền số"
capacity = 8
[[zones]]
id = "ekyc"
name = "Định danh điện tử"
capacity = 8
"""


@asynccontextmanager
async def server(tmp_path, database_url, clock):
    """The house on a port of its own, with eight delegations in the morning of the day."""
    space = tmp_path / "space.toml"
    space.write_text(SPACE, encoding="utf-8")
    settings = Settings(database_url=database_url, secret_file=tmp_path / "secret.json", space_file=space)
    app = build_app(settings, clock)
    began = clock.now()
    running = uvicorn.Server(
        uvicorn.Config(app, port=0, ws=DirectProtocol, ws_per_message_deflate=False, log_level="error")
    )
    task = asyncio.create_task(running.serve())
    async with asyncio.timeout(10):
        while not running.started:
            await asyncio.sleep(0.01)
    house = app.state.house
    await register(house)
    _, token = await house.accounts.add_token("simulator", Role.ORGANIZER)
    # The day begins with the play, however long a busy machine took to set the stage.
    clock.__init__(began, clock.speed)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield house, Wish(f"http://127.0.0.1:{port}", token, SAIGON, DAY, visitors=45)
    finally:
        running.should_exit = True
        await task


async def register(house):
    desk = Desk(house.database, house.space, "Hoa", datetime(2020, 10, 1, tzinfo=UTC))
    for number in range(8):
        slot = datetime.combine(DAY, time(8 + number // 4, 30 * (number % 2)), SAIGON)
        values = {"name": f"Đoàn {number}", "planned": 5, "visit_date": DAY, "slot_at": slot}
        delegation = await add_delegation(desk, values)
        for member in range(5):
            await add_visitor(desk, {"name": f"Khách {number} {member}", "delegation": delegation.code})


def at(clock):
    return datetime.combine(DAY, clock, SAIGON)


async def play(wish, seconds=30.0, begun=None):
    """Play for some seconds, counted from when `begun` holds."""
    overviews: list[Overview] = []
    stop = asyncio.Event()

    async def stop_in_time():
        while begun is not None and not (overviews and await begun()):
            await asyncio.sleep(0.05)
        await asyncio.sleep(seconds)
        stop.set()

    stopping = asyncio.create_task(stop_in_time())
    try:
        return overviews, await simulate(wish, overviews.append, stop)
    finally:
        stopping.cancel()


async def inside_more_than(house, people):
    return (await house.occupancy.state())["people"] > people


async def test_a_morning_is_played_and_the_counters_equal_the_movements(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(8, 45)), 600)) as (house, wish):
        overviews, counts = await play(wish)
        occupancy = await house.occupancy.state()
        result = await recount(house.database)
        devices = await house.devices.page("", 100)

    assert (overviews[0].delegations, overviews[0].people, overviews[0].kiosks) == (8, 45, 5)
    assert counts["people_in"] > 30
    assert counts["people_out"] > 15
    assert occupancy["people"] == 0
    assert counts["caught_up"] > 5
    assert counts["cpu_us_per_scan"] > 0
    assert counts["unsent"] == 0
    assert not counts["problems"]
    assert not set(counts["refusals"]) & {
        "malformed",
        "invalid_pass",
        "unknown_pass",
        "scan_id_reused",
        "not_a_scanner",
    }
    assert result.is_equal
    assert all(device.revoked_at for device in devices)


async def test_a_second_run_on_the_same_day_goes_on_with_those_who_are_inside(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)), 60)) as (house, wish):
        _, first = await play(wish, 2.0, lambda: inside_more_than(house, 5))
        inside = (await house.occupancy.state())["people"]
        _, second = await play(wish, 2.0, lambda: inside_more_than(house, 5))
        result = await recount(house.database)
        after = (await house.occupancy.state())["people"]

    assert inside > 5
    assert first["conflicts"].get("already_inside", 0) <= 1
    assert abs(after - inside) <= 8
    assert not second["conflicts"]
    assert result.is_equal


async def test_a_day_that_is_not_the_servers_is_played_on_a_clock_of_its_own(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)) - timedelta(days=1), 1)) as (_, wish):
        overviews, counts = await play(wish, 1.0)

    assert not overviews[0].follows_server
    assert (overviews[0].now.date(), overviews[0].now.hour) == (DAY, 7)
    assert counts["caught_up"] == 0


async def test_a_day_on_which_nobody_comes_is_refused(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)), 60)) as (_, wish):
        empty = Wish(wish.url, wish.token, SAIGON, date(2020, 10, 14))
        with pytest.raises(DomainError, match="nobody_comes"):
            await play(empty)


async def test_a_day_on_which_the_space_is_closed_is_refused_although_people_are_booked(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)) + timedelta(days=1), 60)) as (_, wish):
        with pytest.raises(DomainError, match="nobody_comes"):
            await play(replace(wish, day=None, visitors=5))


async def test_256_kiosks_pair_and_scan(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)), 20)) as (house, wish):
        overviews, counts = await play(replace(wish, kiosks=256), 2.0, lambda: inside_more_than(house, 5))
        result = await recount(house.database)

    assert overviews[0].kiosks == 256
    assert counts["people_in"] > 5
    assert not counts["problems"]
    assert result.is_equal


async def test_every_day_of_the_reference_period_can_be_planned(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(7, 0)), 60)) as (house, wish):
        await import_files(Desk(house.database, house.space, "Hoa", house.clock.now()), [REGISTRY])
        await house.passes.of_all_delegations()
        async with Api.open(wish.url, wish.token, SAIGON) as api:
            places, _ = await api.places()
            come = {day: await api.parties(day) for day in REFERENCE_PERIOD}
    come[DAY] = tuple(party for party in come[DAY] if party.code.startswith("D") and party.kind != "other")
    assert sum(len(parties) for parties in come.values()) == 210
    for day, parties in come.items():
        plan = plan_day(Floor(Hours(day, SAIGON), places, lay_out(places)), parties, ())
        assert bool(plan.intentions) == bool(parties) == (day.isoweekday() != 7)
        assert all(step.at.date() == day and step.pass_text for step in plan.intentions)


async def test_a_wrong_token_and_a_dead_server_are_named(tmp_path, database_url):
    async with server(tmp_path, database_url, Clock(at(time(9, 0)), 60)) as (_, wish):
        with pytest.raises(DomainError, match=r"server_refused.*bad_token"):
            await play(Wish(wish.url, "nobody", SAIGON, DAY))
    with pytest.raises(DomainError, match="server_unreachable"):
        await play(wish)
