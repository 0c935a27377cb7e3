"""Addresses that the service listens on, as the configuration writes them."""

from __future__ import annotations

from ipaddress import ip_address


def listen_address(text: str, example: str) -> tuple[str, int]:
    """(address, port) of "ADDRESS:PORT", IPv6 in brackets; raises ValueError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        number = int(port) if port.isascii() and port.isdigit() else -1
        ip_address(host)
    except ValueError:
        number = -1
    if not colon or not 0 <= number < 65_536:
        raise ValueError(f'listen must be an address and a port, such as "{example}"')
    return host, number
