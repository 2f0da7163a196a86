"""The second step of signing in: what opens it, how often, and what switches it off."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pyotp
import pytest

from server.domain.errors import DomainError
from server.services import second_step
from server.services.accounts import Accounts
from server.services.clock import real_now
from server.services.keys import Keys
from server.services.second_step import SecondSteps
from server.services.staff import change_own_password, lend_password
from server.storage.database import Database

PASSWORD = "cửa chớp xanh"


@pytest.fixture
async def accounts(database: Database) -> Accounts:
    return Accounts(database)


@pytest.fixture
def steps(database: Database, accounts: Accounts, tmp_path: Path) -> SecondSteps:
    return SecondSteps(database, Keys(tmp_path / "secret.json"), accounts, "Khát vọng non sông")


@pytest.fixture
async def hoa(accounts: Accounts):
    return await accounts.add("Hoa", "administrator", PASSWORD)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Let so many seconds pass for the codes."""
    passed = 0.0

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(second_step, "real_now", lambda: real_now() + timedelta(seconds=passed))
    return wait


def _now() -> datetime:
    return vars(second_step)["real_now"]()  # type: ignore[no-any-return]


def code_of(secret: str, seconds: float = 0) -> str:
    return pyotp.TOTP(secret).at(int(_now().timestamp() + seconds))


async def switch_on(steps: SecondSteps, account_id: str) -> tuple[str, list[str]]:
    await steps.propose(account_id)
    proposal = (await steps.state(account_id)).proposal
    assert proposal is not None
    return proposal.secret, await steps.confirm(account_id, code_of(proposal.secret))


async def first_step(accounts: Accounts, login: str = "hoa", password: str = PASSWORD) -> str:
    with pytest.raises(DomainError, match="second_step_needed") as asked:
        await accounts.sign_in(login, password, address="here")
    return str(asked.value.arguments["step"])


async def test_a_secret_counts_only_when_a_code_of_it_was_typed(accounts, steps, hoa):
    await steps.propose(hoa.id)
    proposal = (await steps.state(hoa.id)).proposal
    assert proposal is not None
    assert "Hoa".casefold() in proposal.uri
    assert "Khát vọng non sông" in unquote(proposal.uri)
    with pytest.raises(DomainError, match="wrong_code"):
        await steps.confirm(hoa.id, "000 00")
    await accounts.sign_in("hoa", PASSWORD, address="here")
    await steps.confirm(hoa.id, code_of(proposal.secret))
    await first_step(accounts)
    with pytest.raises(DomainError, match="second_step_is_on"):
        await steps.propose(hoa.id)
    assert (await steps.state(hoa.id)).proposal is None


async def test_a_code_opens_one_session_and_no_second_one(accounts, steps, hoa, later):
    secret, _codes = await switch_on(steps, hoa.id)
    step = await first_step(accounts)
    assert await accounts.by_session(step) is None
    with pytest.raises(DomainError, match="wrong_code"):  # it confirmed the secret
        await steps.finish(step, code_of(secret), address="here")
    later(30)
    code = code_of(secret)
    account, session = await steps.finish(step, f" {code[:3]} {code[3:]} ", address="here")
    assert account.id == hoa.id
    assert await accounts.by_session(session) is not None
    with pytest.raises(DomainError, match="step_expired"):
        await steps.finish(step, code, address="here")
    with pytest.raises(DomainError, match="wrong_code"):
        await steps.finish(await first_step(accounts), code, address="here")


@pytest.mark.parametrize(("seconds", "is_good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_telephone_s_clock_may_be_one_step_off(accounts, steps, hoa, later, seconds, is_good):
    secret, _codes = await switch_on(steps, hoa.id)
    later(120)
    step = await first_step(accounts)
    if is_good:
        await steps.finish(step, code_of(secret, seconds), address="here")
    else:
        with pytest.raises(DomainError, match="wrong_code"):
            await steps.finish(step, code_of(secret, seconds), address="here")


async def test_of_two_who_use_one_code_at_once_one_comes_in(accounts, steps, hoa, later):
    secret, codes = await switch_on(steps, hoa.id)
    later(30)
    for code in (code_of(secret), codes[0]):
        both = [await first_step(accounts) for _ in range(2)]
        done = await asyncio.gather(*(steps.finish(one, code, address="here") for one in both), return_exceptions=True)
        assert sorted(str(getattr(one, "code", None)) for one in done) == ["None", "wrong_code"]


async def test_a_recovery_code_works_once_however_it_is_typed(accounts, steps, hoa, sql):
    _secret, codes = await switch_on(steps, hoa.id)
    assert len(set(codes)) == 10
    await steps.finish(await first_step(accounts), f" {codes[3].upper().replace('-', ' ')}", address="here")
    with pytest.raises(DomainError, match="wrong_code"):
        await steps.finish(await first_step(accounts), codes[3], address="here")
    assert (await steps.state(hoa.id)).codes == 9
    stored = str(await sql("SELECT * FROM recovery_code"))
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_a_recovery_code_is_nobody_else_s(accounts, steps, hoa):
    minh = await accounts.add("Minh", "guide", PASSWORD)
    _secret, codes = await switch_on(steps, hoa.id)
    await switch_on(steps, minh.id)
    with pytest.raises(DomainError, match="wrong_code"):
        await steps.finish(await first_step(accounts, "minh"), codes[0], address="here")


async def test_codes_cannot_be_tried_for_long(accounts, steps, hoa):
    _secret, codes = await switch_on(steps, hoa.id)
    for _ in range(5):
        with pytest.raises(DomainError, match="wrong_code"):
            await steps.finish(await first_step(accounts), "000000", address="here")
    with pytest.raises(DomainError, match="too_many_attempts") as stopped:
        await steps.finish(await first_step(accounts), codes[0], address="elsewhere")
    assert 0 < int(str(stopped.value.arguments["wait_seconds"])) <= 300


async def test_a_sign_in_waits_five_minutes_for_its_code(accounts, steps, hoa, later):
    _secret, codes = await switch_on(steps, hoa.id)
    step = await first_step(accounts)
    later(299)
    assert await steps.waits(step)
    later(2)
    assert not await steps.waits(step)
    with pytest.raises(DomainError, match="step_expired"):
        await steps.finish(step, codes[0], address="here")


async def test_an_administrator_s_reset_switches_it_off_and_ends_who_waits(database, accounts, steps, hoa, sql):
    _secret, codes = await switch_on(steps, hoa.id)
    step = await first_step(accounts)
    lent = await lend_password(database, accounts, hoa.id, actor="test")
    with pytest.raises(DomainError, match="step_expired"):
        await steps.finish(step, codes[0], address="here")
    await accounts.sign_in("hoa", lent, address="here")
    lines = [line[0] for line in await sql("SELECT action FROM audit_line ORDER BY seq")]
    assert lines[-3:] == ["reset_password", "switch_off_second_step", "sign_in"]
    assert await sql("SELECT * FROM recovery_code") in ([], ())


async def test_another_password_ends_who_waits_and_leaves_the_second_step_on(database, accounts, steps, hoa):
    _secret, codes = await switch_on(steps, hoa.id)
    step = await first_step(accounts)
    await change_own_password(database, accounts, hoa.id, (PASSWORD, "một mật khẩu mới"), secret="")
    with pytest.raises(DomainError, match="step_expired"):
        await steps.finish(step, codes[0], address="here")
    await first_step(accounts, password="một mật khẩu mới")


async def test_one_switches_it_off_with_one_s_password(accounts, steps, hoa):
    await switch_on(steps, hoa.id)
    with pytest.raises(DomainError, match="wrong_password"):
        await steps.switch_off(hoa.id, "sai mật khẩu")
    await first_step(accounts)
    await steps.switch_off(hoa.id, PASSWORD)
    await accounts.sign_in("hoa", PASSWORD, address="here")


async def test_the_secret_is_sealed_in_the_store_and_outlives_another_signing_key(
    database, accounts, steps, hoa, sql, later, tmp_path
):
    secret, codes = await switch_on(steps, hoa.id)
    assert secret not in str(await sql("SELECT totp_secret FROM account"))
    Keys(tmp_path / "secret.json").rotate()
    later(30)
    another = SecondSteps(database, Keys(tmp_path / "secret.json"), accounts, "")
    await another.finish(await first_step(accounts), code_of(secret), address="here")
    later(30)
    lost = SecondSteps(database, Keys(tmp_path / "new.json"), accounts, "")
    with pytest.raises(DomainError, match="wrong_code"):
        await lost.finish(await first_step(accounts), code_of(secret), address="here")
    await lost.finish(await first_step(accounts), codes[0], address="here")


async def test_a_reset_at_the_command_line_switches_it_off(accounts, steps, hoa):
    await switch_on(steps, hoa.id)
    await accounts.reset("hoa", "một mật khẩu mới")
    await accounts.sign_in("hoa", "một mật khẩu mới", address="here")
    assert not (await steps.state(hoa.id)).is_on
