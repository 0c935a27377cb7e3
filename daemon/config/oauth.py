"""The [oauth.NAME] tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daemon.oauth.settings import OAuth, OAuthSettings
from daemon.options import Reader, join, toml_type
from daemon.problems import suggestion


@dataclass(slots=True)
class OAuthClients:
    """Collects the clients that accounts and servers name."""

    reader: Reader
    _clients: dict[str, OAuth | None] = field(default_factory=dict)

    def read_tables(self, value: object) -> None:
        """The [oauth.NAME] tables of the main file."""
        if not isinstance(value, Mapping):
            self.reader.refuse("oauth", f"must be tables [oauth.NAME], not {toml_type(value)}")
            return
        for name, table in value.items():
            settings = self.reader.read(OAuthSettings, table, f"oauth.{name}")
            self._clients[name] = OAuth(name, settings) if settings is not None else None

    def named(self, name: object, key: str) -> OAuth | None:
        """The client that the option `oauth` under `key` names; None where a problem was noted."""
        if not isinstance(name, str):
            self.reader.refuse(join(key, "oauth"), f"must be text, not {toml_type(name)}")
            return None
        if name not in self._clients:
            hint = suggestion(name, self._clients) or f"write it, beginning with [oauth.{name}]"
            self.reader.refuse(join(key, "oauth"), f"there is no [oauth.{name}]", hint)
        return self._clients.get(name)
