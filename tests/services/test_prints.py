"""Prints are remembered: who had which badge printed, when, in which layout."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from server.domain.errors import DomainError
from server.domain.space import Space
from server.services import prints
from server.services.badges import Badge
from server.services.clock import Clock
from server.services.desk import Desk
from server.services.keys import Keys
from server.services.passes import Passes
from server.storage.database import Database
from tests.cast import add_delegation, add_visitor
from tests.services.conftest import NOON


@pytest.fixture
def passes(database: Database, space: Space, tmp_path: Path) -> Passes:
    return Passes(database, Keys(tmp_path / "secret.json"), space, Clock(NOON), "http://127.0.0.1:8000")


@pytest.fixture
async def ids(database: Database, passes: Passes) -> list[str]:
    delegation_id = await database.write(add_delegation)
    for number in range(3):
        await database.write(add_visitor, f"Khách {number}", delegation_id=delegation_id)
    return [row.id for row in await passes.of_delegation("D017")]


async def press(badges: Sequence[Badge]) -> bytes:
    return b"%PDF-" + ",".join(badge.short for badge in badges).encode()


async def test_a_print_bears_the_badges_in_order_and_is_remembered(desk: Desk, ids: list[str], sql) -> None:
    document = await prints.print_passes(desk, [*ids, ids[0]], "sheet", press)

    (row,) = await prints.list_prints(desk.database)
    assert document.count(b",") == 3
    assert (row.actor, row.layout, row.badges, row.at) == ("account:hoa", "sheet", 4, NOON)
    assert set(await prints.latest_prints(desk.database, ids)) == set(ids)
    assert ("print_badges", f"print:{row.id}") in await sql("SELECT action, subject FROM audit_line")


async def test_of_two_prints_of_a_badge_the_later_is_told(desk: Desk, ids: list[str]) -> None:
    await prints.print_passes(desk, ids, "sheet", press)
    await prints.print_passes(desk, ids[:1], "label", press)

    latest = await prints.latest_prints(desk.database, ids)
    assert [latest[id_].layout for id_ in ids] == ["label", "sheet", "sheet", "sheet"]


async def test_who_printed_bears_the_name_of_their_account(desk: Desk, ids: list[str], sql) -> None:
    await sql(
        "INSERT INTO account (id, login, name, role, language, created_at) VALUES ('hoa', 'hoa', 'Hoa', 'organizer', 'vi', :at)",
        at=NOON.replace(tzinfo=None) if desk.database.is_sqlite else NOON,
    )
    await prints.print_passes(desk, ids, "badge", press)

    assert (await prints.latest_prints(desk.database, ids))[ids[0]].by == "Hoa"


async def test_a_print_that_fails_is_not_remembered(desk: Desk, ids: list[str]) -> None:
    async def broken(_: Sequence[Badge]) -> bytes:
        raise DomainError("print_failed", why="out of paper")

    with pytest.raises(DomainError, match="print_failed"):
        await prints.print_passes(desk, ids, "sheet", broken)
    assert await prints.list_prints(desk.database) == []


async def test_nothing_and_far_too_much_are_refused(desk: Desk, ids: list[str]) -> None:
    with pytest.raises(DomainError, match="nothing_to_print"):
        await prints.print_passes(desk, ["0" * 16], "sheet", press)
    with pytest.raises(DomainError, match="too_many_badges"):
        await prints.print_passes(desk, [f"{n:016x}" for n in range(2_001)], "sheet", press)


async def test_two_who_print_at_once_are_both_remembered(desk: Desk, ids: list[str]) -> None:
    await asyncio.gather(*(prints.print_passes(desk, ids, "sheet", press) for _ in range(4)))

    assert len(await prints.list_prints(desk.database)) == 4
    assert len(await prints.list_prints(desk.database, before=3)) == 2
