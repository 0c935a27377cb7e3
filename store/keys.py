"""The identity key: public ids and keyed hashes are MACs under it, so that a rebuilt store has the same ids.

It is made once, lies beside the configuration (mode 0600) or comes as a credential, never rotates, and never enters
the database, which holds a check value only.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from hashlib import blake2b
from pathlib import Path

from store.errors import StoreError

KEY_BYTES = 32
#: The bits of a UUID that tell its version (8) and variant (RFC 9562, section 5.8).
_NO_VERSION = ~(0xF << 76 | 0x3 << 62)
_VERSION_8 = 0x8 << 76 | 0x2 << 62


class IdentityKey:
    """Derives ids (RFC 9562 UUID version 8) and 16-byte keyed hashes, apart by domain of use.

    The MAC is BLAKE2b in its keyed mode (RFC 7693, section 2.9), under a key of its own for each domain.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise StoreError(
                f"the identity key must be {KEY_BYTES} bytes ({KEY_BYTES * 2} hexadecimal digits)",
                "restore the key that belongs to this store from its backup",
            )
        self._key = key
        self._domain = cache(lambda domain: _hash(blake2b(domain.encode(), key=key, digest_size=32).digest()))

    def __repr__(self) -> str:
        return "IdentityKey(***)"

    def reveal(self) -> bytes:
        """The key itself, for a process that works for this one."""
        return self._key

    def digest(self, domain: str, *parts: str) -> bytes:
        """16 bytes that nobody without the key can recompute."""
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        hashed = self._domain(domain).copy()
        hashed.update(text)
        return hashed.digest()

    def id(self, domain: str, *parts: str) -> str:
        """A public id: lower-case UUID text."""
        number = int.from_bytes(self.digest(domain, *parts), "big") & _NO_VERSION | _VERSION_8
        digits = f"{number:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def check(self) -> str:
        """What the store keeps to recognise its key."""
        return self.digest("check").hex()


def _hash(key: bytes) -> blake2b:
    """A keyed hash of nothing yet; setting up the key takes longer than a copy."""
    return blake2b(key=key, digest_size=16)


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
    return parse_key(read_or_make(path, "the identity key", may_make=may_make))


def read_or_make(path: Path, name: str, *, may_make: bool = True) -> str:
    """The text of the key in `path`, made there (mode 0600) where it may; `name` is for people. Raises StoreError."""
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        if not may_make:
            raise StoreError(
                f"{name} {path} is missing, but the store was made with one",
                "restore the key file from the backup of the configuration folder",
            ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{name} {path} can't be read: {error}", "check owner and mode (0600)") from None
    text = secrets.token_hex(KEY_BYTES)
    try:
        _write_once(path, text + "\n")
    except FileExistsError:  # another process was quicker
        return read_or_make(path, name, may_make=False)
    except OSError as error:
        raise StoreError(
            f"{name} {path} can't be written: {error.strerror}",
            "name a file in a folder that keeptouch may write (key_file), or make its folder writable once",
        ) from None
    return text


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
