"""Invented people who come without an appointment."""

import tomllib
from datetime import date
from pathlib import Path
from random import Random

_NAMES = Path(__file__).with_name("names.toml")
MARK = "walk-in.example"
"""The domain of the walk-ins' addresses (RFC 2606: nobody's), by which a second run finds them again."""


def invent(day: date, count: int, seed: int) -> tuple[tuple[str, str], ...]:
    """Return a name and an e-mail address for each; equal arguments give equal people."""
    parts = tomllib.loads(_NAMES.read_text(encoding="utf-8"))
    rng = Random(f"{seed}/{day}/names")
    names = [" ".join(rng.choice(parts[part]) for part in ("family", "middle", "given")) for _ in range(count)]
    return tuple((name, f"{day:%m%d}-{seed}-{number}@{MARK}") for number, name in enumerate(names, 1))
