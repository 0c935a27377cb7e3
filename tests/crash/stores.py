"""Where the stores of the scenarios lie: a file each, or a database each."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Protocol

from tests.integration.company import Company
from tests.servers.postgres import Postgres


class Stores(Protocol):
    """One kind of database."""

    name: str

    def give(self, company: Company, before: Company | None) -> None:
        """An empty store for a company, or a copy of another's."""

    def check(self, company: Company) -> None:
        """What a killed program has left is whole, as the next run will find it."""

    def drop(self, company: Company) -> None:
        """Nobody needs it any more."""


class Files:
    """SQLite: the store lies in the company's folder."""

    name = "sqlite"

    def give(self, company: Company, before: Company | None) -> None:
        if before is not None:
            shutil.copy(before.store, company.store)

    def check(self, company: Company) -> None:
        """On a copy: SQLite repairs what it opens."""
        if not company.store.exists():
            return
        with tempfile.TemporaryDirectory() as folder:
            for file in company.folder.glob(f"{company.store.name}*"):
                shutil.copy(file, folder)
            with contextlib.closing(sqlite3.connect(Path(folder) / company.store.name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    def drop(self, company: Company) -> None:
        """It goes with the folder."""


class Databases:
    """PostgreSQL: a database each, on one server."""

    name = "postgresql"

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def give(self, company: Company, before: Company | None) -> None:
        template = before.url.rpartition("/")[2] if before is not None else "template0"
        company.url = self._postgres.create_database(template)

    def check(self, company: Company) -> None:
        """The server sees to it: what was not committed is gone, and no lock is left behind for long."""

    def drop(self, company: Company) -> None:
        self._postgres.drop_database(company.url)
