"""Questions about the database itself, for those who run it."""

from sqlalchemy import Connection, text


def durability(connection: Connection) -> dict[str, str]:
    """Return the settings on which the durability of a commit rests, as the database says them."""
    if connection.dialect.name == "sqlite":
        names = ("journal_mode", "synchronous")
        return {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in names}
    names = ("fsync", "synchronous_commit")
    return {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in names}


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
