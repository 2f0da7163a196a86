"""Passes are issued once, replaced at once and revoked for good."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.domain.errors import DomainError
from server.domain.passes import read_pass, show_short_code
from server.domain.space import default_space
from server.services.accounts import Accounts
from server.services.badge_choice import passes_of_holders
from server.services.clock import Clock
from server.services.keys import Keys
from server.services.passes import Passes
from server.storage.audit import AuditLine
from server.storage.core import table
from server.storage.database import Database
from tests.cast import MORNING, add_delegation, add_visitor

_LINES: Any = table(AuditLine)
ISSUED = (
    select(_LINES.c.actor, _LINES.c.subject, _LINES.c.after)
    .where(_LINES.c.action == "issue_pass")
    .order_by(_LINES.c.seq)
)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "secret.json")


@pytest.fixture
def passes(database: Database, keys: Keys) -> Passes:
    return Passes(database, keys, default_space(), Clock(MORNING), "http://127.0.0.1:8000")


@pytest.fixture
async def lan(database: Database) -> str:
    delegation_id = await database.write(add_delegation)
    lan = await database.write(add_visitor, "Nguyễn Thị Lan", delegation_id=delegation_id)
    await database.write(add_visitor, "Trần Văn Bình", delegation_id=delegation_id)
    return lan


async def test_a_delegation_s_passes_are_its_own_and_one_a_member(passes: Passes, lan: str):
    rows = await passes.of_delegation("d017")
    assert [(row.kind, row.delegation, row.visitor) for row in rows] == [
        ("delegation", "D017", None),
        ("visitor", "D017", "Nguyễn Thị Lan"),
        ("visitor", "D017", "Trần Văn Bình"),
    ]
    assert len({row.short for row in rows}) == 3


async def test_later_calls_give_the_same_texts(passes: Passes, lan: str):
    first = await passes.of_delegation("D017")
    assert await passes.of_all_delegations() == first == await passes.of_delegation("D017")


async def test_a_new_member_gets_a_pass_and_the_others_keep_theirs(passes: Passes, lan: str, database: Database):
    first = await passes.of_delegation("D017")
    await database.write(add_visitor, "Hoàng Văn Sáu", delegation_id=first[0].delegation_id)
    assert (await passes.of_delegation("D017"))[:3] == first
    assert len(await passes.of_delegation("D017")) == 4


async def test_two_desks_that_issue_at_once_issue_one_pass_each_holder(passes: Passes, lan: str):
    results = await asyncio.gather(*(passes.of_delegation("D017") for _ in range(8)))
    assert all(result == results[0] for result in results)
    assert len(results[0]) == 3


async def test_the_text_verifies_and_ends_after_the_appointment(passes: Passes, lan: str, keys: Keys):
    row, is_new = await passes.of_visitor(lan)
    signed = read_pass(row.text)
    assert is_new
    assert signed is not None
    assert keys.ring.verify(signed)
    assert signed.id == row.id
    assert signed.valid_until == row.valid_until == datetime(2021, 1, 10, 17, tzinfo=UTC)


async def test_a_walk_in_s_pass_counts_from_its_own_day(passes: Passes, database: Database):
    walk_in = await database.write(add_visitor)
    row, _ = await passes.of_visitor(walk_in)
    assert row.delegation is None
    assert row.valid_until is not None
    assert row.valid_until - MORNING == timedelta(days=90, hours=16)


async def test_a_staff_pass_never_ends(passes: Passes, database: Database):
    await Accounts(database).add("Minh", "guide", "một mật khẩu")
    row, _ = await passes.of_staff("minh")
    assert (row.kind, row.account, row.valid_until) == ("staff", "Minh", None)


async def test_a_replaced_pass_is_revoked_and_points_to_the_new_one(passes: Passes, lan: str):
    old, _ = await passes.of_visitor(lan)
    new = await passes.replace(old.id, actor="hoa")
    assert (await passes.of_visitor(lan)) == (new, False)
    replaced = await passes.get(old.id)
    assert (replaced.replaced_by, replaced.revoked_at is not None) == (new.id, True)
    assert new.text != old.text


async def test_a_revoked_pass_cannot_be_replaced(passes: Passes, lan: str):
    old, _ = await passes.of_visitor(lan)
    await passes.revoke(old.id, actor="hoa")
    with pytest.raises(DomainError, match="revoked_pass"):
        await passes.replace(old.id, actor="hoa")


async def test_revocations_are_listed_in_order_and_once(passes: Passes, lan: str):
    rows = await passes.of_delegation("D017")
    for row in (rows[2], rows[0], rows[2]):
        await passes.revoke(row.id, actor="hoa")
    ids, cursor = await passes.revoked_since(0)
    assert ids == [rows[2].id, rows[0].id]
    assert await passes.revoked_since(cursor) == ([], cursor)


async def test_a_cancelled_delegation_gets_no_pass(passes: Passes, database: Database):
    await database.write(add_delegation, "D018", status="cancelled")
    assert await passes.of_delegation("D018") == []
    with pytest.raises(DomainError, match="cancelled_delegation"):
        await passes.of_delegation_itself("D018")


async def test_an_erased_visitor_gets_no_pass(passes: Passes, database: Database):
    erased = await database.write(add_visitor, erased_at=MORNING)
    with pytest.raises(DomainError, match="unknown_visitor"):
        await passes.of_visitor(erased)


async def test_a_typed_code_finds_the_pass_however_it_is_typed(passes: Passes, lan: str):
    row, _ = await passes.of_visitor(lan)
    typed = show_short_code(row.short).lower().replace("0", "o").replace("1", "l")
    assert await passes.by_short_code(typed, asker="desk") == row


async def test_guessing_typed_codes_is_stopped(passes: Passes):
    for _ in range(30):
        with pytest.raises(DomainError, match="unknown_pass"):
            await passes.by_short_code("0000-0000", asker="guesser")
    with pytest.raises(DomainError, match="too_many_attempts"):
        await passes.by_short_code("0000-0000", asker="guesser")
    with pytest.raises(DomainError, match="unknown_pass"):
        await passes.by_short_code("0000-0000", asker="somebody else")


async def test_what_does_not_exist_is_said(passes: Passes):
    for asked in (passes.of_delegation("D999"), passes.of_delegation_itself("D999")):
        with pytest.raises(DomainError, match="unknown_delegation"):
            await asked
    with pytest.raises(DomainError, match="unknown_pass"):
        await passes.get("00")
    with pytest.raises(DomainError, match="unknown_account"):
        await passes.of_staff("nobody")


async def told(database: Database) -> list[tuple[str, str, int]]:
    """Return what the log tells of issuing: by whom, for whom, how many."""
    lines = await database.read(lambda connection: connection.execute(ISSUED).all())
    return [(line.actor, line.subject, dict(line.after)["passes"]) for line in lines]


async def test_the_log_tells_once_how_many_passes_a_delegation_got(passes: Passes, lan: str, database: Database):
    for _ in range(2):
        await passes.of_delegation("d017", actor="account:hoa")
        await passes.of_all_delegations(actor="command line")
        await passes.of_visitor(lan, actor="account:minh")

    assert await told(database) == [("account:hoa", "delegation:D017", 3)]


async def test_the_log_tells_who_issued_to_whom(passes: Passes, lan: str, database: Database):
    await passes.of_visitor(lan, actor="account:minh")
    await passes.of_delegation_itself("D017", actor="token:7")
    await passes.of_all_delegations(actor="command line")

    assert await told(database) == [
        ("account:minh", f"visitor:{lan}", 1),
        ("token:7", "delegation:D017", 1),
        ("command line", "delegations", 1),
    ]


async def test_badges_of_many_are_issued_with_one_line(passes: Passes, lan: str, database: Database):
    holders = [f"v:{lan}", "d:D017"]
    first = await passes_of_holders(passes, database, holders, actor="account:hoa")

    assert await passes_of_holders(passes, database, holders, actor="account:hoa") == first
    assert await told(database) == [("account:hoa", "badges", 2)]


async def test_two_who_issue_at_once_are_told_of_each_pass_once(passes: Passes, lan: str, database: Database):
    await asyncio.gather(*(passes.of_delegation("D017", actor="account:hoa") for _ in range(8)))
    assert sum(issued for _, _, issued in await told(database)) == 3


async def test_what_was_issued_before_it_stopped_halfway_is_told(
    passes: Passes, lan: str, database: Database, monkeypatch: pytest.MonkeyPatch
):
    delegation_id = (await passes.of_delegation_itself("D017"))[0].delegation_id
    for number in range(110):
        await database.write(add_visitor, f"Khách {number}", delegation_id=delegation_id)
    signing = passes._sign

    def sign(part: Any) -> Any:
        return signing(part) if len(part) == 50 else 1 / 0

    monkeypatch.setattr(passes, "_sign", sign)

    with pytest.raises(ZeroDivisionError):
        await passes.of_delegation("D017", actor="account:hoa")

    assert (await told(database))[1:] == [("account:hoa", "delegation:D017", 100)]
