"""What PostgreSQL needs that SQLite does not: settings of a session, who may write beside whom, what its errors mean.

Transactions that write are READ COMMITTED and begin with an advisory lock. Pages share it: they write facts, each in
rows of its own or such as come out the same in any order. All else has it alone. So what a derivation or an erasure
reads is all there is: no page that was decided about before it is written after it, and the page that comes next sees
what it did.
The lock is waited for inside the transaction, which is why the isolation is not higher: a snapshot from before the
wait would not show what was waited for. Locks end with their transaction, whatever becomes of its process.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from store.errors import StoreError

#: Where everything of ours lies.
SCHEMA = "keeptouch"
#: What our advisory locks are known by in a database; any number that others will hardly take ("keep" in ASCII).
_LOCK = "1801807216, 1"

#: How long a writer waits for another transaction, in seconds.
LOCK_SECONDS = 30
#: How long a process that stands still in the midst of writing (its machine sleeps, or was cut off) keeps the others
#: from it. Readers may take their time.
_STILL = "120s"

_SETTINGS = {
    # temporary tables last, so that nothing can stand before our own
    "search_path": f"{SCHEMA}, pg_temp",
    "lock_timeout": f"{LOCK_SECONDS}s",
}
#: A server that vanished is noticed within a minute; what the URL says goes before.
_CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "keeptouch",
}

#: Execution options of a connection that reads: all its statements see the store as it was at the first.
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

#: Transactions that were undone in favour of others', by SQLSTATE: doing them again is all that is needed.
#: Serialization failure, deadlock, lock timeout.
_UNDONE = ("40001", "40P01", "55P03")


def make_engine(url: URL) -> Engine:
    """An engine for a PostgreSQL database."""
    if find_spec("psycopg") is None:
        raise StoreError("the driver for PostgreSQL is not installed", "install keeptouch[postgresql]")
    connecting = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=8,
        # more than the threads that write at once
        max_overflow=16,
        connect_args=connecting,
        # errors end up in the log; what was to be written is nobody's business there
        hide_parameters=True,
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        calls = ", ".join(["set_config(%s, %s, false)"] * len(_SETTINGS))
        cursor.execute(f"SELECT {calls}", [word for pair in _SETTINGS.items() for word in pair])
    connection.commit()


def make_schema(connection: Connection) -> None:
    """The schema, where it is missing: a role that may not make any needs one that was made for it."""
    if connection.exec_driver_sql(f"SELECT to_regnamespace('{SCHEMA}')").scalar() is None:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")


def take_turn(connection: Connection, *, shared: bool) -> None:
    """Wait until this transaction may write: beside others that share their turn, or alone."""
    kind = "_shared" if shared else ""
    still = f"set_config('idle_in_transaction_session_timeout', '{_STILL}', true)"
    connection.exec_driver_sql(f"SELECT {still}, pg_advisory_xact_lock{kind}({_LOCK})")


def is_undone(error: BaseException) -> bool:
    """Was the transaction undone only because of others, so that it can be done again?"""
    return isinstance(error, DBAPIError) and _state(error) in _UNDONE


_AGAIN = "nothing was half-written; it is tried again"
_RESTARTING = f"the database was stopped, or is starting; {_AGAIN}"
_SIGNS = (
    ("55P03", "another program keeps the store locked", "end its transaction; pg_stat_activity tells whose it is"),
    ("40", "transactions kept undoing one another", f"{_AGAIN}; if it happens often, run fewer services on this store"),
    ("42501", "", "give the role the rights that docs/store.md lists"),
    ("25006", "", "store.url leads to a standby, where nothing can be written; name the primary server"),
    ("25P03", "", f"{_AGAIN}: this machine stood still, or was cut off, in the midst of a transaction"),
    ("53100", "", f"make room on the disk of the database; {_AGAIN}"),
    ("53300", "", "raise max_connections of the database, or run fewer programs on it"),
    ("57P", "", _RESTARTING),
    ("57014", "", f"somebody cancelled it, or statement_timeout is too short for it; {_AGAIN}"),
    ("58", "", "look at the database's own log and disk"),
)


def diagnose(error: DBAPIError) -> tuple[str, str] | None:
    """(problem, hint) for what can go wrong with a server; None for bugs of ours."""
    text = (str(error.orig).splitlines() or [""])[0] or "no answer"
    state = _state(error)
    for sign, problem, hint in _SIGNS:
        if state.startswith(sign):
            return problem or text, hint
    if isinstance(error, OperationalError) or error.connection_invalidated:
        # while it refuses connections it tells no SQLSTATE
        is_restarting = "the database system is" in text
        return text, _RESTARTING if is_restarting else "check that the database runs and store.url is right"
    return None


def _state(error: DBAPIError) -> str:
    """SQLSTATE (PostgreSQL, appendix A); "" where the server said nothing."""
    return getattr(error.orig, "sqlstate", None) or ""
