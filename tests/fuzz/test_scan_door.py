"""The scan door, by HTTP and by the socket: whatever a kiosk sends, each scan has one true answer and the counts hold."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from starlette.testclient import TestClient, WebSocketTestSession

from server.app import build_app
from server.services.devices import Plan
from server.services.recount import recount
from server.settings import Settings
from tests.cast import add_delegation, add_visitor
from tests.fuzz import inputs
from tests.fuzz.properties import LAN
from tests.fuzz.schema import complaints
from tests.web.records_house import Programs

KIOSKS: dict[str, dict[str, Any]] = {
    "gate": {"role": "gate", "zone": "lobby"},
    "way in": {"role": "gate", "zone": "lobby", "direction": "in"},
    "inner door": {"role": "gate", "zone": "ekyc", "inner": True},
    "desk": {"role": "desk", "zone": "lobby"},
    "exhibit": {"role": "exhibit", "zone": "egov"},
    "survey": {"role": "survey", "zone": "egov"},
    "wall": {"role": "wall", "zone": "lobby"},
}
BEARERS = ("Lan", "Minh", "walk-in", "D017", "Hoa", "revoked", "another house's")
IDS = [str(UUID(int=n)) for n in range(6)] + [str(UUID(int=0xABCDEF)).upper()]
CALLS = st.tuples(
    st.sampled_from(sorted(KIOSKS)),
    st.sampled_from(["http", "socket"]),
    st.lists(
        inputs.scans(st.sampled_from(BEARERS), st.sampled_from(IDS)) | inputs.scans(inputs.near_tokens()) | inputs.json,
        max_size=4,
    ),
)


@dataclass
class Door:
    """A house with its kiosks, their sockets, the texts of passes by who bears them, and the answers' schema."""

    programs: Programs
    tokens: dict[str, str]
    sockets: dict[str, WebSocketTestSession]
    passes: dict[str, str]
    described: tuple[dict[str, Any], dict[str, Any]]

    def call(self, *args: Any) -> Any:
        return self.programs.client.portal.call(*args)  # type: ignore[union-attr]

    def answers(self, kiosk: str, way: str, scans: list[Any]) -> list[dict[str, Any]] | None:
        """Return the answers to scans; None when the message was none that JSON allows."""
        body = json.dumps({"type": "scan", "scans": scans})
        if way == "socket":
            self.sockets[kiosk].send_text(body)
            message: dict[str, Any] = orjson.loads(self.sockets[kiosk].receive_text())
        else:
            headers = {"Authorization": f"Bearer {self.tokens[kiosk]}", "Content-Type": "application/json"}
            response = self.programs.client.post("/api/v1/scans", content=body, headers=headers)
            message = response.json()
            assert response.status_code == (400 if "code" in message else 200)
        if message.get("code") == "malformed_json":
            return None
        answers: list[dict[str, Any]] = message["answers"]
        return answers

    def check(self, kiosk: str, way: str, sent: list[Any]) -> None:
        """Send scans, and demand one answer for each, in their order, as the description says."""
        scans = [_with_pass(scan, self.passes) for scan in sent]
        answers = self.answers(kiosk, way, scans)
        if answers is None:
            return
        assert [answer["id"] for answer in answers] == [_id_of(scan) for scan in scans]
        assert list(complaints({"answers": answers}, *self.described)) == []
        for answer in answers:
            assert answer["people"] >= 0
            assert (answer["answer"] == "refused") == (answer["code"] is not None)


@contextmanager
def open_door(folder: Path, database_url: str) -> Iterator[Door]:
    """Open a house on a migrated database, with a kiosk of each kind; its keys lie in a folder."""
    with ExitStack() as stack:
        (folder / "space.toml").write_text("opening.always = true\n", encoding="utf-8")
        always_open = Settings(
            database_url=database_url,
            secret_file=folder / "secret.json",
            space_file=folder / "space.toml",
            _env_file=None,
        )
        programs = Programs(stack.enter_context(TestClient(build_app(always_open), raise_server_exceptions=False)))
        call, house = programs.client.portal.call, programs.house  # type: ignore[union-attr]
        tokens = {
            name: call(partial(house.devices.pair, Plan(name, **plan), actor="test"))[1]
            for name, plan in KIOSKS.items()
        }
        sockets = {
            name: stack.enter_context(
                programs.client.websocket_connect("/live", headers={"Authorization": f"Bearer {token}"})
            )
            for name, token in tokens.items()
        }
        document = programs.call("GET", "/openapi.json").json()
        answered = document["paths"]["/api/v1/scans"]["post"]["responses"]["200"]
        schema = answered["content"]["application/json"]["schema"]
        yield Door(programs, tokens, sockets, _issue(programs), (schema, document))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Door]:
    with open_door(tmp_path_factory.mktemp("door"), module_database_url) as door:
        yield door


def _issue(programs: Programs) -> dict[str, str]:
    call, house = programs.client.portal.call, programs.house  # type: ignore[union-attr]
    today = house.space.day_of(datetime.now(UTC))

    def store(connection: Connection) -> list[str]:
        id_ = add_delegation(connection, visit_date=today, planned=5)
        people = [add_visitor(connection, name, delegation_id=id_) for name in ("Nguyễn Thị Lan", "Trần Văn Minh")]
        return [*people, add_visitor(connection, "Lê Văn Lẻ", visit_date=today), add_visitor(connection, "Phạm Bị Hủy")]

    lan, minh, alone, cancelled = call(house.database.write, store)
    account = call(house.accounts.add, "Hoa", "reception", "mat-khau-thu")
    rows = {name: call(house.passes.of_visitor, id_)[0] for name, id_ in
            (("Lan", lan), ("Minh", minh), ("walk-in", alone), ("revoked", cancelled))}  # fmt: skip
    call(partial(house.passes.revoke, rows["revoked"].id, actor="test"))
    rows["D017"] = call(house.passes.of_delegation_itself, "D017")[0]
    rows["Hoa"] = call(house.passes.of_staff, account.login)[0]
    return {name: row.text for name, row in rows.items()} | {"another house's": LAN.token}


@pytest.mark.slow
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CALLS, min_size=1, max_size=3))
def test_each_scan_has_one_true_answer_and_the_counts_hold(door: Door, calls: list[Any]) -> None:
    for kiosk, way, sent in calls:
        door.check(kiosk, way, sent)
    counted = door.call(recount, door.programs.house.database)
    assert counted.is_equal, counted


def _with_pass(scan: Any, passes: dict[str, str]) -> Any:
    if isinstance(scan, dict) and isinstance(scan.get("pass"), str):
        return scan | {"pass": passes.get(scan["pass"], scan["pass"])}
    return scan


def _id_of(scan: Any) -> str | None:
    """Return the id under which a scan is answered: as it was sent, what is no id cut short."""
    id_ = scan.get("id") if isinstance(scan, dict) else None
    return id_[:64] if isinstance(id_, str) else None
