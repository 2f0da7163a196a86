"""Taking an import back: what it made goes, what it changed returns, unless something rests on it since."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from server.services.desk import Desk
from server.services.imports import Watch
from server.storage import delegations, people
from server.storage import import_changes as journal
from server.storage.audit import append_line
from server.storage.import_changes import Change
from server.storage.tables import METADATA

PEOPLE_A_SLICE = 40
DELEGATIONS_A_LOOK = 20
SLICE_SECONDS = 0.006
_LOOKED_FOR = 500
_MOST_PARTS = 6
_REASONS = {
    "pass": "has_pass",
    "movement": "was_here",
    "visit": "was_here",
    "case": "was_here",
    "queue_place": "was_here",
    "visitor": "has_members",
}
_MOST_KEPT = 200


class Undo:
    """One import that is taken back, a delegation at a time."""

    def __init__(self, desk: Desk, job_id: str, watch: Watch, breath_seconds: float) -> None:
        self.desk = desk
        self.job_id = job_id
        self.watch = watch
        self.breath_seconds = breath_seconds
        self.kept: list[dict[str, str]] = []
        self.kept_count = 0
        self.removed = {"delegation": 0, "visitor": 0}
        self.restored = {"delegation": 0, "visitor": 0}

    async def run(self) -> dict[str, Any]:
        """Take it back; return how much was, and what was kept with the reason."""
        database = self.desk.database
        touched = await database.read(journal.touched_delegations, self.job_id)
        for start in range(0, len(touched), DELEGATIONS_A_LOOK):
            if not await self.watch(start):
                break
            await self._take_back(touched[start : start + DELEGATIONS_A_LOOK])
        made = await database.read(journal.made_organisations, self.job_id)
        for start in range(0, len(made), PEOPLE_A_SLICE):
            some = made[start : start + PEOPLE_A_SLICE]
            await database.write(journal.remove_unused_organisations, METADATA, some)
            await asyncio.sleep(self.breath_seconds)
        return {"removed": self.removed, "restored": self.restored, "kept": self.kept, "kept_count": self.kept_count}

    async def _take_back(self, ids: list[int]) -> None:
        """Take back some delegations: what rests on them is looked for beside the writer, for all of them at once."""
        database = self.desk.database
        changes = await database.read(journal.changes_of, self.job_id, ids)
        visitors = [change.subject for some in changes.values() for change in some if change.kind == "visitor"]
        used: dict[str, str] = {}
        for start in range(0, len(visitors), _LOOKED_FOR):
            some = visitors[start : start + _LOOKED_FOR]
            used |= await database.read(journal.uses_of_visitors, METADATA, some)
        used_by = await database.read(journal.uses_of_delegations, METADATA, ids)
        parts = deque(_parts(changes))
        while parts:
            done = await database.write(self._slice, list(islice(parts, _MOST_PARTS)), used, used_by)
            for _ in range(done):
                parts.popleft()
            await asyncio.sleep(self.breath_seconds)

    def _slice(
        self, connection: Connection, parts: list["_Part"], used: dict[str, str], used_by: dict[int, str]
    ) -> int:
        """Take back as many parts as fit into one slice, at least one; return how many."""
        delegations.lock_delegations(connection, sorted({part.delegation_id for part in parts}))
        deadline = time.perf_counter() + SLICE_SECONDS
        for done, part in enumerate(parts):
            if done and time.perf_counter() > deadline:
                return done
            if part.code:
                self._delegation(connection, part, used_by.get(part.delegation_id))
            else:
                self._people(connection, part.delegation_id, part.steps, used)
        return len(parts)

    def _people(
        self, connection: Connection, delegation_id: int, some: dict[str, list[Change]], used: dict[str, str]
    ) -> None:
        there = journal.present_visitors(connection, delegation_id, list(some))
        used = {**used, **journal.uses_of_visitors_now(connection, list(some))}
        gone: list[str] = []
        for id_, steps in some.items():
            visitor = there.get(id_)
            if visitor is None or visitor.is_erased:
                continue
            if visitor.version != steps[-1].version:
                self._keep("visitor", visitor.name or "", "edited")
            elif steps[0].before is not None:
                people.update_visitor(connection, id_, {**_merged(steps), "updated_at": self.desk.at})
                self.restored["visitor"] += 1
            elif id_ in used:
                self._keep("visitor", visitor.name or "", _REASONS.get(used[id_], "used"))
            else:
                gone.append(id_)
        self._remove(connection, delegation_id, gone)
        journal.drop_changes(connection, self.job_id, list(some))
        if gone:
            entry = self.desk.entry("undo_import_people", f"delegation:{delegation_id}", after={"removed": len(gone)})
            append_line(connection, entry)

    def _remove(self, connection: Connection, delegation_id: int, ids: list[str]) -> None:
        try:
            with connection.begin_nested():
                journal.remove_visitors(connection, delegation_id, ids)
        except IntegrityError:
            # A pass was issued just now. Then all of this slice stay: better too many than a torn record.
            self.kept_count += len(ids)
            self.kept.append({"kind": "visitor", "name": str(len(ids)), "reason": "used"})
        else:
            self.removed["visitor"] += len(ids)

    def _delegation(self, connection: Connection, part: "_Part", used_by: str | None) -> None:
        id_, code, steps = part.delegation_id, part.code, part.steps[part.code]
        record = delegations.find_delegation(connection, code)
        if record is None or record.id != id_:
            return
        if journal.has_members(connection, id_):
            used_by = used_by or "visitor"
        is_new = steps[0].before is None
        if record.version != steps[-1].version:
            self._keep("delegation", code, "edited")
        elif is_new and used_by is not None:
            self._keep("delegation", code, _REASONS.get(used_by, "used"))
        elif is_new:
            self._remove_delegation(connection, id_, code)
        else:
            self._restore(connection, id_, code, _merged(steps))
        journal.drop_changes(connection, self.job_id, [code])

    def _remove_delegation(self, connection: Connection, id_: int, code: str) -> None:
        try:
            with connection.begin_nested():
                journal.remove_delegation(connection, id_)
        except IntegrityError:
            self._keep("delegation", code, "used")
        else:
            self.removed["delegation"] += 1
            append_line(connection, self.desk.entry("undo_import_delegation", f"delegation:{code}"))

    def _restore(self, connection: Connection, id_: int, code: str, before: dict[str, Any]) -> None:
        record = delegations.find_delegation(connection, code)
        assert record is not None
        covers = max(int(before.get("planned", record.planned)), record.named)
        if covers < record.count.inside:
            self._keep("delegation", code, "was_here")
            return
        delegations.update_delegation(connection, id_, {**before, "updated_at": self.desk.at})
        self.restored["delegation"] += 1
        told: dict[str, object] = {"fields": sorted(before)}
        append_line(connection, self.desk.entry("undo_import_delegation", f"delegation:{code}", after=told))

    def _keep(self, kind: str, name: str, reason: str) -> None:
        self.kept_count += 1
        if len(self.kept) < _MOST_KEPT:
            self.kept.append({"kind": kind, "name": name, "reason": reason})


@dataclass(frozen=True, slots=True)
class _Part:
    """Some members of a delegation, or (with its code) the delegation itself; what was written, by subject."""

    delegation_id: int
    steps: dict[str, list[Change]]
    code: str = ""


def _parts(changes: Mapping[int, list[Change]]) -> Iterator[_Part]:
    for id_, some in changes.items():
        visitors = _by_subject(change for change in some if change.kind == "visitor")
        subjects = list(visitors)
        for start in range(0, len(subjects), PEOPLE_A_SLICE):
            yield _Part(id_, {subject: visitors[subject] for subject in subjects[start : start + PEOPLE_A_SLICE]})
        for code, steps in _by_subject(change for change in some if change.kind == "delegation").items():
            yield _Part(id_, {code: steps}, code)


def _by_subject(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.subject, []).append(change)
    return found


def _merged(steps: list[Change]) -> dict[str, Any]:
    """Return the columns as they were before the first step that touched each."""
    before: dict[str, Any] = {}
    for step in reversed(steps):
        before |= step.before or {}
    return {name: _typed(name, value) for name, value in before.items()}


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "slot_at":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name == "visit_date" else value
