"""What has to be right before a store is worked with: its schema, its identity key, and that it is the one it was."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from store import migrate, postgresql
from store.errors import NoStoreError, StoreError
from store.keeping.backup import copy_for_us, database_file
from store.keys import IdentityKey, parse_key, read_or_make_key
from store.lineage import Lineage
from store.migrate import State
from store.schema import core
from store.upgrading import Upgraded, upgrade
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that can be worked with, and what was done for it."""

    key: IdentityKey
    upgraded: Upgraded | None = None
    #: Why the feed began a new epoch: the store was put back or moved. None: it is the one it was.
    put_back: str | None = None


def prepare(
    engine: Engine, key_text: str | None, key_file: Path, lineage: Lineage, *, may_create: bool, may_upgrade: bool
) -> Opened:
    """Schema and identity key in order, whichever state the database is in; raises StoreError."""
    with engine.connect() as connection:
        condition = migrate.condition_of(connection)
    if condition.state is State.EMPTY and not may_create:
        raise NoStoreError("there is no store yet", "run `keeptouch sync` once; it makes it")
    database = database_file(engine)
    migrate.refuse_unfit(condition, copy_for_us(database) if database else None)
    is_automatic = may_create and database is not None
    if condition.state is State.OLDER and not (may_upgrade or is_automatic):
        migrate.refuse_older(engine.dialect.name)
    key = parse_key(key_text) if key_text else read_or_make_key(key_file, may_make=condition.state is State.EMPTY)
    if condition.state is not State.EMPTY:
        with engine.connect() as connection:
            _knows_key(connection, key)
    upgraded = upgrade(engine) if condition.state is not State.CURRENT else None
    with engine.connect() as connection:
        is_known = _knows_key(connection, key)
        is_settled = is_known and (not may_create or lineage.is_settled(connection))
    if database is not None and may_create:
        # Only now, because it changes the file; and not for those who only read, because it needs the file alone.
        with contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
    put_back = None
    if not is_settled:
        with engine.execution_options(**{migrate.WRITES: True}).begin() as connection:
            if engine.dialect.name == "postgresql":
                postgresql.take_turn(connection, shared=False)
            if not _knows_key(connection, key):
                _take_key(connection, key)
            put_back = lineage.settle(connection)
    return Opened(key, upgraded, put_back)


def _take_key(connection: Connection, key: IdentityKey) -> None:
    rows = {"key_check": key.check(), "store_id": key.id("store"), "feed_epoch": str(uuid.uuid4())}
    upsert(connection, core.meta, [{"name": name, "value": value} for name, value in rows.items()])


def _knows_key(connection: Connection, key: IdentityKey) -> bool:
    """False: the store was made just now. Raises StoreError for another key than the store's own."""
    kept = connection.scalar(select(core.meta.c.value).where(core.meta.c.name == "key_check"))
    if kept is not None and kept != key.check():
        raise StoreError(
            "the identity key is not the one this store was made with",
            "put the store's own key back (it lies in the backup of the configuration folder)",
        )
    return kept is not None
