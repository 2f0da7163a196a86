"""Plays a planned day over real sockets: everybody does what they mean to, and lives with the answers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from server.simulator import habits
from server.simulator.day import history, remaining, standing_at
from server.simulator.link import Answer, Link
from server.simulator.people import Direction, Intention, Outage, Plan, Step
from server.simulator.tally import Tally
from server.simulator.timeline import Timeline

# What can be waited out; after so many tries people give up.
_WAITABLE = {"zone_full": 4, "space_full": 10, "space_closed": 4}
_MOST_TRIES = 14
_AFTER_CLOSING = timedelta(minutes=1)
_FLUSH_SECONDS = 8.0
_MOSTLY_INSIDE = 0.7
_CLOCK_SECONDS = 5.0

ReadClock = Callable[[], Awaitable[datetime | None]]


class Driver:
    """One day being played. `links` holds a running kiosk for every post of the plan."""

    def __init__(
        self,
        plan: Plan,
        links: dict[str, Link],
        timeline: Timeline,
        tally: Tally,
        *,
        capacities: Mapping[str, int],
        seed: int,
    ) -> None:
        self._plan = plan
        self._capacities = capacities
        self._links = links
        self._timeline = timeline
        self._tally = tally
        self._seed = seed

    async def play(self, closes: datetime, read_clock: ReadClock, *, inside: int, is_fresh: bool) -> None:
        """Play from now on until the day is over.

        On a day that has begun, those who should be inside are brought in first. `is_fresh` says that nobody
        has been counted yet: then what the plan has before now is flushed, as by kiosks that were offline.
        """
        now = self._timeline.now()
        if is_fresh:
            await self._flush_history(history(self._plan, now, self._capacities))
        else:
            opening = standing_at(self._plan, now)
            expected = sum(step.people or 1 for step in opening if step.step == Step.ENTER)
            # Most are inside already when a simulation is taken up again: they need no second greeting.
            if inside < _MOSTLY_INSIDE * expected:
                await self._bring_in(opening)
        background = [asyncio.create_task(self._follow_clock(read_clock))]
        background += [asyncio.create_task(self._suffer(outage)) for outage in self._plan.outages]
        actors = [asyncio.create_task(self._live(steps)) for steps in remaining(self._plan, now).values()]
        try:
            await self._timeline.until(closes + _AFTER_CLOSING)
            await self._flush()
        finally:
            await _stop((*background, *actors))

    async def _live(self, steps: Sequence[Intention]) -> None:
        """Do one actor's steps; whoever was kept waiting does everything later by so much."""
        rng = Random(f"{self._seed}/{steps[0].actor}")
        delay = timedelta()
        for step in steps:
            await self._timeline.until(step.at + delay)
            if not step.is_scanned:
                self._tally.forgotten_exits += step.step == Step.FORGET
                continue
            began = self._timeline.now()
            comes_in = await self._do(step, rng)
            if step.step == Step.ENTER and not comes_in:
                self._tally.gave_up += 1
                return
            waited = self._timeline.now() - began
            # A second or two at the kiosk is part of the plan; only a real wait moves the rest of the visit.
            delay += waited if waited > timedelta(minutes=1) else timedelta()

    async def _do(self, step: Intention, rng: Random) -> bool:
        """Scan, and go on as the answers say; tell whether the step came about."""
        direction: Direction = "auto"
        people = step.people
        more: dict[str, Any] = {}
        waits = 0
        for attempt in range(_MOST_TRIES):
            answer = await self._scan(step, direction, people, twice=step.twice and not attempt, **more)
            if answer.answer != "refused" or step.step == Step.MISTAKE:
                return True
            if answer.code == "direction_needed":
                direction = _meant(step)
            elif answer.code == "too_many_people" and answer.most_people and people != answer.most_people:
                people = answer.most_people
            elif answer.code == "already_inside" and not more:
                if people is not None or rng.random() >= habits.COMES_BACK_IN:
                    return True
                more = {"reentry": True}
            elif waits < _WAITABLE.get(answer.code or "", 0):
                waits += 1
                await self._timeline.until(self._timeline.now() + habits.patience(rng))
            else:
                return answer.code == "already_inside"
        return False

    async def _scan(
        self, step: Intention, direction: Direction, people: int | None, *, twice: bool = False, **more: Any
    ) -> Answer:
        if people is not None:
            more["people"] = people
        link = self._links[step.post]
        entry = link.scan(step.pass_text, direction, _meant(step), **more)
        self._tally.sent += 1
        if twice:
            link.scan(step.pass_text, direction, _meant(step), **more)
            self._tally.sent += 1
        answer = await entry.waiting
        self._tally.offline += answer.local
        return answer

    async def _flush_history(self, steps: Iterable[Intention]) -> None:
        """Send a morning that has passed: what the kiosks would have stored, in its order."""
        waiting: list[asyncio.Future[Answer]] = []
        last = ""
        for step in steps:
            if step.post != last and waiting:
                await asyncio.gather(*waiting)
                waiting.clear()
            last = step.post
            link = self._links[step.post]
            direction: Direction = "auto" if step.step == Step.GO else _meant(step)
            people = {} if step.people is None else {"people": step.people}
            entry = link.scan(step.pass_text, direction, direction, at=step.at.isoformat(), offline=True, **people)
            waiting.append(entry.waiting)
            self._tally.caught_up += 1
        await asyncio.gather(*waiting)

    async def _bring_in(self, steps: Iterable[Intention]) -> None:
        """Bring in those who should be inside; who already is gets a refusal, which is as good."""
        for step in steps:
            direction: Direction = "in" if step.step == Step.ENTER else "auto"
            await self._scan(step, direction, step.people)
            self._tally.caught_up += 1

    async def _suffer(self, outage: Outage) -> None:
        """Take a kiosk off the network for a while; its scans wait in the outbox."""
        if outage.start + outage.length < self._timeline.now():
            return
        await self._timeline.until(outage.start)
        link = self._links[outage.post]
        await link.lose_network()
        try:
            await self._timeline.until(outage.start + outage.length)
        finally:
            link.regain_network()

    async def _follow_clock(self, read_clock: ReadClock) -> None:
        """Stay with the server's clock, which may go on from another moment after a restart."""
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            now = await read_clock()
            if now is not None:
                self._timeline.set(now)

    async def _flush(self) -> None:
        """Give the kiosks a few seconds to send what is left in their outboxes."""
        deadline = asyncio.get_running_loop().time() + _FLUSH_SECONDS
        while any(link.pending for link in self._links.values()):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.05)


def _meant(step: Intention) -> Direction:
    return "out" if step.step == Step.LEAVE else "in"


async def _stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    running = list(tasks)
    for task in running:
        task.cancel()
    outcomes = await asyncio.gather(*running, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
