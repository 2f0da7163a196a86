"""What happens at the kiosks: scans of every kind, chosen by chance from a seed."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.crash.kiosk import Kiosk, Scan, now
from tests.crash.ledger import Ledger
from tests.crash.stage import Cast, Pass

LOBBY = "lobby"
_TICK = 0.004
_MOST_WAITING = 40
_GARBAGE = ("XYZ", "https://example.org/p/NOT-A-PASS")


class Crowd:
    """Sends scans by the kiosks. `is_online` leaves out every offline scan and every override."""

    def __init__(self, cast: Cast, kiosks: list[Kiosk], ledger: Ledger, rng: Random, *, is_online: bool) -> None:
        self._cast = cast
        self._alone = frozenset(cast.only_offline)
        self._kiosks = kiosks
        self._gates = [kiosk for kiosk in kiosks if kiosk.post.role == "gate"]
        self._desks = [kiosk for kiosk in kiosks if kiosk.post.role == "desk"]
        self._ledger = ledger
        self._rng = rng
        self._is_online = is_online
        self._before: list[tuple[Kiosk, Scan]] = []
        self._clock = 0

    async def scan(self, rate: float, until: asyncio.Event) -> None:
        """Scan `rate` times a second until told to stop; slower where the kiosks' outboxes fill up."""
        due, then = 0.0, time.monotonic()
        while not until.is_set():
            await asyncio.sleep(_TICK)
            moment = time.monotonic()
            # What a stalled loop has missed is not made up for: people do not come faster after a pause.
            due, then = due + min(moment - then, 0.1) * rate, moment
            while due >= 1:
                due -= 1
                self._one()

    def _one(self) -> None:
        """One thing that happens: mostly a scan, now and then something odd."""
        rng, chance = self._rng, self._rng.random()
        kiosk = rng.choice(self._kiosks)
        if len(kiosk.outbox) > _MOST_WAITING:
            return
        if chance < 0.02 and self._before:
            self._once_more()
        elif chance < 0.03:
            self._put(kiosk, Pass("", rng.choice(_GARBAGE)))
        elif chance < 0.04:
            pass_ = rng.choice(self._cast.persons)
            for gate in rng.sample(self._gates, 2):
                self._put(gate, pass_)
        elif chance < 0.07 and not self._is_online:
            self._offline_only()
        elif chance < 0.10 and not self._is_online:
            # A flush: a scan of some seconds ago that was made while the network was away.
            self._put(kiosk, self._any(), at=self._earlier(rng.uniform(0, 20)), offline=True, direction=self._way())
        elif chance < 0.12 and not self._is_online:
            self._put(rng.choice(self._desks), self._any(), force={"reason": "diễn tập"}, direction=self._way())
        elif chance < 0.14 and not self._is_online:
            self._put(rng.choice(self._gates), rng.choice(self._cast.persons), reentry=True)
        elif chance < 0.30:
            group = rng.choice(self._cast.groups)
            people = rng.choice((None, 1, 2, 3, group.covers, group.covers + 3))
            self._put(kiosk, group, direction=self._way("auto"), people=people)
        else:
            self._put(kiosk, rng.choice(self._cast.persons), direction=self._way("auto", "auto"))

    def _any(self) -> Pass:
        return self._rng.choice(self._cast.persons if self._rng.random() < 0.7 else self._cast.groups)

    def _way(self, *more: str) -> str:
        return self._rng.choice(("in", "in", "out", *more))

    def _offline_only(self) -> None:
        """A visitor whose scans are all facts, told by kiosks in whatever order: each at a moment of its own."""
        self._clock += 1
        kiosk, way = self._rng.choice(self._gates), self._rng.choice(("in", "out"))
        way = kiosk.post.direction if kiosk.post.direction != "auto" else way
        target = kiosk.post.zone if way == "in" else LOBBY if kiosk.post.inner else ""
        moment = self._earlier(self._rng.uniform(0, 5), micros=self._clock % 1000)
        self._put(kiosk, self._rng.choice(self._cast.only_offline), target, at=moment, offline=True, direction=way)

    def _earlier(self, seconds: float, micros: int = 0) -> str:
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000 + micros).isoformat(timespec="microseconds")

    def _put(self, kiosk: Kiosk, pass_: Pass, target: str = "", **more: Any) -> None:
        h = f"{self._rng.getrandbits(128):032x}"
        scan: Scan = {
            "id": f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}", "pass": pass_.text, "at": now(), **more
        }  # fmt: skip
        kiosk.scan(scan, target, pass_.id)
        if pass_ in self._alone:
            # Sent by another kiosk too, it would say something else about where they went.
            return
        if len(self._before) < 500:
            self._before.append((kiosk, scan))
        else:
            self._before[self._rng.randrange(500)] = (kiosk, scan)

    def _once_more(self) -> None:
        """Send a scan again, from its own kiosk or from another one; or its id with somebody else's pass."""
        rng = self._rng
        kiosk, scan = rng.choice(self._before)
        if rng.random() < 0.2 and scan["id"] in self._ledger.told and self._ledger.told[scan["id"]].is_remembered:
            kiosk.send([scan | {"pass": self._reused(scan["pass"])}])
        else:
            # What only a desk may say, another kiosk would be told is malformed.
            is_own = "force" in scan or rng.random() < 0.5
            (kiosk if is_own else rng.choice(self._gates)).send([scan])

    def _reused(self, text: str) -> str:
        return next(pass_.text for pass_ in self._cast.groups if pass_.text != text)
