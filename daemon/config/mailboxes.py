"""One [[accounts]] entry for many logins: `mailboxes`, a list of addresses, or `mailboxes_file`.

The file holds one address a line ("#" begins a comment), or is CSV with a header of the columns username,
owner, name and password_file, of which username must be there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.config.people import read_text
from daemon.options import Reader, join
from daemon.problems import suggestion

KEYS = ("mailboxes", "mailboxes_file")
_COLUMNS = ("username", "owner", "name", "password_file")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One login of many."""

    username: str
    #: None: whom the entry names, else the username itself.
    owner: str | None = None
    #: What its account is called after the entry's name and a slash.
    name: str = ""
    password_file: str | None = None
    #: Where it is written, for problems.
    key: str = ""


def read_mailboxes(table: Mapping[str, object], prefix: str, reader: Reader) -> list[Mailbox] | None:
    """The mailboxes of an options table; None where it has none or they were refused."""
    given = [key for key in KEYS if key in table]
    if len(given) > 1:
        reader.refuse(join(prefix, given[0]), f"is given beside {given[1]}", "keep one of them")
        return None
    if given == ["mailboxes"]:
        return _listed(table["mailboxes"], join(prefix, "mailboxes"), reader)
    return _filed(table["mailboxes_file"], join(prefix, "mailboxes_file"), reader)


def _listed(value: object, key: str, reader: Reader) -> list[Mailbox] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        reader.refuse(key, "must be a list of addresses", 'such as ["alice@acme.example"]')
        return None
    return [Mailbox(each, name=each, key=f"{key}[{place}]") for place, each in enumerate(value, 1)]


def _filed(value: object, key: str, reader: Reader) -> list[Mailbox] | None:
    path = reader.path(value, key)
    text = read_text(path, key, reader) if path else None
    if path is None or text is None:
        return None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        reader.refuse(key, f"{path.name} names no mailbox", "write one address a line")
        return None
    header = [cell.strip() for cell in lines[0].split(",")]
    if "username" in header:
        return list(_rows(text, key, path, reader))
    if len(header) > 1:
        reader.refuse(key, f"{path.name} needs a first line of column names", ",".join(_COLUMNS))
        return None
    return [
        Mailbox(line.strip(), name=line.strip(), key=f"{key} ({path.name}, line {number})")
        for number, line in enumerate(text.splitlines(), 1)
        if line in lines
    ]


def _rows(text: str, key: str, path: Path, reader: Reader) -> Iterator[Mailbox]:
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="", skipinitialspace=True)
    for column in rows.fieldnames or ():
        if column.strip() not in _COLUMNS:
            reader.refuse(key, f'{path.name} has an unknown column "{column}"', suggestion(column, _COLUMNS))
    try:
        for row in rows:
            where = f"{key} ({path.name}, line {rows.line_num})"
            cells = {name.strip(): cell.strip() for name, cell in row.items() if isinstance(cell, str)}
            if "" in row:
                reader.refuse(where, "has more cells than the header")
            elif not cells.get("username"):
                reader.refuse(where, "has no username")
            elif not cells["username"].startswith("#"):
                yield Mailbox(
                    cells["username"],
                    cells.get("owner") or None,
                    cells.get("name") or cells["username"],
                    cells.get("password_file") or None,
                    where,
                )
    except csv.Error as error:
        reader.refuse(f"{key} ({path.name}, line {rows.line_num})", f"is no CSV: {error}")
