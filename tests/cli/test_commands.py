"""The `sanh` command: exit codes, JSON on standard output alone, sentences on standard error."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from server.domain.passes import read_pass
from server.settings import Settings
from server.storage.database import open_database
from tests.cli.command import Sanh

COMMANDS = ("passes", "kiosk", "staff", "token", "keys", "doctor", "serve", "migrate", "recount", "close-day", "backup")


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS), ("kiosk", "pair"), ("staff", "add")])
def test_every_command_explains_itself(sanh: Sanh, command: tuple[str, ...]):
    code, out, _ = sanh(*command, "--help")
    assert code == 0
    assert "sanh" in out


@pytest.mark.parametrize(
    "words", [(), ("nonsense",), ("passes",), ("passes", "D017", "--all"), ("kiosk", "pair"), ("staff", "add", "Hoa")]
)
def test_wrong_usage_is_two(sanh: Sanh, words: tuple[str, ...]):
    assert sanh(*words)[0] == 2


@pytest.mark.usefixtures("_d017")
def test_passes_are_issued_once_and_read_back(sanh: Sanh):
    first = sanh.json("passes", "D017")
    assert [set(entry) for entry in first] == [{"id", "kind", "delegation", "visitor", "short", "text"}] * 2
    assert [(entry["kind"], entry["visitor"]) for entry in first] == [
        ("delegation", None),
        ("visitor", "Nguyễn Thị Lan"),
    ]
    signed = read_pass(first[0]["text"])
    assert signed is not None
    assert signed.id == first[0]["id"]
    assert sanh.json("passes", "--all") == first


@pytest.mark.usefixtures("_d017")
def test_badges_are_printed_to_a_file(sanh: Sanh, tmp_path: Path):
    assert sanh("passes", "D017", "-o", "badges.pdf")[0] == 0
    assert (tmp_path / "badges.pdf").read_bytes().startswith(b"%PDF-")


def test_an_unknown_delegation_is_refused_with_a_sentence(sanh: Sanh):
    code, out, err = sanh("passes", "D999", "--json")
    assert (code, out) == (1, "")
    assert "D999" in err


def test_a_kiosk_is_paired_listed_and_revoked(sanh: Sanh):
    paired = sanh.json("kiosk", "pair", "--name", "Cổng", "--role", "gate", "--zone", "lobby", "--direction", "in")
    assert set(paired) == {"device", "token"}
    listed = sanh.json("kiosk", "list")
    assert [(device["id"], device["zone"], device["direction"]) for device in listed] == [
        (paired["device"], "lobby", "in")
    ]
    assert sanh.json("kiosk", "revoke", paired["device"])["revoked_at"]


def test_a_kiosk_in_a_zone_that_is_not_there_is_refused(sanh: Sanh):
    code, _, err = sanh("kiosk", "pair", "--name", "Cổng", "--role", "gate", "--zone", "moon")
    assert code == 1
    assert "moon" in err


def test_staff_are_added_with_a_password_from_standard_input(sanh: Sanh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin.readline", lambda: "một mật khẩu\n", raising=False)
    assert sanh("staff", "add", "Hoa", "--role", "organizer")[0] == 0
    assert sanh("staff", "add", "hoa", "--role", "guide")[0] == 1
    assert sanh.json("staff", "list")[0]["login"] == "hoa"
    assert len(sanh.json("staff", "reset", "Hoa")["password"]) >= 12
    assert sanh("staff", "add", "Minh", "--role", "king")[0] == 2


def test_a_token_is_printed_once(sanh: Sanh):
    token = sanh.json("token", "add", "báo cáo", "--role", "guide")["token"]
    assert token not in json.dumps(sanh.json("token", "list"))
    assert sanh("token", "revoke", "báo cáo")[0] == 0
    assert sanh("token", "revoke", "báo cáo")[0] == 1


def test_keys_rotate(sanh: Sanh):
    old = sanh.json("keys", "list")[0]["id"]
    new = sanh.json("keys", "rotate")
    assert [(key["active"], key["id"] == old) for key in new] == [(True, False), (False, True)]


def test_a_recount_of_an_empty_house_is_equal(sanh: Sanh):
    counted = sanh.json("recount")
    assert counted["equal"] is True
    assert counted["zones"][0] == {"id": "lobby", "counter": 0, "recount": 0}


def test_a_counter_that_lies_is_found_by_recount_and_doctor(sanh: Sanh, database_url: str):
    async def lie() -> None:
        database = open_database(database_url)
        await database.write(
            lambda connection: connection.execute(text("UPDATE zone SET inside = 3 WHERE id = 'lobby'"))
        )
        await database.close()

    sanh.json("recount")
    asyncio.run(lie())
    assert sanh.json("recount", code=1)["equal"] is False
    checks = {check["name"]: check for check in sanh.json("doctor", code=1)["checks"]}
    assert not checks["recount"]["ok"]
    assert checks["recount"]["mend"]


def test_the_doctor_names_what_is_missing_and_its_mend(
    sanh: Sanh, new_database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SANH_DATABASE_URL", new_database_url)
    found = sanh.json("doctor", code=1)
    assert found["ok"] is False
    missing = [check for check in found["checks"] if not check["ok"]]
    # No file of SQLite, no table on PostgreSQL.
    assert {"database", "migrations"} & {check["name"] for check in missing}
    assert all(check["mend"] for check in missing)


def test_the_doctor_finds_a_secret_file_that_others_can_read(sanh: Sanh, tmp_path: Path):
    sanh("keys", "list")
    (tmp_path / "var/secret.json").chmod(0o644)
    checks = {check["name"]: check["ok"] for check in sanh.json("doctor", code=1)["checks"]}
    assert checks["secret_file"] is False


def test_the_doctor_finds_a_mistyped_and_a_wrong_setting(sanh: Sanh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_DATABSE_URL", "sqlite:///x.db")
    checks = {check["name"]: check for check in sanh.json("doctor", code=1)["checks"]}
    assert checks["setting_names"]["detail"] == "SANH_DATABSE_URL"
    monkeypatch.setenv("SANH_SPACE_FILE", "nowhere.toml")
    checks = {check["name"]: check for check in sanh.json("doctor", code=1)["checks"]}
    assert not checks["space_file"]["ok"]


def test_the_doctor_lists_every_setting(sanh: Sanh):
    detail = sanh.json("doctor", code=None)["checks"][0]["detail"]
    assert all(f"SANH_{name.upper()}=" in detail for name in Settings.model_fields)


def test_the_doctor_shows_no_password(sanh: Sanh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_SMTP_URL", "smtp://hoa:mật-khẩu@mail.example:25")
    assert "mật-khẩu" not in json.dumps(sanh.json("doctor", code=None), ensure_ascii=False)


def test_a_broken_space_file_is_a_sentence_not_a_trace(sanh: Sanh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "space.toml").write_text("[space\n")
    monkeypatch.setenv("SANH_SPACE_FILE", "space.toml")
    code, out, err = sanh("staff", "list")
    assert (code, out) == (1, "")
    assert "Traceback" not in err


def test_a_command_speaks_english_where_the_house_does(sanh: Sanh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_LANGUAGE", "en")
    assert "staff" in sanh("staff", "--help")[1].lower()
    assert sanh("passes", "D999")[2] == "There is no delegation D999.\n"
