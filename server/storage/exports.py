"""Lists as they leave the house: page by page in the order of their keys, and never a secret among their columns."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, tuple_

from server.storage.accounts import Account
from server.storage.audit import AuditLine
from server.storage.cases import Case
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.devices import Device
from server.storage.movements import Movement
from server.storage.organisations import Organisation
from server.storage.passes import Pass
from server.storage.prints import Print
from server.storage.visits import Visit

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


# By the name of the list: its table, the key that orders it, and the columns that leave.
_LISTS: dict[str, tuple[Any, str, str]] = {
    "visits": (table(Visit), "day holder", "holder day delegation_id pass_id people entered_at left_at is_assumed"),
    "passes": (
        table(Pass), "id",
        "id kind visitor_id delegation_id account_id short day issued_at valid_until revoked_at replaced_by",
    ),
    "prints": (table(Print), "id", "id at actor layout count"),
    "devices": (table(Device), "id", "id name role zone_id inner direction language paired_at paired_by revoked_at"),
    "organisations": (table(Organisation), "id", "id name kind tax_code valid_from valid_to successor_id"),
    "accounts": (table(Account), "id", "id login name role language created_at disabled_at"),
    "cases": (table(Case), "id", "id kind scan_id holder device_id opened_at closed_at closed_by reason"),
    "audit": (table(AuditLine), "seq", "seq at actor action subject before after hash"),
}  # fmt: skip


def columns_of(name: str) -> list[str]:
    """Return the columns that leave with a list."""
    return _LISTS[name][2].split()


def rows_after(connection: Connection, name: str, after: Sequence[Any] | None, limit: int) -> list[RowMapping]:
    """Return up to `limit` rows of a list behind the key `after`, in the order of the key."""
    source, key_names, names = _LISTS[name]
    key = [source.c[one] for one in key_names.split()]
    query = select(*(source.c[one] for one in names.split())).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after) if len(key) > 1 else key[0] > after[0])
    return list(connection.execute(query).mappings())


def key_of(name: str, row: RowMapping) -> list[Any]:
    """Return a row's key, behind which the next page begins."""
    return [row[one] for one in _LISTS[name][1].split()]
