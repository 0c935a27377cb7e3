"""[[contacts.sources]]: lists of contacts that are followed, each with the options of its kind in the same table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from connectors.api import AddressBooksType, ConnectorError, Secret
from daemon.config.people import read_text
from daemon.config.records import ContactSource
from daemon.contacts.reading import MAX_SOURCE
from daemon.options import Reader, is_refused, join, keys, secret_keys, tables
from daemon.plugins import Connectors, PluginError
from daemon.store_url import has_password, sqlite_path
from store.contacts.foreign import url_problem

SQL = "sql"
PASSWORD_KEYS = secret_keys("password")
#: Stands for a password while a reader looks at its options: commands are not run so early.
_UNREAD = Secret("unread")


@dataclass(frozen=True, slots=True)
class Outer:
    """The keys of every source."""

    name: str
    kind: str
    #: From the end of one synchronisation to the next.
    every_minutes: int = 60


@dataclass(frozen=True, slots=True)
class SqlSettings:
    """The keys of kind "sql"."""

    #: Of the other program's database, without a password; SQLite's path made absolute.
    url: str
    #: A SELECT whose columns have the names that docs/contacts.md tells.
    query: str = ""
    #: The file that holds it.
    query_file: Path | None = None
    timeout_seconds: int = 60


def read_sources_of_contacts(value: object, reader: Reader, books: Connectors) -> list[ContactSource]:
    """The sources of the main file; what is wrong with them is noted."""
    found: list[ContactSource] = []
    for place, table in tables(value, "contacts.sources", reader):
        name = table.get("name")
        key = f"contacts.sources[{name if isinstance(name, str) and name else f'#{place}'}]"
        source = _source(table, key, reader, books)
        if source is None:
            continue
        if source.name.casefold() in (each.name.casefold() for each in found):
            reader.refuse(join(key, "name"), "is that of another source", "rename one")
        found.append(source)
    return found


def _source(table: Mapping[str, object], key: str, reader: Reader, books: Connectors) -> ContactSource | None:
    kind = table.get("kind")
    connector, settings_type = _kind(kind, key, reader, books)
    if settings_type is None:
        return None
    own = (*keys(settings_type), *PASSWORD_KEYS)
    outer = reader.build(Outer, reader.values(Outer, table, key, also=own), key)
    found = reader.values(settings_type, table, key, also=(*keys(Outer), *PASSWORD_KEYS))
    settings = reader.build(settings_type, found, key)
    secret = reader.secret("password", table, key)
    if outer is None or settings is None or is_refused(secret):
        return None
    if isinstance(settings, SqlSettings):
        settings = _checked(settings, key, reader)
    elif connector is not None and not _is_accepted(connector, settings, secret is not None, key, reader):
        return None
    if not outer.name.strip() or len(outer.name) > MAX_SOURCE or not outer.name.isprintable():
        reader.refuse(join(key, "name"), f"must be text of at most {MAX_SOURCE} printable characters")
    if outer.every_minutes < 1:
        reader.refuse(join(key, "every_minutes"), "must be at least 1")
    return ContactSource(outer.name, outer.kind, outer.every_minutes, settings, secret, connector)


def _kind(
    kind: object, key: str, reader: Reader, books: Connectors
) -> tuple[AddressBooksType | None, type[Any] | None]:
    """What reads sources of this kind, and the dataclass of its options."""
    if kind == SQL:
        return None, SqlSettings
    if not isinstance(kind, str):
        known = ", ".join((SQL, *books.kinds))
        reader.refuse(join(key, "kind"), "is missing" if kind is None else "must be text", f"one of {known}")
        return None, None
    if kind not in books.kinds:
        reader.refuse(join(key, "kind"), f'no source of contacts is of kind "{kind}"', ", ".join((SQL, *books.kinds)))
        return None, None
    try:
        connector = cast(AddressBooksType, books.get(kind))
    except PluginError as error:
        reader.refuse(join(key, "kind"), error.problem, error.hint)
        return None, None
    return connector, connector.Settings


def _is_accepted(connector: AddressBooksType, settings: Any, has_secret: bool, key: str, reader: Reader) -> bool:
    """Does it take these options? Making one connects to nothing."""
    try:
        connector(settings, _UNREAD if has_secret else None)
    except ConnectorError as error:
        reader.refuse(key, error.problem, error.hint)
        return False
    return True


def _checked(settings: SqlSettings, key: str, reader: Reader) -> SqlSettings:
    """The query read from its file, and the path of SQLite made absolute."""
    if bool(settings.query.strip()) == (settings.query_file is not None):
        what = "is given beside query_file" if settings.query_file else "is missing"
        reader.refuse(join(key, "query"), what, "give one of query and query_file")
    elif settings.query_file is not None:
        text = read_text(settings.query_file, join(key, "query_file"), reader)
        settings = replace(settings, query=text or "", query_file=None)
    if settings.timeout_seconds < 1:
        reader.refuse(join(key, "timeout_seconds"), "must be at least 1")
    url_key = join(key, "url")
    if has_password(settings.url):
        reader.refuse(url_key, "has a password in it", "take it out, and name its file in password_file (mode 0600)")
        return settings
    path = sqlite_path(settings.url)
    if path is not None:
        found = Path(os.path.abspath(reader.folder / path))
        if not path or not found.is_file():
            reader.refuse(url_key, f"there is no file {found}", "sqlite:///FILE, or sqlite:////absolute/path")
        return replace(settings, url=f"sqlite:///{found}")
    if problem := url_problem(settings.url):
        reader.refuse(url_key, *problem)
    return settings
