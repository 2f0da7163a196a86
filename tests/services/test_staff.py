"""Accounts as administrators change them, and one's own: what is taken away ends at once."""

import asyncio

import pytest

from server.domain.errors import DomainError
from server.services.accounts import Accounts
from server.services.audit import AuditChain
from server.services.secrets import hash_secret
from server.services.staff import (
    add_staff,
    change_own_password,
    change_staff,
    end_own_sessions,
    ended_sessions,
    lend_password,
    own_sessions,
    switch_staff,
)
from server.storage.database import Database

PASSWORD = "cửa chớp xanh"


@pytest.fixture
async def accounts(database: Database) -> Accounts:
    return Accounts(database)


@pytest.fixture
async def hoa(accounts: Accounts):
    return await accounts.add("Hoa", "administrator", PASSWORD)


async def test_the_last_administrator_can_be_neither_locked_nor_demoted(database, accounts, hoa):
    with pytest.raises(DomainError, match="last_administrator"):
        await switch_staff(database, hoa.id, is_on=False, actor="test")
    with pytest.raises(DomainError, match="last_administrator"):
        await change_staff(database, hoa.id, name="Hoa", role="guide", actor="test")


async def test_of_two_administrators_who_lock_each_other_one_stays(database, accounts, hoa):
    minh = await accounts.add("Minh", "administrator", PASSWORD)
    done = await asyncio.gather(
        *(switch_staff(database, one.id, is_on=False, actor="test") for one in (hoa, minh)), return_exceptions=True
    )
    assert sorted(str(getattr(one, "code", None)) for one in done) == ["None", "last_administrator"]


async def test_a_new_role_and_a_lock_end_the_sessions(database, accounts, hoa):
    minh = await accounts.add("Minh", "guide", PASSWORD)
    for act in (
        lambda: change_staff(database, minh.id, name="Minh", role="reception", actor="test"),
        lambda: switch_staff(database, minh.id, is_on=False, actor="test"),
    ):
        _, session = await accounts.sign_in("minh", PASSWORD, address="here")
        await act()
        assert await accounts.by_session(session) is None
        assert await ended_sessions(database, [hash_secret(session)]) == {hash_secret(session)}
    with pytest.raises(DomainError, match="wrong_credentials"):
        await accounts.sign_in("minh", PASSWORD, address="here")
    await switch_staff(database, minh.id, is_on=True, actor="test")
    await accounts.sign_in("minh", PASSWORD, address="here")


async def test_another_name_leaves_the_sessions(database, accounts, hoa):
    _, session = await accounts.sign_in("hoa", PASSWORD, address="here")
    await change_staff(database, hoa.id, name="Hoa Lê", role="administrator", actor="test")
    account = await accounts.by_session(session)
    assert account is not None
    assert account.name == "Hoa Lê"


async def test_a_lent_password_must_be_changed_and_the_other_sessions_end(database, accounts, hoa):
    lent = await lend_password(database, accounts, hoa.id, actor="test")
    account, here = await accounts.sign_in("hoa", lent, address="here")
    _, there = await accounts.sign_in("hoa", lent, address="there")
    assert account.must_change
    for pair, code in (
        (("sai", "một mật khẩu mới"), "wrong_password"),
        ((lent, lent), "same_password"),
        ((lent, "ngắn"), "weak_password"),
    ):
        with pytest.raises(DomainError, match=code):
            await change_own_password(database, accounts, hoa.id, pair, secret=here)
    await change_own_password(database, accounts, hoa.id, (lent, "một mật khẩu mới"), secret=here)
    account = await accounts.by_session(here)
    assert account is not None
    assert not account.must_change
    assert await accounts.by_session(there) is None


async def test_a_new_account_begins_with_a_lent_password(database, accounts):
    id_, password = await add_staff(accounts, database, "Minh", "guide", actor="test")
    account, _ = await accounts.sign_in("minh", password, address="here")
    assert (account.id, account.must_change) == (id_, True)


async def test_one_ends_one_s_own_sessions_and_nobody_else_s(database, accounts, hoa):
    minh = await accounts.add("Minh", "guide", PASSWORD)
    _, here = await accounts.sign_in("hoa", PASSWORD, address="here")
    _, there = await accounts.sign_in("hoa", PASSWORD, address="there")
    assert [one.is_this for one in await own_sessions(database, hoa.id, here)] == [False, True]
    assert await end_own_sessions(database, minh.id, only=hash_secret(there), secret="") == 0
    assert await end_own_sessions(database, hoa.id, only=None, secret=here) == 1
    assert await accounts.by_session(here) is not None
    assert await accounts.by_session(there) is None


async def test_sign_ins_and_changes_are_in_the_log_without_a_password_or_an_unknown_login(database, accounts, hoa, sql):
    await accounts.sign_in("hoa", PASSWORD, address="here")
    for login in ("hoa", "khong-ai"):
        with pytest.raises(DomainError, match="wrong_credentials"):
            await accounts.sign_in(login, "sai mật khẩu", address="here")
    lent = await lend_password(database, accounts, hoa.id, actor="test")
    lines = await sql("SELECT actor, action, subject, before, after FROM audit_line ORDER BY seq")
    assert [line[1] for line in lines] == ["add_account", "sign_in", "fail_sign_in", "reset_password"]
    assert lent not in str(lines)
    assert "khong-ai" not in str(lines)


async def test_the_chain_is_verified_from_where_it_was_left(database, accounts, hoa):
    chain = AuditChain(database)
    assert (await chain.go_on()).count == 1
    await accounts.sign_in("hoa", PASSWORD, address="here")
    state = await chain.go_on()
    assert (state.count, state.broken) == (2, None)
    assert (await chain.go_on(anew=True)).count == 2
