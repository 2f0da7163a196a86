"""The bus over Redis: PUB/SUB on one channel."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.services.bus import Bus

RATE = 10
MOST_PAUSE_SECONDS = 2.0
_TIMEOUT_SECONDS = 3.0
_HEALTH_SECONDS = 5

_log = structlog.get_logger()


class RedisBus(Bus):
    """A channel of Redis, heard by every process of one house and by nobody else."""

    def __init__(self, url: str, channel: str) -> None:
        super().__init__()
        self._url = url
        self._channel = channel
        self._is_connected = False
        self._in_vain = 0
        self._waiting: dict[str, Any] = {}
        self._wake = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        return self._is_connected

    def tell(self, subject: str, state: Any) -> None:
        self._waiting[subject] = state
        self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                async with self._connected() as redis, asyncio.TaskGroup() as group:
                    group.create_task(self._speak(redis))
                    group.create_task(self._listen(redis))
            except* (RedisError, OSError) as errors:
                if self._is_connected or not self.reconnects:
                    _log.warning("bus_lost", why=type(errors.exceptions[0]).__name__)
            except* Exception:  # noqa: BLE001 - whatever it was: a house that hears nothing any more must not say it does
                _log.exception("bus_failed")
            self._is_connected = False
            self.reconnects += 1
            self._in_vain += 1
            # With jitter: all processes lose it at the same moment.
            await asyncio.sleep(random.uniform(0.1, min(MOST_PAUSE_SECONDS, 0.2 * self._in_vain)))  # noqa: S311 - no secret

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["Redis"]:
        # Retries of the library's own would subscribe again without our knowing that something was missed.
        redis = Redis.from_url(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            health_check_interval=_HEALTH_SECONDS,
        )
        try:
            yield redis
        finally:
            await redis.aclose()

    async def _speak(self, redis: "Redis") -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            waiting, self._waiting = self._waiting, {}
            for subject, state in waiting.items():
                message = {"from": self.me, "subject": subject, "state": state}
                await redis.publish(self._channel, orjson.dumps(message))
            await asyncio.sleep(1 / RATE)

    async def _listen(self, redis: "Redis") -> None:
        async with redis.pubsub() as channel:
            await channel.subscribe(self._channel)
            while True:
                # The time-out lets the library ask now and then whether the other side still answers.
                message = await channel.get_message(timeout=1.0)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    await self._reread()
                elif message["type"] == "message":
                    self._hear(message["data"])

    async def _reread(self) -> None:
        _log.info("bus_found")
        self._is_connected, self._in_vain = True, 0
        for reread in self._on_connect:
            try:
                await reread()
            except Exception:  # noqa: BLE001 - it is read again in a moment anyway; the bus goes on
                _log.exception("reread_failed")

    def _hear(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            speaker, subject, state = message["from"], message["subject"], message["state"]
            if speaker == self.me or subject not in self._hearers:
                return
            self.heard += 1
            self._hearers[subject](speaker, state)
        except (ValueError, LookupError, TypeError, AttributeError):
            # Another version of the house, or somebody else's words: the next reading of the database is right.
            _log.warning("bus_message_not_understood", size=len(data))
