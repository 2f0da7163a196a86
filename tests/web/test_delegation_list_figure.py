"""How soon the list of delegations answers with 10,000 delegations and 100,000 visitors: first byte under 30 ms."""

import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from starlette.testclient import TestClient

from server.app import build_app
from server.domain.delegations import delegation_search_key
from server.services.clock import Clock
from server.settings import Settings
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.people import VISITORS
from server.storage.standings import Standing
from tests.cast import MORNING

PASSWORD = "mat-khau-thu"
DELEGATIONS_NUMBER, MEMBERS = 10_000, 10
TODAY = MORNING.date()
NAMES = ("Sở Y tế", "Công ty Sông Việt", "Trường Bến Nghé", "Phường Bến Thành", "Báo Tuổi Trẻ", "Trung tâm số")
KINDS = ("agency", "enterprise", "school", "commune", "press", "agency")
LIMIT_MS = 30


def _fill(connection: Connection) -> None:
    """A register of two years, a hundred delegations a week, as many behind as before today."""
    empty = dict.fromkeys(("leader_title", "contact_name", "sector", "needs", "letter", "cancel_reason", "source"), "")
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    visitors: list[dict[str, Any]] = []
    first = {"inside": 0, "places": {}, "members_inside": 0, "reentries": 0}
    for id_ in range(1, DELEGATIONS_NUMBER + 1):
        day = TODAY + timedelta(days=id_ % 720 - 360)
        has_come = day < TODAY
        name = f"{NAMES[id_ % 6]} {id_}"
        key = {"code": f"D{id_:03}", "name": name, "organisation": name, "leader": "Trần Minh", "phone": "+84903123456"}
        row = {"id": id_, "code": key["code"], "name": name, "search_key": delegation_search_key(**key)}
        row |= {"kind": KINDS[id_ % 6], "status": ("requested", "confirmed", "cancelled")[id_ % 3]}
        row |= {"planned": 3 + id_ % 30, "named": MEMBERS, "visit_date": day, "minutes": 60, "language": "vi"}
        row |= {"slot_at": MORNING + timedelta(days=id_ % 720 - 360, hours=id_ % 8), "leader_name": "Trần Minh"}
        row |= {"purpose": "tham quan " * 10, "notes": "ghi chú " * 20, "guide": "Minh" if id_ % 2 else ""}
        row |= {"arrived": 3 if has_come else 0, "arrived_day": day if has_come else None, "version": 1}
        rows.append(empty | row | {"created_at": MORNING, "updated_at": MORNING})
        places.append(first | {"holder": f"d:{id_}", "delegation_id": id_})
        for number in range(MEMBERS):
            visitor = f"{id_ * MEMBERS + number:032x}"
            values = {"id": visitor, "delegation_id": id_, "name": f"Lan {number}", "search_key": f"lan {number}"}
            values |= dict.fromkeys(("title", "organisation", "needs", "notes"), "")
            visitors.append(values | {"occurrence": 1, "version": 1, "created_at": MORNING, "updated_at": MORNING})
            places.append(first | {"holder": f"v:{visitor}", "delegation_id": id_})
    for into, chunk in ((DELEGATIONS, rows), (VISITORS, visitors), (table(Standing), places)):
        for start in range(0, len(chunk), 1_000):
            connection.execute(insert(into), chunk[start : start + 1_000])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Any:
    folder: Path = tmp_path_factory.mktemp("house")
    settings = Settings(database_url=module_database_url, secret_file=folder / "secret.json", _env_file=None)
    with TestClient(build_app(settings, Clock(MORNING, 1))) as client:
        house = client.app.state.house  # type: ignore[attr-defined]
        client.portal.call(house.accounts.add, "Hoa", "organizer", PASSWORD)  # type: ignore[union-attr]
        client.portal.call(house.database.write, _fill)  # type: ignore[union-attr]
        form = {"login": "Hoa", "password": PASSWORD}
        answer = client.post(
            "/staff/sign-in", data=form, headers={"sec-fetch-site": "same-origin"}, follow_redirects=False
        )
        client.cookies.clear()
        client.headers["cookie"] = f"sanh_session={answer.cookies['sanh_session']}"
        yield client


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("query", ["", "?q=so", "?kind=agency&hand=guide", "?status=left"])
def test_a_week_of_a_long_register_answers_soon(reader: TestClient, query: str) -> None:
    assert _p95(reader, query) < LIMIT_MS


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("query", ["?days=all", "?days=all&q=so", "?days=all&q=d777", "?days=all&status=left"])
def test_every_day_of_a_long_register_answers_soon(reader: TestClient, query: str) -> None:
    # Above the desk's own pages, which open with a week: the whole register is counted and searched here.
    assert _p95(reader, query) < 2 * LIMIT_MS


def _p95(reader: TestClient, query: str) -> float:
    """Return the best of three rounds' 95th percentiles, in milliseconds of this process: not those of what else runs here."""
    rounds: list[float] = []
    for _ in range(3):
        times: list[float] = []
        for _ in range(20):
            begun = time.process_time()
            answer = reader.get(f"/staff/delegations{query}")
            times.append((time.process_time() - begun) * 1_000)
            assert answer.status_code == 200
        rounds.append(statistics.quantiles(times, n=20)[-1])
    print(f"{query or 'a week'}: p95 {min(rounds):.1f} ms")
    return min(rounds)
