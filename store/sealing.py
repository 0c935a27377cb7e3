"""Sealed columns: AES-256-GCM under a key that is never in the database, bound to the row and column it stands in.

The stored form is `v1:KEYID:NONCE:CIPHERTEXT`, the last two in base64url (RFC 4648, section 5). The associated data is
"table/row key/column", so that a secret that is copied into another row does not open there. A column is sealed by its
type, `store.types.Sealed`; `keys rotate` and `verify` find it by that.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, func, select, tuple_, update

from store.engine import Store
from store.errors import StoreError
from store.schema.tables import metadata
from store.types import SEALED, Sealed

KEY_BYTES = 32
#: Of 96 bits, by chance, as NIST SP 800-38D, section 8.2.2, has it: good for 2**32 secrets under one key.
NONCE_BYTES = 12
#: Rows of one transaction of a rotation.
BATCH = 500
#: What makes a key, for people.
MAKE = "openssl rand -hex 32"


class SealingKeys:
    """The keys at hand: the first seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        # 7 MiB, of which a store without secrets has no need
        aead = import_module("cryptography.hazmat.primitives.ciphers.aead")
        self._ciphers = {_key_id(key): aead.AESGCM(key) for key in keys}
        #: Of the key that seals.
        self.newest = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"SealingKeys({', '.join(self._ciphers)})"

    def seal(self, text: str, place: str) -> str:
        """The form to be stored at `place` (see `place_of`)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self.newest].encrypt(nonce, text.encode(), place.encode())
        return f"{SEALED}{self.newest}:{_written(nonce)}:{_written(sealed)}"

    def open(self, stored: str, place: str) -> str:
        """What was sealed for `place`; raises StoreError, which never quotes it."""
        key_id, nonce, sealed = _parts(stored)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            problem = f"a secret of the store is sealed under the key {key_id or '?'}, which is not at hand"
            raise StoreError(problem, "add that key as a further line to the secrets key of [store]")
        try:
            opened: bytes = cipher.decrypt(nonce, sealed, place.encode())
        except import_module("cryptography.exceptions").InvalidTag:
            problem = f"a sealed secret of the store was changed, or comes from another row: {place}"
            raise StoreError(problem, "sign in again: keeptouch accounts login") from None
        return opened.decode()


def parse_keys(text: str, key: str = "store.secrets_key") -> SealingKeys:
    """The keys, one a line, of 64 hexadecimal digits each; raises StoreError naming the configuration's `key`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        keys = [bytes.fromhex(line) for line in lines]
    except ValueError:
        keys = []
    if not keys or any(len(each) != KEY_BYTES for each in keys):
        problem = f"{key} must be lines of {KEY_BYTES * 2} hexadecimal digits, the newest key first"
        raise StoreError(problem, f"make a key with: {MAKE}")
    return SealingKeys(keys)


def place_of(column: Column[Any], *row_key: object) -> str:
    """Where a secret stands: "table/row key/column"."""
    return "/".join((column.table.name, *map(str, row_key), column.name))


def sealed_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """All sealed columns of the schema, with their tables."""
    for table in metadata.sorted_tables:
        yield from ((table, column) for column in table.columns if isinstance(column.type, Sealed))


@dataclass(slots=True)
class Rotated:
    """What a rotation did, in secrets (a row may hold several)."""

    #: Sealed anew.
    resealed: int = 0
    #: "table/row key/column" of those that no key at hand opens, and that stay as they are.
    unopened: list[str] = field(default_factory=list)
    #: Key id -> how many are sealed under it now.
    held: dict[str, int] = field(default_factory=dict)


def rotate(store: Store, keys: SealingKeys, progress: Callable[[int], None] = lambda _resealed: None) -> Rotated:
    """Seal every secret of every sealed column under the newest key; raises StoreError.

    In transactions of at most BATCH rows: whoever is killed has lost nothing, and begins again with what is left.
    """
    done = Rotated()
    for table, column in sealed_columns():
        after: Sequence[Any] | None = None
        while True:
            with store.write() as transaction:
                rows = transaction.execute(_under_other_keys(table, column, keys, after).limit(BATCH)).all()
                for *row_key, stored in rows:
                    _reseal(transaction, column, row_key, stored, keys, done)
            if not rows:
                break
            after = rows[-1][:-1]
            progress(done.resealed)
    with store.read() as transaction:
        done.held = held(transaction)
    return done


def _reseal(
    connection: Connection,
    column: Column[Any],
    row_key: Sequence[Any],
    stored: str,
    keys: SealingKeys,
    done: Rotated,
) -> None:
    place = place_of(column, *row_key)
    try:
        text = keys.open(stored, place)
    except StoreError:
        done.unopened.append(place)
        return
    table = column.table
    here = [name == value for name, value in zip(table.primary_key, row_key, strict=True)]
    connection.execute(update(table).where(*here).values({column: keys.seal(text, place)}))
    done.resealed += 1


def _under_other_keys(table: Any, column: Column[Any], keys: SealingKeys, after: Sequence[Any] | None) -> Select[Any]:
    """(row key, secret) in the order of row keys, of secrets that are not under the newest key."""
    row_key = tuple(table.primary_key)
    query = select(*row_key, column).where(column.is_not(None), ~_begins(column, f"{SEALED}{keys.newest}:"))
    return (query if after is None else query.where(tuple_(*row_key) > tuple_(*after))).order_by(*row_key)


def _begins(column: Column[Any], text: str) -> Any:
    return func.substr(column, 1, len(text)) == text


def held(connection: Connection) -> dict[str, int]:
    """Key id -> how many secrets are sealed under it; "": not sealed at all."""
    found: dict[str, int] = {}
    for _table, column in sealed_columns():
        for stored in connection.scalars(select(column).where(column.is_not(None))):
            key_id = _parts(stored)[0]
            found[key_id] = found.get(key_id, 0) + 1
    return found


def unopened(connection: Connection, keys: SealingKeys) -> Iterator[tuple[str, StoreError]]:
    """(place, why) of each secret that does not open."""
    for table, column in sealed_columns():
        for *row_key, stored in connection.execute(select(*table.primary_key, column).where(column.is_not(None))):
            place = place_of(column, *row_key)
            try:
                keys.open(stored, place)
            except StoreError as error:
                yield place, error


def _key_id(key: bytes) -> str:
    return blake2b(key, digest_size=4, person=b"keeptouch key id").hexdigest()


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _parts(stored: str) -> tuple[str, bytes, bytes]:
    """(key id, nonce, ciphertext); an empty key id where it is no sealed text."""
    _version, _, rest = stored.partition(":")
    words = rest.split(":")
    if not stored.startswith(SEALED) or len(words) != 3:
        return "", b"", b""
    try:
        nonce, sealed = (base64.b64decode(w + "=" * (-len(w) % 4), b"-_", validate=True) for w in words[1:])
    except ValueError:
        return "", b"", b""
    return words[0], nonce, sealed
