"""One folder of an open session, found again by itself when another was examined meanwhile or the connection broke."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator

from connectors.imap.errors import is_busy, refused
from connectors.imap.responses import Modified, Standing
from connectors.imap.session import Answer, Asked, Session
from connectors.records import CursorExpired


class Folder:
    """Commands on one folder; each makes sure first that it is the one examined. `others`: more of the account's."""

    def __init__(self, session: Session, name: bytes, others: Collection[bytes] = ()) -> None:
        self._session = session
        self._name = name
        self._others = others
        self._uidvalidity: int | None = None

    def others(self) -> Iterator[Folder]:
        """Other folders of the account."""
        return (Folder(self._session, name) for name in self._others)

    def examine(self) -> Standing:
        """What the server says about the folder now."""
        mailbox = self._session.examine(self._name)
        self._uidvalidity = mailbox.uidvalidity
        return mailbox

    def search(self, criteria: str) -> array[int]:
        """UIDs, ascending."""
        self._ready()
        return self._session.search(criteria)

    def bearing(self, flag: str) -> array[int]:
        """UIDs of the messages that bear a flag, ascending (SEARCH ANSWERED and KEYWORD, RFC 3501, section 6.4.4)."""
        self._ready()
        known = self._session.flags
        if known is not None and flag.lower().encode("ascii") not in known:
            # no message bears it, and a server that knows no keywords may name all of them
            return array("I")
        return self._session.search(flag[1:].upper() if flag.startswith("\\") else f"KEYWORD {flag}")

    def changes(self, last: int, since: int) -> tuple[list[tuple[int, int]], list[Modified]]:
        """(UIDs that vanished as ranges, changed flags) up to UID `last`, since a modification."""
        self._ready()
        return self._session.changes(last, since)

    def labels(self, uids: bytes) -> dict[int, frozenset[bytes]]:
        """UID -> the labels that Gmail tells of these messages, in lower case."""
        if self.is_lost:
            self.reopen()
        self._ready()
        return self._session.labels(uids)

    def fetch(self, uids: Collection[int], items: str) -> Answer:
        """What the server tells of these messages; a refusal or the loss of the connection is part of the answer."""
        return self.told(self.ask(uids, items))

    def answered(self, uids: Collection[int], items: str, begun: Asked | None = None) -> Answer:
        """As `fetch`, on a new connection where the old one is gone. `begun`: it was asked already.

        Raises Unavailable for a server that is silent or busy: that says nothing of these messages.
        """
        if begun is None and self.is_lost:
            self.reopen()
        answer = self.told(begun or self.ask(uids, items))
        if answer.loss is not None and isinstance(answer.loss.__cause__, TimeoutError):
            # to ask again costs as long a wait
            raise answer.loss
        if answer.loss is not None and is_busy(answer.loss.problem):
            raise answer.loss
        if is_busy(answer.refusal):
            raise refused(answer.refusal, step="fetch", what="the server gives no messages now")
        return answer

    def ask(self, uids: Collection[int], items: str) -> Asked:
        """As `fetch`, without waiting; `told` does."""
        self._ready()
        return self._session.ask(uids, items)

    def told(self, asked: Asked) -> Answer:
        """What was asked for."""
        return self._session.told(asked)

    def ref(self, uid: int) -> str:
        """The lasting reference of a message: "UIDVALIDITY:UID"."""
        return f"{self._uidvalidity}:{uid}"

    def reopen(self) -> None:
        """A new connection; raises Unavailable where there is none to be had."""
        self._session.open()

    @property
    def is_lost(self) -> bool:
        """Is the connection gone?"""
        return not self._session.is_open

    def _ready(self) -> None:
        if self._session.examined != self._name:
            mailbox = self._session.examine(self._name)
            if self._uidvalidity not in (None, mailbox.uidvalidity):
                raise CursorExpired("the folder was made anew while it was read", step="select")
            self._uidvalidity = mailbox.uidvalidity
