"""Questions about the database itself, for those who run it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, inspect, select, text

from server.storage.core import table
from server.storage.passes import PASSES
from server.storage.spaces import ZoneRow


def durability(connection: Connection) -> dict[str, str]:
    """Return the settings on which the durability of a commit rests, as the database says them."""
    if connection.dialect.name == "sqlite":
        names = ("journal_mode", "synchronous")
        return {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in names}
    shown = ("fsync", "full_page_writes", "synchronous_commit")
    return {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in shown}


def damage(connection: Connection) -> str | None:
    """Return the first thing that SQLite finds wrong with its file; PostgreSQL looks after its own."""
    if connection.dialect.name != "sqlite":
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    return None if found == "ok" else found


def answers(connection: Connection) -> bool:
    """Return True, if the database answers at all."""
    return connection.execute(text("SELECT 1")).scalar() == 1


def refusal_of_writes(connection: Connection) -> str | None:
    """Return why this database takes no writes; None if it does. To be asked in a transaction that may write."""
    if connection.dialect.name == "sqlite":
        # The transaction has taken the lock of the writer.
        return None
    is_read_only = connection.execute(text("SHOW transaction_read_only")).scalar() == "on"
    return "read_only" if is_read_only else None


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a PostgreSQL server says of itself. `version` is its major number."""

    version: int
    encoding: str
    max_connections: int
    reserved_connections: int
    is_read_only: bool


def server_facts(connection: Connection) -> ServerFacts | None:
    """Return the facts of the database's server; None for SQLite, which has none."""
    if connection.dialect.name == "sqlite":
        return None

    def show(name: str) -> str:
        return str(connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar())

    is_standby = bool(connection.execute(text("SELECT pg_is_in_recovery()")).scalar())
    return ServerFacts(
        version=int(show("server_version_num")) // 10_000,
        encoding=show("server_encoding"),
        max_connections=int(show("max_connections")),
        reserved_connections=int(show("superuser_reserved_connections")),
        is_read_only=show("default_transaction_read_only") == "on" or is_standby,
    )


def has_tables(connection: Connection) -> bool:
    """Tell whether anybody has made a table here."""
    return bool(inspect(connection).get_table_names())


def people_by_zone(connection: Connection) -> list[tuple[str, int]]:
    """Return everybody inside each zone, zones that the space file has no more among them."""
    zones = table(ZoneRow)
    return [(row.id, row.inside) for row in connection.execute(select(zones.c.id, zones.c.inside).order_by(zones.c.id))]


def newest_passes(connection: Connection, now: datetime, most: int = 20) -> list[str]:
    """Return the texts of the passes that were issued last and are good still."""
    is_good = PASSES.c.revoked_at.is_(None) & (PASSES.c.valid_until.is_(None) | (PASSES.c.valid_until > now))
    newest = select(PASSES.c.text).where(is_good).order_by(PASSES.c.issued_at.desc(), PASSES.c.id).limit(most)
    return list(connection.scalars(newest))
