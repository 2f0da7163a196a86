"""What machines ask a server: does it live, may it be sent requests, and what has it counted."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import time
from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url
from websockets.asyncio.client import connect

from server.services.devices import Plan
from tests.web.running_house import PASSWORD, RunningHouse, running_house

PARTS = {"serving", "zones", "database", "migrations", "disk", "secret_file"}


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        await hall.expect_delegation()
        # The first pass is what makes the secret file.
        await hall.house.passes.of_delegation("D017")
        yield hall


async def ask(hall: RunningHouse, path: str = "/readyz") -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient(base_url=hall.url, timeout=10) as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def scrape(hall: RunningHouse) -> dict[str, dict[tuple[str, ...], float]]:
    """The samples by name, and by the values of their labels but for the worker's."""
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        text = (await client.get("/metrics")).text
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, f"{family.name} has no help"
        for sample in family.samples:
            labels = tuple(value for name, value in sample.labels.items() if name != "worker")
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@contextlib.asynccontextmanager
async def hung(database_url: str) -> AsyncIterator[None]:
    """Hold what every question to the database has to wait for."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(str(url.database))) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    holder = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await holder.close()


async def test_liveness_tells_the_process_the_version_and_the_space_s_time(hall: RunningHouse):
    status, body = await ask(hall, "/healthz")
    assert (status, body["status"], body["speed"], body["pid"]) == (200, "ok", 1, os.getpid())
    assert body["at"].startswith("2020-10-12T08:00")
    assert body["version"]
    assert body["uptime_seconds"] >= 0


async def test_a_house_in_order_is_ready_and_says_what_was_looked_at(hall: RunningHouse):
    status, body = await ask(hall)
    assert (status, body["status"]) == (200, "ready")
    assert set(body["checks"]) == PARTS
    assert all(check["ok"] for check in body["checks"].values())


async def test_a_database_that_hangs_makes_it_unready_within_two_seconds_and_ready_again_after(
    hall: RunningHouse, database_url: str
):
    async with hung(database_url), httpx2.AsyncClient(base_url=hall.url, timeout=10) as client:
        began = time.monotonic()
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(8)))
        assert time.monotonic() - began < 2.5
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].json()["checks"]["database"] == {"ok": False, "detail": "no_answer"}
        assert (await ask(hall, "/healthz"))[0] == 200
    async with asyncio.timeout(20):
        while (await ask(hall))[0] != 200:
            await asyncio.sleep(0.05)


@pytest.mark.sqlite
async def test_a_database_file_that_is_gone_makes_it_unready(hall: RunningHouse, tmp_path: Path):
    (tmp_path / "sanh.db").rename(tmp_path / "elsewhere.db")
    status, body = await ask(hall)
    assert (status, body["checks"]["database"]["ok"]) == (503, False)
    assert str(tmp_path) not in str(body)


async def test_an_older_schema_makes_it_unready(hall: RunningHouse):
    def forget(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    await hall.house.database.write(forget)
    status, body = await ask(hall)
    assert (status, body["checks"]["migrations"]["ok"]) == (503, False)


async def test_a_secret_file_that_is_yet_to_be_made_keeps_nobody_out(tmp_path: Path, database_url: str):
    async with running_house(tmp_path, database_url) as fresh:
        await fresh.house.accounts.add("Hoa", "organizer", PASSWORD)
    (tmp_path / "secret.json").unlink()
    # Nobody is to be asked for a set-up code, which would be sealed with it.
    async with running_house(tmp_path, database_url) as fresh:
        status, body = await ask(fresh)
    assert (status, body["checks"]["secret_file"]) == (200, {"ok": True, "detail": "to_be_made"})


async def test_a_secret_file_that_was_there_and_is_lost_is_told_while_scans_go_on(hall: RunningHouse, tmp_path: Path):
    assert (await ask(hall))[1]["status"] == "ready"
    (tmp_path / "secret.json").unlink()
    status, body = await ask(hall)
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["secret_file"] == {"ok": False, "detail": "lost"}
    assert (await hall.scan())["answer"] == "admitted"


async def test_a_full_disk_makes_it_unready(hall: RunningHouse, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 0))
    status, body = await ask(hall)
    assert (status, body["checks"]["disk"]) == (503, {"ok": False, "detail": "free_mib=0"})


async def test_who_is_told_to_stop_is_unready(hall: RunningHouse):
    hall.server.config.app.state.readiness.is_stopping = True  # type: ignore[union-attr]
    status, body = await ask(hall)
    assert (status, body["checks"]["serving"]) == (503, {"ok": False, "detail": "stopping"})


async def test_metrics_count_scans_by_answer_and_code(hall: RunningHouse):
    answers = [await hall.scan(), await hall.scan()]
    assert [answer["code"] for answer in answers] == [None, "already_inside"]
    await hall.house.checkin.answer(["nonsense"], _gate())
    found = await scrape(hall)
    assert found["sanh_scans_total"] == {
        ("admitted", ""): 1,
        ("refused", "already_inside"): 1,
        ("refused", "malformed"): 1,
    }
    assert found["sanh_misreads_total"] == {("malformed",): 1}
    assert found["sanh_scan_answer_seconds_count"] == {(): 2}
    assert found["sanh_commit_scans_bucket"][("1.0",)] == 2
    assert 0 < found["sanh_commit_seconds_sum"][()] < 10
    assert found["sanh_scans_waiting"] == {(): 0}
    assert found["sanh_space_people"] == {(): 1}
    assert found["sanh_zone_people"][("lobby",)] == 1
    assert found["sanh_zone_level"][("lobby",)] in (0, 1, 2, 3)


def _gate() -> Any:
    from tests.web.running_house import GATE

    return GATE


async def test_metrics_tell_sockets_and_screens(hall: RunningHouse):
    _, token = await hall.house.devices.pair(Plan("Cổng", "gate", "lobby"), actor="test")
    url = hall.url.replace("http", "ws") + "/live"
    async with connect(url) as wall, connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as gate:
        await wall.send('{"type": "watch", "topics": ["occupancy"]}')
        await wall.recv()
        await gate.send("nonsense")
        await gate.recv()
        found = await scrape(hall)
        assert found["sanh_sockets"] == {("device",): 1, ("staff",): 0, ("public",): 1}
        assert found["sanh_devices_online"] == {(): 1}
        assert found["sanh_screens"][("occupancy",)] == 1
        assert found["sanh_deliveries_total"][()] >= 1
        assert found["sanh_socket_problems_total"] == {("malformed_json",): 1}
    async with asyncio.timeout(5):
        while sum((await scrape(hall))["sanh_sockets"].values()):
            await asyncio.sleep(0.02)


async def test_metrics_tell_requests_by_route_and_never_by_path(hall: RunningHouse):
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        for number in range(20):
            await client.get(f"/p/{number}")
            await client.get(f"/nowhere/{number}")
            await client.request("PROPFIND", f"/{number}")
        await client.get("/api/v1/delegations")
    async with asyncio.timeout(5):
        while len(found := (await scrape(hall))["sanh_http_requests_total"]) < 5:
            await asyncio.sleep(0.02)
    assert found[("GET", "/p/{token}", "404")] == 20
    assert found[("GET", "none", "404")] == 20
    assert found[("GET", "/api/v1/delegations", "401")] == 1
    assert {route for _, route, _ in found} == {"/p/{token}", "none", "/api/v1/delegations", "/metrics"}
    seconds = (await scrape(hall))["sanh_http_request_seconds_count"]
    assert seconds[("GET", "/p/{token}")] == 20


async def test_metrics_tell_the_process_and_the_database(hall: RunningHouse):
    async with asyncio.timeout(5):
        while not (found := await scrape(hall))["sanh_loop_lag_seconds_count"][()]:
            await asyncio.sleep(0.05)
    assert found["process_open_fds"][()] > 3
    assert found["process_resident_memory_bytes"][()] > 10**7
    assert found["sanh_database_pool_connections"][()] >= 4
    assert found["sanh_database_connections"][()] >= 0
    assert list(found["sanh_build_info"].values()) == [1]
    assert "sanh_gc_pause_seconds_sum" in found
