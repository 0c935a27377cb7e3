"""The identity key: public ids and keyed hashes are HMACs under it, so that a rebuilt store has the same ids.

It is made once, lies beside the configuration (mode 0600) or comes as a credential, never rotates, and never enters
the database, which holds a check value only.
"""

from __future__ import annotations

import hmac
import os
import secrets
import uuid
from functools import cache
from pathlib import Path

from store.errors import StoreError

KEY_BYTES = 32


class IdentityKey:
    """Derives ids (RFC 9562 UUID version 8) and 16-byte keyed hashes, apart by domain of use."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise StoreError(
                f"the identity key must be {KEY_BYTES} bytes ({KEY_BYTES * 2} hexadecimal digits)",
                "restore the key that belongs to this store from its backup",
            )
        self._domain = cache(lambda domain: hmac.digest(key, domain.encode(), "sha256"))

    def __repr__(self) -> str:
        return "IdentityKey(***)"

    def digest(self, domain: str, *parts: str) -> bytes:
        """16 bytes that nobody without the key can recompute."""
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._domain(domain), text, "sha256")[:16]

    def id(self, domain: str, *parts: str) -> str:
        """A public id: lower-case UUID text."""
        raw = bytearray(self.digest(domain, *parts))
        raw[6] = raw[6] & 0x0F | 0x80
        raw[8] = raw[8] & 0x3F | 0x80
        return str(uuid.UUID(bytes=bytes(raw)))

    def check(self) -> str:
        """What the store keeps to recognise its key."""
        return self.digest("check").hex()


def parse_key(text: str) -> IdentityKey:
    """The key from its text of 64 hexadecimal digits; raises StoreError."""
    try:
        return IdentityKey(bytes.fromhex(text.strip()))
    except ValueError:
        raise StoreError(
            "the identity key is not made of hexadecimal digits",
            "restore the key that belongs to this store from its backup",
        ) from None


def read_or_make_key(path: Path, *, may_make: bool) -> IdentityKey:
    """The key in `path`; made there (mode 0600) when there is none and the store is new."""
    try:
        return parse_key(path.read_text("ascii"))
    except FileNotFoundError:
        if not may_make:
            raise StoreError(
                f"the identity key {path} is missing, but the store was made with one",
                "restore the key file from the backup of the configuration folder",
            ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"the identity key {path} can't be read: {error}", "check owner and mode (0600)") from None
    text = secrets.token_hex(KEY_BYTES)
    try:
        _write_once(path, text + "\n")
    except FileExistsError:  # another process was quicker
        return read_or_make_key(path, may_make=False)
    except OSError as error:
        raise StoreError(
            f"the identity key {path} can't be written: {error.strerror}", "make its folder writable once"
        ) from None
    return parse_key(text)


def _write_once(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is whole or absent, whenever we are killed."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    finally:
        part.unlink()
