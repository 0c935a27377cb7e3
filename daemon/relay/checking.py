"""What `check` asks of the relay: can its certificate be shown, and does its server take mails by TLS? None is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.api import ConnectorError, Misconfigured, Unavailable
from daemon.config_relay import RelayConfig
from daemon.relay.extensions import mechanisms
from daemon.relay.naming import own_name
from daemon.relay.tls import ends_at, server_context
from daemon.relay.upstream import connect

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


def server_trouble(config: RelayConfig) -> ConnectorError | None:
    """Why the server can't be sent mail through; None: it can, as far as one sees without a login."""
    try:
        return asyncio.run(_server_trouble(config))
    except ConnectorError as error:
        return error


async def _server_trouble(config: RelayConfig) -> ConnectorError | None:
    upstream = await connect(config, own_name())
    known = mechanisms(upstream.extensions)
    await upstream.bow_out()
    if known:
        return None
    offered = upstream.extensions.get("AUTH", "none at all")
    hint = "it has to be a server for submission (RFC 6409), mostly port 465 or 587"
    return Unavailable(f"{config.host} offers no login that can be passed on: {offered}", step="login", hint=hint)
