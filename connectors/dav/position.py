"""Where a calendar stands, as a cursor."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Self

from connectors.cursors import count, flag, pack, parsed, reading, string, string_or_none, unpack
from connectors.records import Cursor

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """With a token the server tells what changed since; without one, `etags` are compared."""

    #: Of RFC 6578.
    token: str | None = None
    #: Changes with the calendar (calendarserver.org); None: the server has none.
    ctag: str | None = None
    #: The first import has come so far, in the order of refs; None: it is done.
    after: str | None = None
    #: Objects that the calendar held when they were last listed.
    count: int = 0
    #: The token is a time, and more may have changed within its second: ask once more.
    is_again: bool = False
    #: Ref -> ETag, of what was handed over; empty with a token.
    etags: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: Cursor) -> Self:
        """Raises CursorExpired where it is none of ours."""
        with reading("a calendar"):
            version, token, ctag, after, number, is_again, packed = parsed(cursor)
            if version != _VERSION:
                raise ValueError("another version")
            return cls(
                token=string_or_none(token),
                ctag=string_or_none(ctag),
                after=string_or_none(after),
                count=count(number),
                is_again=flag(is_again),
                etags={string(ref): string(etag) for ref, etag in parsed(unpack(packed)).items()},
            )

    def dump(self) -> Cursor:
        """As text; `load` takes it back."""
        packed = pack(json.dumps(self.etags, separators=(",", ":")).encode())
        fields = [_VERSION, self.token, self.ctag, self.after, self.count, self.is_again, packed]
        return Cursor(json.dumps(fields, separators=(",", ":")))
