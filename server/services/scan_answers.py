"""What a kiosk is told of a scan, first and on every repeat."""

from datetime import datetime
from typing import Any

from server.domain.admission import Decision, World
from server.domain.space import Space


class Answers:
    """Words a batch's answers from its decisions and rows; `groups` are the delegations' rows by id."""

    def __init__(self, space: Space, world: World, groups: dict[int, Any]) -> None:
        self._space = space
        self._world = world
        self._groups = groups

    def first(self, scan_id: str, at: datetime, decision: Decision, reply: dict[str, Any], row: Any) -> dict[str, Any]:
        """Return the first answer to a scan; `row` is its pass, None where nobody may be named."""
        answer = _blank(scan_id)
        answer["answer"] = decision.answer.value
        answer["code"] = decision.code and decision.code.value
        answer["people"] = decision.people
        answer["repeat"] = decision.is_echo
        answer["conflict"] = decision.conflict and decision.conflict.value
        answer["at"] = self._space.local(at)
        answer |= reply
        if row is not None:
            self._name(answer, row)
        return answer

    def repeat(self, scan_id: str, stored: Any, conflict: str | None, row: Any) -> dict[str, Any]:
        """Return the answer of a stored movement again; `row` is None for another device than the first."""
        answer = _blank(scan_id)
        answer["answer"] = stored.answer
        answer["code"] = stored.code
        answer["people"] = stored.counted
        answer["repeat"] = True
        answer["conflict"] = conflict
        answer["at"] = self._space.local(stored.at)
        answer |= stored.reply or {}
        if row is not None:
            self._name(answer, row)
        return answer

    def kept(self, decision: Decision) -> dict[str, Any]:
        """Return what of an answer is stored for its repeats, no person's name among it."""
        reply: dict[str, Any] = {"zone": decision.zone}
        if decision.since is not None:
            reply["since"] = self._space.local(decision.since).isoformat()
        if decision.free is not None:
            reply["free"] = decision.free
        if decision.most is not None:
            reply["max_people"] = decision.most
        if decision.queue is not None:
            queue = decision.queue
            reply["queue"] = {"number": queue.number, "ahead": queue.ahead, "wait_minutes": queue.wait_minutes}
        return reply

    def _name(self, answer: dict[str, Any], row: Any) -> None:
        group = self._groups.get(row.delegation_id or row.member_of)
        display = row.name if row.visitor_id else (group.name if group else None)
        if row.revoked_at is not None:
            answer["revoked_at"] = self._space.local(row.revoked_at)
        answer["visitor"] = {"display": display, "delegation": group.code if group else None}
        if group is None:
            return
        answer["guide"] = group.guide or None
        now = self._world.groups[group.id]
        answer["delegation"] = {
            "code": group.code,
            "name": group.name,
            "covers": now.covers,
            "inside": self._world.group_inside(group.id),
            "arrived": now.arrived,
            "cancelled_at": group.cancelled_at and self._space.local(group.cancelled_at),
            "slot_at": group.slot_at and self._space.local(group.slot_at),
        }


def _blank(scan_id: str) -> dict[str, Any]:
    return {
        "id": scan_id,
        "zone": None,
        "visitor": None,
        "guide": None,
        "since": None,
        "free": None,
        "queue": None,
        "delegation": None,
        "max_people": None,
    }
