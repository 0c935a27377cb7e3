"""What the configuration says, as frozen records. A section's fields are its keys and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Protocol

from connectors.api import AddressBooksType, Bearer, Connector, ConnectorType, Secret
from daemon.apart import Opening
from daemon.config.alerts import AlertsConfig
from daemon.config.digest import DigestConfig
from daemon.config.log import LogConfig
from daemon.config.metrics import MetricsConfig
from daemon.config.privacy import PrivacyConfig
from daemon.config.relay import RelayConfig
from daemon.config.tasks import TasksConfig
from daemon.config.tracking import TrackingConfig
from daemon.config.webhooks import Webhook
from daemon.credentials import SecretSource
from daemon.oauth.settings import OAuth
from daemon.problems import refuse, suggestion
from matching.blocking import BlockRule
from matching.followups import Plan
from matching.policy import Create
from matching.scoring import Scoring
from matching.visibility import Level
from store.privacy.retention import NO_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """[store]"""

    #: sqlite:///… (made absolute) or postgresql://…; never with a password.
    url: str = "sqlite:///keeptouch.db"
    password: SecretSource | None = None
    #: The identity key; None: identity.key beside the configuration. Its file may yet have to be made.
    key: SecretSource | None = field(default=None, metadata={"must_exist": False})
    #: What sealed columns are sealed under, the newest key first.
    secrets_key: SecretSource | None = None
    #: How long the change feed keeps a change.
    feed_days: int = 30


@dataclass(frozen=True, slots=True)
class Company:
    """[company]"""

    #: Own domains; each counts with its subdomains.
    domains: tuple[str, ...]
    #: Name in the time zone database.
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class WorkingTimeConfig:
    """[working_time]"""

    #: Lines that matching.workweeks reads, in the company's time zone.
    hours: tuple[str, ...] = ("mon-fri 09:00-17:00",)
    #: ISO 3166-1; "": no official holidays.
    country: str = ""
    #: The part of it, ISO 3166-2 without the country.
    region: str = ""
    days_off: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactsConfig:
    """[contacts]"""

    create: Create = Create.CORRESPONDED
    #: Is name+tag@ the contact name@?
    plus_tags: bool = True
    #: Do dots in Gmail addresses mean nothing?
    gmail_dots: bool = True


@dataclass(frozen=True, slots=True)
class ContactSource:
    """[[contacts.sources]]: a list of contacts that is followed."""

    #: The external_source of its contacts.
    name: str
    #: "sql", or what a plug-in brings.
    kind: str
    every_minutes: int
    #: SqlSettings, or an instance of the reader's Settings.
    settings: Any
    secret: SecretSource | None
    #: What speaks to the server; None: the store reads it by SQL.
    reader: AddressBooksType | None

    def read_secret(self, environ: Mapping[str, str], folder: Path) -> Secret | None:
        """The password; None where it needs none. Raises ConfigError."""
        return self.secret.read(environ, folder) if self.secret else None


@dataclass(frozen=True, slots=True)
class Person:
    """[[people]]: one of ours."""

    email: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    team: str = ""
    #: None: the company's.
    timezone: str | None = None
    language: str | None = None
    #: The id that another tool (a directory, a CRM) knows the person by.
    external_id: str | None = None
    active: bool = True
    #: As in [working_time]; (): the company's.
    working_hours: tuple[str, ...] = ()
    #: None: the company's, and its region; "": no official holidays.
    country: str | None = None
    region: str = ""
    #: Beside the company's.
    days_off: tuple[date, ...] = ()


#: Accounts of a server read at a time, unless its table says otherwise.
MAX_CONNECTIONS = 16


class TokenSource(Protocol):
    """Where accounts with `oauth` have their tokens from (daemon.oauth.tokens)."""

    def bearer(self, account: Account) -> Bearer:
        """What a connector asks for the account's token, whenever it connects."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """One login; an entry with mailboxes makes several."""

    #: "alice", or "NAME/MAILBOX" where one entry stands for many.
    name: str
    #: The email of the person it belongs to, as `Config.people` has it.
    owner: str
    #: A mailbox of several people, such as info@.
    shared: bool
    kind: str
    #: An instance of the connector's Settings.
    settings: Any
    secret: SecretSource | None
    connector: ConnectorType
    #: Who logs in where, for people and to notice a change: "alice@mail.acme.example", or a path.
    login: str
    #: The name of its [servers.NAME].
    server: str | None = None
    #: Where its tokens come from, instead of a password.
    oauth: OAuth | None = None
    #: How much of its mail others see.
    visibility: Level = Level.FULL
    #: What is kept out of it.
    blocked: tuple[BlockRule, ...] = ()
    #: False: it keeps its history and is asked for nothing.
    enabled: bool = True
    #: Seconds between its polls; None: as the service has it.
    poll_seconds: float | None = None
    #: Accounts of its server read at a time.
    max_connections: int = MAX_CONNECTIONS
    #: Where its owner wants to have tasks; None: nowhere on its server.
    tasks: TasksConfig | None = None
    #: Its options say nothing of `since`: it is a year before the account was new.
    is_since_assumed: bool = False

    @property
    def mailbox(self) -> str:
        """Whose mailbox it is, as its server calls it; "" where its options name none."""
        settings = self.settings
        return str(getattr(settings, "authorize_as", None) or getattr(settings, "username", None) or "")

    @property
    def since_at(self) -> datetime | None:
        """The beginning of the day that its options name, UTC."""
        since = getattr(self.settings, "since", None)
        return datetime.combine(since, time(), UTC) if isinstance(since, date) else None

    @property
    def is_personal(self) -> bool:
        """Does a person sign in, by `accounts login`?"""
        return self.oauth is not None and self.oauth.settings.grant.is_personal

    def open(self, environ: Mapping[str, str], folder: Path, tokens: TokenSource) -> Connector:
        """Its connector, not yet entered; raises ConfigError where the secret can't be read."""
        return self.opening(environ, folder, tokens).open()

    def opening(self, environ: Mapping[str, str], folder: Path, tokens: TokenSource) -> Opening:
        """What opens it, here or in another process; raises ConfigError where the secret can't be read."""
        secret = tokens.bearer(self) if self.oauth else self.read_secret(environ, folder)
        return Opening(self.connector, self.settings, secret)

    def read_secret(self, environ: Mapping[str, str], folder: Path) -> Secret | None:
        """The password; None where the account needs none. Raises ConfigError."""
        return self.secret.read(environ, folder) if self.secret else None


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, checked."""

    #: The file it was read from, absolute.
    path: Path
    #: Its folder: relative paths count from here.
    folder: Path
    store: StoreConfig
    company: Company
    contacts: ContactsConfig
    #: Those of the configuration, then owners that it does not name as people.
    people: tuple[Person, ...]
    accounts: tuple[Account, ...]
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    #: How long what is kept.
    retention: Limits = NO_LIMITS
    webhooks: tuple[Webhook, ...] = ()
    sources: tuple[ContactSource, ...] = ()
    working_time: WorkingTimeConfig = field(default_factory=WorkingTimeConfig)
    #: The rules of follow-ups, without working times.
    followups: Plan = field(default_factory=Plan)
    #: The server that takes our mail, with all else that [digest] says, be it on or not.
    mail_server: DigestConfig | None = None
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    relay: RelayConfig = field(default_factory=RelayConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    log: LogConfig = field(default_factory=LogConfig)
    scoring: Scoring = field(default_factory=Scoring.usual)

    @property
    def digest(self) -> DigestConfig | None:
        """None: nobody gets a daily mail."""
        return self.mail_server if self.mail_server is not None and self.mail_server.on else None

    @property
    def sends_mail(self) -> bool:
        """Does anybody get mail of ours?"""
        return self.digest is not None or bool(self.alerts.mail_to)

    @property
    def followed(self) -> tuple[Account, ...]:
        """The accounts that are not disabled."""
        return tuple(each for each in self.accounts if each.enabled)

    def chosen_sources(self, name: str | None) -> tuple[ContactSource, ...]:
        """All sources of contacts, or the one of this name; raises ConfigError where there is none."""
        chosen = tuple(each for each in self.sources if name in (None, each.name))
        if name is not None and not chosen:
            known = suggestion(name, (each.name for each in self.sources))
            raise refuse("SOURCE", f'there is no [[contacts.sources]] of the name "{name}"', known)
        return chosen

    def chosen(self, name: str | None) -> tuple[Account, ...]:
        """Whose mail may be read: as `named`, without those that are disabled, which are refused by name."""
        if name is None:
            return self.followed
        chosen = self.named(name)
        if not chosen[0].enabled:
            raise refuse("--account", f'account "{name}" is disabled', "take `enabled = false` out of its table")
        return chosen

    def named(self, name: str | None) -> tuple[Account, ...]:
        """All accounts, or the one of this name, or those that the entry of this name stands for.

        Raises ConfigError where there is none.
        """
        if name is None:
            return self.accounts
        chosen = tuple(each for each in self.accounts if name in (each.name, each.name.partition("/")[0]))
        if not chosen:
            known = suggestion(name, (each.name for each in self.accounts))
            raise refuse("--account", f'there is no account "{name}"', known or "keeptouch accounts list")
        return chosen
