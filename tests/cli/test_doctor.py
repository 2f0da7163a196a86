"""`sanh doctor` finds what operators get wrong, says the mend, and changes nothing."""

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from server.cli.doctor import examine
from server.cli.doctor.check import Check, without_password
from server.cli.doctor.machine import file_system_of
from server.services.clock import Clock
from server.services.keys import Keys
from server.services.passes import Passes
from server.services.set_up import set_up_code
from server.settings import Settings
from server.storage.database import open_database
from tests.cast import add_delegation, fresh_database

Found = dict[str, Check]


@pytest.fixture
def look(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Found]:
    """Have everything looked at in a folder and a database of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SANH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SANH_DATABASE_URL", database_url)
    monkeypatch.setenv("SANH_SECRET_FILE", str(tmp_path / "secret.json"))

    async def prepare() -> None:
        async with fresh_database(database_url):
            pass

    asyncio.run(prepare())

    def work() -> Found:
        return {check.name: check for check in asyncio.run(examine())}

    return work


def change(database_url: str, statement: str, **values: Any) -> None:
    async def work() -> None:
        database = open_database(database_url)
        await database.write(lambda connection: connection.execute(text(statement), values) and None)
        await database.close()

    asyncio.run(work())


def ill(found: Found) -> set[str]:
    return {name for name, check in found.items() if not check.ok}


def test_a_house_in_order_is_well(look: Callable[[], Found]):
    found = look()
    assert ill(found) == set()
    assert {"durability", "recount", "audit", "zones", "pass_keys", "migrations", "database_server"} <= set(found)


def test_every_ill_comes_with_its_mend(look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "PUBLIC_URL": "http://sanh.example.vn",
        "SMTP_URL": "mail.example",
        "BUS_URL": "http://x",
        "SPACE_FILE": "gone.toml",
        "TYPO": "1",
    }.items():
        monkeypatch.setenv(f"SANH_{name}", value)
    found = look()
    assert {"public_url", "smtp_url", "bus_url", "bus", "space_file", "setting_names"} <= ill(found)
    assert all(check.mend for check in found.values() if not check.ok)


@pytest.mark.parametrize(
    ("name", "value", "is_good"),
    [
        ("PUBLIC_URL", "https://sanh.example.vn", True),
        ("PUBLIC_URL", "http://127.0.0.1:8000", True),
        ("PUBLIC_URL", "http://192.168.1.20:8000", False),
        ("PUBLIC_URL", "sanh.example.vn", False),
        ("PUBLIC_URL", "https://sanh.example.vn/?x=1", False),
        ("SMTP_URL", "smtp://hoa:geheim@mail.example:587", True),
        ("SMTP_URL", "smtps://mail.example", True),
        ("SMTP_URL", "smtp://mail.example:port", False),
        ("DATABASE_URL", "postgres://x/y", False),
        ("DATABASE_URL", "mysql://x/y", False),
        ("DATABASE_URL", "nonsense", False),
        ("DATABASE_URL", "sqlite://", False),
        ("BUS_URL", "http://127.0.0.1", False),
    ],
)
def test_an_address_must_have_its_shape(
    look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch, name: str, value: str, is_good: bool
):
    monkeypatch.setenv(f"SANH_{name}", value)
    assert look()[name.lower()].ok is is_good


def test_a_name_in_the_env_file_that_nobody_reads_is_found(look: Callable[[], Found], tmp_path: Path):
    (tmp_path / ".env").write_text("SANH_DATABSE_URL=x\nexport SANH_LANGUAGE=en\n")
    found = look()["setting_names"]
    assert (found.ok, found.detail) == (False, "SANH_DATABSE_URL")


def test_a_setting_with_an_impossible_value_is_named_and_its_value_is_not_shown(
    look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SANH_LOG_LEVEL", "geheim")
    found = look()
    assert ill(found) == {"settings"}
    assert "SANH_LOG_LEVEL" in found["settings"].detail
    assert "geheim" not in str(found)


def test_no_password_is_shown_of_any_address(look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANH_DATABASE_URL", "postgresql://sanh:geheim@127.0.0.1:1/sanh?sslpassword=geheim")
    monkeypatch.setenv("SANH_BUS_URL", "redis://:geheim@127.0.0.1:1/0")
    monkeypatch.setenv("SANH_SMTP_URL", "smtp://hoa:geheim@mail.example")
    found = look()
    assert {"database", "bus"} <= ill(found)
    assert "geheim" not in str(found)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:geheim@host:6379/0", "redis://…@host:6379/0"),
        ("postgresql://u:g@eheim@host/db", "postgresql://…@host/db"),
        ("postgresql://host/db?password=geheim", "postgresql://host/db?…"),
        ("vi", "vi"),
    ],
)
def test_an_address_is_shown_without_who_signs_in(url: str, shown: str):
    assert without_password(url) == shown


def test_a_secret_file_of_somebody_else_is_found(
    look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert Keys(tmp_path / "secret.json").listed()
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    found = look()["secret_file"]
    assert not found.ok
    assert "chown" in found.mend


def test_a_replaced_secret_file_is_found_by_the_passes_that_are_out(
    look: Callable[[], Found], database_url: str, tmp_path: Path
):
    secret = tmp_path / "secret.json"

    async def issue() -> None:
        settings = Settings(database_url=database_url)
        async with fresh_database(database_url) as database:
            await database.write(add_delegation)
            await Passes(database, Keys(secret), settings.space(), Clock(), "http://127.0.0.1").of_delegation("D017")

    asyncio.run(issue())
    change(database_url, 'UPDATE "pass" SET valid_until = NULL')
    assert look()["pass_keys"].ok
    secret.unlink()
    assert not look()["pass_keys"].ok
    assert Keys(secret).listed()
    assert not look()["pass_keys"].ok


def test_people_in_a_zone_that_the_space_file_has_no_more_are_found(look: Callable[[], Found], database_url: str):
    insert = "INSERT INTO zone (id, name, position, capacity, inside, staff, level, is_open)"
    change(database_url, f"{insert} VALUES ('attic', 'Attic', 9, 5, 3, 0, 'quiet', :no)", no=False)
    found = look()["zones"]
    assert (found.ok, found.detail) == (False, "attic: 3")


@pytest.mark.parametrize(("revision", "word"), [("0000", "sanh migrate"), ("9999", "sanh")])
def test_an_older_and_a_newer_schema_have_each_its_mend(
    look: Callable[[], Found], database_url: str, revision: str, word: str
):
    change(database_url, "UPDATE alembic_version SET version_num = :revision", revision=revision)
    found = look()["migrations"]
    assert not found.ok
    assert revision in found.detail
    assert word in found.mend


def test_somebody_else_s_database_is_not_migrated_but_told(look: Callable[[], Found], database_url: str):
    change(database_url, "DROP TABLE alembic_version")
    found = look()
    assert not found["migrations"].ok
    assert "SANH_DATABASE_URL" in found["migrations"].mend
    assert "recount" not in found


@pytest.mark.sqlite
def test_a_damaged_file_is_found(look: Callable[[], Found], tmp_path: Path):
    (tmp_path / "sanh.db").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    for leftover in ("-wal", "-shm"):
        (tmp_path / f"sanh.db{leftover}").unlink(missing_ok=True)
    assert "database" in ill(look())


@pytest.mark.sqlite
def test_a_database_that_does_not_answer_is_told_and_not_waited_for(look: Callable[[], Found], tmp_path: Path):
    holder = sqlite3.connect(tmp_path / "sanh.db")
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "database" in ill(look())
    finally:
        holder.close()


def test_a_network_file_system_is_known_by_its_mount(tmp_path: Path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:50 / /srv/sanh\\040data rw shared:1 - nfs4 host:/data rw\n"
    )
    assert file_system_of(Path("/srv/sanh data/var"), mounts) == "nfs4"
    assert file_system_of(Path("/srv"), mounts) == "ext4"
    assert file_system_of(Path("/srv"), tmp_path / "gone") == ""


def test_the_command_prints_json_alone_and_leaves_with_one_when_something_is_ill(
    look: Callable[[], Found], tmp_path: Path
):
    assert look()
    ran = subprocess.run(
        [Path(sys.executable).with_name("sanh"), "doctor", "--json"],
        cwd=tmp_path,
        env={"SANH_DATABASE_URL": "nonsense", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    body = json.loads(ran.stdout)
    assert (ran.returncode, body["ok"]) == (1, False)
    assert {"name", "ok", "detail", "mend"} <= set(body["checks"][0])


def test_the_doors_of_messages_are_tried_and_their_secrets_are_not_shown(
    look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    doors = ("mail_server", "message_hook", "message_folder")
    assert all(look()[name].ok for name in doors), "what is not set is skipped"
    (tmp_path / "file").touch()
    monkeypatch.setenv("SANH_SMTP_URL", "smtp://hoa:geheim@127.0.0.1:1?starttls=no")
    monkeypatch.setenv("SANH_MESSAGE_HOOK_URL", "ftp://sms.example/geheim")
    monkeypatch.setenv("SANH_MESSAGE_HOOK_SECRET", "geheim")
    monkeypatch.setenv("SANH_MESSAGE_FOLDER", str(tmp_path / "file" / "out"))
    found = look()
    assert set(doors) <= ill(found)
    assert "geheim" not in str(found)
    monkeypatch.setenv("SANH_MESSAGE_HOOK_URL", "https://sms.example/geheim")
    monkeypatch.setenv("SANH_MESSAGE_FOLDER", str(tmp_path / "out"))
    found = look()
    assert found["message_hook"].ok
    assert found["message_folder"].ok
    assert not (tmp_path / "out").exists(), "the doctor makes nothing"
    assert "geheim" not in str(found)


def test_a_mail_server_that_answers_is_well(look: Callable[[], Found], monkeypatch: pytest.MonkeyPatch):
    post = Controller(object(), hostname="127.0.0.1", port=0, ready_timeout=5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        post.port = free.getsockname()[1]
    post.start()
    monkeypatch.setenv("SANH_SMTP_URL", f"smtp://127.0.0.1:{post.port}?starttls=no")
    check = look()["mail_server"]
    post.stop()
    assert check.ok, check.detail


def test_a_house_without_an_account_is_told_its_set_up_code(look: Callable[[], Found], tmp_path: Path) -> None:
    before = look()["accounts"]
    assert (before.ok, bool(before.advice)) == (True, True)
    assert not (tmp_path / "secret.json").exists()
    code = set_up_code(Keys(tmp_path / "secret.json").sealing_key())
    assert code in look()["accounts"].detail


def test_no_set_up_code_is_told_once_there_is_an_account(
    look: Callable[[], Found], tmp_path: Path, database_url: str
) -> None:
    code = set_up_code(Keys(tmp_path / "secret.json").sealing_key())
    columns = "id, login, name, role, language, created_at"
    insert = f"INSERT INTO account ({columns}) VALUES ('1', 'hoa', 'Hoa', 'guide', 'vi', CURRENT_TIMESTAMP)"
    change(database_url, insert)
    found = look()["accounts"]
    assert found.ok
    assert code not in str(found)
