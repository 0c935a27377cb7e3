"""Where a folder stands: the server's word for what it told, and how far back the past was read.

The text form is the connector's cursor. A position says: all that the server told up to `state` is known, and of what
it held before that, everything in scope received at `below` or later was handed over. Exchange lists changes in an
order of its own, so the past is not read by it but by searches, the newest first: `below` goes down until `since`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from connectors.cursors import count, day_of, flag, instant_of, parsed, reading, string
from connectors.records import Cursor

_VERSION = 1
#: Exchange knows no mail before its own time.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Both ends of what was read of one folder."""

    #: SyncState of SyncFolderItems.
    state: str
    since: date | None = None
    #: The first import is still at listing what there is; nothing was handed over.
    is_listing: bool = False
    #: What was received at this instant or later was read; None: nothing was.
    below: datetime | None = None
    #: Ids, shortened, of what was read though it was received in the second before `below`.
    seen: tuple[str, ...] = ()
    #: How many items are left, as far as it is known; 0: the past is read.
    left: int = 0

    @property
    def complete_since(self) -> datetime | None:
        """From here on all was read; None while that is not known."""
        if self.is_listing or (self.left and self.below is None):
            return None
        return self.below if self.left and self.below is not None else start_of(self.since)

    @property
    def backlog(self) -> int | None:
        """How many items are left; None: not yet counted."""
        return None if self.is_listing else self.left

    def reaches(self, horizon: datetime | None) -> bool:
        """Was all read that was received since then?"""
        complete = self.complete_since
        return not self.left or (horizon is not None and complete is not None and complete <= horizon)

    def moved(self, since: date | None) -> Position:
        """The same under another `since` of the options.

        Earlier: the older part is still to be read. Later: what is left of the past ends at the new day.
        """
        if since == self.since or self.is_listing:
            return replace(self, since=since)
        if since is None or (self.since is not None and since < self.since):
            below = self.below if self.left else start_of(self.since)
            return replace(self, since=since, below=below, left=max(1, self.left))
        is_over = self.below is not None and self.below <= start_of(since)
        return replace(self, since=since, left=0 if is_over else self.left)

    def dump(self) -> Cursor:
        """As text; `load` takes it back."""
        since, below = (None if each is None else each.isoformat() for each in (self.since, self.below))
        fields = [_VERSION, self.state, since, self.is_listing, below, list(self.seen), self.left]
        return Cursor(json.dumps(fields, separators=(",", ":")))


def load(cursor: Cursor) -> Position:
    """The position in a cursor; raises CursorExpired where it is none of ours."""
    with reading("an Exchange folder"):
        version, state, since, is_listing, below, seen, left = parsed(cursor)
        if version != _VERSION or not isinstance(seen, list):
            raise ValueError("another version")
        return Position(
            state=string(state),
            since=day_of(since),
            is_listing=flag(is_listing),
            below=instant_of(below),
            seen=tuple(map(string, seen)),
            left=count(left),
        )


def start_of(day: date | None) -> datetime:
    """When a day begins, UTC; None: when everything did."""
    return BEGINNING if day is None else datetime.combine(day, time(), tzinfo=UTC)
