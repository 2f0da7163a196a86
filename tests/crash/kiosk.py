"""A kiosk as the real one behaves: a scan stays in its outbox until it is answered, whatever happens meanwhile.

After a reconnect everything unanswered is sent again, in order and under the same ids; what was scanned while the
socket was dead goes as `offline`, for the kiosk has let them pass by then.
"""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson

from server.simulator.people import Post
from server.simulator.wire import Wire, open_wire
from tests.crash.ledger import Ledger

FRAME = 200
_DEAD_AFTER = 10.0
_RESEND_AFTER = 0.25
_WAIT_SECONDS = (0.03, 0.25)

Scan = dict[str, Any]


class Kiosk:
    """One paired device. `stay` keeps it connected until cancelled; `scan` may be called at any time.

    `judges` tells whether it gives verdicts of its own while its socket is dead.
    """

    def __init__(self, post: Post, device: str, token: str, url: str, ledger: Ledger) -> None:
        self.post = post
        self.device = device
        self.outbox: dict[str, Scan] = {}
        self.problems: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.connections = 0
        self.gave_up = 0
        self.longest_silence = 0.0
        self.judges = True
        self.answered_at = time.monotonic()
        self._token = token
        self._url = url
        self._ledger = ledger
        self._wire: Wire | None = None
        self._again: asyncio.TimerHandle | None = None
        self._network = asyncio.Event()
        self._network.set()

    @property
    def is_online(self) -> bool:
        return self._wire is not None

    def scan(self, scan: Scan, target: str, pass_id: str) -> None:
        """Take one scan: into the outbox first, then onto the wire if there is one."""
        if self._wire is None and self.judges:
            self._judge(scan)
        self.outbox[scan["id"]] = scan
        self._ledger.send(scan["id"], pass_id, self.device, target, scan["at"])
        self.send([scan])

    def send(self, scans: list[Scan]) -> None:
        """Send a frame if the socket is open; whether it arrives only the answers tell."""
        if self._wire is not None:
            self._wire.send_text(orjson.dumps({"type": "scan", "scans": scans}))

    def lose_network(self) -> None:
        """Drop the connection, and stay away until `regain_network`."""
        self._network.clear()
        if self._wire is not None:
            self._wire.close()

    def regain_network(self) -> None:
        self._network.set()

    async def stay(self, rng: Random) -> None:
        """Connect, send again what is unanswered, and stay; then once more, until cancelled."""
        watch = asyncio.create_task(self._watch())
        try:
            while True:
                await self._network.wait()
                try:
                    wire = await open_wire(self._url, self._token, self._read)
                except (OSError, TimeoutError):
                    await asyncio.sleep(rng.uniform(*_WAIT_SECONDS))
                    continue
                self.connections += 1
                self._wire, self.answered_at = wire, time.monotonic()
                self._send_again()
                try:
                    await wire.closed
                finally:
                    self._wire = None
                    wire.close()
                if self.judges and rng.random() < 0.5:
                    # Declared dead: for whoever still stands there the kiosk decides by itself.
                    for scan in self.outbox.values():
                        self._judge(scan)
                await asyncio.sleep(rng.uniform(*_WAIT_SECONDS))
        finally:
            watch.cancel()
            if self._again is not None:
                self._again.cancel()

    def _send_again(self) -> None:
        self._again = None
        waiting = list(self.outbox.values())
        if self._wire is not None:
            self._ledger.resent += len(waiting)
        for start in range(0, len(waiting), FRAME):
            self.send(waiting[start : start + FRAME])

    def _judge(self, scan: Scan) -> None:
        """Let them pass on the signature alone: from now on a fact, told with the way that they were going."""
        if scan.get("force") or scan.get("reentry"):
            return
        scan["offline"] = True
        if scan.get("direction", "auto") == "auto" and not self.post.inner:
            scan["direction"] = "in" if int(scan["id"][0], 16) % 2 else "out"

    def _read(self, frame: bytes) -> None:
        message = orjson.loads(frame)
        if message["type"] == "answers":
            self.longest_silence = max(self.longest_silence, time.monotonic() - self.answered_at)
            self.answered_at = time.monotonic()
            for item in message["answers"]:
                self._ledger.take(item)
                if item["code"] != "scan_id_reused":
                    self.outbox.pop(item["id"], None)
                self.answers[item["conflict"] or item["code"] or item["answer"]] += 1
        elif message["type"] == "problem":
            self.problems[message["code"]] += 1
            self.answered_at = time.monotonic()  # an honest problem is a sign of life, too
            if message["code"] == "storage_unavailable" and self._again is None:
                self._again = asyncio.get_running_loop().call_later(_RESEND_AFTER, self._send_again)

    async def _watch(self) -> None:
        """Call a socket dead that leaves scans unanswered, as half-open ones do."""
        while True:
            await asyncio.sleep(1)
            if self._wire is not None and self.outbox and time.monotonic() - self.answered_at > _DEAD_AFTER:
                self.gave_up += 1
                self._wire.close()


def now() -> str:
    """Return the time as a kiosk writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
