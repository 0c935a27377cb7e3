"""The files of a SQLite store, by its URL, whether or not it can be opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

#: What lies beside a database: of SQLite, and of ours.
_BESIDE = ("-wal", "-shm", "-journal", ".generation", ".lock")


def file_of(url: str) -> Path | None:
    """The database's file; None: it is none."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(str(parsed.database)) if is_file else None


def files_of(url: str) -> list[Path]:
    """The database's file and those beside it, as far as they are there."""
    file = file_of(url)
    if file is None:
        return []
    paths = (file, *(file.with_name(file.name + end) for end in _BESIDE))
    return [path for path in paths if path.is_file()]
