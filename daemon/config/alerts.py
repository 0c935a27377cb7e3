"""[alerts]: who is told when an account, an audit or the disk needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from daemon.config.digest import DigestConfig
from daemon.config.webhooks import Webhook
from daemon.credentials import SecretSource
from daemon.options import Reader, join
from matching.addresses import normalize


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """[alerts]"""

    #: Who gets mails, by the server of [digest]; (): nobody.
    mail_to: tuple[str, ...] = ()
    #: Where signed messages are posted; None: nowhere.
    webhook_url: str | None = None
    #: What they are signed with: whsec_ and base64.
    webhook_secret: SecretSource | None = None
    #: May the URL mean this machine or its network segment?
    allow_local: bool = False
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: What goes on is told again after so long, and what comes and goes not oftener.
    quiet_hours: int = 24

    @property
    def webhook(self) -> Webhook | None:
        """Where and how they are posted; None: nowhere."""
        if self.webhook_url is None or self.webhook_secret is None:
            return None
        return Webhook("alerts", self.webhook_url, self.webhook_secret, (), self.allow_local, self.ca_file)

    @property
    def quiet(self) -> timedelta:
        """As `quiet_hours`."""
        return timedelta(hours=self.quiet_hours)


def read_alerts(table: object, reader: Reader, mail_server: DigestConfig | None, *, has_server: bool) -> AlertsConfig:
    """[alerts]. `has_server`: there is a [digest], be it right or not."""
    found = reader.read(AlertsConfig, table, "alerts")
    if found is None:
        return AlertsConfig()
    for each in found.mail_to:
        if normalize(each) is None:
            reader.refuse("alerts.mail_to", f'"{each}" is no address', "such as it@acme.example")
    if found.mail_to and mail_server is None and not has_server:
        hint = "write [digest] with host and sender; on = false there, if nobody is to get a daily mail"
        reader.refuse("alerts.mail_to", "needs the server of [digest]", hint)
    if not 1 <= found.quiet_hours <= 24 * 30:
        reader.refuse("alerts.quiet_hours", "must be from 1 to 720")
    if (found.webhook_url is None) != (found.webhook_secret is None):
        hint = "leave both out, or write webhook_url and webhook_secret_file"
        reader.refuse("alerts.webhook_url", "stands with a secret alone, and a secret with it", hint)
    elif (webhook := found.webhook) is not None:
        try:
            _ = webhook.target
        except ValueError as error:
            reader.refuse(join("alerts", "webhook_url"), str(error))
    return found
