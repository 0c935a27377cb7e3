"""Reading the configuration: the tables of all files, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from daemon.config.accounts import Accounts
from daemon.config.alerts import read_alerts
from daemon.config.digest import read_digest
from daemon.config.files import Source, read_sources
from daemon.config.followups import read_followups
from daemon.config.log import read_log
from daemon.config.metrics import read_metrics
from daemon.config.oauth import OAuthClients
from daemon.config.people import People
from daemon.config.privacy import read_privacy
from daemon.config.records import (
    Company,
    Config,
    ContactsConfig,
    ContactSource,
    StoreConfig,
)
from daemon.config.relay import read_relay
from daemon.config.scoring import read_scoring
from daemon.config.servers import Servers
from daemon.config.sources import read_sources_of_contacts
from daemon.config.tasks import refuse_second_lists
from daemon.config.tracking import read_tracking
from daemon.config.webhooks import Webhooks
from daemon.config.working_time import read_working_time
from daemon.options import Reader, Values
from daemon.plugins import Connectors, installed, installed_books, installed_rules
from daemon.problems import ConfigError, Problem, suggestion
from daemon.store_url import checked_url
from daemon.timezones import timezone_problem
from matching.addresses import normalize, normalize_domain
from matching.followups import Plan

#: The tables of the main file, and the few of them that a drop-in may add to.
SECTIONS = (
    "store",
    "company",
    "working_time",
    "followups",
    "digest",
    "score",
    "stages",
    "contacts",
    "privacy",
    "people",
    "people_file",
    "oauth",
    "servers",
    "accounts",
    "webhooks",
    "tracking",
    "relay",
    "metrics",
    "alerts",
    "log",
)
DROP_IN_SECTIONS = ("people", "servers", "accounts")


def load(path: Path, *, environ: Mapping[str, str], today: date, connectors: Connectors | None = None) -> Config:
    """The configuration in `path` and accounts.d beside it; raises ConfigError with all that is wrong.

    `environ` tells where systemd put credentials; accounts without `since` begin a year before
    `today`. `connectors` are those of the installed packages unless given.
    """
    path = path.absolute()
    problems: list[Problem] = []
    sources = read_sources(path, problems)
    config = None
    if sources and not sources[0].label:
        reader = Reader(path.parent, environ, problems)
        config = _Loader(path, reader, sources, today, connectors or installed()).load()
    if problems or config is None:
        raise ConfigError(dict.fromkeys(problems), path)
    return config


def load_store(path: Path, *, environ: Mapping[str, str]) -> Config | None:
    """What is needed to look at the store of a configuration that is broken elsewhere; None where that is not to be
    had. It names no accounts and no people."""
    path = path.absolute()
    problems: list[Problem] = []
    sources = read_sources(path, problems)
    if not sources or sources[0].label:
        return None
    loader = _Loader(path, Reader(path.parent, environ, problems), sources, date.min, Connectors(()))
    return loader.load_store()


class _Loader:
    """Reads the tables of all files in the order in which they need each other."""

    def __init__(self, path: Path, reader: Reader, sources: list[Source], today: date, connectors: Connectors) -> None:
        self._path = path
        self._reader = reader
        self._sources = sources
        self._main = sources[0].table
        self._people = People(reader)
        self._clients = OAuthClients(reader)
        self._servers = Servers(reader, connectors, self._clients, complete=not reader.problems)
        self._accounts = Accounts(reader, self._people, self._servers, today)
        self._webhooks = Webhooks(reader)

    def load(self) -> Config | None:
        self._refuse_unknown_sections()
        store, company, contacts = self._store(), self._company(), self._contacts()
        working_time = read_working_time(self._main.get("working_time", {}), self._reader)
        privacy, retention = read_privacy(self._main.get("privacy", {}), self._reader)
        for source in self._sources:
            self._people.read_tables(source.table.get("people", []), source.label)
        self._people_file()
        self._clients.read_tables(self._main.get("oauth", {}))
        for source in self._sources:
            self._servers.read_tables(source.table.get("servers", {}), source.label)
        for source in self._sources:
            self._accounts.read_tables(source.table.get("accounts", []), source.label)
        refuse_second_lists(self._accounts.accounts, self._reader)
        self._webhooks.read_tables(self._main.get("webhooks", []))
        followups = self._followups()
        mail_server = read_digest(self._main.get("digest"), self._reader, self._addresses())
        table, has_server = self._main.get("alerts", {}), "digest" in self._main
        alerts = read_alerts(table, self._reader, mail_server, has_server=has_server)
        tracking = read_tracking(self._main.get("tracking", {}), self._reader)
        relay = read_relay(self._main.get("relay", {}), self._reader)
        metrics = read_metrics(self._main.get("metrics", {}), self._reader)
        log = read_log(self._main.get("log", {}), self._reader)
        scoring = read_scoring(self._main.get("score", {}), self._main.get("stages", []), self._reader)
        sources = self._sources_of_contacts()
        if store is None or company is None or contacts is None or privacy is None or retention is None:
            return None
        if working_time is None or tracking is None or relay is None or metrics is None or log is None:
            return None
        return Config(
            path=self._path,
            folder=self._path.parent,
            store=store,
            company=company,
            contacts=contacts,
            people=tuple(self._people.people),
            accounts=tuple(self._accounts.accounts),
            privacy=privacy,
            retention=retention,
            webhooks=tuple(self._webhooks.webhooks),
            sources=tuple(sources),
            working_time=working_time,
            followups=followups,
            mail_server=mail_server,
            tracking=tracking,
            relay=relay,
            metrics=metrics,
            alerts=alerts,
            log=log,
            scoring=scoring,
        )

    def load_store(self) -> Config | None:
        """The store alone; None where it is refused."""
        before = len(self._reader.problems)
        store = self._store()
        if store is None or len(self._reader.problems) > before:
            return None
        return Config(self._path, self._path.parent, store, Company(()), ContactsConfig(), (), ())

    def _refuse_unknown_sections(self) -> None:
        for source in self._sources:
            known = DROP_IN_SECTIONS if source.label else SECTIONS
            for key in source.table:
                if key in known:
                    continue
                hint = f"it belongs into {self._path.name}" if key in SECTIONS else suggestion(key, known)
                self._reader.refuse(f"{source.label}{key}", "is no known key here", hint)

    def _values(self, settings: type[Any], name: str, *, also: tuple[str, ...] = ()) -> Values:
        elsewhere = dict.fromkeys(SECTIONS, "move it to the top of the file, above the first [table]")
        return self._reader.values(settings, self._main.get(name, {}), name, also=also, elsewhere=elsewhere)

    def _contacts(self) -> ContactsConfig | None:
        found = self._values(ContactsConfig, "contacts", also=("sources",))
        return self._reader.build(ContactsConfig, found, "contacts")

    def _followups(self) -> Plan:
        teams = {person.team for person in self._people.people} - {""}
        value, rules = self._main.get("followups", {}), installed_rules()
        return read_followups(value, self._reader, rules, self._addresses(), teams)

    def _addresses(self) -> dict[str, str]:
        """Normal form of each address of ours -> that of the person's main address."""
        return {
            normal: normalize(person.email) or person.email
            for person in self._people.people
            for each in (person.email, *person.aliases)
            if (normal := normalize(each))
        }

    def _sources_of_contacts(self) -> list[ContactSource]:
        table = self._main.get("contacts", {})
        value = table.get("sources", []) if isinstance(table, Mapping) else []
        return read_sources_of_contacts(value, self._reader, installed_books())

    def _store(self) -> StoreConfig | None:
        store = self._reader.build(StoreConfig, self._values(StoreConfig, "store"), "store")
        if store is None:
            return None
        if store.feed_days < 1:
            self._reader.refuse("store.feed_days", "must be at least 1", "readers need time to read what changed")
        return replace(store, url=checked_url(store.url, "store.url", self._reader))

    def _company(self) -> Company | None:
        found = self._values(Company, "company")
        for domain in found.values.get("domains", ()):
            if "@" in domain or normalize_domain(domain) is None:
                self._reader.refuse("company.domains", f'"{domain}" is no domain', 'such as "acme.example"')
        if problem := timezone_problem(found.values.get("timezone", "UTC")):
            self._reader.refuse("company.timezone", *problem)
        return self._reader.build(Company, found, "company")

    def _people_file(self) -> None:
        if "people_file" not in self._main:
            return
        path = self._reader.path(self._main["people_file"], "people_file")
        if path is not None:
            self._people.read_file(path, "people_file")
