"""Where a folder stands: how far it was read at its new end, and which parts of the past are still to be read.

The text form is the connector's cursor. A position says: every message with a UID up to `hi` that the server received
on `since` or later has been handed over, but for the `gaps`. UIDs only grow (RFC 9051, section 2.3.1.1), so what is
new lies above `hi`; a first import reads its gaps downward, newest first, the one within the horizon before the other;
an earlier `since` adds a gap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from connectors.records import Cursor, CursorExpired

_VERSION = 1
#: IMAP knows no mail before its own time.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gap:
    """UIDs under `below`, received in [since, before), are still to be read; None: no bound."""

    since: date | None
    before: date | None
    below: int
    #: How many there were when the server was asked; 1 while it was not.
    left: int = 1


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

    @property
    def complete_since(self) -> datetime | None:
        """From here on all was read (UTC midnight); None while a gap reaches up to the present."""
        if any(gap.before is None for gap in self.gaps):
            return None
        start = max((gap.before for gap in self.gaps if gap.before is not None), default=self.since)
        return _BEGINNING if start is None else datetime.combine(start, time(), tzinfo=UTC)

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
        fields = [_VERSION, self.uidvalidity, self.hi, self.uidnext, _text(self.since), gaps]
        return Cursor(json.dumps(fields, separators=(",", ":")))

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

    def check(self, uidvalidity: int, uidnext: int | None) -> None:
        """Raise CursorExpired where the server no longer goes on from here."""
        if uidvalidity != self.uidvalidity:
            raise CursorExpired("the folder has a new UIDVALIDITY: its UIDs mean other messages", step="select")
        if uidnext is not None and uidnext < max(self.uidnext, self.hi + 1):
            raise CursorExpired("the folder's UIDNEXT went backwards: it was restored", step="select")


def load(cursor: Cursor) -> Position:
    """The position in a cursor; raises CursorExpired where it is no cursor of this connector."""
    try:
        fields: Any = json.loads(cursor)
        version, uidvalidity, hi, uidnext, since, gaps = fields
        if version != _VERSION:
            raise ValueError(f"version {version}")
        return Position(
            uidvalidity=int(uidvalidity),
            hi=int(hi),
            uidnext=int(uidnext),
            since=_date(since),
            gaps=tuple(Gap(_date(a), _date(z), int(below), int(left)) for a, z, below, left in gaps),
        )
    except (ValueError, TypeError) as error:
        raise CursorExpired(f"this is no cursor of an IMAP folder: {error}", step="select") from error


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
