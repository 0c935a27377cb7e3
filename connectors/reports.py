"""What a report says about another mail: its Message-ID, recipients, text (RFC 3464, 6522, 8098, 6533, 5965)."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.headers import parse_ids, read_head, text_of
from connectors.mailboxes import read_mailboxes
from connectors.records import Report
from connectors.structure import STATUS_KINDS, Structure
from connectors.transfer import decoded

#: Bytes of all reports that are looked into, and of one returned mail.
_MAX_REPORT = 256 * 1024
_MAX_LOOKED_INTO = 64 * 1024
#: Bytes of UTF-8 that are kept of all reports of one mail, and of one returned mail's header section.
MAX_KEPT = 64 * 1024
_MAX_RETURNED = 16 * 1024
_GROUP_END = re.compile(rb"\n(?:[ \t]*+\r*+\n)++")
_LINE_END = re.compile(rb"\r*+\n|\r++")


class Reported(NamedTuple):
    """What the reports in one mail say."""

    #: Message-IDs without brackets, each once in order.
    ids: tuple[str, ...] = ()
    #: Addresses of recipients, each once in order.
    recipients: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    #: The reports were cut.
    is_truncated: bool = False


#: Of a mail without a report.
NOTHING_REPORTED = Reported()


def read_reports(raw: bytes, structure: Structure) -> Reported:
    """Message-IDs, recipients and texts. Never raises."""
    ids: dict[str, None] = {}
    recipients: dict[str, None] = {}
    reports: list[Report] = []
    left, room, is_cut = _MAX_REPORT, MAX_KEPT, False
    for part in structure.reports:
        is_status = part.kind in STATUS_KINDS
        most = left if is_status else min(left, _MAX_LOOKED_INTO)
        body = decoded(raw[part.start : min(part.end, part.start + most)], part.encoding)
        left = max(0, left - len(body))
        if is_status:
            _read_groups(body, ids, recipients)
            text, was_cut = _kept(body, room)
        else:
            head = read_head(body, 0, len(body), _MAX_REPORT)
            ids.update(dict.fromkeys(parse_ids(head.first(b"message-id"))[:1]))
            text, was_cut = _kept(head.block, min(room, _MAX_RETURNED))
        is_cut |= was_cut
        room -= len(text.encode("utf-8"))
        if text:
            reports.append(Report(part.kind, text))
    return Reported(tuple(ids), tuple(recipients), tuple(reports), is_cut)


def _read_groups(body: bytes, ids: dict[str, None], recipients: dict[str, None]) -> None:
    for lines in _GROUP_END.split(body.lstrip(b"\r\n")):
        group = read_head(lines, 0, len(lines), _MAX_REPORT)
        ids.update(dict.fromkeys(parse_ids(group.first(b"original-message-id"))[:1]))
        recipient = _recipient(group.first(b"final-recipient")) or _recipient(group.first(b"original-recipient"))
        if recipient:
            recipients[recipient] = None


def _kept(body: bytes, room: int) -> tuple[str, bool]:
    """The characters of whole lines that have room, line ends LF; and whether that is less than all."""
    lines = _LINE_END.sub(b"\n", body).replace(b"\0", b"").strip(b"\n")
    encoded = text_of(lines).encode("utf-8", "replace")
    if len(encoded) <= room:
        return encoded.decode("utf-8"), False
    return encoded[: encoded.rfind(b"\n", 0, max(room, 0)) + 1].decode("utf-8").rstrip("\n"), True


def _recipient(value: bytes) -> str:
    """The address of "rfc822; user@example.org"; "" where it holds none."""
    text = text_of(value)
    if ";" in text:
        text = text.partition(";")[2]
    return next((mailbox.email for mailbox in read_mailboxes(text, 1) if "@" in mailbox.email), "")
