"""Which mails may be altered before they are sent, and what of them: their HTML bodies, and nothing else.

A mail is left alone, byte for byte, where a change would break it (signed or encrypted, whatever the form), where it is
no letter of a person (invitations, reports), and where it can't be told apart for certain what is what in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.headers import Head, parse_ids, read_head
from connectors.mailboxes import parse_addresses
from connectors.outgoing.attributes import web_target
from connectors.outgoing.markup import Markup, read_markup
from connectors.outgoing.transport import Transported, read_text
from connectors.structure import CALENDAR_KINDS, MAX_HEADERS, Part, Structure, read_structure
from connectors.transfer import decoded

#: Header fields that sign what stands in the mail (RFC 6376, RFC 8617, RFC 4870).
_SIGNING = (b"dkim-signature", b"arc-message-signature", b"arc-seal", b"domainkey-signature")
#: Parts that sign or encrypt (RFC 8551, RFC 3156), calendars, and those that say the same another way.
_KINDS = frozenset(
    (
        *CALENDAR_KINDS,
        "text/x-vcalendar",
        "application/ms-tnef",
        "application/pgp",
        "application/pgp-encrypted",
        "application/pgp-keys",
        "application/pgp-signature",
        "application/pkcs7-mime",
        "application/pkcs7-signature",
        "application/x-pkcs7-mime",
        "application/x-pkcs7-signature",
        "message/partial",
    )
)
_MULTIPARTS = frozenset(("multipart/signed", "multipart/encrypted", "multipart/report"))
_NAMES = re.compile(r"\.(?:p7[mscz]|asc|pgp|gpg|sig|ics|vcs)\Z", re.IGNORECASE)
_INLINE_PGP = b"-----BEGIN PGP "
#: Encodings of parts that can be undone, wherever in the mail; a checksum that a change would break (RFC 1864).
_ENCODING = re.compile(rb"^content-transfer-encoding[ \t]*:[ \t\r\n]*([^\s;]*)", re.IGNORECASE | re.MULTILINE)
_ENCODINGS = frozenset((b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"))
_CHECKSUM = re.compile(rb"^content-md5[ \t]*:", re.IGNORECASE | re.MULTILINE)
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_RECIPIENTS = (b"to", b"cc", b"bcc", b"resent-to", b"resent-cc", b"resent-bcc")


@dataclass(frozen=True, slots=True)
class _Body:
    """An HTML body: where it stands in the mail, and what is in it."""

    part: Part
    transported: Transported
    markup: Markup


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that may be altered."""

    raw: bytes
    #: Without brackets.
    message_id: str
    #: As written in the header; "" for a name without an address.
    recipients: tuple[str, ...]
    #: Where its links lead, each once, in order.
    links: tuple[str, ...]
    _bodies: tuple[_Body, ...]

    def altered(self, image: str, urls: Mapping[str, str]) -> bytes | None:
        """The mail with `image` in each HTML body, and with `urls` (target -> URL) instead of links.

        None where a body can't be written in its charset and encoding with them in.
        """
        pieces: list[bytes] = []
        at = 0
        for body in self._bodies:
            written = body.transported.written(body.markup.altered(image, urls))
            if written is None:
                return None
            pieces += (self.raw[at : body.part.start], written)
            at = body.part.end
        return b"".join((*pieces, self.raw[at:]))


def read_letter(raw: bytes, has_field: Callable[[bytes], bool] = lambda _name: False) -> Letter | str:
    """A mail as a letter, or why it is left alone, in a few words for logs. Never raises.

    `has_field`: further names of header fields (lower case) of mails that are left alone.
    """
    if not raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n"):
        return "not in lines"
    head = read_head(raw, 0, len(raw), MAX_HEADERS)
    if any(name in _SIGNING for name in head.fields):
        return "signed"
    if any(has_field(name) for name in head.fields):
        return "marked"
    ids = [found for value in head.fields.get(b"message-id", ()) for found in parse_ids(value)]
    if len(ids) != 1:
        return "no message id"
    structure = read_structure(raw, head)
    against = _reason(raw, structure)
    if against:
        return against
    bodies = [_body(raw, part) for part in structure.html if part.kind == "text/html"]
    found = [each for each in bodies if each is not None]
    if len(found) < len(bodies):
        return "unreadable"
    if not any(each.markup.text.strip() for each in found):
        return "no html"
    unsubscribing = _unsubscribing(head)
    links = dict.fromkeys(link.target for each in found for link in each.markup.links)
    return Letter(
        raw,
        ids[0],
        _recipients(head),
        tuple(each for each in links if each not in unsubscribing),
        tuple(each for each in found if each.markup.text.strip()),
    )


def _reason(raw: bytes, structure: Structure) -> str:
    """Why it is left alone; "" where it is not."""
    kinds = {part.kind for part in structure.leaves} | set(structure.multiparts)
    if kinds & _MULTIPARTS or any(_NAMES.search(part.name or "") for part in structure.leaves):
        return "signed, encrypted or a report"
    if kinds & _KINDS:
        return "signed, encrypted or a calendar"
    if structure.is_truncated or structure.is_guessed:
        return "not told apart"
    if any(match[1].lower() not in _ENCODINGS for match in _ENCODING.finditer(raw)) or _CHECKSUM.search(raw):
        return "odd encoding"
    texts = (part for part in structure.leaves if part.kind.startswith("text/"))
    if any(_INLINE_PGP in decoded(raw[part.start : part.end], part.encoding) for part in texts):
        return "signed or encrypted"
    return ""


def _body(raw: bytes, part: Part) -> _Body | None:
    transported = read_text(raw[part.start : part.end], part.encoding, part.parameters.get("charset"))
    if transported is None:
        return None
    return _Body(part, transported, read_markup(transported.text, is_utf8=transported.is_utf8))


def _recipients(head: Head) -> tuple[str, ...]:
    values = [value for name in _RECIPIENTS for value in head.fields.get(name, ())]
    return tuple(mailbox.email for value in values for mailbox in parse_addresses(value))


def _unsubscribing(head: Head) -> frozenset[str]:
    """Where List-Unsubscribe leads (RFC 2369 3.2): nobody who wants to leave is counted."""
    values = [value.decode("utf-8", "replace") for value in head.fields.get(b"list-unsubscribe", ())]
    found = (web_target(each, is_utf8=True) for value in values for each in _IN_BRACKETS.findall(value))
    return frozenset(each for each in found if each)
