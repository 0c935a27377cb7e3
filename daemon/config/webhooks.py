"""The [[webhooks]] tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from daemon.credentials import SecretSource
from daemon.egress import Target, target_of
from daemon.options import Reader, join, tables
from daemon.problems import suggestion
from store.published.feed import ENTITIES


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where changes of the feed are sent."""

    name: str
    #: https://…; http only for this machine.
    url: str
    #: What messages are signed with: whsec_ and base64.
    secret: SecretSource
    #: Words of v1_change.entity; empty: all.
    entities: tuple[str, ...] = ()
    #: May the URL mean this machine or its network segment?
    allow_local: bool = False
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None

    @property
    def target(self) -> Target:
        """Where that is; raises ValueError where the URL is none that can be used."""
        return target_of(self.url, allow_local=self.allow_local, ca_file=self.ca_file)


@dataclass(slots=True)
class Webhooks:
    """Collects webhooks, each name once."""

    reader: Reader
    webhooks: list[Webhook] = field(default_factory=list)

    def read_tables(self, value: object) -> None:
        """The [[webhooks]] of the main file."""
        for place, table in tables(value, "webhooks", self.reader):
            name = table.get("name")
            key = f"webhooks[{name if isinstance(name, str) and name else f'#{place}'}]"
            webhook = self.reader.read(Webhook, table, key)
            if webhook is not None and self._is_fine(webhook, key):
                self.webhooks.append(webhook)

    def _is_fine(self, webhook: Webhook, key: str) -> bool:
        before = len(self.reader.problems)
        if not webhook.name or any(each.name == webhook.name for each in self.webhooks):
            self.reader.refuse(
                join(key, "name"), "is needed once for each webhook", "its place in the feed hangs on it"
            )
        try:
            _ = webhook.target
        except ValueError as error:
            self.reader.refuse(join(key, "url"), str(error))
        for entity in webhook.entities:
            if entity not in ENTITIES:
                self.reader.refuse(join(key, "entities"), f'knows no "{entity}"', suggestion(entity, ENTITIES))
        return len(self.reader.problems) == before
