"""Where a folder stands: how far it was read at its new end, and which parts of the past are still to be read.

The text form is the connector's cursor. A position says: every message with a UID up to `hi` that the server received
on `since` or later has been handed over, but for the `gaps`. UIDs only grow (RFC 9051, section 2.3.1.1), so what is
new lies above `hi`; a first import reads its gaps downward, newest first, the one within the horizon before the other;
an earlier `since` adds a gap.

Beside it stands what the server said of the folder then (UIDNEXT, the number of messages, HIGHESTMODSEQ): while it
says the same, nothing has changed. One message, the anchor, tells a server that was restored from a backup and gives
old UIDs to other mails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors.cursors import count, count_or_none, day_of, instant_of, parsed, reading
from connectors.imap.responses import Standing
from connectors.records import Cursor, CursorExpired

_VERSION = 2
#: IMAP knows no mail before its own time.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Days of a search are the server's (RFC 3501, section 6.4.4): in the west of the world they begin so much later.
_WESTMOST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Gap:
    """UIDs under `below`, received in [since, before), are still to be read; None: no bound."""

    since: date | None
    before: date | None
    below: int
    #: How many there were when the server was asked; 1 while it was not.
    left: int = 1


@dataclass(frozen=True, slots=True)
class Anchor:
    """A message as it was when it was handed over."""

    uid: int
    size: int
    received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Both ends of what was read of one folder."""

    uidvalidity: int
    #: The highest UID seen; 0: none yet.
    hi: int = 0
    #: UIDNEXT when last all above `hi` was looked for: while it stays, nothing is new. 0: look.
    uidnext: int = 0
    since: date | None = None
    gaps: tuple[Gap, ...] = ()
    #: How many messages the folder held, whatever their age; None: not known.
    messages: int | None = None
    #: Flags and expunges are known up to this modification; None: they are not followed by it.
    modseq: int | None = None
    anchor: Anchor | None = None

    @property
    def complete_since(self) -> datetime | None:
        """From here on all was read, wherever the server's day began; None while a gap reaches up to the present."""
        if any(gap.before is None for gap in self.gaps):
            return None
        start = max((gap.before for gap in self.gaps if gap.before is not None), default=self.since)
        return _BEGINNING if start is None else datetime.combine(start, time(), tzinfo=UTC) + _WESTMOST

    @property
    def backlog(self) -> int:
        """How many messages are known to be left; above 0 while there is a gap."""
        return sum(max(1, gap.left) for gap in self.gaps)

    def reaches(self, horizon: datetime | None) -> bool:
        """Was all read that was received since then?"""
        complete = self.complete_since
        return horizon is not None and complete is not None and complete <= horizon

    def dump(self) -> Cursor:
        """As text; `load` takes it back."""
        gaps = [[_text(gap.since), _text(gap.before), gap.below, gap.left] for gap in self.gaps]
        head = [_VERSION, self.uidvalidity, self.hi, self.uidnext, _text(self.since), gaps]
        fields = [*head, self.messages, self.modseq, _listed(self.anchor)]
        return Cursor(json.dumps(fields, separators=(",", ":")))

    def stands_at(self, standing: Standing) -> bool:
        """Does the server say what it said before? Then nothing changed but what is left of the past."""
        told = (standing.uidvalidity, standing.messages, standing.modseq)
        is_told = self.messages is not None and standing.uidnext is not None
        is_same = told == (self.uidvalidity, self.messages, self.modseq)
        return is_told and is_same and not self.has_news(standing.uidnext)

    def is_at(self, standing: Standing, since: date | None) -> bool:
        """Is nothing left to be asked?"""
        return self.stands_at(standing) and not self.gaps and self.moved(since) == self

    def moved(self, since: date | None) -> Position:
        """The same under another `since` of the options.

        Earlier: the older part becomes a gap, what was read is not read again. Later: nothing that was read is
        forgotten; what is left of the past begins at the new day.
        """
        if since == self.since:
            return self
        if since is None or (self.since is not None and since < self.since):
            gap = Gap(since, self.since, self.hi + 1)
            # above `hi` there may be old mail that was passed over
            return replace(self, since=since, uidnext=0, gaps=(*self.gaps, gap))
        if not self.gaps:
            return self
        left = (
            Gap(since if gap.since is None else max(gap.since, since), gap.before, gap.below)
            for gap in self.gaps
            if gap.before is None or gap.before > since
        )
        return replace(self, since=since, gaps=tuple(left))

    def has_news(self, uidnext: int | None) -> bool:
        """May there be messages above `hi`? UIDNEXT can only say no, it never bounds what there is."""
        return uidnext is None or uidnext != max(self.uidnext, self.hi + 1)

    def check(self, standing: Standing) -> None:
        """Raise CursorExpired where the server no longer goes on from here."""
        if standing.uidvalidity != self.uidvalidity:
            raise CursorExpired("the folder has a new UIDVALIDITY: its UIDs mean other messages", step="select")
        if standing.uidnext is not None and standing.uidnext < max(self.uidnext, self.hi + 1):
            raise CursorExpired("the folder's UIDNEXT went backwards: it was restored", step="select")
        if standing.modseq is not None and self.modseq is not None and standing.modseq < self.modseq:
            raise CursorExpired("the folder's HIGHESTMODSEQ went backwards: it was restored", step="select")


def load(cursor: Cursor) -> Position:
    """The position in a cursor; raises CursorExpired where it is no cursor of this connector."""
    with reading("an IMAP folder"):
        version, uidvalidity, hi, uidnext, since, gaps, messages, modseq, anchor = parsed(cursor)
        if version != _VERSION:
            raise ValueError(f"version {version}")
        return Position(
            uidvalidity=count(uidvalidity),
            hi=count(hi),
            uidnext=count(uidnext),
            since=day_of(since),
            gaps=tuple(Gap(day_of(a), day_of(z), count(below), count(left)) for a, z, below, left in gaps),
            messages=count_or_none(messages),
            modseq=count_or_none(modseq),
            anchor=_anchor(anchor),
        )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _listed(anchor: Anchor | None) -> list[Any] | None:
    if anchor is None:
        return None
    when = anchor.received_at
    return [anchor.uid, anchor.size, None if when is None else when.isoformat()]


def _anchor(fields: Any) -> Anchor | None:
    if fields is None:
        return None
    uid, size, when = fields
    return Anchor(count(uid), count(size), instant_of(when))
