"""A connection that is logged in, and the few commands that are ever sent on it.

ENABLE, LIST, EXAMINE, UID SEARCH, UID FETCH with BODY.PEEK, LOGOUT: none of them changes a mailbox. After a timeout, an
error of the socket or an answer that makes no sense the connection is thrown away: what would be read next could
belong to anything.
"""

from __future__ import annotations

import contextlib
import re
import socket
from array import array
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from imaplib import IMAP4
from typing import Any

from connectors.imap.errors import folder_refused, refused, translated
from connectors.imap.login import log_in, quote, secure
from connectors.imap.network import open_socket, tls_context
from connectors.imap.responses import (
    Fetched,
    Listed,
    Modified,
    Piece,
    Standing,
    parse_flags,
    parse_labels,
    parse_list,
    parse_mailbox_ids,
    parse_modified,
    parse_search,
    parse_status,
    parse_vanished,
    sequence_set,
    take_fetch,
)
from connectors.imap.settings import ImapSettings
from connectors.imap.wire import Client
from connectors.network import is_loopback, quoted
from connectors.records import Misconfigured, Secret, Unavailable

#: A server that does not even answer LOGOUT is not waited for.
_FAREWELL_SECONDS = 5.0
_NUMBER = re.compile(rb"\d{1,19}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one UID FETCH, be it all or not."""

    messages: dict[int, Fetched]
    #: The text of NO or BAD; "" where the server said OK.
    refusal: str = ""
    #: Why the connection is gone, if it is.
    loss: Unavailable | None = None


@dataclass(slots=True)
class Asked:
    """A UID FETCH on its way."""

    uids: frozenset[int]
    tag: bytes = b""
    #: What was told so far.
    messages: dict[int, Fetched] = field(default_factory=dict)
    answer: Answer | None = None


class Session:
    """One connection; `open` may be called again after it was lost."""

    def __init__(self, settings: ImapSettings, secret: Secret | None) -> None:
        self._settings = settings
        self._secret = secret
        self._client: Client | None = None
        #: The folder that is examined, as the server writes its name.
        self.examined: bytes | None = None
        #: The flags that messages of it may bear, in lower case; None: the server does not say.
        self.flags: frozenset[bytes] | None = None
        #: How the server tells what changed (RFC 7162): "QRESYNC", "CONDSTORE", "" for not at all; None: not yet asked.
        self._quick: str | None = None
        self._asked: deque[Asked] = deque()

    @property
    def is_open(self) -> bool:
        """Can commands be sent?"""
        return self._client is not None

    def open(self) -> None:
        """Connect and authenticate; raises Unavailable, AuthFailed or Misconfigured."""
        self.drop()
        settings, host = self._settings, self._settings.host
        context = tls_context(settings)
        connection = open_socket(settings, context)
        try:
            if settings.security == "none" and not is_loopback(connection.getpeername()[0]):
                raise Misconfigured(f"{host} is not this machine: security = 'none' is refused", step="connect")
            with translated("connect", host):
                self._client = client = Client(*settings.address, connection, timeout=settings.timeout_seconds)
            secure(client, settings, context)
            log_in(client, settings, self._secret)
        except BaseException:
            self.drop()
            connection.close()
            raise

    def close(self) -> None:
        """Log out, as far as the server lets us."""
        if self._client is not None:
            with contextlib.suppress(OSError, IMAP4.error, ValueError):
                self._client.socket().settimeout(min(_FAREWELL_SECONDS, self._settings.timeout_seconds))
                self._client.logout()
        self.drop()

    def drop(self) -> None:
        """Close the socket without a word."""
        client, self._client, self.examined, self._quick = self._client, None, None, None
        lost = Unavailable(f"the connection to {self._settings.host} was closed", step="fetch")
        while self._asked:
            asked = self._asked.popleft()
            asked.answer = Answer(asked.messages, "", lost)
        if client is not None:
            with contextlib.suppress(OSError, IMAP4.error, ValueError):
                client.shutdown()

    def detach(self) -> tuple[socket.socket, bytes]:
        """Give the connection away: the socket, which blocks no more, and what was read from it already."""
        with self._wire("select") as (client, _):
            detached = client.detach()
        self._client, self.examined, self._quick = None, None, None
        return detached

    def has(self, *capabilities: str) -> bool:
        """Does the server offer all of these?"""
        with self._wire("list") as (client, _):
            return {word.encode() for word in capabilities} <= set(client.capabilities())

    def folders(self) -> list[Listed]:
        """All folders, with their special use (RFC 6154) and standing (RFC 5819) where the server can."""
        returned = ["SPECIAL-USE"] if self.has("LIST-EXTENDED", "SPECIAL-USE") else []
        if self.has("LIST-EXTENDED", "LIST-STATUS"):
            quick = self.has("CONDSTORE") or self.has("QRESYNC")
            items = "UIDVALIDITY UIDNEXT MESSAGES" + " HIGHESTMODSEQ" * quick
            try:
                return self._list(f"RETURN ({' '.join([*returned, f'STATUS ({items})'])})")
            except Unavailable:
                if not self.is_open:
                    raise
        return self._list(f"RETURN ({returned[0]})" if returned else "")

    def mailbox_ids(self) -> dict[bytes, str]:
        """Folder -> its lasting id (RFC 8474), where the server has such ids and tells them with the list.

        They are asked for alone: beside other items Cyrus 3.6 writes whatever lies in its memory.
        """
        if not self.has("LIST-EXTENDED", "LIST-STATUS", "OBJECTID"):
            return {}
        with self._wire("list") as (_, wire):
            wire.response("STATUS")
            status, _text = self._command(wire, "LIST", '""', '"*"', "RETURN (STATUS (MAILBOXID))")
            wire.response("LIST")
            told = parse_mailbox_ids(wire.response("STATUS")[1])
        return told if status == "OK" else {}

    def _list(self, options: str) -> list[Listed]:
        with self._wire("list") as (_, wire):
            wire.untagged_responses.pop("STATUS", None)
            status, text = self._command(wire, "LIST", '""', '"*"', *filter(None, (options,)))
            found: list[Any] = wire.response("LIST")[1]
            standings = parse_status(wire.response("STATUS")[1])
        if status != "OK":
            raise refused(text, step="list", what=f"{self._settings.host} does not list its folders")
        return [replace(one, standing=standings.get(one.wire)) for one in parse_list(found)]

    def examine(self, name: bytes) -> Standing:
        """Open a folder for reading alone."""
        with self._wire("select") as (_, wire):
            self._enable(wire)
            # what an earlier folder told must not be taken for this one's
            wire.untagged_responses = {}
            wanted = ["(CONDSTORE)"] if self._quick == "CONDSTORE" else []
            status, text = self._command(wire, "EXAMINE", quote(name), *wanted)
            self.examined = name if status == "OK" else None
            wire.state, wire.is_readonly = ("SELECTED", True) if status == "OK" else ("AUTH", False)
            validity, following, messages, modseq = (
                self._number(wire, code) for code in ("UIDVALIDITY", "UIDNEXT", "EXISTS", "HIGHESTMODSEQ")
            )
            self.flags = parse_flags(wire.response("FLAGS")[1])
        if status != "OK":
            raise folder_refused(name, text)
        if validity is None:
            raise Unavailable("the server gives this folder no UIDVALIDITY", step="select")
        return Standing(validity, following, messages, (modseq or None) if self._quick else None)

    def _enable(self, wire: Any) -> None:
        """Have expunges told by UID, and changed flags by modification, before any folder is opened."""
        if self._quick is not None:
            return
        self._quick = "CONDSTORE" if self.has("CONDSTORE") or self.has("QRESYNC") else ""
        if self.has("ENABLE", "QRESYNC"):
            wire.response("ENABLED")
            status, _ = self._command(wire, "ENABLE", "QRESYNC")
            enabled = b" ".join(word for word in wire.response("ENABLED")[1] if word)
            if status == "OK" and b"QRESYNC" in enabled.upper().split():
                self._quick = "QRESYNC"

    def changes(self, last: int, since: int) -> tuple[list[tuple[int, int]], list[Modified]]:
        """(UIDs that vanished as ranges, changed flags) of the messages up to UID `last`, since a modification.

        Where the server has no QRESYNC, nothing is told of what vanished. Raises Unavailable.
        """
        with self._wire("fetch") as (_, wire):
            for word in ("FETCH", "VANISHED"):
                wire.response(word)
            how = f"(CHANGEDSINCE {since}{' VANISHED' if self._quick == 'QRESYNC' else ''})"
            status, text = self._command(wire, "UID", "FETCH", f"1:{last}", "(UID FLAGS MODSEQ)", how)
            told, gone = wire.response("FETCH")[1], wire.response("VANISHED")[1]
        if status != "OK":
            raise refused(text, step="fetch", what="the server does not tell what changed")
        return parse_vanished(gone), parse_modified(told)

    def search(self, criteria: str) -> array[int]:
        """UIDs of the examined folder, ascending."""
        with self._wire("fetch") as (_, wire):
            for _attempt in range(2):
                wire.response("SEARCH")
                status, text = self._command(wire, "UID", "SEARCH", criteria)
                found: list[Any] = wire.response("SEARCH")[1]
                if found != [None] or status != "OK":
                    break
                # an answer is required (RFC 3501, section 6.4.4): it went astray, or this server has none for nothing
        if status != "OK":
            raise refused(text, step="fetch", what="the server refuses to search the folder")
        return parse_search(found)

    def labels(self, uids: bytes) -> dict[int, frozenset[bytes]]:
        """UID -> labels of Gmail (X-GM-LABELS), in lower case; raises Unavailable."""
        with self._wire("fetch") as (_, wire):
            wire.response("FETCH")
            status, text = self._command(wire, "UID", "FETCH", uids, "(UID X-GM-LABELS)")
            told = parse_labels(wire.response("FETCH")[1])
        if status != "OK":
            raise refused(text, step="fetch", what="the server does not tell the labels")
        return told

    def ask(self, uids: Collection[int], items: str) -> Asked:
        """Send UID FETCH and go on; `told` waits for the answer."""
        asked = Asked(frozenset(uids))
        try:
            with self._connected("fetch") as (_, wire):
                asked.tag = wire.ask(b"UID FETCH " + sequence_set(uids) + b" " + items.encode("ascii"))
        except Unavailable as error:
            asked.answer = Answer({}, "", error)
        else:
            self._asked.append(asked)
        return asked

    def told(self, asked: Asked) -> Answer:
        """The answer; a refusal or the loss of the connection is part of it."""
        while asked.answer is None:
            self._read_answer()
        return asked.answer

    def _read_answer(self) -> None:
        """Up to the end of the first command that was asked."""
        waiting = list(self._asked)
        first = waiting[0]
        try:
            with self._connected("fetch") as (_, wire):
                status, text = wire.answer(first.tag, self._take)
        except Unavailable as error:
            # answers cut in their middle are left out: they have no last line
            for asked in waiting:
                asked.answer = Answer(asked.messages, "", error)
        else:
            self._asked.popleft()
            first.answer = Answer(first.messages, quoted(text) if status != "OK" else "")

    def _take(self, pieces: list[Piece]) -> None:
        """Servers may answer a later command before an earlier one ends (RFC 3501, section 5.5): UIDs tell which."""
        messages: dict[int, Fetched] = {}
        take_fetch(messages, pieces)
        for uid, fetched in messages.items():
            asked = next((asked for asked in self._asked if uid in asked.uids), self._asked[0])
            if uid in asked.messages:
                take_fetch(asked.messages, pieces)
            else:
                asked.messages[uid] = fetched

    @contextlib.contextmanager
    def _wire(self, step: str) -> Iterator[tuple[Client, Any]]:
        """The connection for one command, when all answers before are read."""
        while self._asked:
            self._read_answer()
        with self._connected(step) as connected:
            yield connected

    @contextlib.contextmanager
    def _connected(self, step: str) -> Iterator[tuple[Client, Any]]:
        client = self._client
        if client is None:
            raise Unavailable(f"there is no connection to {self._settings.host}", step=step)
        with translated(step, self._settings.host):
            try:
                yield client, client.wire
            except (OSError, IMAP4.error, ValueError):
                self.drop()
                raise

    @staticmethod
    def _command(wire: Any, name: str, *words: str | bytes) -> tuple[str, str]:
        """(OK, NO or BAD, its text)"""
        try:
            status, data = wire.xatom(name, *words)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            return "BAD", str(error)
        return status, data[-1].decode("utf-8", "replace") if data and data[-1] else ""

    @staticmethod
    def _number(wire: Any, code: str) -> int | None:
        match = _NUMBER.match(wire.response(code)[1][-1] or b"")
        return int(match.group()) if match else None
