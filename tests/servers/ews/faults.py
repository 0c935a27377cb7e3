"""What goes wrong on the way: rules that a test lays over answers, and oddities that some servers have.

server.fail(server_busy(297_000), operation="SyncFolderItems", times=1)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.servers.ews.wire import SoapFault
from tests.servers.scripted_http import CUT, reply

#: Makes of the pieces of a proper answer those that are sent; an operation whose pieces nobody takes is not done.
Fault = Callable[[Iterable[bytes]], Iterable[bytes]]
_XML = "text/xml; charset=utf-8"


@dataclass(slots=True)
class Oddities:
    """What a server does all the time, though others don't; set while it runs."""

    #: SyncFolderItems and FindItem say that a page is the last one, though there is more.
    early_last_page: bool = False
    #: Times have fractions of a second.
    fractional_seconds: bool = False
    #: Errors of SyncFolderItems come without SyncState and IncludesLastItemInRange.
    errors_without_sync_state: bool = False
    #: A read flag comes as an Update, not as a ReadFlagChange.
    read_flags_as_updates: bool = False


@dataclass(slots=True)
class Rule:
    """Which requests a fault meets: the first `skip` pass, then `times` are met (None: all)."""

    fault: Fault
    operation: str | None
    mailbox: str | None
    times: int | None
    skip: int

    def meets(self, operation: str, mailbox: str) -> bool:
        """Is this one met? Counts."""
        if self.operation not in {None, operation} or self.mailbox not in {None, mailbox} or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def server_busy(milliseconds: int | None = None) -> Fault:
    """ErrorServerBusy, which tells how long to stay away."""
    values = {} if milliseconds is None else {"BackOffMilliseconds": str(milliseconds)}
    return soap_fault("ErrorServerBusy", values=values)


def soap_fault(code: str, text: str = "", values: dict[str, str] | None = None) -> Fault:
    """HTTP 500 with this code of an error."""
    document = SoapFault(code, text, values).document()
    return lambda _answer: [reply(500, document, Content_Type=_XML)]


def http_status(status: int, body: bytes = b"", **headers: str) -> Fault:
    """An answer of the web server, e.g. http_status(503, Retry_After="120"), before Exchange was asked."""
    return lambda _answer: [reply(status, body, **headers)]


def login_page() -> Fault:
    """The page of a gateway that wants people to sign in, with status 200."""
    return http_status(200, b"<!DOCTYPE html><html><body><form>Sign in", Content_Type="text/html; charset=utf-8")


def no_xml() -> Fault:
    """What should be SOAP, and is broken off and full of rubbish."""
    return http_status(200, b"<s:Envelope \xff\xfe not <<< xml", Content_Type=_XML)


def cut(after: int = 0, *, is_done: bool = True) -> Fault:
    """The connection breaks after this many bytes; `is_done`: what was asked for has been done all the same."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        left = after
        for piece in answer if is_done or after else ():
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                break
        yield CUT

    return spoil


def edited(pattern: bytes, by: bytes = b"") -> Fault:
    """The proper answer, with something in it left out or told otherwise: whatever the pattern matches."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        head, _, body = b"".join(answer).partition(b"\r\n\r\n")
        said, count = re.subn(pattern, by, body, flags=re.DOTALL)
        assert count, f"there is no {pattern!r} in {body!r}"
        yield reply(int(head[9:12]), said, Content_Type=_XML)

    return spoil


def slow(rate: float, chunk: int = 256) -> Fault:
    """This many bytes a second."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        for piece in answer:
            for at in range(0, len(piece), chunk):
                yield piece[at : at + chunk]
                time.sleep(chunk / rate)

    return spoil


def endless(ended: threading.Event) -> Fault:
    """An envelope that goes on until the client has had enough, or the server ends (`server.ended`)."""

    def spoil(_answer: Iterable[bytes]) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Type: {_XML}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        while not ended.is_set():
            filler = b"<!-- " + b"x" * 65_000 + b" -->"
            yield b"%x\r\n%s\r\n" % (len(filler), filler)

    return spoil


def silent(ended: threading.Event, seconds: float = 3600) -> Fault:
    """Nothing is answered, and the connection stays, so long."""

    def spoil(_answer: Iterable[bytes]) -> Iterator[bytes]:
        ended.wait(seconds)
        yield CUT

    return spoil


def meanwhile(do: Callable[[], object]) -> Fault:
    """The proper answer, and just before it something happens: an item is moved that was about to be read."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        do()
        yield from answer

    return spoil


def late(seconds: float) -> Fault:
    """The proper answer, but so much later."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        time.sleep(seconds)
        yield from answer

    return spoil
