"""What those who run the house type, on its database: make it, look at it, end its day; or hear why it cannot be had."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.cli.command import Sanh


def test_a_database_is_made_once(sanh: Sanh, new_database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_DATABASE_URL", new_database_url)
    made, again = sanh("migrate"), sanh("migrate")
    assert (made[0], again[0], made[1] != again[1]) == (0, 0, True)
    checks = {check["name"]: check["ok"] for check in sanh.json("doctor", code=None)["checks"]}
    assert checks["database"]
    assert checks["migrations"]


@pytest.mark.usefixtures("_d017")
def test_the_doctor_finds_nothing_wrong_inside_a_sound_database(sanh: Sanh):
    sanh("passes", "D017")
    sanh("staff", "add", "Hoa", "--role", "organizer")
    checks = {check["name"]: check for check in sanh.json("doctor", code=None)["checks"]}
    inside = ("database", "migrations", "durability", "database_file", "clock_of_scans", "recount", "audit")
    assert [name for name in inside if not checks[name]["ok"]] == []


@pytest.mark.usefixtures("_d017")
def test_a_day_is_ended_with_nobody_inside(sanh: Sanh):
    assert sanh.json("close-day")["people"] == 0
    assert sanh.json("recount")["equal"] is True


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("migrate",)])
@pytest.mark.parametrize(
    "url",
    [
        *(f"sqlite:///{file}" for file in ("folder", "/proc/nowhere/sanh.db", "no-database")),
        "postgresql://127.0.0.1:1/sanh",
    ],
)
def test_a_database_that_cannot_be_had_is_said_in_a_sentence(
    sanh: Sanh, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], url: str
):
    Path("folder").mkdir()
    Path("no-database").write_bytes(b"something else" * 500)
    _demand_sentence(sanh, monkeypatch, command, url)


@pytest.mark.postgresql
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("migrate",), ("doctor", "--json")])
@pytest.mark.parametrize("wrong", [{"database": "sanh_test_nowhere"}, {"username": "sanh_test_nobody"}])
def test_a_server_that_lets_nobody_in_is_said_in_a_sentence(
    sanh: Sanh, database_url: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], wrong: dict[str, Any]
):
    _demand_sentence(
        sanh, monkeypatch, command, make_url(database_url).set(**wrong).render_as_string(hide_password=False)
    )


def _demand_sentence(sanh: Sanh, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], url: str) -> None:
    monkeypatch.setenv("SANH_DATABASE_URL", url)
    code, out, err = sanh(*command)
    assert code == 1
    assert out or (err.count("\n") == 1 and err.startswith("Cơ sở dữ liệu không nhận lệnh: "))
