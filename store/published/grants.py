"""Rights of other programs on PostgreSQL: readers see the views alone, writers may besides write the tables w1_*.

Nothing is ever taken away. An upgrade makes the views anew, and with a view its rights go: `kept` notes them before
and restores them after, and whoever could read all views can read new ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store.errors import StoreError
from store.published.views import VIEWS
from store.schema.tables import metadata

SCHEMA = "keeptouch"
#: Tables that other programs write.
WRITABLE = tuple(sorted(name for name in metadata.tables if name.startswith("w1_")))
#: Whoever may read this view was given all of them.
_SIGN = "v1_store"
_MAY_NOT = "42501"


class Access(StrEnum):
    """What a role may do."""

    READ = "read"
    WRITE = "write"


@dataclass(slots=True)
class Granted:
    """What was done for a role, and what somebody with more rights has to do."""

    done: list[str] = field(default_factory=list)
    #: (what is missing, what does it)
    missing: list[tuple[str, str]] = field(default_factory=list)
    #: What it or others may do all the same.
    notes: list[str] = field(default_factory=list)


def grant(connection: Connection, role: str, access: Access) -> Granted:
    """Give a role of the cluster its rights; the transaction is the caller's. Raises StoreError."""
    exists = text("SELECT rolsuper FROM pg_roles WHERE rolname = :role")
    row = connection.execute(exists, {"role": role}).first()
    name = _quoted(connection, role)
    if row is None:
        hint = f"make it first, as an administrator of the database: CREATE ROLE {name} LOGIN PASSWORD '…'"
        raise StoreError(f"there is no role {role} in this database", hint)
    granted = Granted()
    _give(connection, name, access)
    granted.done.append(f"may read {len(VIEWS)} views v1_* in the schema {SCHEMA}")
    if access is Access.WRITE:
        granted.done.append(f"may read and write {' and '.join(WRITABLE)}")
    database = connection.scalar(text("SELECT current_database()"))
    enter = text("SELECT has_database_privilege(:role, current_database(), 'CONNECT')")
    if not connection.scalar(enter, {"role": role}):
        connect = f"GRANT CONNECT ON DATABASE {_quoted(connection, str(database))} TO {name}"
        # of a right that one has and may not pass on PostgreSQL only warns
        does = (connect, lambda: bool(connection.scalar(enter, {"role": role})))
        _try(connection, granted, "may connect to the database", *does)
    if path := _search_path(connection, role, str(database)):
        _try(connection, granted, "finds them without naming the schema (search_path), from its next login on", path)
    if row.rolsuper:
        granted.notes.append(f"{role} is a superuser: nothing here keeps it from anything")
    return granted


def _give(connection: Connection, name: str, access: Access) -> None:
    views = ", ".join(view.name for view in VIEWS)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}")
    connection.exec_driver_sql(f"GRANT SELECT ON {views} TO {name}")
    if access is Access.WRITE:
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(WRITABLE)} TO {name}")


def _search_path(connection: Connection, role: str, database: str) -> str | None:
    """The command that puts our schema before what the role looks in; None where it looks there already."""
    settings = text(
        "SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole"
        " LEFT JOIN pg_database d ON d.oid = s.setdatabase"
        " WHERE r.rolname = :role AND (s.setdatabase = 0 OR d.datname = current_database())"
        " ORDER BY s.setdatabase DESC"
    )
    set_before = [str(each) for each in connection.scalars(settings, {"role": role})]
    paths = [each.partition("=")[2] for each in set_before if each.startswith("search_path=")]
    path = paths[0] if paths else '"$user", public'
    if SCHEMA in [part.strip().strip('"') for part in path.split(",")]:
        return None
    where = f"ALTER ROLE {_quoted(connection, role)} IN DATABASE {_quoted(connection, database)}"
    return f"{where} SET search_path = {SCHEMA}, {path}"


def _try(
    connection: Connection, granted: Granted, what: str, command: str, has_worked: Callable[[], bool] = lambda: True
) -> None:
    """Carry out a command that may need more rights than ours."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(command)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _MAY_NOT:
            raise
        granted.missing.append((what, command))
    else:
        if has_worked():
            granted.done.append(what)
        else:
            granted.missing.append((what, command))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


# -- over an upgrade ----------------------------------------------------------------------------------------------


@contextmanager
def kept(connection: Connection) -> Iterator[None]:
    """What is granted on views before is granted on them after, where they are still there."""
    if connection.dialect.name != "postgresql":
        yield
        return
    before = _held(connection)
    yield
    there = {view.name for view in VIEWS}
    for view, role in before:
        if view in there:
            connection.exec_driver_sql(f"GRANT SELECT ON {view} TO {role}")
    writers = {role for table, role in before if table in WRITABLE}
    for role in sorted(role for view, role in before if view == _SIGN):
        _give(connection, role, Access.WRITE if role in writers else Access.READ)


def _held(connection: Connection) -> list[tuple[str, str]]:
    """(view, role or PUBLIC) that may read it, and (table w1_*, role) that may insert; the owner's are left out."""
    query = text(
        "SELECT c.relname, a.grantee, pg_get_userbyid(a.grantee) AS role FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a"
        " WHERE n.nspname = :schema AND a.grantee <> c.relowner AND ("
        " (c.relkind = 'v' AND c.relname LIKE 'v1%' AND a.privilege_type = 'SELECT')"
        " OR (c.relname LIKE 'w1%' AND a.privilege_type = 'INSERT')) ORDER BY c.relname, role"
    )
    rows = connection.execute(query, {"schema": SCHEMA})
    return [(row.relname, "PUBLIC" if row.grantee == 0 else _quoted(connection, row.role)) for row in rows]
