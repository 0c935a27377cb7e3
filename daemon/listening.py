"""Addresses that the service listens on, as the configuration writes them."""

from __future__ import annotations

from ipaddress import ip_address


def address_of(text: str) -> tuple[str, int] | None:
    """(host, port) of HOST:PORT, HOST an IP address (of version 6 in brackets or without); None: it is none."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) >= 65_536:
        return None
    try:
        ip_address(host)
    except ValueError:
        return None
    return host, int(port)
