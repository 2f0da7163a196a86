"""What a request leaves behind: an id, a line in the log, and nothing of the person whom it was about."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.client import connect

from server import logs
from server.services.desk import Desk
from server.services.devices import Plan
from server.services.imports import import_files
from tests.web.running_house import RunningHouse, running_house

NAME, PHONE, EMAIL, PASSWORD = "Đặng Thị Dấu Vết", "0912987654", "dauvet@example.vn", "mat khau dau vet"
MARKS = ("Dấu Vết", "Dau Vet", "dau vet", "0912987654", "912987654", "dauvet@", "sanh_d_a", "token=")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level
    logs.set_up("debug", stream)
    root.handlers[:] = [logs.Forward()]
    yield stream
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])


@pytest.fixture
async def hall(tmp_path: Path, database_url: str, log: io.StringIO) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        app: Any = hall.server.config.app
        app.router.routes.insert(0, Route("/crash/{kind}/{token}", crash))
        yield hall


async def crash(request: Request) -> Response:
    """Fail in the ways in which handlers fail, each with somebody's data at hand."""
    kind, name, phone = request.path_params["kind"], NAME, PHONE
    loop = asyncio.get_running_loop()
    if kind == "callback":
        loop.call_soon(lambda *_: 1 / 0, name, {"phone": phone})
        loop.create_task(_fail(name))  # noqa: RUF006 - nobody asks for its exception, that is the point
    elif kind == "database":
        await request.app.state.house.database.write(_store_twice)
    elif kind == "late":
        return Response(status_code=200, headers={"content-length": str(len(name))})
    else:
        raise RuntimeError(f"{name} {phone} {request.url} {request.headers}")
    return Response(status_code=204)


async def _fail(name: str) -> None:
    raise ValueError(name)


def _store_twice(connection: Any) -> None:
    row = {"id": "one", "name": NAME, "login": NAME, "role": "guide", "password_hash": PASSWORD}
    columns = ", ".join(row)
    for _ in range(2):
        connection.execute(text(f"INSERT INTO account ({columns}) VALUES (:{', :'.join(row)})"), row)


def lines(log: io.StringIO, event: str = "request") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


async def test_a_request_is_one_line_with_its_route_and_never_its_path(hall: RunningHouse, log: io.StringIO):
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        await client.get("/p/GEHEIM?q=geheim")
        await client.get("/nowhere/geheim")
        await client.request("PROPFIND", "/nowhere")
        await client.get("/static/css/base.css")
    async with asyncio.timeout(5):
        # A request is told of once it is answered.
        while len(lines(log)) < 4:
            await asyncio.sleep(0.01)
    told = [(line["level"], line["method"], line["route"], line["status"]) for line in lines(log)]
    assert told == [
        ("info", "GET", "/p/{token}", 404),
        ("info", "GET", "none", 404),
        ("info", "other", "none", 404),
        ("debug", "GET", "/static", 200),
    ]
    assert "geheim" not in log.getvalue().lower()
    assert all(0 < line["duration_seconds"] < 30 for line in lines(log))


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [
        ("4f3c2b1a-0000-4000-8000-0123456789ab", True),
        ("4F3C2B1A000040008000" + "0123456789ab", True),
        ("0912987654", False),
        ("Lan", False),
        ("../etc", False),
    ],
)
async def test_an_id_is_taken_over_only_where_it_can_be_nothing_else(
    hall: RunningHouse, log: io.StringIO, said: str, is_taken: bool
):
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        answer = await client.get("/nowhere", headers={"X-Request-Id": said})
    given = answer.headers["x-request-id"]
    assert (given == said.lower()) is is_taken
    assert lines(log)[0]["request_id"] == given


async def test_a_handler_that_fails_is_answered_logged_once_and_has_its_request_s_id(
    hall: RunningHouse, log: io.StringIO
):
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        answer = await client.get("/crash/now/x", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "content-security-policy" in answer.headers
    (failure,) = lines(log, "request_failed")
    assert failure["request_id"] == answer.headers["x-request-id"]
    assert failure["error"] == "RuntimeError"
    assert "in crash" in failure["trace"]
    assert log.getvalue().count("Traceback") + log.getvalue().count('"trace"') == 1


async def test_nobody_s_data_and_no_secret_is_in_the_log_whatever_happens(
    hall: RunningHouse, log: io.StringIO, tmp_path: Path
):
    house = hall.house
    await house.accounts.add("Hoa", "administrator", PASSWORD)
    _, token = await house.accounts.add_token("reports", "administrator")
    device, bearer = await house.devices.pair(Plan("Kiosk", "gate", "lobby"), actor="test")
    pass_text = await _use_the_api(hall, token)
    session = await _use_the_pages(hall, pass_text)
    await _fail_everywhere(hall, pass_text, token)
    await _talk_nonsense(hall, bearer, pass_text)
    await _import_bad_rows(hall, tmp_path)
    await _break_the_store(hall, bearer, pass_text)
    written = log.getvalue()
    for event in ("request", "request_failed", "loop_failure", "batch_retried_item_by_item", "batch_not_committed"):
        assert lines(log, event), f"{event} did not happen"
    secrets = (token, bearer, session, pass_text, pass_text[-135:], PASSWORD, device.id + NAME)
    for mark in (*MARKS, *secrets):
        assert mark.lower() not in written.lower(), f"{mark} is in the log"
        assert json.dumps(mark)[1:-1].lower() not in written.lower()


async def _use_the_api(hall: RunningHouse, token: str) -> str:
    person = {"name": NAME, "phone": PHONE, "email": EMAIL}
    async with httpx2.AsyncClient(base_url=hall.url, headers={"Authorization": f"Bearer {token}"}) as client:
        added = (await client.post("/api/v1/visitors", json=person)).json()
        assert added["name"] == NAME
        refused = await client.post("/api/v1/visitors", json=person | {"phone": f"{NAME}{PHONE}", "size": NAME})
        assert refused.status_code == 422
        await client.get("/api/v1/visitors", params={"q": NAME})
        await client.get(f"/api/v1/visitors/{NAME}")
        issued = await client.post("/api/v1/passes", json={"visitor": added["id"]})
        assert issued.status_code < 300, issued.text
        found = issued.json()
        assert (await client.post("/api/v1/visitors", content=b"{" + NAME.encode())).status_code in (400, 415)
        return str(found.get("text") or found["token"])


async def _use_the_pages(hall: RunningHouse, pass_text: str) -> str:
    async with httpx2.AsyncClient(base_url=hall.url, headers={"origin": hall.url}) as client:
        await client.get(f"/p/{pass_text[-135:]}")
        await client.get(f"/nowhere/{pass_text[-135:]}?token={pass_text}")
        await client.post("/staff/sign-in", data={"login": NAME, "password": PHONE})
        await client.post("/staff/sign-in", data={"login": "hoa", "password": PASSWORD})
        session = next(cookie.value for cookie in client.cookies.jar if "session" in cookie.name)
        assert session
        await client.get("/staff/devices")
        await client.post("/staff/devices/pair", data={"code": PHONE, "name": NAME})
        return str(session)


async def _fail_everywhere(hall: RunningHouse, pass_text: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"sanh_session={token}"}
    async with httpx2.AsyncClient(base_url=hall.url, headers=headers) as client:
        for kind in ("now", "callback", "database"):
            await client.get(f"/crash/{kind}/{pass_text[-135:]}", params={"name": NAME})
        with pytest.raises(httpx2.HTTPError):
            await client.get(f"/crash/late/{pass_text[-135:]}")


async def _talk_nonsense(hall: RunningHouse, bearer: str, pass_text: str) -> None:
    url = hall.url.replace("http", "ws") + f"/live?token={pass_text}"
    scan = {"id": str(uuid4()), "pass": pass_text, "at": NAME, "direction": "in"}
    nonsense: list[Any] = [NAME, {"type": NAME}, {"type": "watch", "topics": [NAME, PHONE]}]
    nonsense += [{"type": "scan", "scans": scans} for scans in (NAME, [NAME], [scan], [scan | {"id": NAME}])]
    async with connect(url, additional_headers={"Authorization": f"Bearer {bearer}"}) as socket:
        for message in nonsense:
            await socket.send(orjson.dumps(message).decode())
            await socket.recv()
        await socket.send(f"{{{NAME}")
        await socket.send(NAME.encode())
        await socket.recv()


async def _import_bad_rows(hall: RunningHouse, folder: Path) -> None:
    house, file = hall.house, folder / "khach.csv"
    rows = ["STT,Họ và tên,Đơn vị,Số điện thoại,Email", f"1,{NAME * 20},A,{PHONE},{EMAIL}", f"2,{NAME},A,12,{PHONE}"]
    file.write_text("\n".join(rows), encoding="utf-8")
    report = await import_files(Desk(house.database, house.space, "test", house.clock.now()), [file])
    assert report.errors


async def _break_the_store(hall: RunningHouse, bearer: str, pass_text: str) -> None:
    scan = {"id": str(uuid4()), "pass": pass_text, "at": hall.house.clock.now().isoformat(), "direction": "in"}
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx2.AsyncClient(base_url=hall.url, headers=headers) as client:

        async def send() -> int:
            return (await client.post("/api/v1/scans", json={"scans": [scan]})).status_code

        for failure in (_fail_for_an_item, _fail_for_the_store):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("server.services.checkin.answer_batch", failure)
                assert await send() in (200, 503)


def _fail_for_an_item(_connection: Any, _rules: Any, items: Any) -> None:
    raise ValueError(f"{NAME} {items[0].scan}")


def _fail_for_the_store(connection: Any, _rules: Any, items: Any) -> None:
    values = {"name": NAME, "pass": items[0].scan.pass_text if hasattr(items[0].scan, "pass_text") else PHONE}
    try:
        connection.execute(text("SELECT :name, :pass FROM no_such_table"), values)
    except Exception as error:
        from server.storage.database import StorageUnavailableError

        raise StorageUnavailableError("the disk is full") from error
