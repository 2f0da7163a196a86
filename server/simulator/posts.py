"""Where the simulated kiosks stand."""

from collections.abc import Sequence

from server.simulator.people import Direction, Place, Post

MOST_KIOSKS = 256
_OUTER: tuple[tuple[str, Direction], ...] = (("gate-auto", "auto"), ("gate-in", "in"), ("gate-out", "out"))


def lay_out(places: Sequence[Place], count: int | None = None) -> tuple[Post, ...]:
    """Return the kiosks of a day: outer gates at the lobby and an inner one in each zone.

    Without `count`: three outer gates and one kiosk per zone. With fewer, the outer gate on `auto` comes
    first, then the zones in their order, then the other gates; with more, further gates and exhibits in turn.
    """
    lobby, *zones = places
    gates = [Post(key, lobby.id, "gate", direction, inner=False) for key, direction in _OUTER]
    inner = [Post(f"exhibit-{place.id}", place.id, "exhibit", "auto", inner=True) for place in zones]
    posts = [gates[0], *inner, *gates[1:]]
    if count is None:
        return tuple(posts)
    round_ = 2
    while len(posts) < count:
        posts += [Post(f"{post.key}-{round_}", post.zone, post.role, post.direction, post.inner)
                  for post in (*gates, *inner)]  # fmt: skip
        round_ += 1
    return tuple(posts[: max(1, count)])
