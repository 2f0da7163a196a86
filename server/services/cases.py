"""Cases for the desk: read them with what lies around them, open those that are no scan's, count them."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from server.domain.cases import COUNT_ERROR, OPEN_VISIT, RECOUNT, CaseFacts, CaseWish, Choice, choices_of
from server.domain.errors import DomainError
from server.services.recount import Recount
from server.storage import case_evidence as evidence
from server.storage import cases as storage
from server.storage.case_evidence import Named, Position
from server.storage.database import Database

PAGE = 50
_AROUND = timedelta(hours=3)
_MOST_EVIDENCE = 40
_EXPORTED = 500
_NAMESPACE = uuid.UUID("8f1f0d1e-6c1f-4c57-9e0a-6d0f0f6a0001")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. `at` is when it happened, `scan` the movement that it is about, if there is one."""

    id: int
    kind: str
    holder: str | None
    who: Named
    at: datetime
    opened_at: datetime
    device: str | None
    detail: Mapping[str, Any]
    scan: Mapping[Any, Any] | None
    counted: int
    closed_at: datetime | None
    closed_by: str | None
    closer: str | None
    choice: str | None
    reason: str | None
    is_pending: bool


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """A case with its evidence in order of corrected time, how it may be closed, and how many are inside now."""

    line: CaseLine
    movements: Sequence[Mapping[Any, Any]]
    devices: Mapping[str, str]
    actors: Mapping[str, str]
    position: Position
    choices: tuple[Choice, ...]
    people: int
    earliest: datetime | None
    latest: datetime | None
    corrections: Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class CasePage:
    lines: list[CaseLine]
    next: int | None


async def open_cases(database: Database) -> int:
    """Return how many cases wait for a person: for the menu and the day's page."""
    return await database.read(storage.count_cases)


async def list_cases(database: Database, wish: CaseWish, *, before: int = 0, limit: int = PAGE) -> CasePage:
    """Return a page of cases, newest first; `next` is what to give as `before` for the following one."""
    lines = await database.read(_lines, wish, before, limit + 1)
    return CasePage(lines[:limit], lines[limit - 1].id if len(lines) > limit else None)


async def all_cases(database: Database, wish: CaseWish) -> AsyncIterator[list[CaseLine]]:
    """Return the whole list, read in pages."""
    before = 0
    while lines := await database.read(_lines, wish, before, _EXPORTED):
        before = lines[-1].id
        yield lines


async def case_counts(database: Database) -> tuple[int, int, list[str]]:
    """Return how many cases are open and closed, and which kinds there are."""
    return await database.read(_counts)


async def open_case(database: Database, id_: int) -> CaseSheet:
    """Return a case with what lies around it. Raise `unknown_case`."""
    return await database.read(read_sheet, id_)


async def last_closed(database: Database) -> CaseLine | None:
    """Return the case that was closed last."""
    return await database.read(_last_closed)


async def note_recount(database: Database, found: Recount, at: datetime) -> bool:
    """Open a case for a recount that does not agree, unless an open one says the same; tell whether it did."""
    return False if found.is_equal else await database.write(_note_recount, found, at)


def open_visits(connection: Connection, exits: Sequence[Mapping[Any, Any]], at: datetime) -> None:
    """Open a case for each holder whose exit is assumed; `exits` are the movements of it."""
    cases: dict[str, dict[str, Any]] = {}
    for row in exits:
        case = cases.setdefault(
            row["scan_id"], _case(OPEN_VISIT, row["scan_id"], at, people=row["counted"], zone=row["from_zone"])
        )
        case |= {"holder": row["holder"], "delegation_id": row["delegation_id"]}
    storage.open_cases(connection, list(cases.values()))


def note_count_error(connection: Connection, ended_at: datetime, at: datetime) -> None:
    """Open a case for a day that ended with people counted inside; once for a day's end."""
    people = evidence.assumed_at(connection, ended_at)
    scan_id = str(uuid.uuid5(_NAMESPACE, ended_at.isoformat()))
    if people and storage.find_by_scan(connection, scan_id) is None:
        storage.open_cases(connection, [_case(COUNT_ERROR, scan_id, at, people=people, ended_at=ended_at.isoformat())])


def read_sheet(connection: Connection, id_: int, *, with_movements: bool = True) -> CaseSheet:
    """Return a case with what lies around it, on one state, its movements if wanted. Raise `unknown_case`."""
    row = storage.find_case(connection, id_)
    if row is None:
        raise DomainError("unknown_case", case=id_)
    line = _describe(connection, [row])[0]
    holder, ended = line.holder, evidence.ended_at(connection)
    position = evidence.position_of(connection, holder) if holder else Position()
    moves: Sequence[Mapping[Any, Any]] = ()
    if holder and with_movements:
        moves = evidence.movements_around(connection, holder, line.at - _AROUND, line.at + _AROUND, _MOST_EVIDENCE)
    facts = CaseFacts(
        line.kind, holder, line.counted, position.inside, position.free,
        is_past=ended is not None and line.at <= ended, is_gone=line.who.is_gone,
    )  # fmt: skip
    earliest, latest = position.asserted_at, None
    if line.kind == OPEN_VISIT and holder:
        earliest, latest = evidence.entered_at(connection, holder, line.at), line.at
    accounts = {f"account:{move['account_id']}" for move in moves if move["account_id"]}
    accounts |= {f"token:{move['account_id']}" for move in moves if move["account_id"]}
    return CaseSheet(
        line=line,
        movements=moves,
        devices=evidence.name_devices(connection, {move["device_id"] for move in moves} - {None}),
        actors={key.split(":")[1]: name for key, name in evidence.name_actors(connection, accounts).items()},
        position=position,
        choices=choices_of(facts),
        people=evidence.people_inside(connection),
        earliest=earliest,
        latest=latest,
        corrections=row["correction"] or (),
    )


def _counts(connection: Connection) -> tuple[int, int, list[str]]:
    return (
        storage.count_cases(connection),
        storage.count_cases(connection, closed=True),
        storage.kinds_of_cases(connection),
    )


def _last_closed(connection: Connection) -> CaseLine | None:
    row = storage.last_closed(connection)
    return _describe(connection, [row])[0] if row is not None else None


def _lines(connection: Connection, wish: CaseWish, before: int, limit: int) -> list[CaseLine]:
    return _describe(connection, storage.list_cases(connection, wish, before=before, limit=limit))


def _describe(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[CaseLine]:
    names = evidence.name_holders(connection, {row["holder"] for row in rows} - {None})
    devices = evidence.name_devices(connection, {row["device_id"] for row in rows} - {None})
    actors = evidence.name_actors(connection, {row["closed_by"] for row in rows} - {None})
    scans = evidence.scans_of(connection, {row["scan_id"] for row in rows})
    lines = []
    for row in rows:
        parts = scans.get(row["scan_id"], [])
        # A refusal that never arrived has a second, offline part: that is what happened.
        scan = next((part for part in parts if part["offline"]), parts[0] if parts else None)
        people = row["detail"].get("people", 0)
        lines.append(
            CaseLine(
                id=row["id"],
                kind=row["kind"],
                holder=row["holder"],
                who=names.get(row["holder"] or "", Named(None)),
                at=scan["at"] if scan else row["opened_at"],
                opened_at=row["opened_at"],
                device=devices.get(row["device_id"] or ""),
                detail=row["detail"],
                scan=scan,
                counted=people if isinstance(people, int) else 0,
                closed_at=row["closed_at"],
                closed_by=row["closed_by"],
                closer=actors.get(row["closed_by"] or ""),
                choice=row["choice"],
                reason=row["reason"],
                is_pending=row["correction"] is not None and row["corrected_at"] is None,
            )
        )
    return lines


def _note_recount(connection: Connection, found: Recount, at: datetime) -> bool:
    differing = [count for count in (*found.zones, *found.differing) if not count.is_equal][:50]
    told = [{"id": count.id, "counter": count.counter, "recount": count.recount} for count in differing]
    known = storage.has_open(connection, RECOUNT)
    if known is not None and known["detail"].get("differing") == told:
        return False
    storage.open_cases(connection, [_case(RECOUNT, str(uuid.uuid4()), at, differing=told)])
    return True


def _case(kind: str, scan_id: str, at: datetime, **detail: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "scan_id": scan_id,
        "holder": None,
        "delegation_id": None,
        "device_id": None,
        "opened_at": at,
        "detail": detail,
    }
