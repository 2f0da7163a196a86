"""`/live`, the one WebSocket: screens watch topics, kiosks send scans, everybody gets what is theirs.

A mistake in one message is answered by a problem and the connection stays open. Who sends faster than is answered
is not read until there is room again; who floods is closed.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from typing import Any

import orjson
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.domain.errors import DomainError
from server.services.checkin import Taken
from server.services.house import House
from server.services.hub import Screen
from server.web.auth import Principal, principal_of
from server.web.frames import STOPPING, UNREAD_LIMIT, DirectWire, QueuedWire, forget_request, wire_of
from server.web.problems import sentence_of
from server.web.security import is_same_origin
from server.web.slim import Flag
from server.web.templating import house_of

FRAME_LIMIT = 256 * 1024
PUBLIC_TOPICS = frozenset({"occupancy", "arrivals"})
STAFF_TOPICS = frozenset({"delegations", "devices"})
_IN_FLIGHT = 32
_FRAMES_A_WINDOW = 4_000
_WINDOW_SECONDS = 2.0
_UNREAD_SECONDS = 20.0
_FINISH_SECONDS = 4.0
_CLOSE_SECONDS = 0.5
_REVOKED = 4401
_POLICY = 1008


class LiveSockets:
    """The open sockets, so that a revoked device can be cut off; how many of each kind, and the problems told them."""

    def __init__(self) -> None:
        self._by_device: defaultdict[str, set[_Session]] = defaultdict(set)
        self._by_session: defaultdict[str, set[_Session]] = defaultdict(set)
        self.open: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()

    def add(self, device_id: str, session: "_Session") -> None:
        self._by_device[device_id].add(session)

    def remove(self, device_id: str, session: "_Session") -> None:
        self._by_device[device_id].discard(session)
        if not self._by_device[device_id]:
            del self._by_device[device_id]

    @property
    def devices(self) -> frozenset[str]:
        """Return the ids of the devices that hold a socket now."""
        return frozenset(self._by_device)

    def add_staff(self, id_hash: str, session: "_Session") -> None:
        self._by_session[id_hash].add(session)

    def remove_staff(self, id_hash: str, session: "_Session") -> None:
        self._by_session[id_hash].discard(session)
        if not self._by_session[id_hash]:
            del self._by_session[id_hash]

    @property
    def staff_sessions(self) -> list[str]:
        """Return the hashes of the staff's sessions that hold a socket now."""
        return list(self._by_session)

    async def cut_off_staff(self, id_hash: str) -> None:
        """Close every socket that a session of the staff opened."""
        sessions = list(self._by_session.get(id_hash, ()))
        await asyncio.gather(*(session.close(_REVOKED, "session ended") for session in sessions))

    async def cut_off(self, device_id: str) -> None:
        """Close every socket of a device."""
        sessions = list(self._by_device.get(device_id, ()))
        await asyncio.gather(*(session.close(_REVOKED, "revoked") for session in sessions))


async def live(socket: WebSocket) -> None:
    """Serve one connection."""
    # Through an object that goes: the socket itself would keep the headers that it was asked for.
    asked = HTTPConnection(socket.scope)
    if "origin" in asked.headers and not is_same_origin(asked.headers):
        await socket.close()
        return
    principal = await principal_of(asked)
    del asked
    await socket.accept()
    forget_request(socket)
    house, device = house_of(socket), principal.device
    session = _Session(socket, house, principal)
    sockets: LiveSockets = socket.app.state.live
    kind = "device" if device is not None else "staff" if principal.is_staff else "public"
    sockets.open[kind] += 1
    if device is not None:
        sockets.add(device.id, session)
    if principal.session:
        sockets.add_staff(principal.session, session)
    try:
        # A device may have been revoked since it was looked up, before its socket was among those to cut off.
        if principal.is_refused or (device is not None and house.devices.get(device.id) is None):
            session.tell_problem(DomainError("bad_token"))
            await session.close(_REVOKED, "bad token")
            return
        await session.run()
    finally:
        session.leave()
        sockets.open[kind] -= 1
        if device is not None:
            sockets.remove(device.id, session)
        if principal.session:
            sockets.remove_staff(principal.session, session)


class _Session:
    def __init__(self, socket: WebSocket, house: House, principal: Principal) -> None:
        self._socket = socket
        self._house = house
        self._principal = principal
        self._sockets: LiveSockets = socket.app.state.live
        self._wire: DirectWire | QueuedWire = wire_of(socket)
        self._screen = Screen(self._wire)
        self._in_flight = 0
        self._answered = Flag()
        self._window_began = 0.0
        self._frames = 0

    async def run(self) -> None:
        """Take messages until the other side goes."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                if message["code"] == STOPPING:
                    await self._finish()
                return
            if self._is_flooding():
                self.tell_problem(DomainError("too_many_frames"))
                await self.close(_POLICY, "too many frames")
                return
            try:
                await self._wait_until_read()
                await self._take(message.get("text"))
            except DomainError as error:
                self.tell_problem(error)

    async def _finish(self) -> None:
        """Answer the scans that were taken, then close: the server stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_SECONDS):
                await self._until_in_flight(0)
        await self.close(STOPPING, "")

    def leave(self) -> None:
        self._house.hub.leave(self._screen)
        self._wire.release()

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message; a connection that is gone hears nothing."""
        if self._wire.is_open:
            self._wire.write(self._wire.encode(orjson.dumps(message)))

    def tell_problem(self, error: DomainError) -> None:
        self._sockets.problems[error.code] += 1
        self.tell({"type": "problem", "code": error.code, "detail": sentence_of(error)})

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, whether the other side reads or not."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._socket.close(code, reason)
        except TimeoutError:
            self._wire.drop()
        except (RuntimeError, WebSocketDisconnect):
            # It was closed from the other side meanwhile.
            return

    async def _take(self, text: str | None) -> None:
        if text is None:
            raise DomainError("binary_frame")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise DomainError("malformed_json", why="") from None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "scan":
            await self._take_scans(message.get("scans"))
        elif kind == "watch":
            self._watch(message.get("topics"))
        elif kind == "ping":
            # A browser's script does not see the protocol's pings: this is how a page knows that it is heard.
            self.tell({"type": "pong", "at": self._house.space.local(self._house.clock.now())})
        else:
            raise DomainError("unknown_message")

    async def _take_scans(self, scans: Any) -> None:
        device = self._principal.device
        if device is None:
            raise DomainError("not_allowed")
        await self._until_in_flight(_IN_FLIGHT - 1)
        taken = self._house.checkin.take(scans, device.kiosk)
        self._in_flight += 1
        # A callback, not a task: a task for every scan would cost as much as reading it.
        taken.committed.add_done_callback(lambda _: self._answer(taken))

    def _answer(self, taken: Taken) -> None:
        self._in_flight -= 1
        self._answered.set()
        try:
            answers = self._house.checkin.answers_of(taken)
        except DomainError as error:
            self.tell_problem(error)
        else:
            self.tell({"type": "answers", "answers": answers})

    async def _until_in_flight(self, most: int) -> None:
        while self._in_flight > most:
            self._answered.clear()
            await self._answered.wait()

    async def _wait_until_read(self) -> None:
        """Take no more from who does not read what is answered; let them go if they never do."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._wire.waiting > UNREAD_LIMIT:
            if loop.time() - began > _UNREAD_SECONDS:
                self._wire.drop()
                return
            await asyncio.sleep(0.05)

    def _watch(self, topics: Any) -> None:
        if not isinstance(topics, list) or len(topics) > 100 or not all(isinstance(topic, str) for topic in topics):
            raise DomainError("malformed_topics")
        allowed = [topic for topic in topics if self._may_watch(topic)]
        self._house.hub.watch(self._screen, allowed)
        refused = [topic for topic in topics if topic not in allowed]
        if refused:
            raise DomainError("topic_not_allowed", topics=", ".join(topic[:60] for topic in refused))

    def _may_watch(self, topic: str) -> bool:
        if topic in PUBLIC_TOPICS:
            return True
        if topic in STAFF_TOPICS:
            return self._principal.is_staff
        kind, _, exhibit = topic.partition(":")
        known = {zone.exhibit for zone in self._house.space.zones}
        is_known = self._principal.is_staff or self._principal.device is not None
        return kind == "exhibit" and exhibit in known and is_known

    def _is_flooding(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._window_began > _WINDOW_SECONDS:
            self._window_began, self._frames = now, 0
        self._frames += 1
        return self._frames > _FRAMES_A_WINDOW
