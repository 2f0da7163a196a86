"""Bearer secrets: made at random, kept as SHA-256 hashes only."""

import hashlib
import secrets


def new_secret(prefix: str) -> str:
    """Return 32 random bytes as text; the prefix tells people and secret scanners what they found."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_secret(secret: str) -> str:
    # A secret of 256 random bits needs no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
