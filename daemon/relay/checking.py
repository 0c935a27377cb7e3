"""What `check` asks of the relay: can its certificate be shown, and does its server take mails by TLS? None is sent."""

from __future__ import annotations

import asyncio

from connectors.api import ConnectorError, Unavailable
from daemon.config.relay import RelayConfig
from daemon.relay.extensions import mechanisms
from daemon.relay.naming import own_name
from daemon.relay.upstream import connect


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
