"""The `sanh` command: exit codes, JSON on standard output alone, sentences on standard error."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from server.cli import main
from server.domain.passes import read_pass
from server.settings import Settings
from tests.cast import add_delegation, add_visitor, fresh_database


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SECRET_FILE", "PUBLIC_URL", "SPACE_FILE", "LANGUAGE"):
        monkeypatch.delenv(f"SANH_{name}", raising=False)


@pytest.fixture
async def _d017(_house: None) -> None:
    async with fresh_database("sqlite:///var/sanh.db") as database:
        delegation_id = await database.write(add_delegation)
        await database.write(add_visitor, delegation_id=delegation_id)


class Sanh:
    """The command as a program calls it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str, code: int = 0) -> Any:
        answer = self(*words, "--json")
        assert answer[0] == code, answer
        return json.loads(answer[1])


@pytest.fixture
def sanh(capsys: pytest.CaptureFixture[str]) -> Sanh:
    return Sanh(capsys)


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


def test_a_counter_that_lies_is_found_by_recount_and_doctor(sanh: Sanh, tmp_path: Path):
    sanh("migrate")
    sanh.json("recount")
    with sqlite3.connect(tmp_path / "var/sanh.db") as database:
        database.execute("UPDATE zone SET inside = 3 WHERE id = 'lobby'")
    database.close()
    assert sanh.json("recount", code=1)["equal"] is False
    checks = {check["name"]: check for check in sanh.json("doctor", code=1)["checks"]}
    assert not checks["recount"]["ok"]
    assert checks["recount"]["mend"]


def test_the_doctor_names_what_is_missing_and_its_mend(sanh: Sanh):
    found = sanh.json("doctor", code=1)
    assert found["ok"] is False
    missing = [check for check in found["checks"] if not check["ok"]]
    assert "database" in [check["name"] for check in missing]
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
    detail = sanh.json("doctor", code=1)["checks"][0]["detail"]
    assert all(f"SANH_{name.upper()}=" in detail for name in Settings.model_fields)


def test_the_doctor_shows_no_password(sanh: Sanh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_SMTP_URL", "smtp://hoa:mật-khẩu@mail.example:25")
    assert "mật-khẩu" not in json.dumps(sanh.json("doctor", code=1), ensure_ascii=False)


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


@pytest.mark.usefixtures("_d017")
def test_a_backup_brings_back_the_house_and_its_keys(sanh: Sanh, tmp_path: Path):
    before = sanh.json("passes", "D017")
    assert sanh("backup", "house.tar.gz")[0] == 0
    assert (tmp_path / "house.tar.gz").stat().st_mode & 0o777 == 0o600
    (tmp_path / "var/sanh.db").unlink()
    (tmp_path / "var/secret.json").unlink()
    assert sanh("restore", "house.tar.gz")[0] == 0
    assert sanh.json("passes", "D017") == before
    assert sanh("restore", "house.tar.gz")[0] == 1
    assert sanh("restore", "--replace", "house.tar.gz")[0] == 0
    assert (tmp_path / "var/sanh.db.before-restore").exists()


def test_a_file_that_is_no_backup_changes_nothing(sanh: Sanh, tmp_path: Path):
    sanh("migrate")
    (tmp_path / "bad.tar.gz").write_bytes(b"no tar")
    before = (tmp_path / "var/sanh.db").read_bytes()
    code, _, err = sanh("restore", "--replace", "bad.tar.gz")
    assert code == 1
    assert "bad.tar.gz" in err
    assert (tmp_path / "var/sanh.db").read_bytes() == before


@pytest.mark.usefixtures("_d017")
def test_a_database_that_a_server_uses_is_not_replaced(sanh: Sanh, tmp_path: Path):
    sanh("backup", "house.tar.gz")
    server = sqlite3.connect(tmp_path / "var/sanh.db")
    try:
        server.execute("SELECT count(*) FROM pass").fetchone()
        assert sanh("restore", "--replace", "house.tar.gz")[0] == 1
    finally:
        server.close()


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("migrate",)])
@pytest.mark.parametrize("file", ["folder", "/proc/nowhere/sanh.db", "no-database"])
def test_a_database_that_cannot_be_had_is_said_in_a_sentence(
    sanh: Sanh, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], file: str
):
    Path("folder").mkdir()
    Path("no-database").write_bytes(b"something else" * 500)
    monkeypatch.setenv("SANH_DATABASE_URL", f"sqlite:///{file}")
    code, _, err = sanh(*command)
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("Cơ sở dữ liệu không nhận lệnh: ")
