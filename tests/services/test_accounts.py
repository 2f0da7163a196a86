"""Accounts, sessions and tokens: no secret is kept, no wrong pair is told from another."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text, update

from server.domain.errors import DomainError
from server.domain.roles import Right, Role
from server.services.accounts import Accounts
from server.storage.accounts import SESSIONS
from server.storage.audit import verify_chain
from server.storage.database import Database

PASSWORD = "cửa chớp xanh"


@pytest.fixture
async def accounts(database: Database) -> Accounts:
    accounts = Accounts(database)
    await accounts.add("Hoa", "organizer", PASSWORD)
    return accounts


async def test_hoa_signs_in_and_out(accounts: Accounts):
    hoa, session = await accounts.sign_in(" HOA ", PASSWORD, address="10.0.0.1")
    assert (hoa.name, hoa.role) == ("Hoa", Role.ORGANIZER)
    assert await accounts.by_session(session) == hoa
    await accounts.sign_out(session)
    assert await accounts.by_session(session) is None


async def test_decomposed_vietnamese_is_the_same_password(accounts: Accounts):
    decomposed = "cu\u031b\u0309a cho\u031b\u0301p xanh"
    assert (await accounts.sign_in("hoa", decomposed, address="10.0.0.1"))[0].login == "hoa"


@pytest.mark.parametrize(
    ("login", "password"),
    [("hoa", "sai mật khẩu"), ("nobody", PASSWORD), ("", ""), ("hoa", "x" * 5_000), ("x" * 5_000, PASSWORD)],
)
async def test_every_wrong_pair_gets_the_same_answer(accounts: Accounts, login: str, password: str):
    with pytest.raises(DomainError) as refusal:
        await accounts.sign_in(login, password, address="10.0.0.1")
    assert (refusal.value.code, refusal.value.arguments) == ("wrong_credentials", {})


async def test_the_sixth_wrong_try_must_wait_and_another_address_need_not(accounts: Accounts):
    for _ in range(5):
        with pytest.raises(DomainError, match="wrong_credentials"):
            await accounts.sign_in("hoa", "sai mật khẩu", address="10.0.0.1")
    with pytest.raises(DomainError) as refusal:
        await accounts.sign_in("hoa", PASSWORD, address="10.0.0.1")
    assert refusal.value.code == "too_many_attempts"
    assert 0 < int(str(refusal.value.arguments["wait_seconds"])) <= 300
    await accounts.sign_in("hoa", PASSWORD, address="10.0.0.2")


async def test_right_sign_ins_never_use_up_the_tries(accounts: Accounts):
    for _ in range(8):
        await accounts.sign_in("hoa", PASSWORD, address="10.0.0.1")


async def test_a_session_ends_after_twelve_hours(accounts: Accounts, database: Database):
    _, session = await accounts.sign_in("hoa", PASSWORD, address="10.0.0.1")
    await database.write(_age, timedelta(hours=12))
    assert await accounts.by_session(session) is None


async def test_a_new_password_ends_the_sessions(accounts: Accounts):
    _, session = await accounts.sign_in("hoa", PASSWORD, address="10.0.0.1")
    await accounts.reset("hoa", "một mật khẩu mới")
    assert await accounts.by_session(session) is None
    await accounts.sign_in("hoa", "một mật khẩu mới", address="10.0.0.1")


async def test_a_login_is_there_once_whatever_its_case(accounts: Accounts):
    with pytest.raises(DomainError, match="account_exists"):
        await accounts.add("HOA", "guide", PASSWORD)


@pytest.mark.parametrize(
    ("name", "role", "password", "code"),
    [
        ("", "guide", PASSWORD, "bad_name"),
        ("Minh\n", "guide", "ngắn", "weak_password"),
        ("x" * 101, "guide", PASSWORD, "bad_name"),
        ("Minh\x00", "guide", PASSWORD, "bad_name"),
        ("Minh", "king", PASSWORD, "bad_role"),
    ],
)
async def test_what_an_account_cannot_be_is_said(accounts: Accounts, name: str, role: str, password: str, code: str):
    with pytest.raises(DomainError, match=code):
        await accounts.add(name, role, password)


async def test_a_token_has_its_role_s_rights_until_it_is_revoked(accounts: Accounts):
    token, secret = await accounts.add_token("báo cáo", "guide")
    assert await accounts.by_token(secret) == token
    assert await accounts.by_token(secret + "x") is None
    assert await accounts.revoke_token("báo cáo") == 1
    assert await accounts.by_token(secret) is None
    with pytest.raises(DomainError, match="unknown_token"):
        await accounts.revoke_token("báo cáo")


async def test_only_an_administrator_manages_accounts(accounts: Accounts):
    able = {role for role in Role if Right.MANAGE_ACCOUNTS in (await _made(accounts, role)).rights}
    assert able == {Role.ADMINISTRATOR}


async def test_every_change_is_in_the_audit_log_without_a_secret(accounts: Accounts, database: Database):
    _, secret = await accounts.add_token("báo cáo", "guide")
    lines = await database.read(_lines)
    assert [line[0] for line in lines] == ["add_account", "add_token"]
    assert secret not in str(lines)
    assert await database.read(verify_chain) is None


async def _made(accounts: Accounts, role: Role):
    return await accounts.add(f"Người {role}", role, PASSWORD)


def _age(connection: Connection, by: timedelta) -> None:
    for row in connection.execute(select(SESSIONS)).all():
        older = update(SESSIONS).where(SESSIONS.c.id_hash == row.id_hash)
        connection.execute(older.values(expires_at=row.expires_at - by))


def _lines(connection: Connection) -> list[tuple[str, str | None]]:
    return [(row[0], row[1]) for row in connection.execute(text("SELECT action, after FROM audit_line"))]
