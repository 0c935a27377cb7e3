"""UIDs -> changes: sizes first, then bodies in groups, so that no server decides how much memory we need.

A message that breaks the command it is asked for in (Dovecot ends the connection over a file it can't read) is asked
for alone, at last on a fresh connection; if that breaks again, the message is Unreadable and the others come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.imap.errors import is_passing, refused, response_code
from connectors.imap.folder import Folder
from connectors.imap.responses import Fetched, sequence_set
from connectors.imap.session import Answer
from connectors.imap.wire import LITERAL_LIMIT
from connectors.mime import parse_message
from connectors.records import Message, Unreadable

#: Of mails above LITERAL_LIMIT only the beginning is read.
PREFIX = 1024 * 1024
_PAGE_MESSAGES = 300
_PAGE_BYTES = 16 * 1024 * 1024
_GROUP_BYTES = 4 * 1024 * 1024
_GROUP_MESSAGES = 100
#: So many messages in a row that break the connection or are refused: it is the server, not they.
_PATIENCE = 8

_ABOUT = "(UID RFC822.SIZE INTERNALDATE FLAGS)"
_WHOLE = "(UID BODY.PEEK[])"
_BEGINNING = f"(UID BODY.PEEK[]<0.{PREFIX}>)"

Read = Message | Unreadable


def pages(
    folder: Folder, uids: Sequence[int], *, authserv_id: str | None
) -> Iterator[tuple[Sequence[int], list[Read]]]:
    """(UIDs, what lies there) in the order of `uids`, bounded in number and bytes; what is gone is left out."""
    for start in range(0, len(uids), _PAGE_MESSAGES):
        chunk = uids[start : start + _PAGE_MESSAGES]
        about = describe(folder, chunk)
        for portion in _portions(chunk, about, _PAGE_BYTES, len(chunk)):
            wanted = [about[uid] for uid in portion if uid in about]
            found = Reader(folder, authserv_id).read(wanted)
            yield portion, [found[uid] for uid in portion if uid in found]


def describe(folder: Folder, uids: Sequence[int]) -> dict[int, Fetched]:
    """Size, time and flags of those messages that are there; at most some hundred UIDs, for one command line."""
    answer = folder.fetch(sequence_set(uids), _ABOUT)
    if answer.loss is not None:
        raise answer.loss
    if answer.refusal and response_code(answer.refusal) != "EXPUNGEISSUED":
        raise refused(answer.refusal, step="fetch", what="the server refuses to describe messages")
    return {uid: answer.messages[uid] for uid in uids if uid in answer.messages}


def _cost(about: Fetched | None) -> int:
    if about is None:
        return 0
    return about.size if about.size is not None and about.size <= LITERAL_LIMIT else PREFIX


def _portions(uids: Sequence[int], about: dict[int, Fetched], size: int, count: int) -> Iterator[Sequence[int]]:
    """`uids` cut where more than `size` bytes or `count` messages come together; none is empty."""
    start = weight = 0
    for at, uid in enumerate(uids):
        cost = _cost(about.get(uid))
        if at > start and (weight + cost > size or at - start >= count):
            yield uids[start:at]
            start, weight = at, 0
        weight += cost
    if start < len(uids):
        yield uids[start:]


class Reader:
    """Reads bodies, and keeps count of what goes wrong on the way."""

    def __init__(self, folder: Folder, authserv_id: str | None) -> None:
        self._folder = folder
        self._authserv_id = authserv_id
        self._failures = 0

    def read(self, wanted: Sequence[Fetched]) -> dict[int, Read]:
        """UID -> record; what vanished since it was described is left out."""
        found: dict[int, Read] = {}
        about = {one.uid: one for one in wanted}
        for beginning in (False, True):
            uids = [one.uid for one in wanted if _is_long(one) is beginning]
            for group in _portions(uids, about, _GROUP_BYTES, _GROUP_MESSAGES):
                found.update(self._group([about[uid] for uid in group], _BEGINNING if beginning else _WHOLE))
        return found

    def _group(self, group: Sequence[Fetched], items: str) -> dict[int, Read]:
        answer = self._ask(group, items)
        found = {one.uid: self._record(one, answer) for one in group if _is_told(one, answer)}
        if answer.loss is not None or answer.refusal:
            for one in group:
                if one.uid not in found and (alone := self._alone(one, items)) is not None:
                    found[one.uid] = alone
        return found

    def _alone(self, one: Fetched, items: str) -> Read | None:
        """One message, if need be on a connection that has done nothing else; None: it is gone."""
        answer = self._ask([one], items)
        if answer.loss is not None:
            answer = self._ask([one], items)
        if _is_told(one, answer):
            self._failures = 0
            return self._record(one, answer)
        if answer.loss is None and (not answer.refusal or response_code(answer.refusal) == "EXPUNGEISSUED"):
            return None
        self._failures += 1
        problem = answer.loss or refused(answer.refusal, step="fetch", what="the server refuses this message")
        if self._failures >= _PATIENCE or is_passing(answer.refusal):
            raise problem
        return Unreadable(
            self._folder.ref(one.uid),
            "the server ends the connection over this message" if answer.loss else problem.problem,
        )

    def _ask(self, group: Sequence[Fetched], items: str) -> Answer:
        if self._folder.is_lost:
            self._folder.reopen()
        answer = self._folder.fetch(sequence_set([one.uid for one in group]), items)
        if answer.loss is not None and isinstance(answer.loss.__cause__, TimeoutError):
            # silence is the network's or the server's, and to ask again costs as long a wait
            raise answer.loss
        return answer

    def _record(self, one: Fetched, answer: Answer) -> Read:
        ref = self._folder.ref(one.uid)
        body = answer.messages[one.uid].body
        if body is None:
            return Unreadable(ref, "the server gives no content for this message")
        raw = body[:PREFIX] if _is_long(one) else body
        size = len(raw) if one.size is None else one.size
        record = parse_message(
            raw, ref=ref, received_at=one.received_at, flags=one.flags, size=size, authserv_id=self._authserv_id
        )
        is_cut = len(body) >= LITERAL_LIMIT or (_is_long(one) and len(body) >= PREFIX)
        return replace(record, is_truncated=True) if is_cut and isinstance(record, Message) else record


def _is_long(one: Fetched) -> bool:
    return one.size is None or one.size > LITERAL_LIMIT


def _is_told(one: Fetched, answer: Answer) -> bool:
    """Did the server answer for this message? A line before it gave up is no answer."""
    told = answer.messages.get(one.uid)
    return told is not None and (told.has_body or (answer.loss is None and not answer.refusal))
