"""From a host's name to a socket that IMAP can be spoken on: look up, connect, pass a proxy, TLS."""

from __future__ import annotations

import socket
import ssl

from connectors.imap.errors import translated
from connectors.imap.settings import ImapSettings
from connectors.network import Deadline, Proxy, connected, looked_up, shared_context


def tls_context(settings: ImapSettings) -> ssl.SSLContext:
    """The context for a server; see connectors.network."""
    return shared_context(settings.ca_file, settings.client_cert)


def open_socket(settings: ImapSettings, context: ssl.SSLContext) -> socket.socket:
    """A connected socket with its timeout set, in TLS where that comes first."""
    proxy = None if settings.proxy is None else Proxy.of(settings.proxy)
    host, port = settings.address if proxy is None else (proxy.host, proxy.port)
    with translated("resolve", host):
        found = looked_up(host, port)
    with translated("connect", host):
        connection = connected(found, settings.timeout_seconds)
    try:
        if proxy is not None:
            with translated("connect", host):
                proxy.tunnel(
                    connection, *settings.address, Deadline(settings.timeout_seconds, settings.timeout_seconds)
                )
            connection.settimeout(settings.timeout_seconds)
        if settings.security == "tls":
            with translated("tls", settings.host):
                return context.wrap_socket(connection, server_hostname=settings.host)
    except BaseException:
        connection.close()
        raise
    return connection
