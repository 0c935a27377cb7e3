"""A company's keeptouch as its operator and its readers see it: a configuration, the command line, the views."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.cli.main import main
from tests import warm_start
from tests.conftest import Login
from tests.integration.databases import VIEWS, Database, opened
from tests.servers.process import HOST

#: Stores made under one identity key have the same ids.
KEY = "5a" * 32
#: What the clock and the moment of making write, as other tools are told.
VOLATILE = {
    "created_at",
    "updated_at",
    "computed_at",
    "feed_epoch",
    "first_seq",
    "last_seq",
    "last_success_at",
    "next_try_at",
    "complete_since_at",
    "audited_at",
    "state_since_at",
}

#: Entities of which each row is told by the feed.
_TOLD = (
    "interaction",
    "contact",
    "contact_address",
    "organization",
    "thread",
    "person",
    "meeting",
    "signal",
)

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object on stdout; it must be the only line there."""
        assert self.out.count("\n") == 1, self.out + self.err
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def account(self, name: str) -> dict[str, Any]:
        """An account's part of `sync --json`."""
        [found] = [a for a in self.document["accounts"] if a["account"] == name]
        return dict(found)


@dataclass(slots=True)
class Account:
    """An [[accounts]] table."""

    name: str
    owner: str
    options: dict[str, Any]
    kind: str = "imap"
    #: Further keys of its table.
    outer: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Company:
    """A folder with config.toml, its secrets, the identity key and the store."""

    folder: Path
    domains: Sequence[str] = ("acme.example",)
    create: str = "corresponded"
    key: str | None = KEY
    accounts: dict[str, Account] = field(default_factory=dict)
    #: Lines at the end of the configuration.
    extra: str = ""
    #: Further lines of [store].
    store_lines: Sequence[str] = ()
    #: Of the store; "": the SQLite file.
    url: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.key is not None:
            (self.folder / "identity.key").write_text(self.key + "\n")

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def store(self) -> Path:
        return self.folder / "keeptouch.db"

    def add(self, name: str, login: Login, port: int, *, owner: str = "", **options: Any) -> Account:
        """An account on a server of the tests, read as far back as there is mail."""
        secret = self.folder / f"{name}.secret"
        secret.write_text(login.password)
        secret.chmod(0o600)
        given = {
            "host": HOST,
            "port": port,
            "security": "none",
            "username": login.name,
            "password_file": secret.name,
            "since": Raw("2000-01-01"),
            **options,
        }
        account = Account(name, owner or f"{name}@{self.domains[0]}", {k: v for k, v in given.items() if v is not None})
        self.accounts[name] = account
        return account

    def write(self, order: Iterable[str] = ()) -> None:
        """Write config.toml, the accounts in the given order."""
        lines = ["[store]", f"url = {_toml(self.url or f'sqlite:///{self.store.name}')}"]
        lines += self.store_lines
        lines += ["[company]", f"domains = {_toml(list(self.domains))}"]
        lines += ["[contacts]", f"create = {_toml(self.create)}"]
        for name in list(order) or list(self.accounts):
            account = self.accounts[name]
            lines += ["[[accounts]]", f"name = {_toml(account.name)}", f"owner = {_toml(account.owner)}"]
            lines += [f"{key} = {_toml(value)}" for key, value in account.outer.items()]
            lines += [f"kind = {_toml(account.kind)}", "[accounts.options]"]
            lines += [f"{key} = {_toml(value)}" for key, value in account.options.items()]
        self.config.write_text("\n".join([*lines, self.extra, ""]), "utf-8")

    def run(self, *argv: str) -> Answer:
        """A command line in this process, on the configuration as it is now."""
        self.write()
        return self.run_as_is(*argv)

    def run_as_is(self, *argv: str) -> Answer:
        """A command line in this process, on the files as they are."""
        return answered(self.config, *argv)

    def sync(self, *argv: str) -> Answer:
        """`sync --json`; every account must be fine."""
        answer = self.run("sync", "--json", *argv)
        assert answer.code == 0, answer.out + answer.err
        return answer

    def command(self, *argv: str) -> list[str]:
        """The words of a command line on the files as they are."""
        return [keeptouch(), "--config", str(self.config), "--log-level", "error", *argv]

    def spawn(self, *argv: str) -> subprocess.Popen[str]:
        """A command line in a process of its own, on the files as they are."""
        return warm_start.Popen[str](
            self.command(*argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextlib.contextmanager
    def reading(self) -> Iterator[Database]:
        """The database as another tool opens it."""
        with opened(self.url or f"sqlite:///{self.store}") as database:
            yield database

    def rows(self, sql: str, *values: object) -> Rows:
        """The rows of a query, in their order."""
        with self.reading() as database:
            found: Rows = database.execute(sql, values).fetchall()
        return found

    def contract(self) -> dict[str, Rows]:
        """All that the views say but for times of writing, rows sorted."""
        found: dict[str, Rows] = {}
        with self.reading() as database:
            for (view,) in database.execute(VIEWS[database.kind]).fetchall():
                if view in ("v1_redirect", "v1_change"):
                    continue  # they tell what happened: history, not state
                cursor = database.execute(f"SELECT * FROM {view}")  # noqa: S608 - a name that the database gave
                kept = [i for i, column in enumerate(cursor.description) if column[0] not in VOLATILE]
                found[view] = sorted((tuple(row[i] for i in kept) for row in cursor), key=repr)
        return found

    def placements(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """(account, folder, ref) -> (verdict, reason), as the store keeps it inside."""
        query = (
            "SELECT a.name, s.name, p.ref, p.verdict, p.reason FROM placement p"
            " JOIN stream s ON s.id = p.stream_id JOIN account a ON a.id = s.account_id WHERE p.removed_at IS NULL"
        )
        return {(account, folder, ref): (verdict, why) for account, folder, ref, verdict, why in self.rows(query)}

    def check_integrity(self) -> None:
        """The feed told of every row; the database file is whole, and no row lacks what it belongs to (on PostgreSQL
        the server sees to that)."""
        # over one connection: to be opened takes a store longer than most of these questions
        with self.reading() as database:

            def rows(sql: str) -> Rows:
                found: Rows = database.execute(sql).fetchall()
                return found

            if not self.url:
                assert rows("PRAGMA integrity_check") == [("ok",)]
                assert rows("PRAGMA foreign_key_check") == []
            assert rows("SELECT count(*), max(seq) FROM v1_change") == rows("SELECT last_seq, last_seq FROM v1_store")
            assert rows("SELECT * FROM outbox") == []
            for entity in _TOLD:
                told = f"SELECT entity_id FROM v1_change WHERE entity = '{entity}' AND op = 'upsert'"  # noqa: S608 - words of ours
                untold = f"SELECT id FROM v1_{entity} EXCEPT {told}"  # noqa: S608 - as above
                assert rows(untold) == [], entity


def answered(config: Path, *argv: str) -> Answer:
    """A command line in this process, which spares the start of another."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["--config", str(config), *argv])
    return Answer(code, out.getvalue(), err.getvalue())


def differences(one: Mapping[str, Rows], other: Mapping[str, Rows]) -> dict[str, tuple[Rows, Rows]]:
    """View -> (rows of the first alone, rows of the second alone), for views that differ."""
    assert one.keys() == other.keys()
    found = {}
    for view in one:
        if one[view] != other[view]:
            mine, theirs = set(one[view]), set(other[view])
            found[view] = (sorted(mine - theirs, key=repr)[:5], sorted(theirs - mine, key=repr)[:5])
    return found


def keeptouch() -> str:
    """The console script of the environment that runs the tests."""
    script = Path(sys.executable).with_name("keeptouch")
    assert os.access(script, os.X_OK), f"{script} is not installed"
    return str(script)


class Raw(str):
    """TOML as it is written: a date."""

    __slots__ = ()


def _toml(value: object) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
