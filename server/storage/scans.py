"""The statements of a batch of scans: their number is constant, however many scans there are.

Locks are taken in one order everywhere: delegations, standings, zones, space, each by id. Here the space comes with the
first zone, which is the same to the others: nobody locks a zone without having locked the first.
"""

from collections import namedtuple
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, text, true, update

from server.storage.base import StorageUnavailableError
from server.storage.bulk import Writes, upsert_rows
from server.storage.cases import Case
from server.storage.core import table
from server.storage.delegations import Delegation
from server.storage.movements import Movement
from server.storage.passes import Pass
from server.storage.people import Visitor
from server.storage.prepared import Prepared, among
from server.storage.queues import QueuePlace
from server.storage.spaces import SpaceRow, ZoneRow
from server.storage.standings import Standing
from server.storage.visits import Visit

_passes, _visitors, _delegations = table(Pass), table(Visitor), table(Delegation)
_standings, _zones, _space = table(Standing), table(ZoneRow), table(SpaceRow)
_movements, _visits, _cases, _queue = table(Movement), table(Visit), table(Case), table(QueuePlace)

_PASSES = Prepared(
    select(
        _passes.c.id,
        _passes.c.kind,
        _passes.c.visitor_id,
        _passes.c.delegation_id,
        _passes.c.account_id,
        _passes.c.text,
        _passes.c.zones,
        _passes.c.day,
        _passes.c.valid_until,
        _passes.c.revoked_at,
        _visitors.c.name,
        _visitors.c.visit_date,
        _visitors.c.delegation_id.label("member_of"),
    )
    .select_from(_passes.outerjoin(_visitors, _passes.c.visitor_id == _visitors.c.id))
    .where(among(_passes.c.id, "ids"))
)
_GROUPS = Prepared(
    select(
        _delegations.c.id,
        _delegations.c.code,
        _delegations.c.name,
        _delegations.c.status,
        _delegations.c.planned,
        _delegations.c.named,
        _delegations.c.visit_date,
        _delegations.c.slot_at,
        _delegations.c.minutes,
        _delegations.c.zones,
        _delegations.c.guide,
        _delegations.c.arrived,
        _delegations.c.arrived_day,
        _delegations.c.cancelled_at,
    )
    .where(among(_delegations.c.id, "ids"))
    .order_by(_delegations.c.id)
    .with_for_update()
)
_STANDINGS = Prepared(
    select(_standings)
    .where(
        or_(
            among(_standings.c.holder, "holders"),
            among(_standings.c.delegation_id, "groups") & (_standings.c.inside > text("0")),
        )
    )
    .order_by(_standings.c.holder)
    .with_for_update()
)
# The zones, and beside each the space's only row, all in one message: who has the first zone gets the rest.
_COUNTERS = Prepared(
    select(_zones, *(column.label(f"space_{column.name}") for column in _space.c))
    .select_from(_zones.join(_space, true()))
    .order_by(_zones.c.id)
    .with_for_update()
)
_ANSWERED = Prepared(
    select(_movements).where(among(_movements.c.scan_id, "ids")).order_by(_movements.c.scan_id, _movements.c.part)
)
_QUEUE = Prepared(select(_queue).where(_queue.c.over_at.is_(None)).order_by(_queue.c.day, _queue.c.number))
_MEASURED_END = (
    update(_visits)
    .where(
        _visits.c.holder == bindparam("who"),
        _visits.c.day == bindparam("on"),
        _visits.c.entered_at <= bindparam("end"),
        _visits.c.is_assumed,
    )
    .values(left_at=bindparam("end"), is_assumed=False)
)
_STANDING_CHANGES = tuple(column.name for column in _standings.c if column.name not in ("holder", "delegation_id"))
_QUEUE_CHANGES = ("people", "called_at", "held_until", "over_at", "outcome")

_space_row: Any = namedtuple("Space", [column.name for column in _space.c])._make  # type: ignore[attr-defined]

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch is decided against, locked: rows as the tables hold them."""

    passes: Rows
    groups: Rows
    standings: Rows
    zones: Rows
    space: Any
    answered: Rows
    queue: Rows


def load_batch(
    connection: Connection, pass_ids: Collection[str], scan_ids: Collection[str], group_pass_ids: Collection[str]
) -> Loaded:
    """Lock and return everything that these passes and scans touch. At most six statements, a few more at first."""
    passes, groups, standings = _lock_holders(connection, pass_ids, group_pass_ids)
    if _have_moved(passes, standings):
        # Somebody became a member of another delegation while we waited for theirs: now that is seen.
        passes, groups, standings = _lock_holders(connection, pass_ids, group_pass_ids)
    # After its holder is locked, since another process may be answering the same scan right now; before the zones,
    # for which every other scan waits. The same id with another holder's pass is told by the key of the movements.
    answered = _ANSWERED.all(connection, ids=scan_ids) if scan_ids else ()
    zones = _COUNTERS.all(connection)
    if not zones:
        # Emptied or half restored: no scan is at fault, and none may be thrown away.
        raise StorageUnavailableError("no zones")
    space = _space_row(zones[0][-len(_space.c) :])
    queue = _QUEUE.all(connection) if space.queue_number else ()
    return Loaded(passes, groups, standings, zones, space, answered, queue)


def _lock_holders(
    connection: Connection, pass_ids: Collection[str], group_pass_ids: Collection[str]
) -> tuple[Rows, Rows, Rows]:
    """Return the passes, and, locked, their delegations and standings."""
    passes = _PASSES.all(connection, ids=pass_ids) if pass_ids else ()
    groups = {row.delegation_id or row.member_of for row in passes} - {None}
    holders = {holder_of(row) for row in passes} | {f"d:{id_}" for id_ in groups}
    whole = [row.delegation_id for row in passes if row.id in group_pass_ids and row.delegation_id]
    rows_of_groups = _GROUPS.all(connection, ids=groups) if groups else ()
    standings = _STANDINGS.all(connection, holders=holders, groups=whole) if holders else ()
    if connection.dialect.name == "postgresql" and (missing := holders - {row.holder for row in standings}):
        # Nobody could lock them: another process may be letting the same holder in at this moment.
        _add_standings(connection, missing, passes)
        standings = _STANDINGS.all(connection, holders=holders, groups=whole)
    return passes, rows_of_groups, standings


def _have_moved(passes: Rows, standings: Rows) -> bool:
    member_of = {row.holder: row.delegation_id for row in standings}
    return any(
        row.visitor_id is not None and member_of.get(f"v:{row.visitor_id}", row.member_of) != row.member_of
        for row in passes
    )


def _add_standings(connection: Connection, holders: Collection[str], passes: Rows) -> None:
    member_of = {holder_of(row): row.delegation_id or row.member_of for row in passes}
    empty = {"inside": 0, "places": {}, "members_inside": 0, "reentries": 0}
    rows = [
        {"holder": holder, "delegation_id": int(holder[2:]) if holder[0] == "d" else member_of[holder], **empty}
        for holder in sorted(holders)
    ]
    upsert_rows(connection, _standings, rows, key=("holder",), change=())


def holder_of(row: Any) -> str:
    """Return the holder of a pass: `v:<visitor>`, `d:<delegation>` or `s:<account>`."""
    if row.visitor_id is not None:
        return f"v:{row.visitor_id}"
    return f"s:{row.account_id}" if row.account_id is not None else f"d:{row.delegation_id}"


def save_queue(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write numbers of the queue that are new or changed."""
    upsert_rows(connection, _queue, rows, key=("day", "number"), change=_QUEUE_CHANGES)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch writes, as rows; empty lists cost no statement."""

    movements: list[dict[str, Any]]
    standings: list[dict[str, Any]]
    zones: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    queue: list[dict[str, Any]]
    measured_ends: list[dict[str, Any]]
    space: dict[str, Any]


def save_batch(connection: Connection, changes: Changes) -> None:
    """Write what a batch has decided. At most nine statements."""
    writes = Writes(connection)
    writes.insert(_movements, changes.movements)
    writes.upsert(_standings, changes.standings, key=("holder",), change=_STANDING_CHANGES)
    writes.update(_zones, changes.zones, key=("id",))
    writes.update(_delegations, changes.groups, key=("id",))
    writes.upsert(_visits, changes.visits, key=("holder", "day"), change=("left_at", "is_assumed"))
    writes.insert(_cases, changes.cases)
    writes.upsert(_queue, changes.queue, key=("day", "number"), change=_QUEUE_CHANGES)
    writes.update(_space, [changes.space], key=("id",))
    writes.run()
    if changes.measured_ends:
        connection.execute(_MEASURED_END, changes.measured_ends)
