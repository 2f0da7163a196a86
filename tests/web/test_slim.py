"""The small queue and flag that stand in for asyncio's in every socket."""

import asyncio

import pytest

from server.web.slim import Flag, Inbox


async def test_a_reader_gets_what_was_put_before_and_after_it_came_in_order() -> None:
    inbox: Inbox[int] = Inbox()
    inbox.put_nowait(1)
    reading = asyncio.create_task(_read(inbox, 3))
    await asyncio.sleep(0)
    for number in (2, 3):
        inbox.put_nowait(number)
    assert await asyncio.wait_for(reading, 1) == [1, 2, 3]
    assert inbox.empty()


async def test_nothing_is_lost_when_a_reader_gives_up() -> None:
    inbox: Inbox[int] = Inbox()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(inbox.get(), 0.01)
    inbox.put_nowait(1)
    assert await asyncio.wait_for(inbox.get(), 1) == 1


async def test_nothing_is_lost_when_a_reader_gives_up_just_as_something_comes() -> None:
    inbox: Inbox[int] = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(1)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert await asyncio.wait_for(inbox.get(), 1) == 1


async def test_a_flag_lets_all_go_on_at_once_and_none_before() -> None:
    flag = Flag()
    waiting = [asyncio.create_task(flag.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    flag.set()
    await asyncio.wait_for(asyncio.gather(*waiting[1:]), 1)
    await asyncio.wait_for(flag.wait(), 1)
    flag.clear()
    assert not flag.is_set()


async def _read(inbox: Inbox[int], count: int) -> list[int]:
    return [await inbox.get() for _ in range(count)]
