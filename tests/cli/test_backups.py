"""`sanh backup` and `sanh restore`: a SQLite house in one file; on PostgreSQL a sentence that names its own tools."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.command import Sanh


@pytest.fixture
def file(database_url: str) -> Path:
    """The database's file."""
    return Path(database_url.removeprefix("sqlite:///"))


@pytest.mark.sqlite
@pytest.mark.usefixtures("_d017")
def test_a_backup_brings_back_the_house_and_its_keys(sanh: Sanh, file: Path, tmp_path: Path):
    before = sanh.json("passes", "D017")
    assert sanh("backup", "house.tar.gz")[0] == 0
    assert (tmp_path / "house.tar.gz").stat().st_mode & 0o777 == 0o600
    file.unlink()
    (tmp_path / "var/secret.json").unlink()
    assert sanh("restore", "house.tar.gz")[0] == 0
    assert sanh.json("passes", "D017") == before
    assert sanh("restore", "house.tar.gz")[0] == 1
    assert sanh("restore", "--replace", "house.tar.gz")[0] == 0
    assert file.with_name("sanh.db.before-restore").exists()


@pytest.mark.sqlite
def test_a_file_that_is_no_backup_changes_nothing(sanh: Sanh, file: Path, tmp_path: Path):
    (tmp_path / "bad.tar.gz").write_bytes(b"no tar")
    before = file.read_bytes()
    code, _, err = sanh("restore", "--replace", "bad.tar.gz")
    assert code == 1
    assert "bad.tar.gz" in err
    assert file.read_bytes() == before


@pytest.mark.sqlite
@pytest.mark.usefixtures("_d017")
def test_a_database_that_a_server_uses_is_not_replaced(sanh: Sanh, file: Path):
    sanh("backup", "house.tar.gz")
    server = sqlite3.connect(file)
    try:
        server.execute("SELECT count(*) FROM pass").fetchone()
        assert sanh("restore", "--replace", "house.tar.gz")[0] == 1
    finally:
        server.close()


@pytest.mark.parametrize("words", [("backup",), ("restore",), ("restore", "--replace")])
@pytest.mark.usefixtures("_house")
def test_on_postgresql_its_own_tools_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
):
    monkeypatch.setenv("SANH_DATABASE_URL", "postgresql://127.0.0.1/sanh")
    code, out, err = Sanh(capsys)(*words, "house.tar.gz")
    assert (code, out) == (1, "")
    assert "pg_dump" in err
    assert not Path("house.tar.gz").exists()


@pytest.mark.sqlite
@pytest.mark.usefixtures("file")
def test_a_backup_into_a_folder_that_is_not_there_is_a_sentence(sanh: Sanh):
    code, _, err = sanh("backup", "nowhere/sanh.tar.gz")
    assert code == 1
    assert "nowhere" in err
