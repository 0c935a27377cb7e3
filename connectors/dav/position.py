"""Where a calendar stands, as a cursor."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any, Self

from connectors.records import Cursor, CursorExpired

_VERSION = 1
#: Unpacked, of a calendar of a million objects.
_MAX_BYTES = 256 * 1024 * 1024


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
        try:
            fields: Any = json.loads(cursor)
            version, token, ctag, after, count, is_again, packed = fields
            etags = json.loads(zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), _MAX_BYTES))
            if version != _VERSION or not isinstance(etags, dict):
                raise ValueError("another version")
            return cls(token=token, ctag=ctag, after=after, count=int(count), is_again=bool(is_again), etags=etags)
        except (ValueError, TypeError, zlib.error) as error:
            raise CursorExpired(f"this is no cursor of a calendar: {error}", step="select") from error

    def dump(self) -> Cursor:
        """As text; `load` takes it back."""
        packed = base64.b64encode(zlib.compress(json.dumps(self.etags, separators=(",", ":")).encode())).decode()
        fields = [_VERSION, self.token, self.ctag, self.after, self.count, self.is_again, packed]
        return Cursor(json.dumps(fields, separators=(",", ":")))
