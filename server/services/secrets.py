"""Bearer secrets: made at random, kept as SHA-256 hashes only."""

import hashlib
import secrets

PAIRING, DEVICE, PROGRAM, SESSION, STEP = "sanh_p_", "sanh_d_", "sanh_t_", "sanh_s_", "sanh_c_"
"""What secrets begin with: people, secret scanners and the sign-in tell by it what they have before them."""


def new_secret(prefix: str) -> str:
    """Return 32 random bytes as text behind one of the prefixes."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    # A secret of 256 random bits needs no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
