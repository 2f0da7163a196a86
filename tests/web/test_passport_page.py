"""The page behind a pass: the state of the visit for whoever holds the code, and nobody's name."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from server.domain.passes import PassKind, new_pass_id
from tests.web.running_house import RunningHouse, running_house


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        await hall.expect_delegation()
        yield hall


async def page(hall: RunningHouse, token: str, **cookies: str) -> httpx2.Response:
    async with httpx2.AsyncClient(cookies=cookies) as client:
        return await client.get(f"{hall.url}/p/{token}")


async def lans_token(hall: RunningHouse) -> str:
    return (await hall.house.passes.of_delegation("D017"))[1].text[-135:]


async def test_it_says_where_the_visit_stands_and_names_nobody(hall: RunningHouse) -> None:
    token = await lans_token(hall)
    before = await page(hall, token)
    await hall.scan()
    after = await page(hall, token)
    assert (before.status_code, after.status_code) == (200, 200)
    assert "Thẻ hợp lệ" in before.text
    assert "Quý khách đang tham quan" in after.text
    assert "Lan" not in after.text
    assert "Bến Nghé" not in after.text


async def test_it_speaks_english(hall: RunningHouse) -> None:
    assert "This pass is good" in (await page(hall, await lans_token(hall), sanh_language="en")).text


async def test_capitals_and_small_letters_lead_to_the_same_page(hall: RunningHouse) -> None:
    token = await lans_token(hall)
    async with httpx2.AsyncClient() as client:
        assert (await client.get(f"{hall.url}/P/{token.lower()}")).status_code == 200


async def test_a_revoked_pass_says_so(hall: RunningHouse) -> None:
    lan = (await hall.house.passes.of_delegation("D017"))[1]
    await hall.house.passes.revoke(lan.id, actor="test")
    assert "Thẻ không còn hiệu lực" in (await page(hall, lan.text[-135:])).text


async def test_what_was_not_issued_here_is_not_found(hall: RunningHouse) -> None:
    signed = hall.house.keys.ring.issue(new_pass_id(), PassKind.VISITOR, valid_until=None)
    token = await lans_token(hall)
    forged = token[:60] + ("A" if token[60] != "A" else "B") + token[61:]
    for text in (signed.token, forged, "xin-chao", "%00", "A" * 3000):
        assert (await page(hall, text)).status_code == 404
