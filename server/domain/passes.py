"""The signed pass: what a QR code holds, and the short code that people type.

A token is 84 bytes in base32 (RFC 4648, upper case, no padding: 135 characters), an alphabet that is safe in
addresses and in the dense alphanumeric mode of QR codes:

    byte  0      version in the high four bits, algorithm in the low four (1: Ed25519)
    bytes 1-4    key id: the first 4 bytes of SHA-256 of the public key
    bytes 5-12   pass id: 8 random bytes, as 16 hex characters in code
    byte  13     kind: 1 visitor, 2 delegation, 3 staff
    bytes 14-19  valid until, in seconds since 1970 UTC, big-endian; 0 never ends
    bytes 20-83  Ed25519 signature of bytes 0-19

It bears no personal data.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.domain.space import Space

TOKEN_LENGTH = 135
SHORT_CODE_LENGTH = 8

_VERSION_AND_ALGORITHM = 0x11
_PAYLOAD_LENGTH = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # the end of year 9999, where datetime ends
_LONGEST_TEXT = 2_000
_REMEMBERED_TEXT = 256
# Any http(s) address will do: a printed badge outlives a server's move, and the signature says whose it is.
_TEXT = re.compile(r"(?:HTTPS?://[^/?#\s]+(?:/[^?#\s]*)?/P/)?([A-Z2-7]{135})")
# Python reads a number in base 32 ten times faster than `base64.b32decode` its letters: every scan passes here.
_BASE_32_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
_ALPHANUMERIC_ADDRESS = re.compile(r"https?://[0-9a-z.:-]+", re.IGNORECASE)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_READING = str.maketrans("OIL", "011", " -")


class PassKind(StrEnum):
    VISITOR = "visitor"
    DELEGATION = "delegation"
    STAFF = "staff"


_KIND_BYTES = {PassKind.VISITOR: 1, PassKind.DELEGATION: 2, PassKind.STAFF: 3}
_KINDS = {number: kind for kind, number in _KIND_BYTES.items()}


@dataclass(frozen=True, slots=True)
class SignedPass:
    """A well-formed pass as it was read. Nothing is proven before `KeyRing.verify`."""

    id: str
    kind: PassKind
    valid_until: datetime | None
    key_id: str
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def token(self) -> str:
        return _encode(self.payload + self.signature)


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key; `id` follows from its 32 bytes."""

    public: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(self.public).digest()[:4].hex()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as its 32 secret bytes."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifying(self) -> VerifyingKey:
        return VerifyingKey(Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())

    def sign(self, payload: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(payload)


class KeyRing:
    """The key that signs today and all keys whose passes are still good."""

    def __init__(self, active: SigningKey, older: Iterable[VerifyingKey] = ()) -> None:
        self.active = active
        self._keys: Mapping[str, VerifyingKey] = {key.id: key for key in (*older, active.verifying)}
        self._loaded = {key.id: Ed25519PublicKey.from_public_bytes(key.public) for key in self._keys.values()}

    @property
    def active_id(self) -> str:
        return self.active.verifying.id

    @property
    def verifying_keys(self) -> tuple[VerifyingKey, ...]:
        return tuple(self._keys.values())

    def rotated(self, new: SigningKey) -> "KeyRing":
        """Return a ring that signs with `new` and still verifies all that this one does."""
        return KeyRing(new, self.verifying_keys)

    def issue(self, pass_id: str, kind: PassKind, *, valid_until: datetime | None) -> SignedPass:
        """Return the signed pass. `valid_until` is cut to whole seconds; None never ends.

        Raises ValueError for an id that is not 16 hex characters or a time outside 1970–9999.
        """
        payload = _payload(self.active_id, pass_id, kind, valid_until)
        signed = _parse(payload + self.active.sign(payload))
        if signed is None:
            raise ValueError("no such pass can be written")
        return signed

    def verify(self, signed: SignedPass) -> bool:
        """Tell whether one of the ring's keys made the signature. Takes about 0.1 ms."""
        key = self._loaded.get(signed.key_id)
        if key is None:
            return False
        try:
            key.verify(signed.signature, signed.payload)
        except InvalidSignature:
            return False
        return True


def read_pass(text: str) -> SignedPass | None:
    """Return the pass that a scanner read, or None if the text is no pass; never raises, checks no signature.

    Takes the address of a pass or its bare token, in upper or lower case. Of the texts that base32 would read
    alike only the one that was issued is accepted.
    """
    # Remembered: a visitor's pass is scanned again and again on its day, and reading it costs 20 µs.
    return _read_text(text) if len(text) <= _REMEMBERED_TEXT else _read_text.__wrapped__(text)


@lru_cache(maxsize=4096)
def _read_text(text: str) -> SignedPass | None:
    text = text.strip()
    # Upper case would turn some letters outside ASCII into ones inside (ſ → S).
    if len(text) > _LONGEST_TEXT or not text.isascii():
        return None
    match = _TEXT.fullmatch(text.upper())
    if match is None:
        return None
    number = int(match[1].translate(_BASE_32_DIGITS), 32)
    # 135 characters hold three bits more than 84 bytes; set ones would spell the same pass in another way.
    return _parse((number >> 3).to_bytes(84, "big")) if number & 0b111 == 0 else None


def pass_text(public_url: str, token: str) -> str:
    """Return the address that a QR code holds, in upper case where that is safe and gives a denser code."""
    address = f"{public_url.rstrip('/')}/p/{token}"
    # A path in the public address may be sensitive to case; a scheme and a host never are.
    return address.upper() if _ALPHANUMERIC_ADDRESS.fullmatch(public_url.rstrip("/")) else address


def hard_end(space: Space, day: date) -> datetime | None:
    """Return when a pass for an appointment on `day` ends for good; None where passes never end."""
    if space.passes.window == "none":
        return None
    first_day_after = day + timedelta(days=space.passes.valid_days + 1)
    return datetime.combine(first_day_after, time(), ZoneInfo(space.timezone)).astimezone(UTC)


def new_pass_id() -> str:
    return secrets.token_hex(8)


def new_short_code() -> str:
    """Return 8 random Crockford characters (40 bits). Storage keeps them unique."""
    return "".join(secrets.choice(_CROCKFORD) for _ in range(SHORT_CODE_LENGTH))


def read_short_code(text: str) -> str | None:
    """Return a typed code as it is stored (o → 0, i and l → 1, no spaces or hyphens), or None."""
    if len(text) > 4 * SHORT_CODE_LENGTH or not text.isascii():
        return None
    code = text.strip().upper().translate(_CROCKFORD_READING)
    return code if len(code) == SHORT_CODE_LENGTH and all(letter in _CROCKFORD for letter in code) else None


def show_short_code(code: str) -> str:
    """Return a stored code as people read it: `7K3M-Q2TX`."""
    return f"{code[:4]}-{code[4:]}"


def _payload(key_id: str, pass_id: str, kind: PassKind, valid_until: datetime | None) -> bytes:
    seconds = 0
    if valid_until is not None:
        seconds = (valid_until - _EPOCH) // timedelta(seconds=1)
        if not 0 < seconds <= _LAST_SECOND:
            raise ValueError("valid_until is outside 1970–9999")
    payload = (
        bytes([_VERSION_AND_ALGORITHM])
        + bytes.fromhex(key_id)
        + bytes.fromhex(pass_id)
        + bytes([_KIND_BYTES[kind]])
        + seconds.to_bytes(6, "big")
    )
    if len(payload) != _PAYLOAD_LENGTH:
        raise ValueError("a pass id has 16 hex characters")
    return payload


def _parse(octets: bytes) -> SignedPass | None:
    payload, signature = octets[:_PAYLOAD_LENGTH], octets[_PAYLOAD_LENGTH:]
    kind = _KINDS.get(payload[13])
    seconds = int.from_bytes(payload[14:20], "big")
    if payload[0] != _VERSION_AND_ALGORITHM or kind is None or seconds > _LAST_SECOND:
        return None
    return SignedPass(
        id=payload[5:13].hex(),
        kind=kind,
        valid_until=_EPOCH + timedelta(seconds=seconds) if seconds else None,
        key_id=payload[1:5].hex(),
        payload=payload,
        signature=signature,
    )


def _encode(octets: bytes) -> str:
    return base64.b32encode(octets).rstrip(b"=").decode("ascii")
