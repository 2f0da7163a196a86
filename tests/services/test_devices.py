"""A device pairs once, by a code that staff approve, and loses its rights at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from server.domain.errors import DomainError
from server.domain.space import default_space
from server.services.devices import Devices, Plan
from server.storage.database import Database, open_database
from server.storage.tables import METADATA

GATE = Plan("Cổng chính", "gate", "lobby")


@pytest.fixture
def devices(database: Database) -> Devices:
    return Devices(database, default_space())


def expire(connection: Connection) -> None:
    connection.execute(text("UPDATE pairing SET expires_at = '2020-10-12 00:00:00'"))


async def test_a_screen_claims_its_token_once_after_approval(devices: Devices):
    code = await devices.ask_code()
    assert len(code.code) == 6
    assert await devices.claim(code.secret) is None
    planned = await devices.approve(code.code, GATE, actor="hoa")
    claimed = await devices.claim(code.secret)
    assert claimed is not None
    device, token = claimed
    assert (device.id, device.name, device.zone, device.inner) == (planned.id, "Cổng chính", "lobby", False)
    assert await devices.by_token(token) == device
    with pytest.raises(DomainError, match="secret_used"):
        await devices.claim(code.secret)


async def test_a_code_lives_ten_minutes(devices: Devices, database: Database):
    code = await devices.ask_code()
    await database.write(expire)
    with pytest.raises(DomainError, match="pairing_expired"):
        await devices.approve(code.code, GATE, actor="hoa")
    with pytest.raises(DomainError, match="pairing_expired"):
        await devices.claim(code.secret)


async def test_a_code_is_approved_once(devices: Devices):
    code = await devices.ask_code()
    await devices.approve(code.code, GATE, actor="hoa")
    with pytest.raises(DomainError, match="code_used"):
        await devices.approve(code.code, GATE, actor="hoa")


async def test_who_photographs_the_screen_has_nothing(devices: Devices):
    code = await devices.ask_code()
    await devices.approve(code.code, GATE, actor="hoa")
    with pytest.raises(DomainError, match="unknown_secret"):
        await devices.claim(code.code)


@pytest.mark.parametrize(("code", "plan"), [("none", GATE)])
async def test_a_code_that_no_screen_shows_is_unknown(devices: Devices, code: str, plan: Plan):
    with pytest.raises(DomainError, match="unknown_code"):
        await devices.approve(code, plan, actor="hoa")


async def test_a_zone_that_is_not_there_is_refused_and_the_code_stays(devices: Devices):
    code = await devices.ask_code()
    with pytest.raises(DomainError, match="unknown_zone"):
        await devices.approve(code.code, Plan("Cổng", "gate", "moon"), actor="hoa")
    await devices.approve(code.code, GATE, actor="hoa")


async def test_an_exhibit_is_inner_even_when_not_said(devices: Devices):
    device, _ = await devices.pair(Plan("Nhà thông minh", "exhibit", "smart_home"), actor="hoa")
    assert device.inner


async def test_a_pairing_and_a_revocation_by_another_process_are_seen_after_reload(
    devices: Devices, database: Database, database_url: str
):
    elsewhere = open_database(database_url)
    try:
        command = Devices(elsewhere, default_space())
        device, token = await command.pair(GATE, actor="command line")
        assert await devices.reload() == set()
        assert devices.get(device.id) == await devices.by_token(token) == device
        await command.revoke(device.id, actor="command line")
        assert await devices.reload() == {device.id}
        assert devices.get(device.id) is None
        assert await devices.by_token(token) is None
    finally:
        await elsewhere.close()


async def test_a_revoked_device_keeps_its_line_and_revoking_again_changes_nothing(devices: Devices):
    device, token = await devices.pair(GATE, actor="hoa")
    revoked = await devices.revoke(device.id, actor="hoa")
    assert revoked.revoked_at is not None
    assert await devices.revoke(device.id, actor="hoa") == revoked
    assert await devices.by_token(token) is None
    assert await devices.page("", 10) == [revoked]


async def test_the_token_is_not_in_the_database(devices: Devices, database: Database):
    def everything(connection: Connection) -> str:
        return str([connection.execute(table.select()).all() for table in METADATA.sorted_tables])

    device, token = await devices.pair(GATE, actor="hoa")
    kept = await database.read(everything)
    assert device.id in kept
    assert token not in kept


async def test_the_waiting_codes_are_listed_until_approved(devices: Devices):
    code = await devices.ask_code(agent="Chromium", asker="10.0.0.7")
    waiting = await devices.waiting()
    assert [(entry["code"], entry["agent"], entry["address"]) for entry in waiting] == [
        (code.code, "Chromium", "10.0.0.7")
    ]
    assert waiting[0]["expires_at"] - waiting[0]["created_at"] == timedelta(minutes=10)
    await devices.approve(code.code, GATE, actor="hoa")
    assert await devices.waiting() == []


async def test_what_is_paired_or_revoked_while_the_devices_are_read_is_not_undone(
    devices: Devices, database: Database, monkeypatch: pytest.MonkeyPatch
):
    old, _ = await devices.pair(GATE, actor="hoa")
    read = database.read
    paired = []

    async def meanwhile(*args: Any) -> Any:
        rows = await read(*args)
        monkeypatch.undo()
        paired.append((await devices.pair(GATE, actor="hoa"))[0])
        await devices.revoke(old.id, actor="hoa")
        return rows

    monkeypatch.setattr(database, "read", meanwhile)
    assert await devices.reload() == {old.id}
    assert (devices.get(old.id), devices.get(paired[0].id)) == (None, paired[0])
    assert await devices.reload() == set()
