"""The store's URL, checked without touching a database: its kind, its file, and that no password is in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from daemon.options import Reader

_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?://(?P<path>.*)", re.DOTALL)
_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+psycopg)?://(?P<rest>.+)", re.DOTALL)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=://)")
_PARAMETER = re.compile(r"[?&](?:password|passfile|sslpassword)=", re.IGNORECASE)


def checked_url(url: str, key: str, reader: Reader) -> str:
    """The URL with an absolute path; what is wrong is noted without showing the URL."""
    if has_password(url):
        reader.refuse(key, "has a password in it", "take it out, and name its file in store.password_file (mode 0600)")
    elif sqlite := _SQLITE.fullmatch(url):
        return _sqlite_url(sqlite["path"], key, reader) or url
    elif postgresql := _POSTGRESQL.fullmatch(url):
        if not postgresql["rest"].partition("/")[2].partition("?")[0]:
            reader.refuse(key, "names no database", "postgresql://user@host/database")
        return f"postgresql+psycopg://{postgresql['rest']}"
    else:
        scheme = _SCHEME.match(url)
        problem = f"is for {scheme[0]}, which is not supported" if scheme else "is no URL"
        reader.refuse(key, problem, "sqlite:///keeptouch.db or postgresql://user@host/database")
    return url


def has_password(url: str) -> bool:
    """Does it hold a password, in whatever place?"""
    # not urlsplit: a password with a slash or a hash would end up in the path
    before_host, at, _ = url.partition("://")[2].rpartition("@")
    return bool(_PARAMETER.search(url) or (at and ":" in before_host and not _SQLITE.fullmatch(url)))


def sqlite_path(url: str) -> str | None:
    """The file that a URL of SQLite names, as it stands there; None: the URL is of another database."""
    match = _SQLITE.fullmatch(url)
    return match["path"].removeprefix("/") if match else None


def _sqlite_url(rest: str, key: str, reader: Reader) -> str | None:
    name = rest.removeprefix("/")
    if not rest.startswith("/") or not name or name == ":memory:" or "?" in name or "\0" in name:
        reader.refuse(key, "must name a database file", "sqlite:///keeptouch.db, or sqlite:////var/lib/…")
        return None
    path = Path(os.path.abspath(reader.folder / name))
    if path.is_dir():
        reader.refuse(key, f"{path} is a folder", "name a file in it")
    elif not os.path.isdir(path.parent):
        reader.refuse(key, f"the folder {path.parent} does not exist", "make it, for the user of the service")
    return f"sqlite:///{path}"
