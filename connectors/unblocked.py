"""A connection that is read and written without ever waiting, for watches, all of which one thread serves."""

from __future__ import annotations

import socket
import ssl

from connectors.traffic import Traffic

#: A record of TLS is no longer than this.
_CHUNK = 16 * 1024


class Unblocked:
    """Takes over a connection that does not block."""

    __slots__ = ("_traffic", "_unsent", "connection")

    def __init__(self, connection: socket.socket, traffic: Traffic) -> None:
        self.connection = connection
        self._traffic = traffic
        self._unsent = b""

    @property
    def is_said(self) -> bool:
        """Has all gone that was to be sent?"""
        return not self._unsent

    def say(self, data: bytes = b"") -> None:
        """Send; what the network does not take now goes with the next call. Raises OSError."""
        self._unsent += data
        if not self._unsent:
            return
        try:
            sent = self.connection.send(self._unsent)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        self._traffic.sent(sent)
        self._unsent = self._unsent[sent:]

    def take(self) -> bytes | None:
        """A bounded part of what came, b"" where nothing did; None: the other end has ended it. Raises OSError."""
        try:
            data = self.connection.recv(_CHUNK)
            # the rest of a record lies in the TLS layer, where waiting for the socket does not see it
            while isinstance(self.connection, ssl.SSLSocket) and (left := self.connection.pending()):
                data += self.connection.recv(left)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        self._traffic.received(len(data))
        return data or None
