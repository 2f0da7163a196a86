"""Locks for what must happen one at a time although no row stands for it."""

import zlib

from sqlalchemy import Connection, text


def lock_word(connection: Connection, word: str) -> None:
    """Wait until no other transaction holds this word; let go at its end. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(word.encode())})
