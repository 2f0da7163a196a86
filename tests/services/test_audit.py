"""The audit log's chain."""

import pytest
from sqlalchemy.exc import DBAPIError

from server.storage.audit import append_line, verify_chain
from server.storage.database import StorageUnavailableError


async def write_lines(desk, count=3):
    for number in range(count):
        entry = desk.entry(
            "change_delegation", f"delegation:D{number:03}", before={"planned": number, "day": desk.at.date()}
        )
        await desk.database.write(append_line, entry)


async def test_an_untouched_log_fits_together(desk):
    await write_lines(desk)
    assert await desk.database.read(verify_chain) is None


async def test_an_empty_log_fits_together(desk):
    assert await desk.database.read(verify_chain) is None


async def open_the_log(desk, sql):
    """Do what only an owner of the database can: take the log's guard away."""
    if desk.database.url.get_backend_name() == "postgresql":
        await sql("ALTER TABLE audit_line DISABLE TRIGGER audit_line_stays")
    else:
        await sql("DROP TRIGGER audit_line_stays_update")
        await sql("DROP TRIGGER audit_line_stays_delete")


@pytest.mark.parametrize("change", ["UPDATE audit_line SET actor = 'x'", "DELETE FROM audit_line WHERE seq = 2"])
async def test_the_log_refuses_to_be_changed(desk, sql, change):
    await write_lines(desk)
    with pytest.raises((DBAPIError, StorageUnavailableError), match="append-only"):
        await sql(change)
    assert await desk.database.read(verify_chain) is None


async def test_a_changed_line_is_found(desk, sql):
    await write_lines(desk)
    await open_the_log(desk, sql)
    await sql("UPDATE audit_line SET actor = 'account:nobody' WHERE seq = 2")
    assert await desk.database.read(verify_chain) == 2


async def test_a_line_taken_out_is_found(desk, sql):
    await write_lines(desk)
    await open_the_log(desk, sql)
    await sql("DELETE FROM audit_line WHERE seq = 2")
    assert await desk.database.read(verify_chain) == 3


async def test_a_line_whose_hash_was_made_to_fit_breaks_the_next(desk, sql):
    await write_lines(desk)
    await open_the_log(desk, sql)
    await sql("UPDATE audit_line SET hash = 'f' || substr(hash, 2) WHERE seq = 1")
    assert await desk.database.read(verify_chain) == 1
