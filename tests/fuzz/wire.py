"""Bytes as a stranger may write them to `/live`: handshakes and frames, right and wrong."""

import base64
import os
import struct

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def handshake(more: str = "", *, path: str = "/live", host: str = "127.0.0.1", version: str = "13") -> bytes:
    """Return the opening request of a socket, with more header lines."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n{more}\r\n"
    ).encode("latin-1")


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    last: bool = True,
    masked: bool = True,
    reserved: int = 0,
    says: int | None = None,
) -> bytes:
    """Return a frame as a client writes it; `says` is the length that it claims."""
    length = len(data) if says is None else says
    head = bytes([last << 7 | reserved << 4 | opcode])
    bit = masked << 7
    if length < 126:
        head += bytes([bit | length])
    elif length < 1 << 16:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + data
    mask = b"\x01\x02\x03\x04"
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
