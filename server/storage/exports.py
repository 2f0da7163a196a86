"""Movements as they leave the house: page by page in the order of their numbers."""

from typing import Any

from sqlalchemy import Connection, RowMapping, select

from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.movements import Movement

_MOVES: Any = table(Movement)
_AS_THEY_ARE = (
    "seq device_id answer code from_zone to_zone people from_holder to_holder at received_at offline conflict assumed"
).split()


def movements_after(connection: Connection, seq: int, limit: int) -> list[RowMapping]:
    """Return up to `limit` movements behind number `seq`, with the code of their delegation."""
    query = (
        select(
            *(_MOVES.c[name] for name in _AS_THEY_ARE),
            _MOVES.c.scan_id,
            _MOVES.c.pass_id,
            DELEGATIONS.c.code.label("delegation"),
        )
        .select_from(_MOVES.outerjoin(DELEGATIONS, DELEGATIONS.c.id == _MOVES.c.delegation_id))
        .where(_MOVES.c.seq > seq)
        .order_by(_MOVES.c.seq)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())
