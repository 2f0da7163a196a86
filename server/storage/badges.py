"""What is printed on the badges of passes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from server.storage.accounts import Account
from server.storage.core import table
from server.storage.delegations import Delegation
from server.storage.passes import Pass
from server.storage.people import Visitor

_PASSES: Any = table(Pass)
_VISITORS: Any = table(Visitor)
_DELEGATIONS: Any = table(Delegation)
_ACCOUNTS: Any = table(Account)
_CHUNK = 1_000


class Badge(NamedTuple):
    """The facts on one badge. `name` is the visitor's or the member of staff's; a delegation's pass has none."""

    pass_id: str
    pass_kind: str
    text: str
    short: str
    name: str | None
    title: str
    organisation: str
    delegation: str | None
    delegation_name: str | None
    delegation_kind: str | None
    covers: int | None
    day: date | None
    slot_at: datetime | None
    minutes: int
    role: str | None


def read_badges(connection: Connection, pass_ids: Sequence[str]) -> list[Badge]:
    """Return the badges of passes, in the order of the ids."""
    found: dict[str, Badge] = {}
    for start in range(0, len(pass_ids), _CHUNK):
        for row in connection.execute(_query(pass_ids[start : start + _CHUNK])):
            badge = Badge._make(row)
            found[badge.pass_id] = badge
    return [found[pass_id] for pass_id in pass_ids if pass_id in found]


def _query(pass_ids: Sequence[str]) -> Any:
    delegation_id = func.coalesce(_PASSES.c.delegation_id, _VISITORS.c.delegation_id)
    day = func.coalesce(_VISITORS.c.visit_date, _DELEGATIONS.c.visit_date, type_=_VISITORS.c.visit_date.type)
    return (
        select(
            _PASSES.c.id,
            _PASSES.c.kind,
            _PASSES.c.text,
            _PASSES.c.short,
            func.coalesce(_VISITORS.c.name, _ACCOUNTS.c.name),
            func.coalesce(_VISITORS.c.title, ""),
            func.coalesce(_VISITORS.c.organisation, ""),
            _DELEGATIONS.c.code,
            _DELEGATIONS.c.name,
            _DELEGATIONS.c.kind,
            case((_DELEGATIONS.c.planned > _DELEGATIONS.c.named, _DELEGATIONS.c.planned), else_=_DELEGATIONS.c.named),
            day,
            _DELEGATIONS.c.slot_at,
            func.coalesce(_DELEGATIONS.c.minutes, 0),
            _ACCOUNTS.c.role,
        )
        .select_from(
            _PASSES.outerjoin(_VISITORS, _PASSES.c.visitor_id == _VISITORS.c.id)
            .outerjoin(_DELEGATIONS, _DELEGATIONS.c.id == delegation_id)
            .outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _PASSES.c.account_id)
        )
        .where(_PASSES.c.id.in_(pass_ids))
    )
