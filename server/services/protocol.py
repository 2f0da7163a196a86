"""The protocol sheets of leaders' and press visits."""

from dataclasses import replace

from sqlalchemy import Connection

from server.domain.delegations import DelegationRecord
from server.domain.errors import DomainError
from server.domain.people import forget
from server.domain.protocol import Guest, Moment, ProtocolSheet, read_sheet, stored_sheet
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.storage import delegations as storage
from server.storage.audit import append_line
from server.storage.database import Database


async def get_sheet(database: Database, code: str) -> tuple[DelegationRecord, ProtocolSheet]:
    """Return a delegation and its sheet, an empty one if nobody wrote any. Raise `unknown_delegation`."""
    return await database.read(_find, code)


async def change_sheet(desk: Desk, code: str, sheet: ProtocolSheet, *, version: int | None = None) -> DelegationRecord:
    """Keep a sheet. With `version`, only if nobody changed the delegation since.

    Raise `unknown_delegation`, `edit_conflict`.
    """
    return await desk.database.write(_change, desk, code, sheet, version)


def sheet_without(sheet: ProtocolSheet, traces: tuple[str, ...]) -> ProtocolSheet:
    """Return a sheet without a person's traces: their line of the order stays, their name does not."""

    def guests(listed: list[Guest]) -> list[Guest]:
        return [
            Guest(forget(one.name, traces), "" if forget(one.name, traces) != one.name else forget(one.title, traces))
            for one in listed
        ]

    return replace(
        sheet,
        order=guests(sheet.order),
        hosts=guests(sheet.hosts),
        timing=[Moment(one.at, forget(one.what, traces)) for one in sheet.timing],
        interpreter=forget(sheet.interpreter, traces),
        room=forget(sheet.room, traces),
        seats=[forget(line, traces) for line in sheet.seats],
        remarks=forget(sheet.remarks, traces),
    )


def forget_in_sheet(connection: Connection, delegation_id: int, traces: tuple[str, ...]) -> None:
    """Take a person's traces out of a delegation's sheet."""
    sheet = read_sheet(storage.protocol_of(connection, delegation_id))
    mended = sheet_without(sheet, traces)
    if mended != sheet:
        storage.update_delegation(connection, delegation_id, {"protocol": stored_sheet(mended)})


def _find(connection: Connection, code: str) -> tuple[DelegationRecord, ProtocolSheet]:
    found = storage.find_delegation(connection, code)
    if found is None:
        raise DomainError("unknown_delegation", delegation=code)
    return found, read_sheet(storage.protocol_of(connection, found.id))


def _change(
    connection: Connection, desk: Desk, code: str, sheet: ProtocolSheet, version: int | None
) -> DelegationRecord:
    old = hold_delegation(connection, code)
    if version is not None and version != old.version:
        raise DomainError("edit_conflict", version=old.version)
    before = read_sheet(storage.protocol_of(connection, old.id))
    if before == sheet:
        return old
    row = {"protocol": stored_sheet(sheet), "updated_at": desk.at}
    storage.update_delegation(connection, old.id, row)
    changed: dict[str, object] = {
        name: "…" for name in ProtocolSheet.__slots__ if getattr(before, name) != getattr(sheet, name)
    }
    append_line(connection, desk.entry("change_protocol", f"delegation:{old.code}", after=changed))
    return storage.find_delegation(connection, old.code) or old
