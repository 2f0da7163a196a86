"""A simulated day from beginning to end: read who comes, pair the kiosks, play, count."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from server.domain.errors import DomainError
from server.simulator.api import Api, live_url, read_state, spans_of
from server.simulator.day import plan_day, scale
from server.simulator.driver import Driver
from server.simulator.link import Link
from server.simulator.pairings import pair_all
from server.simulator.people import Hours, Plan
from server.simulator.posts import lay_out
from server.simulator.routes import Floor
from server.simulator.tally import Tally
from server.simulator.timeline import Timeline
from server.simulator.walkers import invent

_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What `sanh simulate` was asked for.

    Without `day`: the server's. `pairings`: a file to keep them in. `without`: codes of delegations that stay away.
    """

    url: str
    token: str
    zone: tzinfo
    day: date | None = None
    speed: float = 60.0
    visitors: int | None = None
    kiosks: int | None = None
    seed: int = 1
    pairings: Path | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overview:
    """What is about to be played."""

    day: date
    now: datetime
    speed: float
    follows_server: bool
    delegations: int
    people: int
    walk_ins: int
    kiosks: int


@dataclass(frozen=True, slots=True)
class _Stage:
    """A day made ready: `clock` is the server's time, `timeline` the day's; often they are the same."""

    plan: Plan
    floor: Floor
    clock: Timeline
    timeline: Timeline
    inside: int
    is_fresh: bool
    overview: Overview

    @property
    def follows_server(self) -> bool:
        return self.clock is self.timeline


async def simulate(wish: Wish, announce: Callable[[Overview], None], stop: asyncio.Event) -> dict[str, Any]:
    """Play a day until it is over or `stop` is set, and return what came of it.

    Raise `server_unreachable`, `server_refused`, `nobody_comes`, `kiosks_refused`.
    """
    tally = Tally()
    async with Api.open(wish.url, wish.token, wish.zone) as api:
        stage = await _prepare(api, wish)
        announce(stage.overview)
        async with _kiosks(api, wish, stage, tally) as links:
            driver = Driver(stage.plan, links, stage.timeline, tally, capacities=stage.floor.capacities, seed=wish.seed)
            playing = asyncio.create_task(
                driver.play(
                    stage.floor.hours.closes,
                    _clock_reader(api, stage),
                    inside=stage.inside,
                    is_fresh=stage.is_fresh,
                )
            )
            cpu = time.process_time()
            await _until_over(playing, stop, links)
            tally.cpu_seconds = time.process_time() - cpu
            tally.count_links(links.values())
    return {"day": stage.overview.day.isoformat(), "people": stage.overview.people} | tally.summary()


async def _prepare(api: Api, wish: Wish) -> _Stage:
    health = await api.health()
    day = wish.day or health.at.date()
    follows_server = health.at.date() == day
    parties = tuple(party for party in await api.parties(day) if party.code not in wish.without)
    places, inside = await api.places()
    arrivals = await read_state(live_url(wish.url), "arrivals") if follows_server else {}
    spans = spans_of(arrivals)
    booked = sum(len(party.guests) for party in parties)
    parties, missing = scale(parties, booked if wish.visitors is None else wish.visitors, wish.seed)
    walkers = await api.walkers(invent(day, missing, wish.seed), day)
    if not spans or (not parties and not walkers):
        raise DomainError("nobody_comes", day=day.isoformat())
    hours = Hours(day, wish.zone, spans)
    floor = Floor(hours, places, lay_out(places, wish.kiosks))
    clock = Timeline(health.at, health.speed)
    timeline = clock if follows_server else Timeline(hours.opens - timedelta(minutes=1), wish.speed)
    overview = Overview(
        day=day,
        now=timeline.now(),
        speed=timeline.speed,
        follows_server=follows_server,
        delegations=len(parties),
        people=sum(len(party.guests) for party in parties) + len(walkers),
        walk_ins=len(walkers),
        kiosks=len(floor.posts),
    )
    is_fresh = follows_server and not inside and not arrivals.get("admissions")
    return _Stage(plan_day(floor, parties, walkers, wish.seed), floor, clock, timeline, inside, is_fresh, overview)


@asynccontextmanager
async def _kiosks(api: Api, wish: Wish, stage: _Stage, tally: Tally) -> AsyncIterator[dict[str, Link]]:
    """Pair the kiosks and keep them connected; unpair them at the end unless their pairings are kept."""
    pairings = await pair_all(api, stage.floor.posts, stage.floor.places, wish.pairings)
    links = {
        post.key: Link(post, live_url(wish.url), pairings[post.key].token, stage.clock.now, tally.note)
        for post in stage.floor.posts
    }
    tasks = [asyncio.create_task(link.run()) for link in links.values()]
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                await asyncio.gather(*(link.online.wait() for link in links.values()))
        yield links
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if wish.pairings is None:
            with contextlib.suppress(DomainError):
                for pairing in pairings.values():
                    await api.unpair(pairing.device)


async def _until_over(playing: asyncio.Task[None], stop: asyncio.Event, links: dict[str, Link]) -> None:
    """Wait for the end of the day, a wish to stop, or the refusal of every kiosk."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while not playing.done() and not stopping.done():
            await asyncio.wait((playing, stopping), timeout=1, return_when=asyncio.FIRST_COMPLETED)
            if all(link.is_refused for link in links.values()):
                raise DomainError("kiosks_refused", kiosks=len(links))
    finally:
        stopping.cancel()
        playing.cancel()
        await asyncio.gather(stopping, playing, return_exceptions=True)
    if not playing.cancelled():
        playing.result()


def _clock_reader(api: Api, stage: _Stage) -> Callable[[], Any]:
    async def read() -> datetime | None:
        if not stage.follows_server:
            return None
        try:
            return (await api.health()).at
        except DomainError:
            return None  # a server that restarts is asked again

    return read
