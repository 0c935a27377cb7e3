"""PostgreSQL in a temporary folder, by default without waiting for the disk; or with data that are kept.

    with Postgres() as server:
        create_engine(server.create_database())

Debian package: postgresql (binaries below /usr/lib/postgresql).
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.servers.process import HOST, MissingServer, Server, ServerError, alive, free_ports, tail

_CONFIGURATION = """
listen_addresses = '{host}'
unix_socket_directories = '{folder}'
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
max_connections = 100
max_wal_size = 128MB
"""


def _binaries() -> Path:
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    if not found:
        raise MissingServer("postgresql is not installed")
    return max(found, key=lambda folder: int(folder.parent.name))


class Postgres(Server):
    """`durable`: committed rows survive a crash, as on a company's server.

    `kept`: a folder whose data are made once and used again, by one server at a time. `settings`: further lines of
    postgresql.conf, read anew at each start.
    """

    name = "postgres"
    run_as = "postgres"
    # a fast shutdown: sessions are ended, nothing is waited for
    stop_signal = signal.SIGINT

    def __init__(
        self, *, durable: bool = False, kept: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._durable = durable
        # the server has a working folder of its own
        self._kept = kept.resolve() if kept is not None else None
        # nobody has to tidy up what is thrown away after minutes
        autovacuum = "off" if kept is None else "on"
        self._settings = {"shared_buffers": "64MB", "autovacuum": autovacuum, **(settings or {})}
        # with much in memory the last checkpoint takes a while
        self.stop_seconds = 5.0 if kept is None else 120.0
        self._databases = count(1)

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, for psycopg 3."""
        return f"postgresql+psycopg://test@{HOST}:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """URL of a new database: empty, or like `template`, the name of one to which nobody is connected."""
        database = f"test{next(self._databases)}"
        # the plain C order: what the tests see does not hang on the machine's locale
        self._administer(f"CREATE DATABASE {database} TEMPLATE {template} ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        return self.url(database)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever works with it."""
        self._administer(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        # psql takes longer to start than most of these to be done
        where = self.url("postgres").replace("+psycopg", "")
        with contextlib.closing(psycopg.connect(where, autocommit=True)) as connection:
            connection.execute(statement.encode())

    def sql(self, statement: str, database: str = "postgres", *, user: str = "test") -> str:
        """Output of one statement in psql, columns parted by "|"; raises ServerError."""
        words = [
            "-h",
            HOST,
            "-p",
            str(self.port),
            "-U",
            user,
            "-d",
            database,
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        return self.run([self._bin / "psql", *words, "-c", statement]).decode()

    def tool(self, name: str, *words: str | Path) -> None:
        """One of PostgreSQL's own programs, as its user; raises ServerError."""
        self.run([self._bin / name, *words])

    @contextmanager
    def halted(self, *, crash: bool = False) -> Iterator[None]:
        """It is away meanwhile; `crash` skips the checkpoint, so that the start recovers from the log."""
        if self.process is None:
            raise ServerError("postgres is not running")
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(20)
        yield
        self._serve()

    def restart(self, *, crash: bool = False) -> None:
        """Stop and start, as in `halted`."""
        with self.halted(crash=crash):
            pass

    def _launch(self) -> None:
        self._bin = _binaries()
        (self.port,) = free_ports(1)
        self._data = (self._kept or self.dir) / "data"
        if not (self._data / "PG_VERSION").exists():
            self._make()
        self._end_of_before()
        durable = "on" if self._durable else "off"
        lines = _CONFIGURATION.format(host=HOST, folder=self.dir, durable=durable)
        ours = self._data / "ours.conf"
        ours.write_text(lines + "".join(f"{name} = {value}\n" for name, value in self._settings.items()))
        self.give(ours)
        self._serve()

    def _make(self) -> None:
        if self._kept is not None:
            self._kept.mkdir(parents=True, exist_ok=True)
            self.give(self._kept)
        words = ["-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self.run([self._bin / "initdb", "-D", self._data, *words])
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write("include = 'ours.conf'\n")

    def _end_of_before(self) -> None:
        """What a server that was killed left behind would be taken for the word of the one that starts."""
        left = self._data / "postmaster.pid"
        pid = tail(left, 400).partition("\n")[0]
        if pid.isdigit() and alive(int(pid)):
            raise ServerError(f"another server works with {self._data} (process {pid})")
        left.unlink(missing_ok=True)

    def _serve(self) -> None:
        self.process = self.spawn([self._bin / "postgres", "-D", self._data, "-p", str(self.port)])
        end = time.monotonic() + (30 if self._kept is None else 600)
        while not tail(self._data / "postmaster.pid", 400).rstrip().endswith("ready"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise ServerError("postgres: " + tail(self.log))
            time.sleep(0.01)
