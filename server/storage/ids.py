"""Time-ordered ids, so that new rows land at the end of their index."""

import uuid_utils


def new_id() -> str:
    """Return a new UUIDv7 as 32 hex characters."""
    return uuid_utils.uuid7().hex
