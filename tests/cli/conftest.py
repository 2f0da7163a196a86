"""A folder and a database of its own for each command that is tested."""

import os
from pathlib import Path

import pytest

from tests.cast import add_delegation, add_visitor, fresh_database
from tests.cli.command import Sanh


@pytest.fixture
def _house(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no setting but the database."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SANH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SANH_DATABASE_URL", database_url)


@pytest.fixture
async def _d017(_house: None, database_url: str) -> None:
    """D017 with Lan."""
    async with fresh_database(database_url) as database:
        delegation_id = await database.write(add_delegation)
        await database.write(add_visitor, delegation_id=delegation_id)


@pytest.fixture
def sanh(_house: None, capsys: pytest.CaptureFixture[str]) -> Sanh:
    return Sanh(capsys)
