"""A delegation's life at the desk: confirmed, cancelled, opened again."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from server.domain.delegations import Status
from server.domain.errors import DomainError
from server.services import delegations as service
from server.services.delegations import Taking, add_delegation, cancel_delegation, confirm_delegation

SLOT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


async def ask(desk: Any, **values: Any) -> Any:
    return await add_delegation(desk, {"name": "Trường Hòa Bình", "planned": 18, "status": "requested"} | values)


async def test_a_delegation_that_asked_is_confirmed_once(desk):
    asked = await ask(desk, slot_at=SLOT)

    first = await confirm_delegation(desk, asked.code)
    second = await confirm_delegation(desk, asked.code)

    assert (first.status, second.version) == (Status.CONFIRMED, first.version)


async def test_two_who_confirm_at_once_write_one_line(desk, sql):
    asked = await ask(desk, slot_at=SLOT)

    await asyncio.gather(*(confirm_delegation(desk, asked.code) for _ in range(4)))

    lines = await sql("SELECT action FROM audit_line ORDER BY seq")
    assert lines == [("add_delegation",), ("confirm_delegation",)]


async def test_a_delegation_without_a_slot_is_not_confirmed(desk):
    asked = await ask(desk)

    with pytest.raises(DomainError, match="slot_missing"):
        await confirm_delegation(desk, asked.code)


async def test_a_cancelled_delegation_is_opened_again_before_it_is_confirmed(desk):
    asked = await ask(desk, slot_at=SLOT)
    await cancel_delegation(desk, asked.code, reason="mưa bão")

    with pytest.raises(DomainError, match="cancelled_delegation"):
        await confirm_delegation(desk, asked.code)
    opened = await service.change_delegation(desk, asked.code, {"status": "requested"})

    assert (opened.status, opened.cancel_reason) == (Status.REQUESTED, "")


async def test_a_delegation_whose_slot_has_passed_is_not_confirmed(desk):
    asked = await ask(desk, slot_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC))

    with pytest.raises(DomainError, match="slot_taken"):
        await confirm_delegation(desk, asked.code)


async def test_a_full_slot_is_refused_with_the_nearest_free_times(desk):
    most = desk.space.capacity
    await ask(desk, slot_at=SLOT, planned=most)

    with pytest.raises(DomainError, match="slot_taken") as refused:
        await add_delegation(desk, {"name": "Báo Tuổi Trẻ", "planned": 3, "slot_at": SLOT}, taking=Taking())

    assert refused.value.arguments["reason"] == "full"
    assert refused.value.arguments["free"]
