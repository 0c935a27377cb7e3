"""The stream of notifications of one mailbox ([MS-OXWSNTIF]): hears that something changed, and never blocks.

One subscription for all folders and one request that the server answers for half an hour, envelope after envelope. It
is asked again on the same connection then. The subscription is not given back at the end, which would take a
request of its own: Exchange forgets it half an hour after its stream has ended.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from enum import Enum, auto
from xml.etree import ElementTree as ET

from connectors.ews import errors, quiet, soap
from connectors.ews.quiet import Quiet
from connectors.ews.server import TRAFFIC
from connectors.ews.settings import EwsSettings
from connectors.ews.soap import M, NoAnswer, Refusal, Reply, T, text_of
from connectors.ews.streamed import Answer
from connectors.http import retry_after, translated
from connectors.records import ConnectorError, Unavailable
from connectors.unblocked import Unblocked

#: Minutes that one request is answered; Exchange takes 1 to 30.
MINUTES = 30
#: Exchange gives a sign of life every 45 seconds at the latest; three that are missing are no matter of the network.
SILENCE = 150.0
#: A server that ends streams unasked sooner than this does so each time: it would be a loop.
_SHORTEST = 30.0
#: Octets of one answer: half an hour of a mailbox in which everything changes.
_FLOOD_LIMIT = 64 * 1024 * 1024
#: The subscription has gone: another one takes its place, with the next login.
_LOST = frozenset(
    {
        "ErrorSubscriptionNotFound",
        "ErrorInvalidSubscription",
        "ErrorExpiredSubscription",
        "ErrorSubscriptionUnsubscribed",
        "ErrorSubscriptionAccessDenied",
    }
)
_FOLDERS = (f"{T}ParentFolderId", f"{T}OldParentFolderId", f"{T}FolderId", f"{T}OldFolderId")


class _State(Enum):
    BEGINNING = auto()
    #: The request is sent, its answer is awaited.
    ASKED = auto()
    HEARING = auto()
    #: The server has said that it ends the answer.
    ENDING = auto()


class Events:
    """Watches folders on a connection that does not block, over which `request` asks for what happens to them.

    `quiet` is told of what is heard; `ended` is called when the watch is closed. The server has the settings' timeout
    to begin to answer.
    """

    __slots__ = (
        "_answer", "_asked_at", "_connection", "_due", "_ended", "_flood", "_quiet", "_request", "_settings", "_state",
        "streams",
    )  # fmt: skip

    def __init__(
        self,
        connection: socket.socket,
        request: bytes,
        quiet: Quiet,
        settings: EwsSettings,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.streams = tuple(quiet.names.values())
        self._connection = Unblocked(connection, TRAFFIC)
        self._request = request
        self._quiet = quiet
        self._settings = settings
        self._ended = ended
        self._state = _State.BEGINNING
        self._answer = Answer()
        self._due = float("-inf")
        self._asked_at = 0.0
        self._flood = 0

    @property
    def due(self) -> float:
        """See Watch."""
        return self._due

    def fileno(self) -> int:
        """See Watch."""
        return self._connection.connection.fileno()

    def tick(self, now: float) -> None:
        """See Watch."""
        if now < self._due:
            return
        if self._state is _State.BEGINNING:
            self._begin(now)
            return
        silent = "gives no sign of life" if self._state is _State.HEARING else "did not answer in time"
        raise Unavailable(f"{self._settings.host} {silent}", step="watch")

    def read(self, now: float) -> frozenset[str]:
        """See Watch."""
        hinted: set[str] = set()
        with translated(self._settings.host):
            self._connection.say()
            data = self._connection.take()
        if data is None:
            raise Unavailable(f"{self._settings.host} ended the connection", step="watch")
        if not data:
            return frozenset()
        self._flood += len(data)
        if self._flood > _FLOOD_LIMIT:
            raise Unavailable(f"{self._settings.host} sends far more than there can be news", step="watch")
        was_answered = self._answer.status != 0
        try:
            for envelope in self._answer.feed(data):
                hinted |= self._take(envelope)
        except NoAnswer as problem:
            raise errors.unreadable(problem, self._settings, "watch") from problem
        finally:
            if self._answer.status and not was_answered:
                TRAFFIC.answered(self._answer.status)
        self._judge(now)
        return frozenset(hinted)

    def close(self) -> None:
        """See Watch."""
        self._ended()
        self._connection.connection.close()

    def _begin(self, now: float) -> None:
        self._answer, self._flood, self._asked_at = Answer(), 0, now
        with translated(self._settings.host):
            self._connection.say(self._request)
        self._state, self._due = _State.ASKED, now + self._settings.timeout_seconds

    def _take(self, envelope: bytes) -> set[str]:
        """Act on an envelope; the streams of which it tells."""
        try:
            replies = soap.replies(soap.read(envelope), "GetStreamingEvents")
        except Refusal as refusal:
            raise self._refused(refusal) from refusal
        hinted: set[str] = set()
        for reply in replies:
            if reply.refusal is not None:
                raise self._refused(reply.refusal)
            self._state = _State.ENDING if reply.text("ConnectionStatus") == "Closed" else _State.HEARING
            hinted |= self._told(reply)
        return hinted

    def _told(self, reply: Reply) -> set[str]:
        """The streams that a message tells of."""
        found: set[str] = set()
        # live servers and the schema differ in the namespace
        for notification in (*reply.element.iter(f"{M}Notification"), *reply.element.iter(f"{T}Notification")):
            if text_of(notification, f"{T}MoreEvents") == "true":
                # what is told later is told of all
                found |= self._quiet.names.keys()
            for event in notification:
                if event.tag.endswith("Event") and event.tag != f"{T}StatusEvent":
                    found |= self._folders_of(event)
        self._quiet.tell(found)
        return {self._quiet.names[each] for each in found}

    def _folders_of(self, event: ET.Element) -> set[str]:
        """The watched folders of an event; all of them where it names none that is known."""
        named = {each.get("Id", "") for each in event if each.tag in _FOLDERS}
        return named & self._quiet.names.keys() or set(self._quiet.names)

    def _judge(self, now: float) -> None:
        """What has come up to now: how long may the next sign of life take, or is it over?"""
        answer = self._answer
        if answer.status in (0, 200) and not answer.is_over:
            if self._state is _State.HEARING:
                self._due = now + SILENCE
            return
        if answer.status != 200:
            if answer.is_over or answer.status != 500:
                raise self._status_refused()
            return
        if self._state is not _State.ENDING or now < self._asked_at + _SHORTEST:
            raise Unavailable(f"{self._settings.host} ends the stream of notifications at once", step="watch")
        if answer.headers.get("connection", "").lower() == "close":
            raise Unavailable(f"{self._settings.host} ended the connection", step="watch")
        # its events wait with the subscription for as long as the server wants to be left alone
        self._state, self._due = _State.BEGINNING, now + quiet.rest_left(self._settings)
        self.tick(now)

    def _status_refused(self) -> Unavailable:
        status = self._answer.status
        if status in (429, 503):
            rest = retry_after(self._answer.headers)
            problem = f"{self._settings.host} takes no request now ({status})"
            return Unavailable(problem, step="watch", retry_after=rest)
        if status == 401:
            # a token has expired: the next login brings another one
            return Unavailable(f"{self._settings.host} no longer knows who asks", step="watch")
        return _lost(errors.status_refused(status, self._settings))

    def _refused(self, refusal: Refusal) -> Unavailable:
        if refusal.code in _LOST:
            return Unavailable(f"{self._settings.host} has forgotten what we watch ({refusal.code})", step="watch")
        return _lost(errors.refused(refusal, self._settings, "watch"))


def _lost(error: ConnectorError) -> Unavailable:
    """As the loss of a watch; the login after it finds out what is to be told of the account."""
    return error if isinstance(error, Unavailable) else Unavailable(error.problem, step="watch", hint=error.hint)
