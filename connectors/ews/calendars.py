"""A calendar of Exchange: what changed in it as the server tells it, each series with its exceptions.

A change of an exception is a change of its series, which is an item of the folder as any single meeting; occurrences
are none. So the server's word on the folder's items (SyncFolderItems) is all there is to follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from connectors.cursors import flag, parsed, reading, string
from connectors.ews import questions
from connectors.ews.appointments import FIELDS, LINK, exceptions_of, meeting_of, stand_in
from connectors.ews.items import Item
from connectors.ews.position import BEGINNING
from connectors.ews.reading import Reader, reason
from connectors.ews.server import Server
from connectors.ews.sync import MAX_ANSWERS, Folder
from connectors.ical import MAX_EVENTS
from connectors.records import Change, Cursor, Deleted, Page, Phase, Unreadable

_VERSION = 1
#: Items of one question.
_BATCH = 100
_APPOINTMENT = "IPM.APPOINTMENT"


@dataclass(frozen=True, slots=True)
class _Position:
    """How far the server's word was taken over."""

    #: SyncState.
    state: str = ""
    #: All was read once.
    is_whole: bool = False

    def dump(self) -> Cursor:
        return Cursor(json.dumps([_VERSION, self.state, self.is_whole], separators=(",", ":")))


def _load(cursor: Cursor) -> _Position:
    """The position in a cursor; raises CursorExpired where it is none of ours."""
    with reading("an Exchange calendar"):
        version, state, is_whole = parsed(cursor)
        if version != _VERSION:
            raise ValueError("another version")
        return _Position(string(state), flag(is_whole))


class Calendar:
    """The questions about one calendar."""

    def __init__(self, server: Server, folder: str) -> None:
        self._server = server
        self._folder = Folder(server, folder)
        self._reader = Reader(server, None)
        self._mailbox = (server.settings.address, server.settings.username)

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Every change after `cursor`; no page where there is none."""
        position = _Position() if cursor is None else _load(cursor)
        if position.is_whole and self._folder.is_settled(position.state):
            return
        for _answer in range(MAX_ANSWERS):
            told = self._folder.told(position.state)
            is_over = told.is_quiet or told.state == position.state
            if is_over and position.is_whole:
                return
            # Exchange says too early at times that an answer was the last; what is left then comes with the next poll
            is_last = is_over or (position.is_whole and told.is_last)
            position = replace(position, state=told.state, is_whole=position.is_whole or is_over)
            changes: list[Change] = [Deleted(id) for id in told.gone]
            wanted = list(filter(_is_appointment, told.present.values()))
            for start in range(0, len(wanted) - _BATCH, _BATCH):
                # its cursor comes with the last page of the answer
                yield Page(changes=(*changes, *self._read(wanted[start : start + _BATCH])), cursor=None)
                changes = []
            last = wanted[(len(wanted) - 1) // _BATCH * _BATCH :] if wanted else []
            yield self._page((*changes, *self._read(last)), position)
            if is_last:
                return

    def read(self, ids: Sequence[str]) -> list[Change]:
        """What lies at the ids, one change for each; raises ConnectorError."""
        told = self._reader.asked(ids, self._question)
        exceptions = self._exceptions(told.items)
        found: dict[str, Change] = {id: Unreadable(id, reason(error)) for id, error in told.refused.items()}
        found |= {id: Deleted(id) for id in ids if id in told.gone}
        for id, element in told.items.items():
            known = exceptions_of(element)
            if len(known) > MAX_EVENTS:
                found[id] = Unreadable(id, f"the meeting has more than {MAX_EVENTS:,} exceptions")
                continue
            items = (exceptions.get(each) for each in known)
            parts = [
                stand_in(element, known[each]) if item is None else item
                for each, item in zip(known, items, strict=True)
            ]
            found[id] = meeting_of(id, element, parts, self._mailbox)
        return [found[id] for id in dict.fromkeys(ids)]

    def refs(self) -> Iterator[str]:
        """The ids of all meetings and series."""
        return (item.id for item in self._folder.listed() if _is_appointment(item))

    def _read(self, items: Iterable[Item]) -> list[Change]:
        """What went away since it was listed is told as gone by the server itself."""
        ids = [each.id for each in items]
        return [each for each in self.read(ids) if not isinstance(each, Deleted)] if ids else []

    def _exceptions(self, items: Mapping[str, ET.Element]) -> dict[str, ET.Element]:
        """The items of all exceptions of these series, as far as the server gives them."""
        wanted = [id for element in items.values() for id in list(exceptions_of(element))[:MAX_EVENTS]]
        found: dict[str, ET.Element] = {}
        for start in range(0, len(wanted), _BATCH):
            found |= self._reader.asked(wanted[start : start + _BATCH], self._question, may_fail=True).items
        return found

    def _question(self, ids: Iterable[str]) -> str:
        return questions.get_appointments(ids, (*FIELDS, LINK) if self._server.knows_2013 else FIELDS)

    @staticmethod
    def _page(changes: Sequence[Change], position: _Position) -> Page:
        return Page(
            changes=tuple(changes),
            cursor=position.dump(),
            phase=Phase.NEW if position.is_whole else Phase.BACKFILL,
            complete_since=BEGINNING if position.is_whole else None,
            backlog=0 if position.is_whole else None,
        )


def _is_appointment(item: Item) -> bool:
    """Notes and tasks lie in calendars as well; what kind an item is was not told by every server."""
    kind = item.kind.upper()
    return not kind or kind == _APPOINTMENT or kind.startswith(f"{_APPOINTMENT}.")
