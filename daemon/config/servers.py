"""[servers.NAME]: a kind and default options; and which connector an account's table chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.api import ConnectorType
from daemon.config.oauth import OAuthClients
from daemon.config.records import MAX_CONNECTIONS
from daemon.credentials import SecretSource
from daemon.oauth.settings import OAuth
from daemon.options import NO_VALUES, Reader, Values, is_refused, join, keys, secret_keys, toml_type
from daemon.plugins import Connectors, PluginError
from daemon.problems import suggestion

PASSWORD_KEYS = secret_keys("password")
#: Names an [oauth.NAME] instead.
OAUTH_KEY = "oauth"


@dataclass(frozen=True, slots=True)
class Options:
    """A table of options, read: values for the connector's Settings, and where the password or tokens come from."""

    found: Values = NO_VALUES
    password: SecretSource | None = None
    oauth: OAuth | None = None

    def over(self, default: Options) -> Options:
        """These, and the other's where these say nothing."""
        values = {**default.found.values, **self.found.values}
        refused = (default.found.refused - self.found.values.keys()) | self.found.refused
        given = self if self.password or self.oauth else default
        return Options(Values(values, frozenset(refused)), given.password, given.oauth)

    def having(self, **values: Any) -> Options:
        """These, with some options set."""
        return replace(self, found=Values({**self.found.values, **values}, self.found.refused))


def read_options(
    reader: Reader,
    clients: OAuthClients,
    connector: ConnectorType,
    table: object,
    key: str,
    *,
    also: tuple[str, ...],
    elsewhere: Mapping[str, str],
) -> Options:
    """The options in a table; what is refused is noted. For `also` and `elsewhere` see Reader.values."""
    found = reader.values(connector.Settings, table, key, also=(*PASSWORD_KEYS, OAUTH_KEY, *also), elsewhere=elsewhere)
    if not isinstance(table, Mapping):
        return Options(found)
    password = reader.secret("password", table, key)
    if is_refused(password):
        return Options(Values(found.values, found.refused | {"password"}))
    if OAUTH_KEY not in table:
        return Options(found, password)
    oauth = clients.named(table[OAUTH_KEY], key)
    if oauth is not None and password is not None:
        reader.refuse(join(key, OAUTH_KEY), "is given beside a password", "keep one of them")
    elif oauth is not None and not getattr(connector, "takes_bearer", False):
        reader.refuse(join(key, OAUTH_KEY), "is for kinds that take tokens", "this one takes none")
    elif oauth is not None:
        return Options(found, None, oauth)
    return Options(Values(found.values, found.refused | {OAUTH_KEY}))


@dataclass(frozen=True, slots=True)
class Server:
    """A [servers.NAME] table; without a connector where its kind was refused."""

    name: str
    key: str
    kind: str
    connector: ConnectorType | None
    options: Options = Options()
    max_connections: int = MAX_CONNECTIONS


@dataclass(frozen=True, slots=True)
class Manners:
    """The keys of a [servers.NAME] table beside its kind and the options."""

    max_connections: int = MAX_CONNECTIONS

    def __post_init__(self) -> None:
        if self.max_connections < 1:
            raise ValueError("max_connections must be at least 1")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an account's `server` and `kind` come to."""

    kind: str
    connector: ConnectorType
    server: str | None
    defaults: Options
    max_connections: int = MAX_CONNECTIONS


@dataclass(slots=True)
class Servers:
    """Collects the servers of all files."""

    reader: Reader
    connectors: Connectors
    clients: OAuthClients
    #: False where a file could not be read: a server that seems missing may be in there.
    complete: bool
    _servers: dict[str, Server] = field(default_factory=dict)

    def read_tables(self, value: object, label: str) -> None:
        """The [servers.NAME] tables of one file."""
        if not isinstance(value, Mapping):
            self.reader.refuse(f"{label}servers", f"must be tables [servers.NAME], not {toml_type(value)}")
            return
        for name, table in value.items():
            key = f"{label}servers.{name}"
            if not isinstance(table, Mapping):
                self.reader.refuse(key, f"must be a table, not {toml_type(table)}")
            elif name in self._servers:
                self.reader.refuse(key, f"is there already: {self._servers[name].key}", "rename one of them")
            else:
                self._servers[name] = self._read(name, table, key)

    def _read(self, name: str, table: Mapping[str, object], key: str) -> Server:
        kind = self._kind(table, key)
        connector = self._connector(kind, key)
        if kind is None or connector is None:
            return Server(name, key, kind or "", None)
        elsewhere = {"options": f"write the options themselves under [servers.{name}]"}
        own = keys(Manners)
        options = read_options(
            self.reader, self.clients, connector, table, key, also=("kind", *own), elsewhere=elsewhere
        )
        manners = self.reader.read(Manners, {name: table[name] for name in own if name in table}, key) or Manners()
        return Server(name, key, kind, connector, options, manners.max_connections)

    def choose(self, table: Mapping[str, object], key: str) -> Choice | None:
        """The connector of an account's table, and its server's options; None where a problem was noted."""
        if "server" not in table:
            kind = self._kind(table, key)
            connector = self._connector(kind, key)
            return Choice(kind, connector, None, Options()) if kind and connector else None
        server = self._named(table["server"], key)
        if server is None or server.connector is None:
            return None
        if table.get("kind", server.kind) != server.kind:
            self.reader.refuse(join(key, "kind"), f'must be that of its server, "{server.kind}"', "or leave it out")
            return None
        return Choice(server.kind, server.connector, server.name, server.options, server.max_connections)

    def _named(self, name: object, key: str) -> Server | None:
        if not isinstance(name, str):
            return None  # its type is refused with the other keys of the table
        if name not in self._servers and self.complete:
            hint = suggestion(name, self._servers) or f"write it, beginning with [servers.{name}]"
            self.reader.refuse(join(key, "server"), f"there is no [servers.{name}]", hint)
        return self._servers.get(name)

    def _kind(self, table: Mapping[str, object], key: str) -> str | None:
        kind = table.get("kind")
        if isinstance(kind, str):
            return kind
        problem = "is missing" if kind is None else f"must be text, not {toml_type(kind)}"
        self.reader.refuse(join(key, "kind"), problem, "one of " + ", ".join(self.connectors.kinds))
        return None

    def _connector(self, kind: str | None, key: str) -> ConnectorType | None:
        if kind is None:
            return None
        try:
            return self.connectors.get(kind)
        except PluginError as error:
            self.reader.refuse(join(key, "kind"), error.problem, error.hint)
            return None


def option_keys(connector: ConnectorType) -> tuple[str, ...]:
    """The keys that [servers.NAME] and [accounts.options] may hold for this connector."""
    return (*keys(connector.Settings), *PASSWORD_KEYS, OAUTH_KEY)
