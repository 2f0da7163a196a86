"""Closing a case, and the movements that it adds: new scans by hand, offline ones where the time is past.

A closing and what it will add are stored first, with the ids of the scans; then check-in answers them as it answers
any other. What a stop leaves in between is finished later, and nothing is counted twice: a scan id has one answer.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from server.domain.cases import Choice, Move
from server.domain.errors import DomainError
from server.domain.kiosk import Kiosk
from server.domain.passes import read_pass
from server.domain.scans import SentScan
from server.domain.space import Space
from server.domain.text import search_key
from server.services.cases import CaseSheet, open_case, read_sheet
from server.services.desk import Desk
from server.services.house import House
from server.storage import case_evidence as evidence
from server.storage import cases as storage
from server.storage.audit import append_line
from server.storage.people import add_visitor

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Closing:
    """What a person found. `at` is the moment that a choice with a time asks for; `name` is of another person."""

    choice: str
    note: str = ""
    at: datetime | None = None
    name: str = ""


async def close_case(house: House, desk: Desk, id_: int, closing: Closing) -> CaseSheet:
    """Close a case and add the movements of the choice; the same closing again changes nothing.

    Raise `unknown_case`, `unknown_choice`, `note_needed`, `time_needed`, `bad_time` (with `earliest`, `latest`), or
    `case_closed` (with `by`, `at`) when another closing was first.
    """
    await desk.database.write(_close, desk, id_, closing)
    await _correct(house, id_)
    return await open_case(desk.database, id_)


async def finish_corrections(house: House) -> int:
    """Add the movements that a stop kept from being added; return of how many cases."""
    left = await house.database.read(storage.pending_corrections)
    for row in left:
        try:
            await _correct(house, row["id"])
        except DomainError as error:
            # Tried again in a moment; the others shall not wait for it.
            _log.warning("correction_not_made", case=row["id"], code=error.code)
    return len(left)


def _close(connection: Connection, desk: Desk, id_: int, closing: Closing) -> None:
    # Held before it is read: another process may be closing it right now.
    storage.lock_case(connection, id_)
    sheet = read_sheet(connection, id_, with_movements=False)
    line = sheet.line
    if line.closed_at is not None:
        _demand_same(sheet, desk, closing)
        return
    choice = next((one for one in sheet.choices if one.code == closing.choice), None)
    if choice is None:
        raise DomainError("unknown_choice", choice=closing.choice)
    _check(sheet, choice, closing, desk.at)
    scans = [_scan(connection, desk, sheet, move, closing) for move in choice.moves]
    values = {
        "closed_at": desk.at,
        "closed_by": desk.actor[:100],
        "choice": choice.code,
        "reason": closing.note or None,
        "correction": scans or None,
        "corrected_at": None,
    }
    storage.close_case(connection, id_, values)
    told: dict[str, object] = {"kind": line.kind, "choice": choice.code, "scans": [scan["scan"] for scan in scans]}
    append_line(connection, desk.entry("close_case", f"case:{id_}", after=told))


def _demand_same(sheet: CaseSheet, desk: Desk, closing: Closing) -> None:
    line = sheet.line
    if line.closed_by != desk.actor or line.choice != closing.choice:
        raise DomainError(
            "case_closed",
            by=line.closer or line.closed_by or "",
            at=desk.space.local(line.closed_at).isoformat(),  # type: ignore[arg-type]
        )


def _check(sheet: CaseSheet, choice: Choice, closing: Closing, now: datetime) -> None:
    if choice.needs_note and not closing.note.strip():
        raise DomainError("note_needed")
    if not choice.needs_time:
        return
    if closing.at is None:
        raise DomainError("time_needed")
    latest = sheet.latest or now
    is_late = closing.at >= latest if sheet.latest is not None else closing.at > latest
    if is_late or (sheet.earliest is not None and closing.at < sheet.earliest):
        earliest = sheet.earliest.isoformat() if sheet.earliest else ""
        raise DomainError("bad_time", earliest=earliest, latest=latest.isoformat())


def _scan(connection: Connection, desk: Desk, sheet: CaseSheet, move: Move, closing: Closing) -> dict[str, Any]:
    """Return a scan as it will be sent. Another person is registered here, so that they are registered once."""
    line = sheet.line
    at = {"now": desk.at, "scan": line.at, "asked": closing.at}[move.when]
    assert at is not None
    holder, pass_id = line.holder, None
    if move.who == "another":
        holder = f"v:{_register(connection, desk, closing)}"
    elif holder is not None:
        row = evidence.pass_of(connection, holder, line.scan["pass_id"] if line.scan else None)
        pass_id = row["id"] if row else None
    return {
        "scan": str(uuid.uuid4()),
        "holder": holder,
        "pass": pass_id,
        "direction": move.direction,
        "people": move.people,
        "zone": _zone(desk.space, sheet, move),
        "at": at.isoformat(),
    }


def _register(connection: Connection, desk: Desk, closing: Closing) -> str:
    name = closing.name.strip()[:200]
    values = {"name": name or None, "search_key": search_key(name), "created_at": desk.at, "updated_at": desk.at}
    id_ = add_visitor(connection, values)
    append_line(connection, desk.entry("add_visitor", f"visitor:{id_}", after={"delegation_id": None}))
    return id_


def _zone(space: Space, sheet: CaseSheet, move: Move) -> str:
    """Return where a movement happens: people leave from where they are, and come in where they were seen."""
    scan = sheet.line.scan
    seen = sheet.line.detail.get("zone") or (scan and (scan["to_zone"] or scan["from_zone"]))
    wanted = sheet.position.zone or seen if move.direction == "out" else seen
    return str(wanted) if wanted in space.zone_ids else space.lobby


async def _correct(house: House, id_: int) -> None:
    row = await house.database.read(storage.find_case, id_)
    if row is None or not row["correction"] or row["corrected_at"] is not None:
        return
    account = str(row["closed_by"] or "").partition(":")[2]
    for scan in row["correction"]:
        await _answer(house, scan, account, row["reason"])
    scans: Sequence[str] = [str(scan["scan"]) for scan in row["correction"]]
    await house.database.write(storage.settle_correction, row, scans, house.clock.now())


async def _answer(house: House, scan: Mapping[str, Any], account: str, reason: str | None) -> None:
    text = await _text(house, scan, f"account:{account}")
    sent = SentScan(
        id=scan["scan"],
        text=text,
        at=datetime.fromisoformat(scan["at"]),
        direction=scan["direction"],
        people=scan["people"] if scan["holder"].startswith("d:") else None,
        offline=True,
        force=reason or "case",
        signed=read_pass(text),
    )
    await house.checkin.answer_by_hand(sent, Kiosk("", "", "desk", scan["zone"]), account)


async def _text(house: House, scan: Mapping[str, Any], actor: str) -> str:
    """Return the text of the pass that a correction is made with; who has none gets one."""
    if scan["pass"]:
        text = await house.database.read(evidence.text_of_pass, scan["pass"])
        if text is not None:
            return text
    kind, id_ = scan["holder"][0], scan["holder"][2:]
    if kind == "v":
        return (await house.passes.of_visitor(id_, actor=actor))[0].text
    raise DomainError("unknown_pass", id=id_)
