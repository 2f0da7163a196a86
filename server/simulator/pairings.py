"""The simulated kiosks' pairings, kept in a file so that a second run does not pair a second set."""

from pathlib import Path

import orjson

from server.simulator.api import Api, Paired
from server.simulator.people import Place, Post


async def pair_all(
    api: Api, posts: tuple[Post, ...], places: tuple[Place, ...], kept: Path | None
) -> dict[str, Paired]:
    """Return a pairing for every post: a kept one that the server still knows, else a new one."""
    good = await api.known_devices() if kept else frozenset()
    pairings = {key: pairing for key, pairing in _read(kept).items() if pairing.device in good}
    numbers = dict.fromkeys((place.id for place in places), 0)
    names = {place.id: place.name for place in places}
    for post in posts:
        numbers[post.zone] += 1
        if post.key not in pairings:
            pairings[post.key] = await api.pair(post, f"{names[post.zone]} {numbers[post.zone]}")
    if kept:
        _write(kept, pairings)
    return {post.key: pairings[post.key] for post in posts}


def _read(kept: Path | None) -> dict[str, Paired]:
    if kept is None or not kept.is_file():
        return {}
    try:
        rows = orjson.loads(kept.read_bytes())
        return {key: Paired(row["device"], row["token"]) for key, row in rows.items()}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return {}


def _write(kept: Path, pairings: dict[str, Paired]) -> None:
    rows = {key: {"device": pairing.device, "token": pairing.token} for key, pairing in pairings.items()}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch(mode=0o600)  # tokens: for their owner only, from the first byte
    kept.chmod(0o600)
    kept.write_bytes(orjson.dumps(rows))
