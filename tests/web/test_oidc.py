"""Staff sign in by an OpenID provider: who is let in, who is not, and what is not believed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from playwright.async_api import Browser
from sqlalchemy import Connection, text

from server.cli.doctor.oidc import check_oidc
from server.domain.errors import DomainError
from server.settings import Settings
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, free_port, running_provider
from tests.web.desk_pages import faults_of, is_too_wide
from tests.web.running_house import PASSWORD, RunningHouse, running_house

UNKNOWN = "Tài khoản này chưa được dùng bàn lễ tân, hãy hỏi quản trị của không gian."
DOUBTED = "Không xác minh được câu trả lời của nơi cấp tài khoản, xin thử lại."


@dataclass
class Door:
    """A house, its provider, and a browser without scripts."""

    space: RunningHouse
    provider: Provider
    browser: httpx2.AsyncClient

    async def to_provider(self, query: str = "") -> str:
        """Press the button and let the provider answer; return the address that the browser is led back to."""
        there = await self.browser.get(f"/staff/oidc{query}")
        assert there.status_code == 303, there.text
        back = await self.browser.get(there.headers["location"])
        return str(back.headers["location"])

    async def sign_in(self, query: str = "") -> httpx2.Response:
        return await self.browser.get(await self.to_provider(query))

    async def is_in(self) -> bool:
        return (await self.browser.get("/staff")).status_code == 200

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]

        return await self.space.house.database.read(read)

    async def account(self, login: str) -> Any:
        return next((one for one in await self.space.house.accounts.listed() if one.login == login), None)


@asynccontextmanager
async def open_door(folder: Path, database_url: str, *, host: str = "127.0.0.1", **more: Any) -> AsyncIterator[Door]:
    port = free_port()
    async with running_provider(host) as provider:
        settings = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_role_claim": "realm_access.roles",
            "oidc_roles": "ban-to-chuc=organizer,le-tan=reception",
            "public_url": f"http://127.0.0.1:{port}",
        }
        async with (
            running_house(folder, database_url, port=port, **(settings | more)) as space,
            httpx2.AsyncClient(base_url=space.url, trust_env=False) as browser,
        ):
            yield Door(space, provider, browser)


@pytest.fixture
async def door(tmp_path: Path, database_url: str) -> AsyncIterator[Door]:
    async with open_door(tmp_path, database_url) as opened:
        yield opened


async def test_a_verified_address_that_is_a_login_opens_that_account(door: Door) -> None:
    lan = await door.space.house.accounts.add("Lan@So.example", "guide", PASSWORD)
    answer = await door.sign_in("?next=/staff/appointments")
    assert answer.status_code == 200
    assert 'content="0; url=/staff/appointments"' in answer.text
    assert await door.is_in()
    [line] = await door.rows("SELECT account_id, subject FROM oidc_identity")
    assert line == {"account_id": lan.id, "subject": "lan-1"}
    told = await door.rows(f"SELECT action FROM audit_line WHERE actor = 'account:{lan.id}' ORDER BY seq")
    assert [line["action"] for line in told] == ["link_oidc", "sign_in"]
    await door.browser.post("/staff/sign-out", headers={"origin": door.space.url})
    assert not await door.is_in()


async def test_once_linked_the_address_may_change(door: Door) -> None:
    lan = await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    await door.sign_in()
    door.provider.person = {"sub": "lan-1", "email": "other@so.example", "email_verified": False}
    door.browser.cookies.clear()
    assert (await door.sign_in()).status_code == 200
    assert {one["account_id"] for one in await door.rows("SELECT account_id FROM staff_session")} == {lan.id}


async def test_an_address_that_passed_to_somebody_else_does_not_open_the_first_one_s_account(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "administrator", PASSWORD)
    await door.sign_in()
    door.browser.cookies.clear()
    door.provider.person["sub"] = "minh-2"
    door.provider.claims = {"realm_access": {"roles": ["le-tan"]}}
    assert (await door.sign_in()).status_code == 403
    assert not await door.is_in()


@pytest.mark.parametrize("said", [False, None, "false", 1.5, "yes"])
async def test_an_address_that_nobody_verified_opens_nothing(door: Door, said: object) -> None:
    await door.space.house.accounts.add("lan@so.example", "administrator", PASSWORD)
    door.provider.person["email_verified"] = said
    answer = await door.sign_in()
    assert answer.status_code == 403
    assert UNKNOWN in answer.text
    assert not await door.is_in()


async def test_an_unknown_person_is_refused_in_one_sentence_and_the_log_says_so_without_a_name(door: Door) -> None:
    answer = await door.sign_in()
    assert answer.status_code == 403
    assert UNKNOWN in answer.text
    assert 'action="/staff/sign-in"' in answer.text
    [line] = await door.rows("SELECT actor, subject FROM audit_line WHERE action = 'refuse_oidc'")
    assert line["actor"] == line["subject"]
    assert "lan" not in str(line)
    assert await door.space.house.accounts.listed() == []
    english = await door.browser.get(await door.to_provider(), headers={"cookie": "sanh_language=en; " + cookies(door)})
    assert "Ask the administrator of this space" in english.text


def cookies(door: Door) -> str:
    return "; ".join(f"{one.name}={one.value}" for one in door.browser.cookies.jar)


async def test_a_mapped_role_makes_an_account_with_the_first_role_that_fits(door: Door) -> None:
    door.provider.claims = {"realm_access": {"roles": ["khac", "le-tan", "ban-to-chuc"]}}
    assert (await door.sign_in()).status_code == 200
    made = await door.account("lan@so.example")
    assert (made.name, made.role) == ("Nguyễn Thị Lan", "organizer")
    assert await door.is_in()
    with pytest.raises(DomainError, match="wrong_credentials"):
        await door.space.house.accounts.sign_in("lan@so.example", "", address="here")
    door.provider.claims = {}
    door.browser.cookies.clear()
    assert (await door.sign_in()).status_code == 200
    assert len(await door.space.house.accounts.listed()) == 1


async def test_a_new_account_without_a_verified_address_takes_nobody_s_login(door: Door) -> None:
    door.provider.person |= {"email_verified": False, "name": "\u202eLan\u0007", "preferred_username": "<b>" * 60}
    door.provider.claims = {"realm_access": {"roles": "le-tan"}}
    assert (await door.sign_in()).status_code == 200
    [made] = await door.space.house.accounts.listed()
    assert made.login.startswith("oidc 127.0.0.1 lan-1:")
    assert made.name == ("<b>" * 60)[:100]
    assert "<b>" not in (await door.browser.get("/staff")).text


async def test_a_locked_account_stays_out(door: Door) -> None:
    lan = await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    await door.sign_in()
    door.browser.cookies.clear()
    await door.space.house.database.write(
        lambda connection: (
            connection.execute(text("UPDATE account SET disabled_at = created_at WHERE id = :id"), {"id": lan.id})
            and None
        )
    )
    answer = await door.sign_in()
    assert answer.status_code == 403
    assert "đã bị khóa" in answer.text
    assert not await door.is_in()


async def test_a_lent_password_dies_when_its_owner_comes_by_the_provider(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    await door.space.house.database.write(
        lambda connection: connection.execute(text("UPDATE account SET must_change = true")) and None
    )
    assert (await door.sign_in()).status_code == 200
    assert await door.is_in()
    with pytest.raises(DomainError, match="wrong_credentials"):
        await door.space.house.accounts.sign_in("lan@so.example", PASSWORD, address="here")


async def test_who_comes_by_the_provider_is_not_asked_for_a_code(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    await door.space.house.database.write(
        lambda connection: connection.execute(text("UPDATE account SET totp_since = created_at")) and None
    )
    assert (await door.sign_in()).status_code == 200
    assert await door.is_in()


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"iat": int(time.time()) + 86_400},
        {"sub": ""},
        {"sub": "x" * 400},
        {"sub": 7},
        {"azp": "another"},
        {"at_hash": "AAAA"},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_not_believed(door: Door, claims: dict[str, Any]) -> None:
    await door.space.house.accounts.add("lan@so.example", "administrator", PASSWORD)
    door.provider.claims = claims
    answer = await door.sign_in()
    assert answer.status_code == 401
    assert DOUBTED in answer.text
    assert not await door.is_in()


async def test_a_token_that_another_key_signed_is_not_believed(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "administrator", PASSWORD)
    door.provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    answer = await door.sign_in()
    assert (answer.status_code, DOUBTED in answer.text) == (401, True)


async def test_a_state_opens_once_and_only_in_the_browser_that_began(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    back = await door.to_provider()
    async with httpx2.AsyncClient(base_url=door.space.url, trust_env=False) as stranger:
        assert (await stranger.get(back)).status_code == 400
    kept = cookies(door)
    twice = await asyncio.gather(*(door.browser.get(back, headers={"cookie": kept}) for _ in range(2)))
    assert sorted(answer.status_code for answer in twice) == [200, 400]
    assert (await door.browser.get(back, headers={"cookie": kept})).status_code == 400
    assert len(door.provider.exchanges) == 1
    for hostile in ("", "?state=%00", "?state=é&code=1", "?code=1", f"?state={'x' * 5_000}&code=1"):
        assert (await door.browser.get(f"/staff/oidc/callback{hostile}", headers={"cookie": kept})).status_code == 400


async def test_a_state_that_is_too_old_opens_nothing(door: Door) -> None:
    back = await door.to_provider()
    await door.space.house.database.write(
        lambda connection: (
            connection.execute(text("UPDATE oidc_try SET expires_at = '2020-01-01 00:00:00+00:00'")) and None
        )
    )
    assert (await door.browser.get(back)).status_code == 400


async def test_who_turns_round_at_the_provider_or_comes_from_another_is_told_so(door: Door) -> None:
    door.provider.error = "access_denied"
    answer = await door.sign_in()
    assert answer.status_code == 401
    assert "không cho đăng nhập" in answer.text
    door.provider.error = ""
    mixed = (await door.to_provider()).replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128")
    assert DOUBTED in (await door.browser.get(mixed)).text


async def test_the_provider_may_keep_the_address_for_its_other_page(door: Door) -> None:
    await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    door.provider.person = {"sub": "lan-1"}
    door.provider.info = {"sub": "minh-2", "email": "lan@so.example", "email_verified": True}
    assert (await door.sign_in()).status_code == 403
    door.provider.info["sub"] = "lan-1"
    assert (await door.sign_in()).status_code == 200


async def test_the_same_new_person_twice_at_once_gets_one_account(door: Door, tmp_path: Path) -> None:
    door.provider.claims = {"realm_access": {"roles": ["le-tan"]}}

    async def come() -> int:
        async with httpx2.AsyncClient(base_url=door.space.url, trust_env=False) as browser:
            return (await Door(door.space, door.provider, browser).sign_in()).status_code

    assert await asyncio.gather(*(come() for _ in range(4))) == [200] * 4
    assert len(await door.space.house.accounts.listed()) == 1


@pytest.mark.parametrize(
    "wish", ["https://evil.example", "//evil.example", "/staff/../../x", "javascript:1", "x" * 900]
)
async def test_the_way_on_never_leaves_the_house(door: Door, wish: str) -> None:
    await door.space.house.accounts.add("lan@so.example", "guide", PASSWORD)
    answer = await door.sign_in(f"?next={wish}")
    assert 'url=/staff">' in answer.text


async def test_while_the_provider_is_away_a_sentence_says_so_and_passwords_work(
    tmp_path: Path, database_url: str
) -> None:
    async with open_door(tmp_path, database_url, oidc_issuer=f"http://127.0.0.1:{free_port()}") as door:
        answer = await door.browser.get("/staff/oidc")
        assert answer.status_code == 503
        assert "xin dùng mật khẩu" in answer.text
        await door.space.house.accounts.add("Hoa", "organizer", PASSWORD)
        form = {"login": "hoa", "password": PASSWORD}
        answer = await door.browser.post("/staff/sign-in", data=form, headers={"origin": door.space.url})
        assert answer.status_code == 303
        [check] = await check_oidc(door.space.house.settings)
        assert not check.ok


async def test_there_is_no_button_and_no_address_where_no_provider_is_set(tmp_path: Path, database_url: str) -> None:
    async with open_door(tmp_path, database_url, oidc_issuer="") as door:
        assert "/staff/oidc" not in (await door.browser.get("/staff/sign-in")).text
        assert (await door.browser.get("/staff/oidc")).status_code == 404
        assert (await door.browser.get("/staff/oidc/callback")).status_code == 404


async def test_the_doctor_reads_what_the_provider_says_of_itself(door: Door) -> None:
    settings = door.space.house.settings
    [check] = await check_oidc(settings)
    assert check.ok, check
    assert check.detail.endswith("/staff/oidc/callback")
    for change in ({"oidc_client_id": ""}, {"oidc_issuer": settings.oidc_issuer + "/"}, {"oidc_roles": ""}):
        [check] = await check_oidc(settings.model_copy(update=change))
        assert not check.ok
    assert await check_oidc(settings.model_copy(update={"oidc_issuer": "", "oidc_client_id": ""})) == []


@pytest.mark.parametrize(
    "wrong", [{"oidc_issuer": "http://id.example"}, {"oidc_roles": "a=chief"}, {"oidc_roles": "a"}]
)
def test_a_setting_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        Settings(_env_file=None, **wrong)  # type: ignore[arg-type]


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_lan_presses_the_button_and_is_at_the_desk(
    browser: Browser, tmp_path: Path, database_url: str, language: str
) -> None:
    # The provider is another site here: a session's strict cookie must come through all the same.
    async with open_door(tmp_path, database_url, host="localhost", oidc_name="Sở KH&CN") as door:
        await door.space.house.accounts.add("lan@so.example", "organizer", PASSWORD)
        door.provider.asks_first = True
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
        await context.add_cookies([{"name": "sanh_language", "value": language, "url": door.space.url}])
        page = await context.new_page()
        await page.goto(f"{door.space.url}/staff/appointments")
        await page.goto(f"{door.space.url}/staff/sign-in?next=/staff/appointments")
        assert await faults_of(page) == ""
        assert not await is_too_wide(page)
        await page.keyboard.press("Tab")
        await page.get_by_role("link", name="Sở KH&CN").focus()
        await page.keyboard.press("Enter")
        await page.click("#yes")
        await page.wait_for_url(f"{door.space.url}/staff/appointments")
        assert parse_qs(urlsplit(page.url).query) == {}
        await context.close()
