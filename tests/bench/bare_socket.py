"""python bare_socket.py LOGIN: read the first 64 KiB of every mail of an IMAP mailbox, and do nothing with them.

The most that any program could do, measured like one: it imports nothing of ours. LOGIN is a file of four lines: host,
port, user, password. Tells {"mails": …, "bytes": …}.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_PREFIX = 64 * 1024
_FOLDER = re.compile(rb'\* LIST \(([^)]*)\) (?:NIL|".") (.+)\r')
_EXISTS = re.compile(rb"\* (\d+) EXISTS\r")


class Connection:
    """An IMAP connection without TLS, one command at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._buffer = bytearray(1024 * 1024)
        self._tag = 0
        #: Bytes of literals, which are passed over.
        self.bytes = 0

    def command(self, words: bytes) -> Iterator[bytes]:
        """The lines of its answer, without LF; a literal is left out between the line that tells it and the next."""
        self._tag += 1
        tag = b"a%d " % self._tag
        self._socket.sendall(tag + words + b"\r\n")
        for line in self._lines():
            if line.startswith(tag):
                if not line.startswith(tag + b"OK"):
                    raise SystemExit(f"{words.split()[0].decode()}: {line.decode()}")
                return
            yield line

    def _lines(self) -> Iterator[bytes]:
        """Until the caller has seen its answer: nothing comes after it unasked but the next one."""
        buffer, begun, literal = self._buffer, b"", 0
        while size := self._socket.recv_into(buffer):
            at = min(literal, size)
            literal -= at
            while at < size:
                end = buffer.find(b"\n", at, size)
                if end < 0:
                    begun += buffer[at:size]
                    break
                line = begun + buffer[at:end]
                begun, at = b"", end + 1
                if line.endswith(b"}\r"):
                    literal = int(line[line.rindex(b"{") + 1 : -2])
                    self.bytes += literal
                    passed = min(literal, size - at)
                    at, literal = at + passed, literal - passed
                yield bytes(line)
        raise SystemExit("the server closed the connection")


def read(connection: Connection, user: str, password: str) -> int:
    """Read the mailbox; the number of mails."""
    list(connection.command(f'LOGIN "{user}" "{password}"'.encode()))
    folders = [match.groups() for line in connection.command(b'LIST "" *') if (match := _FOLDER.match(line))]
    mails = 0
    for attributes, name in folders:
        if b"\\noselect" in attributes.lower() or b"\\nonexistent" in attributes.lower():
            continue
        there = next(
            int(match[1]) for line in list(connection.command(b"EXAMINE " + name)) if (match := _EXISTS.match(line))
        )
        if not there:
            continue
        answer = connection.command(b"UID FETCH 1:* (BODY.PEEK[]<0.%d>)" % _PREFIX)
        came = sum(line.startswith(b"* ") and line.endswith(b"}\r") for line in answer)
        if came != there:
            raise SystemExit(f"{came} of {there} mails came from {name.decode()}")
        mails += came
    return mails


def main() -> None:
    """Log in, read, tell."""
    host, port, user, password = Path(sys.argv[1]).read_text("utf-8").splitlines()
    connection = Connection(host, int(port))
    mails = read(connection, user, password)
    print(json.dumps({"mails": mails, "bytes": connection.bytes}))


if __name__ == "__main__":
    main()
