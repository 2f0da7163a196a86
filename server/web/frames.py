"""The private door past uvicorn's flow control: a frame that is encoded once is written to every transport.

This rests on the insides of uvicorn's sans-I/O WebSocket protocol (the version is pinned by the lock): the class
offers itself to the application in the scope. `wire_of` falls back to the public way, `websocket.send`, where the
door is missing, and `check_door` tells `sanh doctor` and the start whether it is there.
"""

import asyncio
from typing import Any

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from server.web.slim import Flag, Inbox

STOPPING = 1012
"""The code of a disconnect that the server itself wants: answer what was taken, then close with it."""

UNREAD_LIMIT = 1024 * 1024
"""How many bytes may wait for a client that does not read."""

_DOOR = "sanh.transport"
_CLOSE_SECONDS = 2.0
_TEXT = 0x81  # a whole message of text, in one frame
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class DirectProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which also hands the application its transport, and lets it finish when the server stops."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.close_timeout = _CLOSE_SECONDS
        self.queue = Inbox()  # type: ignore[assignment]
        self.writable = Flag(is_set=True)  # type: ignore[assignment]

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            super().shutdown()
            return
        # uvicorn would close here, and what was taken would be stored but not answered.
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": STOPPING})

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            # uvicorn waits for a request that will not come any more; websockets has an answer to some that are none.
            self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_REQUEST)
            self.transport.close()

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][_DOOR] = self
            # Frames wait until the socket is accepted: a pong would go out before the answer to the handshake.
            self.read_paused = True
            self.transport.pause_reading()

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNREAD_LIMIT:
            # Whoever asks so often and never listens is not there.
            self.transport.abort()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf_8(self.frames):
            # uvicorn does the same, with a trace in the log for each.
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA, "no UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def forget_request(self) -> None:
        """Let go of the handshake's headers, which for a browser are 6 KiB."""
        self.request.headers.clear()
        self.response.headers.clear()


class DirectWire:
    """Writes ready frames to the transport."""

    __slots__ = ("_protocol", "_transport")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport

    @property
    def is_open(self) -> bool:
        return not (self._protocol.close_sent or self._transport.is_closing())

    @property
    def waiting(self) -> int:
        return int(self._transport.get_write_buffer_size())

    def encode(self, message: bytes) -> bytes:
        return encode_text(message)

    def write(self, message: bytes) -> None:
        self._transport.write(message)

    def drop(self) -> None:
        self._transport.abort()

    def release(self) -> None:
        """Let go of the connection, which its server closes."""


class QueuedWire:
    """The public way: one task per connection sends what waits, through `websocket.send`."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._messages: asyncio.Queue[bytes] = asyncio.Queue()
        self._size = 0
        self._task = asyncio.create_task(self._run())

    @property
    def is_open(self) -> bool:
        return not self._task.done()

    @property
    def waiting(self) -> int:
        return self._size

    def encode(self, message: bytes) -> bytes:
        return message

    def write(self, message: bytes) -> None:
        self._size += len(message)
        self._messages.put_nowait(message)

    def drop(self) -> None:
        self._task.cancel()

    def release(self) -> None:
        """Let go of the connection: nothing more is sent."""
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            message = await self._messages.get()
            await self._socket.send_text(message.decode())
            self._size -= len(message)


def _is_utf_8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True


def encode_text(message: bytes) -> bytes:
    """Return the frame of a text message from a server, uncompressed (RFC 6455, section 5.2)."""
    length = len(message)
    if length < 126:
        return bytes((_TEXT, length)) + message
    if length < 65_536:
        return bytes((_TEXT, 126)) + length.to_bytes(2, "big") + message
    return bytes((_TEXT, 127)) + length.to_bytes(8, "big") + message


def wire_of(socket: WebSocket) -> DirectWire | QueuedWire:
    """Return the way to write to an accepted socket: the door, or the public way where there is none."""
    protocol = socket.scope.get("extensions", {}).get(_DOOR)
    return DirectWire(protocol) if protocol is not None else QueuedWire(socket)


def forget_request(socket: WebSocket) -> None:
    """Let go of what an accepted socket was asked with: it stays open for days, and nobody reads it again."""
    socket.scope["headers"].clear()
    protocol = socket.scope.get("extensions", {}).get(_DOOR)
    if protocol is not None:
        protocol.forget_request()


def check_door() -> bool:
    """Tell whether uvicorn's insides are as the door expects them."""
    wanted = (
        *("send", "data_received", "shutdown", "stop_keepalive", "handle_connect"),
        *("handle_ping", "handle_parser_exception", "send_receive_event_to_app"),
    )
    return all(callable(getattr(WebSocketsSansIOProtocol, name, None)) for name in wanted)
