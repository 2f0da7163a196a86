"""Bring a database to the newest schema, with alembic; and tell whether it is there already."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0011"
"""The newest revision, kept here so that a server's start need not load alembic; a test compares."""


def current_revision(connection: Connection) -> str | None:
    """Return the revision of this database; None when it has none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection) -> bool:
    """Bring the database to `HEAD`; tell whether anything had to be done."""
    if current_revision(connection) == HEAD:
        return False
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return True
