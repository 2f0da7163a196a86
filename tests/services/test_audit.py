"""The audit log's chain."""

from server.storage.audit import append_line, verify_chain


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


async def test_a_changed_line_is_found(desk, sql):
    await write_lines(desk)
    await sql("UPDATE audit_line SET actor = 'account:nobody' WHERE seq = 2")
    assert await desk.database.read(verify_chain) == 2


async def test_a_line_taken_out_is_found(desk, sql):
    await write_lines(desk)
    await sql("DELETE FROM audit_line WHERE seq = 2")
    assert await desk.database.read(verify_chain) == 3


async def test_a_line_whose_hash_was_made_to_fit_breaks_the_next(desk, sql):
    await write_lines(desk)
    await sql("UPDATE audit_line SET hash = 'f' || substr(hash, 2) WHERE seq = 1")
    assert await desk.database.read(verify_chain) == 1
