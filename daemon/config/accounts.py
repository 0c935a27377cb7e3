"""[[accounts]]: each entry becomes one account, or one for each of its mailboxes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from connectors.api import Bearer, ConnectorError, Secret
from daemon.config.mailboxes import KEYS as MAILBOX_KEYS
from daemon.config.mailboxes import Mailbox, read_mailboxes
from daemon.config.people import People
from daemon.config.privacy import rules_of
from daemon.config.records import Account
from daemon.config.servers import Choice, Options, Servers, option_keys, read_options
from daemon.config.tasks import TasksConfig, is_writer
from daemon.options import Reader, is_refused, join, keys, tables
from matching.visibility import Level

#: Stands for a password while a connector looks at its options: commands are not run so early.
_UNREAD = Secret("unread")
_UNREAD_TOKEN = Bearer(lambda _refused: "unread")
#: Options that name the mailbox which one login reads on behalf of another, the first that a connector has.
_FOR_OTHERS = ("authorize_as", "mailbox")


@dataclass(frozen=True, slots=True)
class Outer:
    """The keys of an [[accounts]] table beside its options."""

    name: str
    owner: str | None = None
    shared: bool = False
    server: str | None = None
    kind: str | None = None
    visibility: Level = Level.FULL
    block: tuple[str, ...] = ()
    enabled: bool = True
    poll_seconds: float | None = None
    tasks: TasksConfig | None = None

    def __post_init__(self) -> None:
        rules_of(self.block)
        if self.poll_seconds is not None and not 1 <= self.poll_seconds <= 86_400:
            raise ValueError("poll_seconds must be from 1 to 86400")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An [[accounts]] table, read."""

    key: str
    outer: Outer
    choice: Choice
    options: Options


@dataclass(slots=True)
class Accounts:
    """Collects the accounts of all files, after all files' servers and people."""

    reader: Reader
    people: People
    servers: Servers
    today: date
    accounts: list[Account] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _logins: dict[tuple[str, str], str] = field(default_factory=dict)

    def read_tables(self, value: object, label: str) -> None:
        """The [[accounts]] tables of one file."""
        for place, table in tables(value, f"{label}accounts", self.reader):
            name = table.get("name")
            key = f"{label}accounts[{name if isinstance(name, str) and name else f'#{place}'}]"
            choice = self.servers.choose(table, key)
            outer = self._outer(table, choice, key)
            if choice is None:
                continue
            inner = table.get("options", {})
            options = self._options(inner, choice, join(key, "options"))
            if outer is not None:
                self._add(_Entry(key, outer, choice, options), inner)

    def _outer(self, table: Mapping[str, object], choice: Choice | None, key: str) -> Outer | None:
        inner = (*option_keys(choice.connector), *MAILBOX_KEYS) if choice else ()
        elsewhere = dict.fromkeys(inner, "move it under [accounts.options]")
        found = self.reader.values(Outer, table, key, also=("options",), elsewhere=elsewhere)
        outer = self.reader.build(Outer, found, key)
        return outer if outer is not None and self._name_is_free(outer.name, join(key, "name")) else None

    def _name_is_free(self, name: str, key: str, entry: str = "") -> bool:
        folded = (entry + name).casefold()
        if not is_account_name(name):
            self.reader.refuse(key, "must have no slash, no control characters, and no space at its ends")
        elif folded in self._names:
            self.reader.refuse(key, f"is that of another account: {self._names[folded]}", "rename one")
        else:
            self._names[folded] = key.removesuffix(".name")
            return True
        return False

    def _options(self, table: object, choice: Choice, key: str) -> Options:
        elsewhere = dict.fromkeys((*keys(Outer), "options"), "move it under [[accounts]], above [accounts.options]")
        clients, connector = self.servers.clients, choice.connector
        own = read_options(self.reader, clients, connector, table, key, also=MAILBOX_KEYS, elsewhere=elsewhere)
        options = own.over(choice.defaults)
        found = options.found
        if "since" in keys(choice.connector.Settings) and "since" not in found.values.keys() | found.refused:
            return options.having(since=_year_before(self.today))
        return options

    def _add(self, entry: _Entry, table: object) -> None:
        if isinstance(table, Mapping) and any(key in table for key in MAILBOX_KEYS):
            mailboxes = read_mailboxes(table, join(entry.key, "options"), self.reader)
            if mailboxes is not None:
                self.accounts.extend(self._expanded(entry, mailboxes))
            return
        owner = entry.outer.owner
        if owner is None:
            self.reader.refuse(join(entry.key, "owner"), "is missing", "the address of the person it belongs to")
        else:
            account = self._account(entry, entry.outer.name, owner, join(entry.key, "owner"))
            self.accounts.extend([account] if account else [])

    def _expanded(self, entry: _Entry, mailboxes: list[Mailbox]) -> Iterator[Account]:
        """An account for each mailbox; a username that is given (a master user) logs in on behalf of each."""
        given = entry.options.found.values
        known = option_keys(entry.choice.connector)
        for_others = next((key for key in _FOR_OTHERS if key in known), _FOR_OTHERS[0])
        role = for_others if "username" in given else "username"
        problem = None
        if for_others in given:
            problem = f"can't stand beside {for_others}, which they set themselves"
        elif role not in known:
            problem = f'are not for kind "{entry.choice.kind}": it has no option {role}'
        if problem:
            self.reader.refuse(join(entry.key, "options.mailboxes"), problem)
            return
        for mailbox in mailboxes:
            options = entry.options.having(**{role: mailbox.username})
            account = self._mailbox_account(replace(entry, options=options), mailbox)
            if account:
                yield account

    def _mailbox_account(self, entry: _Entry, mailbox: Mailbox) -> Account | None:
        if not self._name_is_free(mailbox.name, mailbox.key, entry.outer.name + "/"):
            return None
        if mailbox.password_file is not None:
            password = self.reader.secret("password", {"password_file": mailbox.password_file}, mailbox.key)
            if is_refused(password):
                return None
            entry = replace(entry, options=replace(entry.options, password=password, oauth=None))
        owner = mailbox.owner or entry.outer.owner or mailbox.username
        return self._account(entry, f"{entry.outer.name}/{mailbox.name}", owner, mailbox.key)

    def _account(self, entry: _Entry, name: str, owner: str, owner_key: str) -> Account | None:
        key = join(entry.key, "options")
        server = entry.choice.server
        missing = "write it under [accounts.options]" + (f" or [servers.{server}]" if server else "")
        email = self.people.owner(owner, owner_key)
        settings = self.reader.build(entry.choice.connector.Settings, entry.options.found, key, missing=missing)
        if settings is None or email is None or not self._is_accepted(entry, settings, key):
            return None
        login = _login(settings, name)
        # the same mailbox again, or another server behind the same host: each is followed for itself
        if self._logins.setdefault((entry.choice.kind, login), name) != name:
            login = f"{login} ({name})"
        return Account(
            name=name,
            owner=email,
            shared=entry.outer.shared,
            kind=entry.choice.kind,
            settings=settings,
            secret=entry.options.password,
            connector=entry.choice.connector,
            login=login,
            server=server,
            oauth=entry.options.oauth,
            visibility=entry.outer.visibility,
            blocked=rules_of(entry.outer.block),
            enabled=entry.outer.enabled,
            poll_seconds=entry.outer.poll_seconds,
            tasks=entry.outer.tasks,
            max_connections=entry.choice.max_connections,
            is_since_assumed=getattr(settings, "since", None) == _year_before(self.today),
        )

    def _is_accepted(self, entry: _Entry, settings: Any, key: str) -> bool:
        """Does the connector take these options? Making one connects to nothing."""
        unread = _UNREAD_TOKEN if entry.options.oauth else _UNREAD if entry.options.password else None
        try:
            connector = entry.choice.connector(settings, unread)
        except ConnectorError as error:
            self.reader.refuse(key, error.problem, error.hint)
            return False
        place = join(entry.key, "tasks")
        return entry.outer.tasks is None or is_writer(connector, entry.choice.kind, place, self.reader)


def is_account_name(name: str) -> bool:
    """May an account be called so? ACCOUNT/FOLDER/UID names an item, so that a slash can't be in it."""
    return bool(
        name and name == name.strip() and "/" not in name and not any(unicodedata.category(c) == "Cc" for c in name)
    )


def _login(settings: Any, name: str) -> str:
    """Who logs in where: the mailbox and its host, else the path, else the account's name."""
    mailbox = next((found for key in (*_FOR_OTHERS, "username") if (found := getattr(settings, key, None))), None)
    host = getattr(settings, "host", None)
    if mailbox:
        return f"{mailbox}@{host}" if host else str(mailbox)
    return str(getattr(settings, "path", None) or host or name)


def _year_before(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)
