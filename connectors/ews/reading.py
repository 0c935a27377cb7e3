"""Items -> records, in batches that no item spoils.

What a batch breaks at is asked for by halves and at last alone: then it is unreadable, as soon as the server gave
another one; if it gives none at all, that speaks against the server. What went away in between is told as gone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from connectors.ews import errors, questions
from connectors.ews.compose import Composed, compose
from connectors.ews.items import Item, item_of
from connectors.ews.server import Server
from connectors.ews.soap import M, NoAnswer, Refusal, Reply, T, text_of
from connectors.http import TooLarge
from connectors.mime import parse_message
from connectors.records import ConnectorError, Deleted, Envelope, Message, Unreadable

Read = Message | Unreadable | Deleted

#: Items of one question; and bytes of their texts, of which most mails have far fewer than this.
_BATCH = 100
_BATCH_BYTES = 12 * 1024 * 1024
_TEXT_BYTES = 256 * 1024
#: A mail whose bytes are read, and bytes of all in one question: an answer holds 20 MiB, in base64.
_MAX_MIME = 10 * 1024 * 1024
#: So many refused ones in a batch, and no other, are no matter of the items.
_SUSPICIOUS = 3
_NO_ITEM = "the server gives no answer for this item"


@dataclass(slots=True)
class Told:
    """The answers to a question for items."""

    items: dict[str, ET.Element] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    refused: dict[str, ConnectorError] = field(default_factory=dict)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items as they are read together."""
    batch: list[Item] = []
    weight = 0
    for item in items:
        own = min(item.size, _TEXT_BYTES)
        if batch and (len(batch) >= _BATCH or weight + own > _BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += own
    if batch:
        yield batch


class Reader:
    """Reads items of one mailbox."""

    def __init__(self, server: Server, authserv_id: str | None, skim: Callable[[Envelope], bool] | None = None) -> None:
        self._server = server
        self._authserv_id = authserv_id
        self._skim = skim

    def read(self, ids: Sequence[str]) -> list[Read]:
        """What lies at the ids, in their order; what is no mail is gone, as far as we are concerned."""
        told = self.asked(ids, questions.get_items)
        whole = {id: (item_of(element), compose(element)) for id, element in told.items.items()}
        for id in list(told.refused):
            # its text may be what can't be told
            bare = self.asked([id], lambda ids: questions.get_items(ids, has_body=False), may_fail=True)
            whole |= {id: (item_of(element), compose(element)) for id, element in bare.items.items()}
        found: dict[str, Read] = {id: Unreadable(id, reason(error)) for id, error in told.refused.items()}
        found |= {id: Deleted(id) for id in ids if id in told.gone}
        found |= {id: Deleted(id) for id, (item, _composed) in whole.items() if not item.is_mail}
        wanted = {id: each for id, each in whole.items() if each[0].is_mail}
        for id, (item, composed) in wanted.items():
            record = self._record(id, item, composed)
            is_bare = id in told.refused and isinstance(record, Message)
            found[id] = replace(record, is_truncated=True) if is_bare and isinstance(record, Message) else record
        found |= self._from_bytes({id: each for id, each in wanted.items() if _says_more_in_bytes(*each)})
        return [found[id] for id in dict.fromkeys(ids)]

    def outlines(self, ids: Sequence[str]) -> dict[str, Item]:
        """What is told of items without reading them; without those that are gone."""
        told = self.asked(ids, questions.get_outlines)
        return {id: item_of(element) for id, element in told.items.items()}

    def _record(self, id: str, item: Item, composed: Composed) -> Message | Unreadable:
        """The record of a mail that was composed."""
        record = self._parsed(id, item, composed.raw, composed)
        if isinstance(record, Message) and composed.headers:
            came = parse_message(composed.headers, ref=id)
            if isinstance(came, Message):
                # as they came, with the form that the mail had
                return replace(record, headers=came.headers)
        return record

    def _parsed(self, id: str, item: Item, raw: bytes, composed: Composed | None) -> Message | Unreadable:
        return parse_message(
            raw,
            ref=id,
            received_at=item.received_at,
            flags=item.flags,
            size=item.size,
            authserv_id=self._authserv_id,
            elided=composed.elided if composed else (),
            # a report does not look like one before its bytes are read
            skim=None if composed and _says_more_in_bytes(item, composed) else self._skim,
        )

    def _from_bytes(self, wanted: Mapping[str, tuple[Item, Composed]]) -> dict[str, Message | Unreadable]:
        """The records of those whose bytes the server gives; the others stay as they were composed."""
        found: dict[str, Message | Unreadable] = {}
        group: list[str] = []
        weight = 0
        for id, (item, _composed) in wanted.items():
            if group and weight + item.size > _MAX_MIME:
                found |= self._bytes_of(group, wanted)
                group, weight = [], 0
            group.append(id)
            weight += item.size
        return found | (self._bytes_of(group, wanted) if group else {})

    def _bytes_of(
        self, ids: Sequence[str], wanted: Mapping[str, tuple[Item, Composed]]
    ) -> dict[str, Message | Unreadable]:
        found: dict[str, Message | Unreadable] = {}
        for id, element in self.asked(ids, questions.get_mime, may_fail=True).items.items():
            try:
                raw = base64.b64decode(text_of(element, f"{T}MimeContent"))
            except (binascii.Error, ValueError):
                continue
            if raw.strip():
                found[id] = self._parsed(id, wanted[id][0], raw, None)
        return found

    def asked(self, ids: Sequence[str], question: Callable[[Iterable[str]], str], *, may_fail: bool = False) -> Told:
        """The answers for all ids; `may_fail`: the server need not give any."""
        told = Told()
        todo = [list(dict.fromkeys(ids))]
        while todo:
            asked = todo.pop()
            if not asked:
                continue
            try:
                replies = self._server.ask("GetItem", question(asked), "fetch")
            except ConnectorError as error:
                if not _is_about_items(error):
                    raise
                if len(asked) == 1:
                    told.refused[asked[0]] = error
                else:
                    todo += [asked[len(asked) // 2 :], asked[: len(asked) // 2]]
                continue
            # what was not answered among others may be alone
            again = self._take(told, _by_id(asked, replies), asked)
            todo += [[id] for id in again] if len(asked) > 1 else []
            told.refused |= {id: self._unanswered() for id in again if len(asked) == 1}
        if not may_fail and not told.items and len(told.refused) > _SUSPICIOUS:
            raise next(iter(told.refused.values()))
        return told

    def _take(self, told: Told, answers: Mapping[str, Reply], asked: Sequence[str]) -> list[str]:
        """Take over the answers; returns what is to be asked for again."""
        again: list[str] = []
        for id in asked:
            reply = answers.get(id)
            element = None if reply is None else _item_in(reply)
            if reply is not None and reply.refusal is not None:
                if reply.refusal.code in errors.GONE:
                    told.gone.add(id)
                elif reply.refusal.code in errors.BUSY:
                    raise errors.refused(reply.refusal, self._server.settings, "fetch")
                elif len(asked) == 1:
                    told.refused[id] = self._refused(reply.refusal)
                else:
                    again.append(id)
            elif element is None:
                again.append(id)
            else:
                told.items[id] = element
        return again

    def _refused(self, refusal: Refusal) -> ConnectorError:
        error = errors.refused(refusal, self._server.settings, "fetch")
        error.__cause__ = refusal
        return error

    def _unanswered(self) -> ConnectorError:
        return errors.unreadable(NoAnswer(_NO_ITEM), self._server.settings, "fetch")


def _says_more_in_bytes(item: Item, composed: Composed) -> bool:
    """Is a mail to be read as bytes, and not too long for that?"""
    return (item.is_read_as_bytes or composed.is_partial) and item.size <= _MAX_MIME


def _by_id(asked: Sequence[str], replies: Sequence[Reply]) -> dict[str, Reply]:
    """The answers come in the order of the questions; where some are missing, only those that name their item count."""
    if len(replies) == len(asked):
        return dict(zip(asked, replies, strict=True))
    named = {item_of(element).id: reply for reply in replies if (element := _item_in(reply)) is not None}
    return {id: named[id] for id in asked if id in named}


def _item_in(reply: Reply) -> ET.Element | None:
    items = reply.element.find(f"{M}Items")
    return items[0] if items is not None and len(items) else None


def _is_about_items(error: ConnectorError) -> bool:
    """May the items asked for be what an answer failed at?"""
    cause = error.__cause__
    if isinstance(error, TooLarge) or isinstance(cause, NoAnswer):
        return True
    return isinstance(cause, Refusal) and cause.code not in errors.BUSY and cause.code not in errors.OTHER_VERSION


def reason(error: ConnectorError) -> str:
    """Why an item is unreadable, without its content."""
    cause = error.__cause__
    code = cause.code if isinstance(cause, Refusal) else ""
    return (
        f"the server does not give this item: {code}"
        if code
        else f"the server does not give this item: {error.problem}"
    )
