"""A mail's bytes -> one `Message`, pure: the same bytes give the same record, with CRLF or with LF.

    headers     the header section, as it is met           words        encoded words (RFC 2047)
    mailboxes   address lists                               dates        dates
    parameters  Content-Type and Content-Disposition        structure    which parts there are, and which are the body
    transfer    base64, quoted-printable, uuencode          charsets     bytes to text, with a guess where it must be
    bodies      text and HTML                               html         HTML to text
    reports     bounces and receipts                        authentication
    invitations calendar parts

Nothing raises, whatever the bytes are; past a limit the record is cut and says so. Attachments are never decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from connectors.authentication import auth_of
from connectors.bodies import MAX_TEXT, NO_BODIES, html_of, read_bodies
from connectors.charset_guess import guess
from connectors.charsets import codec_of
from connectors.dates import parse_date
from connectors.headers import Head, parse_ids, plain, read_head, skip_to_head, text_of
from connectors.invitations import read_invitations
from connectors.mailboxes import MAX_MAILBOXES, Mailbox, parse_addresses, read_mailboxes
from connectors.meetings import Meeting
from connectors.records import Attachment, Envelope, Message, Participant, Role, Unreadable
from connectors.reports import NOTHING_REPORTED, read_reports
from connectors.structure import MAX_DEPTH, MAX_HEADERS, MAX_PARTS, RETURNED_KINDS, Structure, read_structure
from connectors.transfer import decoded_size
from connectors.words import decode_words

__all__ = [
    "MAX_ADDRESSES",
    "MAX_DEPTH",
    "MAX_HEADERS",
    "MAX_KEPT_HEADERS",
    "MAX_PARTS",
    "MAX_TEXT",
    "Elided",
    "Mailbox",
    "decode_words",
    "parse_addresses",
    "parse_date",
    "parse_html",
    "parse_ids",
    "parse_invitations",
    "parse_message",
]

#: Most addresses of one mail.
MAX_ADDRESSES = MAX_MAILBOXES
#: Bytes of the header section that the record keeps.
MAX_KEPT_HEADERS = 32 * 1024


class Elided(NamedTuple):
    """Bytes of an attachment that were left out of a mail."""

    #: Where, in the mail without them.
    at: int
    #: How many they are, decoded.
    decoded: int


_NO_INVITATIONS: tuple[tuple[Meeting, ...], bool] = ((), False)
_SOMETHING = re.compile(rb"[^\s\0]")
_SENSITIVE = ("personal", "private", "company-confidential")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_ROLES = (
    (Role.SENDER, b"sender"),
    (Role.REPLY_TO, b"reply-to"),
    (Role.TO, b"to"),
    (Role.CC, b"cc"),
    (Role.BCC, b"bcc"),
)


def parse_message(
    raw: bytes,
    *,
    ref: str,
    received_at: datetime | None = None,
    flags: frozenset[str] = frozenset(),
    size: int | None = None,
    authserv_id: str | None = None,
    elided: Sequence[Elided] = (),
    skim: Callable[[Envelope], bool] | None = None,
) -> Message | Unreadable:
    """One mail (RFC 5322, RFC 2045-2049) as a record; `Unreadable` only where there is nothing at all.

    `ref`, `received_at` (UTC), `flags` and `size` are what the server says of it; without `size` it is len(raw).
    `authserv_id` names the server whose Authentication-Results are believed; None: nobody's. `elided` tells what was
    left out of attachments in `raw`: they count in their sizes. Where `skim` says yes to its envelope, text and
    attachments are left out of the record.
    """
    if _SOMETHING.search(raw) is None:
        return Unreadable(ref, "the mail is empty")
    raw, head, structure = _read(raw)
    values = _Values(head, structure)
    reported = read_reports(raw, structure) if structure.reports else NOTHING_REPORTED
    participants, crowded = _participants(values, reported.recipients)
    envelope = _envelope(values, participants, head, structure)
    is_skimmed = skim is not None and skim(envelope)
    bodies = NO_BODIES if is_skimmed else read_bodies(raw, structure)
    invitations, is_too_much = _NO_INVITATIONS
    if structure.calendars and not is_skimmed:
        invitations, is_too_much = read_invitations(raw, structure.calendars, ref)
    return Message(
        ref=ref,
        message_id=next(iter(values.ids(b"message-id", bare=True)), None),
        in_reply_to=values.ids(b"in-reply-to"),
        references=values.ids(b"references"),
        thread_index="".join(values.text(b"thread-index").split()),
        sent_at=next(values.dates(b"date"), None),
        received_at=received_at,
        transported_at=next(values.dates(b"received"), None),
        subject=plain(values.text(b"subject")),
        participants=participants,
        text=bodies.text,
        is_truncated=(
            structure.is_truncated
            or bodies.is_truncated
            or is_too_much
            or reported.is_truncated
            or crowded
            or len(head.block) > MAX_KEPT_HEADERS
        ),
        attachments=() if is_skimmed else _attachments(raw, structure, elided) + bodies.files,
        invitations=invitations,
        list_id=envelope.list_id,
        precedence=envelope.precedence,
        auto_submitted=envelope.auto_submitted,
        has_unsubscribe=envelope.has_unsubscribe,
        report_type=envelope.report_type,
        sensitivity=_sensitivity(values.text(b"sensitivity")) if b"sensitivity" in head.fields else "",
        reported_ids=reported.ids,
        reports=reported.reports,
        auth=auth_of(head.fields.get(b"authentication-results", ()), authserv_id),
        headers=_kept(head.block),
        size=len(raw) if size is None else size,
        flags=flags,
        is_skimmed=is_skimmed,
    )


def _envelope(values: _Values, participants: tuple[Participant, ...], head: Head, structure: Structure) -> Envelope:
    return Envelope(
        participants,
        _list_id(values.text(b"list-id")),
        values.text(b"precedence").strip().lower(),
        _keyword(values.text(b"auto-submitted")),
        b"list-unsubscribe" in head.fields,
        structure.report_type,
    )


def parse_html(raw: bytes) -> str:
    """The HTML of one mail as it was sent, at most 256 KiB of UTF-8, line ends LF; "" where there is none."""
    raw, _head, structure = _read(raw)
    return html_of(raw, structure)


def parse_invitations(raw: bytes, *, ref: str) -> tuple[Meeting, ...]:
    """The invitations in one mail and, where it is a report, in the mail that came back with it."""
    raw, _head, structure = _read(raw)
    parts = list(structure.calendars)
    for part in structure.reports:
        if part.kind in RETURNED_KINDS:
            _raw, _head, returned = _read(raw[part.start : part.end])
            at = part.start
            parts += [replace(each, start=at + each.start, end=at + each.end) for each in returned.calendars]
    return read_invitations(raw, parts, ref)[0]


def _read(raw: bytes) -> tuple[bytes, Head, Structure]:
    """The mail with line ends that are some, its header section and its parts."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    head = read_head(raw, skip_to_head(raw), len(raw), MAX_HEADERS)
    return raw, head, read_structure(raw, head)


class _Values:
    """Header values as text. Raw 8-bit ones that aren't UTF-8 are read in the charset of the body, else in a guess."""

    def __init__(self, head: Head, structure: Structure) -> None:
        self.fields = head.fields
        self._charset: str | None = next(
            (part.parameters["charset"] for part in structure.text if "charset" in part.parameters), None
        )
        self._is_charset_known = False

    def texts(self, name: bytes) -> list[str]:
        """All values of a field, unfolded, encoded words as they are."""
        values = self.fields.get(name)
        if values is None:
            return []
        return [value.decode("ascii") if value.isascii() else text_of(value, self._foreign()) for value in values]

    def text(self, name: bytes) -> str:
        """The first value that says anything, "" where there is none."""
        if name not in self.fields:
            return ""
        for text in self.texts(name):
            if text and not text.isspace():
                return text
        return ""

    def ids(self, name: bytes, *, bare: bool = False) -> tuple[str, ...]:
        """Message-IDs; without brackets only what has an "@", unless `bare`."""
        text = self.text(name)
        if not text:
            return ()
        ids = parse_ids(text)
        return ids if bare or "<" in text else tuple(found for found in ids if "@" in found)

    def dates(self, name: bytes) -> Iterator[datetime]:
        """The dates that can be read, in UTC."""
        for text in self.texts(name):
            date = parse_date(text)
            if date is not None:
                try:
                    yield date.astimezone(UTC)
                except OverflowError:
                    continue

    def _foreign(self) -> str | None:
        if not self._is_charset_known:
            self._is_charset_known = True
            if self._charset is None or codec_of(self._charset) in (None, "utf_8", "cp1252"):
                raw = b"\n".join(value for values in self.fields.values() for value in values if not value.isascii())
                self._charset = guess(raw)
        return self._charset


def _participants(values: _Values, recipients: Iterable[str]) -> tuple[tuple[Participant, ...], bool]:
    """Everybody in a role, and whether there were more than `MAX_ADDRESSES`."""
    found: list[Participant] = []
    senders = [read_mailboxes(text, MAX_ADDRESSES + 1) for text in values.texts(b"from")]
    # Of several From fields the first counts that has an address.
    sender = next((boxes for boxes in senders if any(box.email for box in boxes)), senders[0] if senders else ())
    found += [_participant(Role.FROM, box) for box in sender]
    for role, name in _ROLES:
        if name not in values.fields:
            continue
        for text in values.texts(name):
            if len(found) > MAX_ADDRESSES:
                break
            found += [_participant(role, box) for box in read_mailboxes(text, MAX_ADDRESSES + 1 - len(found))]
    found += [Participant(Role.REPORTED, recipient) for recipient in recipients]
    return tuple(found[:MAX_ADDRESSES]), len(found) > MAX_ADDRESSES


def _participant(role: Role, box: Mailbox) -> Participant:
    name = " ".join(box.name.split())
    if len(name) > 2 and name[0] == name[-1] == "'":
        name = name[1:-1].strip()
    return Participant(role, box.email, name)


def _attachments(raw: bytes, structure: Structure, elided: Sequence[Elided]) -> tuple[Attachment, ...]:
    found = []
    for part in structure.attachments:
        size = decoded_size(raw, part.start, part.end, part.encoding)
        size += sum([each.decoded for each in elided if part.start <= each.at <= part.end])
        found.append(Attachment(part.name, part.kind, size))
    return tuple(found)


def _list_id(text: str) -> str:
    """RFC 2919 3: the part in brackets; some lists leave the brackets out."""
    match = _IN_BRACKETS.search(text)
    return (match[1] if match else text).strip()


def _sensitivity(value: str) -> str:
    word = _keyword(value)
    return word if word in _SENSITIVE else ""


def _keyword(text: str) -> str:
    """The word before parameters and comments (RFC 3834 5)."""
    return text.partition(";")[0].partition("(")[0].strip().lower()


def _kept(block: bytes) -> bytes:
    """The header section, cut between fields where it is too long."""
    if len(block) <= MAX_KEPT_HEADERS:
        return block
    end = MAX_KEPT_HEADERS
    while (end := block.rfind(b"\n", 0, end)) > 0 and block[end + 1 : end + 2] in b" \t":
        pass
    return block[: end + 1] if end > 0 else block[:MAX_KEPT_HEADERS]
