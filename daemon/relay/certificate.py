"""The certificate that mail programs see: is there one that can be shown, and for how long?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.api import ConnectorError, Misconfigured
from daemon.config.relay import RelayConfig
from daemon.relay.tls import ends_at, server_context

#: So long before its end a certificate ought to have been renewed.
SOON = timedelta(days=10)


def certificate_troubles(config: RelayConfig, now: datetime) -> Iterator[tuple[ConnectorError, bool]]:
    """What is wrong with the relay's own certificate, and whether it works all the same; reads its files."""
    try:
        server_context(config)
    except Misconfigured as error:
        yield error, False
        return
    ends = ends_at(config.certificate_file) if config.certificate_file is not None else None
    if ends is not None and ends < now + SOON:
        word = "ended" if ends < now else "ends"
        problem = f"relay.certificate_file: the certificate {word} on {ends:%Y-%m-%d}"
        yield Misconfigured(problem, step="tls", hint="renew it; run reads it anew within a minute"), ends >= now
