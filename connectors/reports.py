"""What a report says about another mail: its Message-ID and the recipients (RFC 3464, 6522, 8098, 6533)."""

from __future__ import annotations

import re

from connectors.headers import parse_ids, read_head, text_of
from connectors.mailboxes import read_mailboxes
from connectors.structure import STATUS_KINDS, Structure
from connectors.transfer import decoded

#: Bytes of a report that are looked into, and of the returned mail's header section.
_MAX_REPORT = 256 * 1024
_GROUP_END = re.compile(rb"\n(?:[ \t]*+\r*+\n)++")


def read_reports(raw: bytes, structure: Structure) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Message-IDs without brackets, and addresses of recipients, each once in order. Never raises."""
    ids: dict[str, None] = {}
    recipients: dict[str, None] = {}
    left = _MAX_REPORT
    for part in structure.reports:
        body = decoded(raw[part.start : min(part.end, part.start + left)], part.encoding)
        left = max(0, left - len(body))
        if part.kind not in STATUS_KINDS:
            ids.update(dict.fromkeys(parse_ids(read_head(body, 0, len(body), _MAX_REPORT).first(b"message-id"))[:1]))
            continue
        for lines in _GROUP_END.split(body.lstrip(b"\r\n")):
            group = read_head(lines, 0, len(lines), _MAX_REPORT)
            ids.update(dict.fromkeys(parse_ids(group.first(b"original-message-id"))[:1]))
            recipient = _recipient(group.first(b"final-recipient")) or _recipient(group.first(b"original-recipient"))
            if recipient:
                recipients[recipient] = None
    return tuple(ids), tuple(recipients)


def _recipient(value: bytes) -> str:
    """The address of "rfc822; user@example.org"; "" where it holds none."""
    text = text_of(value)
    if ";" in text:
        text = text.partition(";")[2]
    return next((mailbox.email for mailbox in read_mailboxes(text, 1) if "@" in mailbox.email), "")
