"""Datasette on a SQLite file: the board that many lay over one.

    with Datasette(folder / "keeptouch.db") as server:
        server.rows("SELECT * FROM v1_contact")

A package of Python (extra "dev"), so that it is there wherever the tests run.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.servers.process import HOST, MissingServer, Server, ServerError, free_ports, tail


class Datasette(Server):
    """Serves one file; it asks for as many rows as there are."""

    name = "datasette"
    # our own interpreter may lie where other users may not look
    run_as = "root"

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, sql: str) -> list[list[Any]]:
        """The rows of a query as its JSON tells them; raises ServerError with Datasette's own words."""
        words = urlencode({"sql": sql, "_shape": "arrays"})
        try:
            with urllib.request.urlopen(f"{self._url}/{self._file.stem}.json?{words}", timeout=30) as answer:
                document = json.load(answer)
        except urllib.error.HTTPError as error:
            raise ServerError(error.read().decode()) from error
        if document["truncated"]:
            raise ServerError("not all rows were told")
        found: list[list[Any]] = document["rows"]
        return found

    def _launch(self) -> None:
        if importlib.util.find_spec("datasette") is None:
            raise MissingServer("datasette is not installed (pip install 'keeptouch[dev]')")
        (port,) = free_ports(1)
        self._url = f"http://{HOST}:{port}"
        settings = ["--setting", "sql_time_limit_ms", "20000", "--setting", "max_returned_rows", "100000"]
        where = ["--host", HOST, "--port", str(port)]
        self.process = self.spawn([sys.executable, "-P", "-m", "datasette", "serve", self._file, *where, *settings])
        end = time.monotonic() + 60
        while True:
            try:
                self.rows("SELECT 1")
                return
            except urllib.error.URLError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise ServerError("datasette: " + tail(self.log)) from error
                time.sleep(0.05)
