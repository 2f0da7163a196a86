"""The keys that sign passes, kept in a file that only its owner can read."""

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server.domain.errors import DomainError
from server.domain.passes import KeyRing, SigningKey, VerifyingKey
from server.services.clock import real_now


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key as others may see it. A retired one still verifies: each pass bears its own end."""

    id: str
    public: bytes
    created_at: datetime
    is_active: bool
    retired_at: datetime | None = None


class Keys:
    """The secret file at `path`, made on first use. Another process's rotation is taken up by `reload`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ring: KeyRing | None = None
        self._keys: tuple[PublicKey, ...] = ()
        self._stamp: tuple[int, int] | None = None

    @property
    def ring(self) -> KeyRing:
        """Return the keys in force. Raise `bad_secret_file` when the file cannot be used."""
        if self._ring is None:
            self._load()
        assert self._ring is not None
        return self._ring

    def listed(self) -> tuple[PublicKey, ...]:
        """Return the active key first, then the retired ones, newest first."""
        return self._keys if self.ring else ()

    def reload(self) -> bool:
        """Read the file again if another process changed it; tell whether it did. A lost file changes nothing."""
        # A file that is gone is no rotation: reading it would make a new key, and forget those of the passes outside.
        if self._ring is None or self._stamp_now() in (None, self._stamp):
            return False
        self._load()
        return True

    def rotate(self) -> PublicKey:
        """Sign with a new key from now on. The old private key is dropped, its public half stays."""
        with self._locked():
            self._load_or_make()
            document = self._read()
            now = real_now()
            for entry in document["keys"]:
                if entry.pop("secret", None):
                    entry["retired_at"] = now.isoformat()
            document["keys"].append(_entry(SigningKey.generate(), now))
            self._replace(document)
            self._load_or_make()
        return self._keys[0]

    def sealing_key(self) -> bytes:
        """Return the key for what the database shall not tell in plain, 32 bytes, made on first use; it stays."""
        with self._locked():
            self._load_or_make()
            document = self._read()
            if "seal" not in document:
                document["seal"] = secrets.token_hex(32)
                self._replace(document)
                self._stamp = self._stamp_now()
            return bytes.fromhex(document["seal"])

    def known_sealing_key(self) -> bytes | None:
        """Return the key that `sealing_key` has made, or None before that; this makes nothing."""
        seal = self._read().get("seal") if self.path.exists() else None
        return bytes.fromhex(seal) if seal else None

    def _load(self) -> None:
        with self._locked():
            self._load_or_make()

    def _load_or_make(self) -> None:
        if not self.path.exists():
            self._replace({"version": 1, "keys": [_entry(SigningKey.generate(), real_now())]})
        self._stamp = self._stamp_now()
        document = self._read()
        try:
            self._take(document)
        except (LookupError, TypeError, ValueError) as error:
            raise DomainError("bad_secret_file", path=str(self.path), why=str(error)) from error

    def _take(self, document: dict[str, Any]) -> None:
        active = [entry for entry in document["keys"] if "secret" in entry][-1]
        signing = SigningKey(bytes.fromhex(active["secret"]))
        self._keys = tuple(
            PublicKey(
                VerifyingKey(bytes.fromhex(entry["public"])).id,
                bytes.fromhex(entry["public"]),
                datetime.fromisoformat(entry["created_at"]),
                entry is active,
                datetime.fromisoformat(entry["retired_at"]) if "retired_at" in entry else None,
            )
            for entry in reversed(document["keys"])
        )
        self._ring = KeyRing(signing, [VerifyingKey(key.public) for key in self._keys])

    def _read(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads(self.path.read_text("ascii"))
        except (OSError, ValueError) as error:
            raise DomainError("bad_secret_file", path=str(self.path), why=str(error)) from error
        return document

    def _replace(self, document: dict[str, Any]) -> None:
        # Written beside and renamed: a crash leaves the old file or the new one. mkstemp gives 0600.
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise DomainError("bad_secret_file", path=str(self.path), why=str(error)) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


def _entry(key: SigningKey, now: datetime) -> dict[str, Any]:
    return {"created_at": now.isoformat(), "public": key.verifying.public.hex(), "secret": key.secret.hex()}
