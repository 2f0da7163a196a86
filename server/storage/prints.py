"""Prints: which badges came out of the house, when, how laid out, and who asked for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, insert, select
from sqlmodel import Field, SQLModel

from server.storage.accounts import Account, ApiToken
from server.storage.core import table

_CHUNK = 500


class Print(SQLModel, table=True):
    """One file of badges. `actor` is who asked, as in the audit log."""

    __tablename__ = "print"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor: str = Field(max_length=100)
    layout: str = Field(max_length=10)
    count: int


class PrintedPass(SQLModel, table=True):
    """A pass whose badge is in a print."""

    __tablename__ = "printed_pass"
    pass_id: str = Field(primary_key=True, foreign_key="pass.id", max_length=16)
    print_id: int = Field(primary_key=True, foreign_key="print.id", index=True)


PRINTS: Any = table(Print)
PRINTED: Any = table(PrintedPass)
_ACCOUNTS: Any = table(Account)
_TOKENS: Any = table(ApiToken)


class PrintRow(NamedTuple):
    """A print with the name of who asked for it, None where that is no account nor program of the house."""

    id: int
    at: datetime
    actor: str
    by: str | None
    layout: str
    badges: int


def add_print(connection: Connection, values: dict[str, Any]) -> int:
    """Store a print, with none of its passes yet; return its number."""
    added: int = connection.execute(insert(PRINTS).values(**values).returning(PRINTS.c.id)).scalar_one()
    return added


def add_printed_passes(connection: Connection, print_id: int, pass_ids: Iterable[str]) -> None:
    rows = [{"print_id": print_id, "pass_id": pass_id} for pass_id in pass_ids]
    if rows:
        connection.execute(insert(PRINTED), rows)


def latest_prints(connection: Connection, pass_ids: Sequence[str]) -> dict[str, PrintRow]:
    """Return the latest print of each of these passes that was ever printed."""
    found: dict[str, PrintRow] = {}
    for start in range(0, len(pass_ids), _CHUNK):
        part = pass_ids[start : start + _CHUNK]
        newest = (
            select(PRINTED.c.pass_id, func.max(PRINTED.c.print_id).label("newest"))
            .where(PRINTED.c.pass_id.in_(part))
            .group_by(PRINTED.c.pass_id)
            .subquery()
        )
        query = _rows(newest.c.pass_id).join(newest, newest.c.newest == PRINTS.c.id)
        for pass_id, *row in connection.execute(query):
            found[pass_id] = PrintRow(*row)
    return found


def prints_of_passes(connection: Connection, pass_ids: Sequence[str]) -> list[tuple[str, PrintRow]]:
    """Return every print of these few passes with the pass it bears, newest first."""
    query = _rows(PRINTED.c.pass_id).join(PRINTED, PRINTED.c.print_id == PRINTS.c.id)
    query = query.where(PRINTED.c.pass_id.in_(pass_ids)).order_by(PRINTS.c.id.desc())
    return [(pass_id, PrintRow(*row)) for pass_id, *row in connection.execute(query)]


def list_prints(connection: Connection, before: int | None, limit: int) -> list[PrintRow]:
    """Return up to `limit` prints with numbers below `before`, newest first."""
    query = _rows().order_by(PRINTS.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(PRINTS.c.id < before)
    return [PrintRow(*row) for row in connection.execute(query)]


def _rows(*columns: Any) -> Select[Any]:
    return select(
        *columns,
        PRINTS.c.id,
        PRINTS.c.at,
        PRINTS.c.actor,
        func.coalesce(_ACCOUNTS.c.name, _TOKENS.c.name),
        PRINTS.c.layout,
        PRINTS.c.count,
    ).select_from(
        PRINTS.outerjoin(_ACCOUNTS, "account:" + _ACCOUNTS.c.id == PRINTS.c.actor).outerjoin(
            _TOKENS, "token:" + _TOKENS.c.id == PRINTS.c.actor
        )
    )
