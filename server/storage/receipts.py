"""What somebody at the desk has checked in by hand, latest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, literal, select

from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.movements import Movement
from server.storage.people import VISITORS

_MOVEMENTS = table(Movement)


def list_receipts(connection: Connection, account: str, since: datetime, limit: int) -> Sequence[Any]:
    """Return the latest scans that an account made for others since a moment, each with whose it was."""
    query = (
        select(
            _MOVEMENTS.c.at,
            _MOVEMENTS.c.answer,
            _MOVEMENTS.c.code,
            _MOVEMENTS.c.counted,
            _MOVEMENTS.c.reason,
            _MOVEMENTS.c.to_zone,
            VISITORS.c.id.label("visitor"),
            VISITORS.c.name,
            DELEGATIONS.c.code.label("delegation"),
            DELEGATIONS.c.name.label("delegation_name"),
        )
        .select_from(
            _MOVEMENTS.outerjoin(VISITORS, literal("v:") + VISITORS.c.id == _MOVEMENTS.c.holder).outerjoin(
                DELEGATIONS, literal("d:") + cast(DELEGATIONS.c.id, String) == _MOVEMENTS.c.holder
            )
        )
        .where(_MOVEMENTS.c.at >= since, _MOVEMENTS.c.account_id == account, _MOVEMENTS.c.part == 0)
        .order_by(_MOVEMENTS.c.seq.desc())
        .limit(limit)
    )
    return connection.execute(query).all()
