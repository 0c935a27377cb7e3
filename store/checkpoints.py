"""What the log (WAL) of a SQLite store holds is written into the file beside the transactions, not within them.

SQLite by itself does it within the commit with which the log gets long: in a large store thousands of pages, each in
another place, while everybody waits for the one who writes. Here a thread does it, with a connection of its own, which
keeps nobody from reading or writing (PASSIVE, sqlite.org/pragma.html#pragma_wal_checkpoint). Should it not keep up, the
commits do it as ever, from PAGES on.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

#: Changed rows after which it is done: in a large store each takes about two pages of the log, of 4 KiB.
ROWS = 8_000
#: Pages of the log from which on commits do it.
PAGES = 32_000


class Checkpoints:
    """Of the open store in a file; its thread is there while there is something to do."""

    def __init__(self, file: Path) -> None:
        self._uri = f"{file.absolute().as_uri()}?mode=rw"
        self._rows = 0
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_busy = self._is_closed = False

    def committed(self, rows: int) -> None:
        """A transaction that changed so many rows is committed."""
        with self._guard:
            self._rows += rows
            if self._rows < ROWS or self._is_busy or self._is_closed:
                return
            self._rows, self._is_busy = 0, True
            # should the process end meanwhile, the log has everything
            self._thread = threading.Thread(target=self._write_back, name="checkpoint", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait until it is done; nothing is begun any more."""
        with self._guard:
            self._is_closed = True
            thread = self._thread
        if thread is not None:
            thread.join()

    def _write_back(self) -> None:
        try:
            # a file that is locked, gone or on a full disk: whoever writes next is told, and the log has everything
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(self._uri, timeout=0, uri=True)) as connection,
            ):
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            with self._guard:
                self._is_busy = False
