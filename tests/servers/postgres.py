"""PostgreSQL in a temporary folder, by default without waiting for the disk.

    with Postgres() as server:
        create_engine(server.create_database())

Debian package: postgresql (binaries below /usr/lib/postgresql).
"""

from __future__ import annotations

import signal
import time
from itertools import count
from pathlib import Path

from tests.servers.process import HOST, MissingServer, Server, ServerError, free_ports, tail

_CONFIGURATION = """
listen_addresses = '{host}'
unix_socket_directories = '{folder}'
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
shared_buffers = 64MB
max_connections = 100
"""


def _binaries() -> Path:
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    if not found:
        raise MissingServer("postgresql is not installed")
    return max(found, key=lambda folder: int(folder.parent.name))


class Postgres(Server):
    """`durable`: committed rows survive a crash, as on a company's server."""

    name = "postgres"
    run_as = "postgres"
    # a fast shutdown: sessions are ended, nothing is waited for
    stop_signal = signal.SIGINT

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._databases = count(1)

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, for psycopg 3."""
        return f"postgresql+psycopg://test@{HOST}:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """URL of a new database: empty, or like `template`, the name of one to which nobody is connected."""
        database = f"test{next(self._databases)}"
        # the plain C order: what the tests see does not hang on the machine's locale
        self.sql(f"CREATE DATABASE {database} TEMPLATE {template} ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        return self.url(database)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever works with it."""
        self.sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

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

    def restart(self, *, crash: bool = False) -> None:
        """Stop and start; `crash` skips the checkpoint, so that the start recovers from the log."""
        if self.process is None:
            raise ServerError("postgres is not running")
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(20)
        self._serve()

    def _launch(self) -> None:
        self._bin = _binaries()
        (self.port,) = free_ports(1)
        self._data = self.dir / "data"
        words = ["-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self.run([self._bin / "initdb", "-D", self._data, *words])
        with (self._data / "postgresql.conf").open("a") as configuration:
            durable = "on" if self._durable else "off"
            configuration.write(_CONFIGURATION.format(host=HOST, folder=self.dir, durable=durable))
        self._serve()

    def _serve(self) -> None:
        self.process = self.spawn([self._bin / "postgres", "-D", self._data, "-p", str(self.port)])
        end = time.monotonic() + 30
        while not tail(self._data / "postmaster.pid", 400).rstrip().endswith("ready"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise ServerError("postgres: " + tail(self.log))
            time.sleep(0.01)
