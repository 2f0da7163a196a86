"""A WebSocket client that costs little: for load, where `websockets` would be what is measured.

It speaks as much of RFC 6455 as a load generator needs: text frames, ping, close, no extensions. The masking key
is zero, which the RFC permits and which spares the masking.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_NO_MASK = b"\0\0\0\0"


class Wire(asyncio.Protocol):
    """One connection. `on_text` gets each message's bytes; `closed` becomes done when the connection ends."""

    # Ten thousand of them are one process's screens: a dictionary each would be more than all the rest.
    __slots__ = ("_buffer", "_code", "_fragments", "_is_open", "_request", "_transport", "closed", "on_text", "opened")

    def __init__(self, request: bytes, on_text: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.on_text = on_text
        self._request = request
        self._buffer = b""
        self._fragments: list[bytes] = []
        self._is_open = False
        self._transport: asyncio.Transport | None = None
        self._code = 1006

    def send_text(self, payload: bytes) -> None:
        """Send one text message."""
        self._send(_TEXT, payload)

    def close(self) -> None:
        """Say goodbye and end the connection."""
        if self._transport is not None and not self._transport.is_closing():
            self._send(_CLOSE, struct.pack("!H", 1000))
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        # Mostly whole frames and nothing left over: then nothing is copied but the message.
        received = self._buffer + data if self._buffer else data
        self._buffer = b""
        if not self._is_open:
            received = self._read_handshake(received)
        if self._is_open and received:
            self._read_frames(received)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed during the handshake"))
        if not self.closed.done():
            self.closed.set_result(self._code)

    def _read_handshake(self, received: bytes) -> bytes:
        head, end, rest = received.partition(b"\r\n\r\n")
        if not end:
            self._buffer = received
            return b""
        status = head.partition(b"\r\n")[0]
        if self.opened.done():
            return b""
        if b" 101 " not in status:
            self.opened.set_exception(ConnectionError(status.decode(errors="replace")))
            return b""
        self._is_open = True
        self.opened.set_result(None)
        return rest

    def _read_frames(self, received: bytes) -> None:
        position, size = 0, len(received)
        while size - position >= 2:
            length, body = received[position + 1] & 0x7F, position + 2
            if length >= 126:
                body += 2 if length == 126 else 8
                if size < body:
                    break
                length = int.from_bytes(received[position + 2 : body], "big")
            ends = body + length
            if size < ends:
                break
            self._take(received[position], received[body:ends])
            position = ends
        if position < size:
            self._buffer = received[position:]

    def _take(self, first: int, payload: bytes) -> None:
        if first == 0x80 | _TEXT and not self._fragments:
            self.on_text(payload)
            return
        opcode, is_last = first & 0x0F, bool(first & 0x80)
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self._code = int.from_bytes(payload[:2], "big") or 1005
            self.close()
        elif opcode in (0, _TEXT, _BINARY):
            self._fragments.append(payload)
            if is_last:
                whole, self._fragments = b"".join(self._fragments), []
                self.on_text(whole)

    def _send(self, opcode: int, payload: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        self._transport.write(b"".join((head, _NO_MASK, payload)))


async def open_wire(url: str, token: str, on_text: Callable[[bytes], None], source: str | None = None) -> Wire:
    """Connect to a `ws://` address with a device's token, from a local address if `source` names one.

    Raise ConnectionError when the server refuses.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {parts.path or '/'} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    if token:
        lines.append(f"Authorization: Bearer {token}")
    request = "\r\n".join((*lines, "", "")).encode()
    _, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(request, on_text), host, port, local_addr=(source, 0) if source else None
    )
    await asyncio.wait_for(wire.opened, 20)
    return wire
