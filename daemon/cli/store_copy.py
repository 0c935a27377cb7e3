"""keeptouch store copy-to URL: the whole store in another database."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import write_json, write_table, write_text
from daemon.cli.progress import work_shown
from daemon.cli.run import only_one
from daemon.credentials import SecretSource, SourceKind
from daemon.environment import open_store
from daemon.options import Reader
from daemon.problems import ConfigError, Problem
from daemon.store_url import checked_url
from store.engine import shown
from store.keeping.copying import Copied, copy_store


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "copy-to",
        copy_to,
        "copy the store into an empty database",
        "Copies all that the store holds into an empty database, from SQLite to PostgreSQL or any other way, and "
        "compares number and checksum of the rows of each table before it counts. Ids stay, the feed begins a new "
        "epoch. A copy that is killed leaves nothing and is begun again. Stop `run` first.",
    )
    parser.add_argument("url", metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    parser.add_argument("--password-file", metavar="FILE", help="with the password of that database")


def copy_to(args: argparse.Namespace) -> int:
    """The command."""
    config = load_config(args)
    url = _url(args.url)
    password = None
    if args.password_file:
        source = SecretSource(SourceKind.FILE, args.password_file, "--password-file")
        password = source.read(os.environ, Path.cwd()).reveal()
    counts: dict[tuple[str, bool], int] = {}
    with (
        open_store(config, os.environ, may_create=False) as store,
        only_one(store),
        work_shown(args.json, "copy") as tell,
    ):

        def progress(table: str, rows: int, is_compared: bool) -> None:
            counts[table, is_compared] = counts.get((table, is_compared), 0) + rows
            tell(f"compare {table}" if is_compared else table, counts[table, is_compared], None)

        tables = copy_store(store, url, password, progress)
    if args.json:
        _write_document(url, tables)
    else:
        _show(url, tables)
    return 0


def _url(text: str) -> str:
    """The URL with an absolute path; raises ConfigError."""
    problems: list[Problem] = []
    url = checked_url(text, "URL", Reader(Path.cwd(), os.environ, problems))
    if problems:
        raise ConfigError(problems)
    return url


def _left_out(tables: list[Copied]) -> int:
    return sum(each.left_out for each in tables)


def _write_document(url: str, tables: list[Copied]) -> None:
    rows = [{"table": each.table, "rows": each.rows, "checksum": each.checksum} for each in tables]
    total = sum(each.rows for each in tables)
    write_json({"target": shown(url), "rows": total, "left_out": _left_out(tables), "tables": rows})


def _show(url: str, tables: list[Copied]) -> None:
    write_table(("table", "rows", "checksum"), [(each.table, f"{each.rows:,}", each.checksum) for each in tables])
    write_text(f"copied to {shown(url)} and compared; the identity key belongs to the copy as well")
    if left_out := _left_out(tables):
        write_text(f"{left_out} rows of w1_* that had been refused, for they are no text in UTF-8, were left out")
    write_text("Now name it in store.url, and start keeptouch. Other programs need their rights: keeptouch store grant")
