"""What systemd is told of the service (sd_notify(3)): a datagram to the socket that it names; without one, nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

import structlog

log = structlog.get_logger()


class Notifier:
    """Tells the manager that started us; `environ` names its socket and says how often it wants a sign of life."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL of the abstract namespace (unix(7))
        self._address = "\0" + address[1:] if address.startswith("@") else address
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        asked = environ.get("WATCHDOG_USEC", "") if is_ours and self._address else ""
        #: Seconds after which a service that gives no sign of life is ended; None: nobody waits for one.
        self.watchdog_seconds = int(asked) / 1e6 if asked.isdecimal() and int(asked) else None
        self._status = ""

    def ready(self) -> None:
        """The service works, for the first time or again after `reloading`."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` has to follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """A sign of life for the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`, sent where it has changed."""
        if text != self._status:
            self._status = text
            self._send("STATUS=" + " ".join(text.split()))

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
                # a manager that does not read must not hold us up
                connection.settimeout(1.0)
                connection.sendto(message.encode(), self._address)
        except OSError as error:
            log.debug("systemd not told", problem=str(error))
