"""Tokens of pixels and links: 128 random bits, and a MAC that shows that we made them, under a key of its own.

The key is made beside the configuration (mode 0600) or comes as a credential, and never enters the database, which
knows of each token a keyed hash alone: who reads the database can ask for no pixel. It is not the identity key: who
gets hold of it can forge opens, and nothing else. Another one makes the tokens in mails of before void.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from hashlib import blake2b, sha256
from pathlib import Path

from store.errors import StoreError
from store.keys import KEY_BYTES, read_or_make

#: Of the random part, and of the MAC (RFC 2104, cut to half of SHA-256 as its section 5 allows).
TOKEN_BYTES = MAC_BYTES = 16
#: Of a token's text: base64url without padding (RFC 4648, section 5).
TOKEN_LENGTH = 43
_NOTHING = bytes(TOKEN_BYTES + MAC_BYTES)


class TrackingKey:
    """Makes tokens, and knows those that it made."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            problem = f"the key of tracking must be {KEY_BYTES} bytes ({KEY_BYTES * 2} hexadecimal digits)"
            raise StoreError(problem, "make one with: openssl rand -hex 32")
        self._key = key
        self._hash_key = blake2b(b"token", key=key, digest_size=32).digest()

    def __repr__(self) -> str:
        return "TrackingKey(***)"

    def mint(self) -> tuple[str, bytes]:
        """A new token, and the hash under which the store knows it."""
        random = secrets.token_bytes(TOKEN_BYTES)
        text = base64.urlsafe_b64encode(random + self._mac(random)).rstrip(b"=").decode("ascii")
        return text, self._hashed(random)

    def verify(self, text: str) -> bytes | None:
        """The hash of a token that this key made; None for all else.

        The same work is done for every text, and the MACs are compared in constant time, so that the time that it takes
        tells nothing of how much of a guess is right.
        """
        raw = _decoded(text)
        random, mac = raw[:TOKEN_BYTES], raw[TOKEN_BYTES:]
        is_ours = hmac.compare_digest(mac, self._mac(random))
        hashed = self._hashed(random)
        return hashed if is_ours else None

    def _mac(self, random: bytes) -> bytes:
        return hmac.digest(self._key, random, sha256)[:MAC_BYTES]

    def _hashed(self, random: bytes) -> bytes:
        return blake2b(random, key=self._hash_key, digest_size=16).digest()


def _decoded(text: str) -> bytes:
    """The bytes that a token's text stands for; as many zeros where it can be none."""
    try:
        raw = base64.b64decode(text[:TOKEN_LENGTH].encode("ascii") + b"=", b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return _NOTHING
    # another spelling of the last letter's unused bits is another text
    is_whole = len(text) == TOKEN_LENGTH and len(raw) == len(_NOTHING)
    return raw if is_whole and base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == text else _NOTHING


def parse_tracking_key(text: str) -> TrackingKey:
    """The key from its text of 64 hexadecimal digits; raises StoreError."""
    try:
        return TrackingKey(bytes.fromhex(text.strip()))
    except ValueError:
        problem = "the key of tracking is not made of hexadecimal digits"
        raise StoreError(problem, "make one with: openssl rand -hex 32") from None


def read_or_make_tracking_key(path: Path) -> TrackingKey:
    """The key in `path`, made there (mode 0600) when there is none; raises StoreError."""
    return parse_tracking_key(read_or_make(path, "the key of tracking"))
