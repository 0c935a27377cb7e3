"""Proving a store: the file whole, the schema and the key its own, no row without what it belongs to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.exc import DBAPIError

from store import migrate
from store.engine import snapshot, translated
from store.errors import StoreError
from store.keeping import invariants
from store.keeping.backup import MARK
from store.keeping.invariants import RULES
from store.keys import IdentityKey
from store.migrate import State
from store.published import feed_triggers
from store.published.views import VIEWS
from store.schema import core
from store.sealing import SealingKeys, held, unopened
from store.writers import triggers

#: Rows that are named of those that break a rule, and complaints of SQLite about its file.
SHOWN = 3
_COMPLAINTS = 20
_RESTORE = "put back a backup; the next sync reads what is newer"
_HINTS = {
    "audit": "keeptouch accounts audit --repair fetches them again",
    "reprocess": f"keeptouch reprocess derives them anew; what it leaves: {_RESTORE}",
    "backup": _RESTORE,
}
#: A schema that differs by hand or by a disk's fault.
_CHANGED = f"keeptouch alone changes its tables: {_RESTORE}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    check: str
    problem: str
    hint: str
    #: Rows concerned, where it is about rows.
    count: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Verified:
    """What was found."""

    revision: str | None = None
    store_id: str | None = None
    #: What kind of copy it is, for people; None: it is none.
    copy: str | None = None
    #: View -> rows.
    rows: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    #: Rules that were left out, because mail waits to be derived.
    unchecked: list[str] = field(default_factory=list)


def verify(
    engine: Engine,
    url: str,
    key: IdentityKey | StoreError,
    progress: Callable[[str], None],
    sealing: SealingKeys | None = None,
) -> Verified:
    """Look at everything in one state of the store at `url`; changes nothing. Raises StoreError where there is none.

    `key`: the company's, or why it can't be read. `progress` hears the name of each check before it is made. `sealing`:
    what the store's secrets are sealed under; without it they are not opened.
    """
    found = Verified()
    with translated(url):
        try:
            with snapshot(engine) as connection:
                _look(connection, key, found, progress, sealing)
        except DBAPIError as error:
            found.findings.append(_damage("integrity", error))
    return found


def _look(
    connection: Connection,
    key: IdentityKey | StoreError,
    found: Verified,
    progress: Callable[[str], None],
    sealing: SealingKeys | None,
) -> None:
    condition = migrate.condition_of(connection)
    if condition.state is State.EMPTY:
        raise StoreError("there is no store in it", "name the store's file, or a backup of one")
    found.revision = condition.revision
    checks = _Checks(connection, key, found, progress)
    if connection.dialect.name == "sqlite":
        checks.make("integrity", checks.file())
    try:
        migrate.refuse_unfit(condition)
        if condition.state is State.OLDER:
            migrate.refuse_older(connection.dialect.name)
    except StoreError as error:
        found.findings.append(Finding("schema_version", error.problem, error.hint))
        if condition.state is not State.SHUT:
            return
    checks.make("identity", checks.identity())
    checks.make("schema", checks.schema())
    checks.make("counts", checks.counts())
    checks.make("rows", checks.rows())
    checks.make("secrets", checks.secrets(sealing))


def _damage(check: str, error: DBAPIError) -> Finding:
    """What SQLite says of pages that are no database's; raises every other error again."""
    if not isinstance(error.orig, sqlite3.DatabaseError) or "malformed" not in str(error.orig):
        raise error
    return Finding(check, f"the file is damaged: {error.orig}", _RESTORE)


class _Checks:
    """Each check gives what it finds."""

    def __init__(
        self,
        connection: Connection,
        key: IdentityKey | StoreError,
        found: Verified,
        progress: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._key = key
        self._found = found
        self._progress = progress

    def make(self, name: str, findings: Iterator[Finding]) -> None:
        """Note the findings of a check; a table that can't be read ends it with one more."""
        self._progress(name)
        try:
            self._found.findings.extend(findings)
        except DBAPIError as error:
            self._found.findings.append(_damage(name, error))

    def file(self) -> Iterator[Finding]:
        """SQLite's own checks of its file."""
        for complaint in self._connection.exec_driver_sql(f"PRAGMA integrity_check({_COMPLAINTS})").scalars():
            if complaint != "ok":
                yield Finding("integrity", f"the file is damaged: {complaint}", _RESTORE)
        lost: dict[str, int] = {}
        for table, *_rest in self._connection.exec_driver_sql("PRAGMA foreign_key_check"):
            lost[table] = lost.get(table, 0) + 1
        for table, count in lost.items():
            yield Finding("foreign_keys", f"rows of {table} belong to rows that are not there", _RESTORE, count)

    def identity(self) -> Iterator[Finding]:
        """Key, id and epoch."""
        noted = dict(self._connection.execute(select(core.meta.c.name, core.meta.c.value)).all())
        self._found.store_id, self._found.copy = noted.get("store_id"), noted.get(MARK)
        if isinstance(self._key, StoreError):
            yield Finding("identity_key", self._key.problem, self._key.hint)
        elif noted.get("key_check") != self._key.check():
            problem = "the identity key is not the one this store was made with"
            yield Finding("identity_key", problem, "find the key that belongs to it: without it the store is of no use")
        elif self._found.store_id != self._key.id("store"):
            yield Finding("identity_key", "the store's id is not the one that its key gives", _CHANGED)
        if not noted.get("feed_epoch"):
            yield Finding("meta", "the feed has no epoch", _CHANGED)

    def schema(self) -> Iterator[Finding]:
        """Tables, views and triggers are those that this program makes."""
        for difference in import_module("store.migrating").differences(self._connection):
            yield Finding("schema", difference, _CHANGED)
        seen = inspect(self._connection)
        there = set(seen.get_view_names())
        for view in VIEWS:
            columns = [each["name"] for each in seen.get_columns(view.name)] if view.name in there else []
            if columns != [name for name, _sql, _type in view.columns]:
                yield Finding("schema", f"the view {view.name} is missing or has other columns", _CHANGED)
        for name in (*triggers.missing(self._connection), *feed_triggers.missing(self._connection)):
            yield Finding("schema", f"the trigger {name} is missing", _CHANGED)

    def counts(self) -> Iterator[Finding]:
        """The views show as many rows as the tables hold."""
        there = set(inspect(self._connection).get_view_names())
        for view in (each.name for each in VIEWS if each.name in there):
            shown = self._number(f"SELECT count(*) FROM {view}")  # noqa: S608 - a view of ours
            held = self._number(invariants.COUNTS[view])
            self._found.rows[view] = shown
            if shown != held:
                yield Finding("counts", f"{view} shows {shown} rows, and the tables hold {held}", _HINTS["reprocess"])

    def rows(self) -> Iterator[Finding]:
        """No row lacks what it belongs to."""
        waiting = set(self._connection.execute(select(core.dirty.c.kind).distinct()).scalars())
        for rule in RULES:
            if rule.waits_for in waiting:
                self._found.unchecked.append(rule.name)
                continue
            self._progress(rule.name)
            if count := self._number(f"SELECT count(*) FROM ({rule.sql}) AS broken"):  # noqa: S608 - SQL of ours
                rows = self._connection.exec_driver_sql(f"{rule.sql} LIMIT {SHOWN}")
                examples = tuple(str(row[0]) for row in rows)
                yield Finding(rule.name, rule.problem, _HINTS[rule.remedy], count, examples)

    def secrets(self, keys: SealingKeys | None) -> Iterator[Finding]:
        """What is to be sealed is sealed, and opens with the keys at hand."""
        if keys is None:
            if clear := held(self._connection).get("", 0):
                yield Finding("secrets", "secrets that are not sealed", _CHANGED, clear)
            return
        closed: dict[tuple[str, str], list[str]] = {}
        for place, why in unopened(self._connection, keys):
            problem = why.problem.removesuffix(f": {place}")
            closed.setdefault((problem, why.hint), []).append(place)
        for (problem, hint), places in closed.items():
            yield Finding("secrets", problem, hint, len(places), tuple(places[:SHOWN]))

    def _number(self, sql: str) -> int:
        return int(self._connection.exec_driver_sql(sql).scalar_one())
