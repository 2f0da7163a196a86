"""The cast of every test: Lan visits, Minh guides, Hoa organises; D017 is their delegation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from server.domain.space import Space, default_space
from server.storage.database import Database, open_database
from server.storage.delegations import Delegation
from server.storage.ids import new_id
from server.storage.migrate import upgrade
from server.storage.people import Visitor
from server.storage.spaces import sync_space
from server.storage.standings import add_standing

DAY = date(2020, 10, 12)
MORNING = datetime(2020, 10, 12, 1, 0, tzinfo=UTC)  # 08:00 on the space's clock

_DELEGATIONS: Any = Delegation.__table__  # type: ignore[attr-defined]
_VISITORS: Any = Visitor.__table__  # type: ignore[attr-defined]


@asynccontextmanager
async def fresh_database(url: str, space: Space | None = None) -> AsyncIterator[Database]:
    """Open a database of the test's own, with its schema and the zones of a space."""
    database = open_database(url)
    try:
        await database.write(upgrade)
        await database.write(sync_space, space or default_space())
        yield database
    finally:
        await database.close()


def add_delegation(connection: Connection, /, code: str = "D017", **values: Any) -> int:
    """Store a delegation, outside, and return its id."""
    row = {
        "code": code,
        "name": "Trường THPT Bến Nghé",
        "search_key": "truong thpt ben nghe",
        "kind": "school",
        "planned": 3,
        "visit_date": DAY,
        "created_at": MORNING,
        "updated_at": MORNING,
    }
    delegation = Delegation.model_validate(row | values)
    columns = delegation.model_dump(exclude={"id"})
    id_: int = connection.execute(insert(_DELEGATIONS).values(columns).returning(_DELEGATIONS.c.id)).scalar_one()
    add_standing(connection, f"d:{id_}", id_)
    return id_


def add_visitor(connection: Connection, /, name: str = "Nguyễn Thị Lan", **values: Any) -> str:
    """Store a visitor, outside, and return the id. A walk-in unless `delegation_id` is given."""
    row = {"id": new_id(), "name": name, "created_at": MORNING, "updated_at": MORNING} | values
    visitor = Visitor.model_validate(row)
    connection.execute(insert(_VISITORS).values(visitor.model_dump()))
    add_standing(connection, f"v:{visitor.id}", visitor.delegation_id)
    return visitor.id
