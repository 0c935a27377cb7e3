"""Invitations and answers to them that come by mail (iMIP, RFC 6047)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connectors.charsets import codec_of, decode
from connectors.ical import parse_calendar
from connectors.meetings import Meeting
from connectors.structure import Part
from connectors.transfer import decoded

#: Bytes of the calendar parts of one mail, decoded.
MAX_CALENDARS = 256 * 1024
#: The same, encoded in base64 with its line ends, and more in quoted-printable.
MAX_ENCODED = 3 * MAX_CALENDARS
#: METHOD (RFC 5546, section 1.4).
METHODS = frozenset(("PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"))


def read_invitations(raw: bytes, parts: Iterable[Part], ref: str) -> tuple[tuple[Meeting, ...], bool]:
    """What the calendar parts of a mail say, each meeting once, and whether some were too much. Never raises.

    A calendar without a method is a file that was sent along, and no invitation.
    """
    found: dict[tuple[str, str], Meeting] = {}
    left = MAX_CALENDARS
    is_cut = False
    # programs send the same again as a file
    for part in sorted(parts, key=lambda part: part.kind != "text/calendar"):
        calendar = decoded(raw[part.start : part.end], part.encoding) if part.end - part.start <= MAX_ENCODED else None
        if calendar is None or len(calendar) > left:
            is_cut = True
            continue
        left -= len(calendar)
        charset = part.parameters.get("charset")
        if charset is not None and codec_of(charset) not in (None, "utf_8"):
            calendar = decode(calendar, charset).encode("utf-8")
        method = part.parameters.get("method", "").upper()
        for meeting in parse_calendar(calendar, ref=ref):
            if isinstance(meeting, Meeting):
                meeting = meeting if meeting.method else replace(meeting, method=method)
                if meeting.method in METHODS:
                    found.setdefault((meeting.method, meeting.uid), meeting)
    return tuple(found.values()), is_cut or any(meeting.is_truncated for meeting in found.values())
