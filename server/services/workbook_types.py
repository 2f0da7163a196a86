"""What an untrusted file is, by its content; archives that lie or swell are refused before anything unpacks them."""

import io
import re
import struct
import zipfile
import zlib
from typing import Literal

from server.services.workbook_limits import MOST_PARTS, MOST_UNPACKED, Refused

Kind = Literal["xlsx", "ods", "xls", "text"]

_STEP = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"\x7fELF", b"MZ",
    b"BZh", b"\xfd7zXZ", b"{\\rtf", b"ID3", b"\x00\x00\x00", b"OggS", b"SQLite format",
)  # fmt: skip
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|table|head|body|svg|meta)", re.IGNORECASE)


def tell_type(content: bytes) -> Kind:
    """Return what a file is, or raise `Refused` with its code."""
    if content.startswith(b"PK"):
        return _archive(content)
    if content.startswith(_OLE):
        return _ole(content)
    if content.startswith(_OTHERS) or _MARKUP.match(content):
        raise Refused("wrong_type")
    if not content.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe\x00"):
        raise Refused("file_empty")
    if not content.startswith((b"\xff\xfe", b"\xfe\xff")) and not _is_text(content):
        raise Refused("wrong_type")
    return "text"


def _ole(content: bytes) -> Kind:
    if _utf16("EncryptedPackage") in content:
        raise Refused("encrypted_file")
    if _utf16("Workbook") in content or _utf16("Book") in content:
        return "xls"
    raise Refused("wrong_type" if len(content) > 1536 else "broken_file")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _is_text(content: bytes) -> bool:
    """Tell text, in whatever encoding, from a binary file: by its zero bytes and control characters."""
    head = content[:65536]
    zeros = head.count(0)
    if zeros:
        # UTF-16 without its mark: every other byte of mostly Latin text is zero.
        return zeros * 3 > len(head) and (head[1::2].count(0) == 0 or head[::2].count(0) == 0)
    controls = sum(head.count(code) for code in (*range(1, 9), 11, *range(14, 27), *range(28, 32)))
    return controls * 200 <= len(head)


def _archive(content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
        raise Refused("broken_file") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("zip_bomb")
    if any(part.flag_bits & 0x1 for part in parts):
        raise Refused("encrypted_file")
    kind = _kind_of(names)
    left = MOST_UNPACKED
    for part in parts:
        left -= _unpack(content, part, left)
    return kind


def _kind_of(names: set[str]) -> Kind:
    folded = {name.lower().lstrip("/").replace("\\", "/") for name in names}
    if any(re.fullmatch(r"xl/workbook\d*\.(?:xml|bin)", name) for name in folded):
        return "xlsx"
    if "content.xml" in folded and "mimetype" in folded:
        return "ods"
    raise Refused("wrong_type")


def _unpack(content: bytes, part: zipfile.ZipInfo, most: int) -> int:
    """Unpack a part to count it and look for declarations, keeping nothing; its own word on its size is no proof."""
    offset = part.header_offset
    header = content[offset : offset + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04" or part.compress_type not in (0, 8):
        raise Refused("broken_file")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    start = offset + 30 + name_length + extra_length
    packed = content[start : start + part.compress_size]
    if len(packed) < part.compress_size:
        raise Refused("broken_file")
    watched = part.filename.endswith((".xml", ".rels")) and not part.filename.startswith("META-INF")
    if part.compress_type == 0:
        _watch(packed if watched else b"")
        return len(packed)
    return _inflate(packed, most, is_watched=watched)


def _inflate(packed: bytes, most: int, *, is_watched: bool) -> int:
    inflater = zlib.decompressobj(-15)
    size, tail = 0, b""
    try:
        while packed and not inflater.eof:
            piece = inflater.decompress(packed, _STEP)
            packed = inflater.unconsumed_tail
            size += len(piece)
            if size > most:
                raise Refused("zip_bomb")
            if is_watched:
                _watch(tail + piece)
                tail = piece[-16:]
            if not piece and not packed:
                break
    except zlib.error as error:
        raise Refused("broken_file") from error
    if not inflater.eof:
        raise Refused("broken_file")
    return size


def _watch(piece: bytes) -> None:
    # No office program declares anything in its sheets; who does wants entities to swell or to fetch.
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise Refused("hostile_file")
