"""Mails of ours that tell, by a header, which tracked mail they are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from matching.policy import Direction
from store.mails.write import Kept

#: Header of a mail that tells which tracked one it is, where its Message-ID is not known beforehand.
HEADER = "X-Keeptouch-Tracking"
_FIELD = re.compile(rb"^%s:[ \t]*([0-9a-f-]{36})[ \t]*\r?$" % HEADER.encode(), re.IGNORECASE | re.MULTILINE)


def told_by_headers(items: Iterable[Kept]) -> Iterator[tuple[str, bytes]]:
    """(id of the tracked mail, keyed hash of the Message-ID) of outbound mails that have the header."""
    for item in items:
        headers = item.content.content_row[_HEADERS]
        if item.draft.direction is not Direction.OUTBOUND or item.draft.mid_key is None or not headers:
            continue
        found = _FIELD.search(zlib.decompress(headers))
        if found:
            yield found[1].decode("ascii").lower(), item.draft.mid_key


#: Where the header block stands in store.mails.facts.CONTENT_COLUMNS.
_HEADERS = 2
