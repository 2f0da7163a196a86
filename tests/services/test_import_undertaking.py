"""The wizard's worker: killed halfway it is followed by another, and nothing is written twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.domain.import_jobs import ImportRecord, ImportState
from server.services import import_jobs
from server.services.clock import Clock
from server.services.desk import Desk
from server.services.import_runner import ImportRunner
from server.services.import_worker import MOST_TRIES, Worker
from server.settings import Settings
from tests.services.spreadsheets import xlsx

pytestmark = pytest.mark.slow

TITLES = ["STT", "Mã đoàn", "Đơn vị", "Họ và tên", "Email", "Ngày tham quan"]


def many(people: int, per: int = 20) -> bytes:
    rows = [
        [
            n,
            f"X{n // per:03}",
            f"Công ty {n // per}",
            f"Nguyễn Văn {chr(65 + n % 26)}{n}",
            f"k{n}@x.example",
            "12/10/2026",
        ]
        for n in range(people)
    ]
    return xlsx(("Khách", [TITLES, *rows]))


async def begin(desk: Desk, content: bytes) -> ImportRecord:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return await import_jobs.begin_import(desk, "so.xlsx", pieces())


@contextlib.asynccontextmanager
async def runner(desk: Desk, url: str) -> AsyncIterator[ImportRunner]:
    running = ImportRunner(Settings(database_url=url, _env_file=None), desk.database, Clock(desk.at))
    task = asyncio.create_task(running.run())
    running.wake()
    yield running
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(desk: Desk, id_: str, holds: Callable[[ImportRecord], bool]) -> ImportRecord:
    for _ in range(1500):
        record = await import_jobs.get_import(desk.database, id_)
        if holds(record):
            return record
        await asyncio.sleep(0.02)
    raise AssertionError(record)


@pytest.mark.slow
async def test_a_worker_killed_halfway_is_followed_and_nothing_is_written_twice(
    desk: Desk, database_url: str, sql: Callable[..., Any]
) -> None:
    people = 2000
    record = await begin(desk, many(people))
    async with runner(desk, database_url) as running:
        await until(desk, record.id, lambda job: job.state is ImportState.READY)
        await import_jobs.apply_import(desk, record.id)
        running.wake()
        written = 0
        while written < 200:
            ((written,),) = await sql("SELECT count(*) FROM visitor")
        assert written < people
        assert running._child is not None
        running._child.kill()
        done = await until(desk, record.id, lambda job: job.state is ImportState.APPLIED)
        assert done.result["visitors"]["new"] == people
        assert list(await sql("SELECT count(*), count(DISTINCT search_key) FROM visitor")) == [(people, people)]
        await import_jobs.undo_import(desk, record.id)
        running.wake()
        await until(desk, record.id, lambda job: job.state is ImportState.UNDONE)
    for name in ("visitor", "delegation", "organisation", "standing", "import_change"):
        ((left,),) = await sql(f"SELECT count(*) FROM {name}")
        assert (name, left) == (name, 0) or name == "import_change"


async def test_of_two_workers_one_takes_an_import(desk: Desk, sql: Callable[..., Any]) -> None:
    record = await begin(desk, many(40))
    workers = [Worker(desk.database, desk.space) for _ in range(2)]
    await asyncio.gather(*(worker.work() for worker in workers))
    assert (await import_jobs.get_import(desk.database, record.id)).state is ImportState.READY
    await import_jobs.apply_import(desk, record.id)
    await asyncio.gather(*(worker.work() for worker in workers))
    ((people,),) = await sql("SELECT count(*) FROM visitor")
    assert people == 40


async def test_an_import_that_ends_its_worker_again_and_again_fails_with_a_sentence(
    desk: Desk, sql: Callable[..., Any]
) -> None:
    record = await begin(desk, many(5))
    await sql("UPDATE import_job SET tries = :tries", tries=MOST_TRIES)
    assert await Worker(desk.database, desk.space).work()
    failed = await import_jobs.get_import(desk.database, record.id)
    assert (failed.state, failed.problem) == (ImportState.FAILED, "import_failed")


async def test_what_is_being_applied_stops_when_it_is_told_to_and_goes_on_when_asked(
    desk: Desk, sql: Callable[..., Any]
) -> None:
    record = await begin(desk, many(60))
    worker = Worker(desk.database, desk.space)
    await worker.work()
    await import_jobs.apply_import(desk, record.id)
    # As a stop that comes with the first sign of life finds it.
    await sql(
        "UPDATE import_job SET state = 'applied', applied_at = changed_at, result = :part", part='{"is_whole": false}'
    )
    await import_jobs.apply_import(desk, record.id)
    await worker.work()
    done = await import_jobs.get_import(desk.database, record.id)
    assert done.result["is_whole"] is True
    ((people,),) = await sql("SELECT count(*) FROM visitor")
    assert people == 60


async def test_a_file_whose_time_is_over_is_forgotten_and_what_it_wrote_stays(
    desk: Desk, sql: Callable[..., Any], tmp_path: Path
) -> None:
    record = await begin(desk, many(10))
    worker = Worker(desk.database, desk.space)
    await worker.work()
    await import_jobs.apply_import(desk, record.id)
    await worker.work()
    running = ImportRunner(
        Settings(database_url="sqlite://", _env_file=None), desk.database, Clock(desk.at + timedelta(days=8))
    )
    await running._look()
    assert (await import_jobs.get_import(desk.database, record.id)).state is ImportState.EXPIRED
    for name in ("import_part", "import_row", "import_edit", "import_change"):
        assert list(await sql(f"SELECT job_id FROM {name}")) == []
    ((people,),) = await sql("SELECT count(*) FROM visitor")
    assert people == 10
