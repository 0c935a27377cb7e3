"""What the relay is called in greetings."""

from __future__ import annotations

import socket


def own_name() -> str:
    """As the machine is called; looking up more of it may take long."""
    name = socket.gethostname()
    return name if name.isascii() and name.isprintable() and name else "localhost"
