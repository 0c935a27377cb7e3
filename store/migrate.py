"""The schema's version and the oldest program allowed: making, upgrading, and refusing what doesn't fit.

Alembic does the work, and takes longer to import than all the rest of a command that finds the schema as it should be;
so what it notes in the database is read here without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select

from store.errors import OlderStoreError, StoreError
from store.schema.core import meta
from store.upsert import upsert

#: Execution option of a connection that will write.
WRITES = "keeptouch_writes"
#: Of PostgreSQL, held by whoever makes or upgrades what a store is made of: "keeptouc" in ASCII.
ADVISORY_LOCK = 0x6B656570746F7563
#: Alembic's environment and our migrations.
MIGRATIONS = Path(__file__).parent / "migrations"
#: The oldest release that may work with a store beside this one. Raised when this one writes what older ones would
#: misread though the tables stay the same; a store is then to be upgraded as for a change of tables.
OLDEST_PROGRAM = "0.1.0"


class State(Enum):
    """How a database's schema stands to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    #: The schema is ours, but the store allows newer programs only.
    SHUT = "shut"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database stands to this program, and what it says of its version."""

    state: State
    #: Of the schema; None: it has none.
    revision: str | None = None
    #: The release that made or upgraded it last, and the oldest that it allows; "": not told.
    program: str = ""
    oldest_program: str = ""


#: What Alembic notes, as it makes it; not one of our tables.
VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def revisions() -> list[str]:
    """The revisions that this program knows, in order: its migrations' files begin with them."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


@cache
def program() -> str:
    """The release that this is."""
    return version("keeptouch")


def is_before(release: str, other: str) -> bool:
    """Is a release older than another? A pre-release counts as what it is to become; "" is older than all."""
    return release_numbers(release) < release_numbers(other)


def release_numbers(release: str) -> tuple[int, ...]:
    """What releases are ordered by."""
    return tuple(int(each) for each in re.findall(r"\d+", release)[:3])


def condition_of(connection: Connection) -> Condition:
    """Compare the database with the newest revision we know, and us with what it allows."""
    # asked once: another process may be making the store just now, and between two questions all tables would appear
    tables = inspect(connection).get_table_names()
    revision = connection.scalar(select(VERSION.c.version_num)) if VERSION.name in tables else None
    if revision is None:
        return Condition(State.FOREIGN if tables else State.EMPTY)
    names = ("program", "oldest_program")
    noted = dict(connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.in_(names))).all())
    oldest = noted.get("oldest_program", "")
    known = revisions()
    if revision not in known:
        state = State.NEWER
    elif is_before(program(), oldest):
        state = State.SHUT
    else:
        state = State.CURRENT if revision == known[-1] and not is_before(oldest, OLDEST_PROGRAM) else State.OLDER
    return Condition(state, revision, noted.get("program", ""), oldest)


def refuse_unfit(condition: Condition, copy: Path | None = None) -> None:
    """Raise StoreError for a database that is newer than this program, shut to it, or not ours.

    `copy`: where the upgrade of a SQLite store left the store as it was before.
    """
    match condition.state:
        case State.NEWER:
            is_told = is_before(program(), condition.program)
            which = f", {condition.program}; this is {program()}" if is_told else ""
            hint = f"install keeptouch {condition.program} here" if is_told else "install that version again"
            if copy is not None:
                hint += f"; or go back with the copy from before the upgrade, {copy}"
            raise StoreError(f"the store was written by a newer keeptouch{which}", hint)
        case State.SHUT:
            raise StoreError(
                f"the store allows keeptouch {condition.oldest_program} and newer, and this is {program()}",
                f"install keeptouch {condition.program or condition.oldest_program} here",
            )
        case State.FOREIGN:
            raise StoreError(
                "the database holds tables that are not keeptouch's", "name an empty database in store.url"
            )
        case _:
            return


def refuse_older(dialect: str) -> None:
    """Raise OlderStoreError for a store that has to be upgraded first."""
    if dialect == "postgresql":
        hint = "stop keeptouch on every machine that works with the store, then run `keeptouch store upgrade` on one"
    else:
        hint = "run `keeptouch store upgrade`; `sync` and `run` upgrade by themselves. A copy is kept beside it"
    raise OlderStoreError(f"the store is of an older keeptouch than this one, {program()}", hint)


def shut_out(connection: Connection, oldest: str) -> None:
    """Allow no program older than the release `oldest`, which is not newer than this one; raises StoreError."""
    if is_before(program(), oldest) or is_before(oldest, OLDEST_PROGRAM):
        raise StoreError(
            f"this keeptouch can shut out programs older than {oldest} as little as itself",
            f"name a release from {OLDEST_PROGRAM} to {program()}",
        )
    upsert(connection, meta, [{"name": "oldest_program", "value": oldest}], update=["value"])


class Guard:
    """Keeps a program that is running from writing to a store that was upgraded meanwhile."""

    _noted = "SELECT version_num, (SELECT value FROM meta WHERE name = 'oldest_program') FROM alembic_version"

    def __init__(self) -> None:
        self._seen: object = None

    def check(self, connection: Connection) -> None:
        """To be called first in each transaction that writes; raises StoreError.

        What it reads stays so until the transaction ends: an upgrade waits for it, and it for an upgrade.
        """
        if connection.dialect.name == "sqlite":
            # past SQLAlchemy, which would take ten times as long for a statement of each transaction
            raw: Any = connection.connection.driver_connection
            found = raw.execute(self._noted).fetchone()
        else:
            found = tuple(connection.exec_driver_sql(self._noted).one())
        if found == self._seen:
            return
        condition = condition_of(connection)
        refuse_unfit(condition)
        if condition.state is State.OLDER:
            refuse_older(connection.dialect.name)
        self._seen = found
