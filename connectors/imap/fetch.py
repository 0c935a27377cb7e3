"""UIDs -> changes: sizes first, then bodies in groups, so that no server decides how much memory we need.

Dovecot ends the connection over a message whose file it can't read. What a command broke at is asked for alone, on a
fresh connection; if that breaks too the message is Unreadable, and the others come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.imap.errors import is_busy, refused, response_code
from connectors.imap.folder import Folder
from connectors.imap.responses import Fetched, sequence_set
from connectors.imap.session import Answer
from connectors.imap.wire import LITERAL_LIMIT
from connectors.mime import parse_message
from connectors.records import Message, Unreadable

Read = Message | Unreadable

#: Of mails above LITERAL_LIMIT only the beginning is read.
PREFIX = 1024 * 1024
PAGE_MESSAGES = 300
_PAGE_BYTES = 16 * 1024 * 1024
_GROUP_BYTES = 4 * 1024 * 1024
_GROUP_MESSAGES = 100
#: So many messages in a row that break the connection or are refused: it is the server, not they.
_PATIENCE = 8


@dataclass(frozen=True, slots=True)
class _Question:
    items: str
    #: Does this answer it, also in an answer that broke off?
    is_answered: Callable[[Fetched], bool]


_ABOUT = _Question("(UID RFC822.SIZE INTERNALDATE FLAGS)", lambda told: told.size is not None)
_WHOLE = _Question("(UID BODY.PEEK[])", lambda told: told.has_body)
_BEGINNING = _Question(f"(UID BODY.PEEK[]<0.{PREFIX}>)", lambda told: told.has_body)


class Reader:
    """Reads messages of one folder, and keeps count of what goes wrong on the way."""

    def __init__(self, folder: Folder, authserv_id: str | None) -> None:
        self._folder = folder
        self._authserv_id = authserv_id
        self._failures = 0

    def pages(self, uids: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Read]]]:
        """(UIDs, what lies there) in the order of `uids`, bounded in number and bytes; what is gone is left out."""
        for start in range(0, len(uids), PAGE_MESSAGES):
            chunk = uids[start : start + PAGE_MESSAGES]
            about, spoiled = self._ask(chunk, _ABOUT)
            for portion in _portions(chunk, about, _PAGE_BYTES, len(chunk)):
                found: dict[int, Read] = {uid: spoiled[uid] for uid in portion if uid in spoiled}
                found |= self._read([about[uid] for uid in portion if uid in about])
                yield portion, [found[uid] for uid in portion if uid in found]

    def _read(self, wanted: Sequence[Fetched]) -> dict[int, Read]:
        found: dict[int, Read] = {}
        about = {one.uid: one for one in wanted}
        for question in (_WHOLE, _BEGINNING):
            uids = [one.uid for one in wanted if _is_long(one) is (question is _BEGINNING)]
            for group in _portions(uids, about, _GROUP_BYTES, _GROUP_MESSAGES):
                told, spoiled = self._ask(group, question)
                found |= spoiled
                for uid, one in told.items():
                    found[uid] = self._record(about[uid], one.body)
        return found

    def _record(self, about: Fetched, body: bytes | None) -> Read:
        if body is None:
            return Unreadable(self._folder.ref(about.uid), "the server gives no content for this message")
        raw = body[:PREFIX] if _is_long(about) else body
        record = parse_message(
            raw,
            ref=self._folder.ref(about.uid),
            received_at=about.received_at,
            flags=about.flags,
            size=about.size,
            authserv_id=self._authserv_id,
        )
        is_cut = len(body) >= LITERAL_LIMIT or (_is_long(about) and len(body) >= PREFIX)
        return replace(record, is_truncated=True) if is_cut and isinstance(record, Message) else record

    def _ask(self, uids: Sequence[int], question: _Question) -> tuple[dict[int, Fetched], dict[int, Unreadable]]:
        """(answers, what can't be answered); what is in neither is gone."""
        told: dict[int, Fetched] = {}
        spoiled: dict[int, Unreadable] = {}
        todo = [sorted(uids)]
        while todo:
            asked = todo.pop()
            answer = self._send(asked, question)
            told |= (answers := _told(asked, answer, question))
            left = [uid for uid in asked if uid not in answers]
            if not left or (answer.loss is None and not answer.refusal):
                continue
            # a refusal may mean any message; a connection breaks at the first without an answer
            suspects = left if answer.refusal else left[:1]
            for uid in suspects:
                alone = self._ask_alone(uid, question)
                if isinstance(alone, Unreadable):
                    spoiled[uid] = alone
                elif alone is not None:
                    told[uid] = alone
            rest = left[len(suspects) :]
            # nothing was answered, though the first could have been: look for the one by halves
            middle = 0 if answers or suspects[0] in spoiled else len(rest) // 2
            todo += [part for part in (rest[middle:], rest[:middle]) if part]
        return told, spoiled

    def _ask_alone(self, uid: int, question: _Question) -> Fetched | Unreadable | None:
        """One message, if need be on a connection that has done nothing else; None: it is gone."""
        is_fresh = self._folder.is_lost
        answer = self._send([uid], question)
        if answer.loss is not None and not is_fresh:
            answer = self._send([uid], question)
        found = _told([uid], answer, question).get(uid)
        if found is not None:
            self._failures = 0
            return found
        if answer.loss is None and (not answer.refusal or response_code(answer.refusal) == "EXPUNGEISSUED"):
            return None
        self._failures += 1
        problem = answer.loss or refused(answer.refusal, step="fetch", what="the server refuses this message")
        if self._failures >= _PATIENCE:
            raise problem
        reason = "the server ends the connection over this message" if answer.loss else problem.problem
        return Unreadable(self._folder.ref(uid), reason)

    def _send(self, uids: Sequence[int], question: _Question) -> Answer:
        if self._folder.is_lost:
            self._folder.reopen()
        answer = self._folder.fetch(sequence_set(uids), question.items)
        if answer.loss is not None and isinstance(answer.loss.__cause__, TimeoutError):
            # silence is the network's or the server's, and to ask again costs as long a wait
            raise answer.loss
        if answer.loss is not None and is_busy(answer.loss.problem):
            raise answer.loss
        if is_busy(answer.refusal):
            raise refused(answer.refusal, step="fetch", what="the server gives no messages now")
        return answer


def _told(uids: Sequence[int], answer: Answer, question: _Question) -> dict[int, Fetched]:
    """The answers to what was asked; a line before the server gave up is none."""
    is_whole = answer.loss is None and not answer.refusal
    return {
        uid: told
        for uid in uids
        if (told := answer.messages.get(uid)) is not None and (is_whole or question.is_answered(told))
    }


def _is_long(about: Fetched) -> bool:
    return about.size is None or about.size > LITERAL_LIMIT


def _portions(uids: Sequence[int], about: dict[int, Fetched], size: int, count: int) -> Iterator[Sequence[int]]:
    """`uids` cut where more than `size` bytes or `count` messages come together; none is empty."""
    start = weight = 0
    for at, uid in enumerate(uids):
        one = about.get(uid)
        cost = 0 if one is None else PREFIX if _is_long(one) else one.size or 0
        if at > start and (weight + cost > size or at - start >= count):
            yield uids[start:at]
            start, weight = at, 0
        weight += cost
    if start < len(uids):
        yield uids[start:]
