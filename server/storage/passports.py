"""What the page behind a pass reads: the state of the visit, and nothing of the person."""

from typing import Any

from sqlalchemy import Connection, String, case, cast, literal, select

from server.storage.core import table
from server.storage.passes import Pass
from server.storage.standings import Standing

_passes, _standings = table(Pass), table(Standing)
_HOLDER = case(
    (_passes.c.visitor_id.is_not(None), literal("v:") + _passes.c.visitor_id),
    (_passes.c.account_id.is_not(None), literal("s:") + _passes.c.account_id),
    else_=literal("d:") + cast(_passes.c.delegation_id, String),
)


def read_passport(connection: Connection, pass_id: str) -> Any:
    """Return a pass's text, when it was revoked and ends, and its holder's places; None for one not issued here."""
    return connection.execute(
        select(
            _passes.c.text,
            _passes.c.revoked_at,
            _passes.c.valid_until,
            _standings.c.places,
            _standings.c.since,
        )
        .select_from(_passes.outerjoin(_standings, _standings.c.holder == _HOLDER))
        .where(_passes.c.id == pass_id)
    ).one_or_none()
