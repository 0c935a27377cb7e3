"""A mail's bytes, made of what Exchange tells of it without its attachments' content.

Exchange keeps no mail as it came: its header section as text, its body in one form, its attachments. From these a mail
is written that says the same, so that it is read as every other mail is. What was sent from here has no header section,
and gets one made of the fields.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

from connectors.ews.items import extended
from connectors.ews.questions import HEADERS, REPRESENTED, SENDER
from connectors.ews.soap import T, instant, text_of
from connectors.mime import Elided

#: Fields that tell of the form in which the mail came, which is another here.
_OF_FORM = re.compile(r"(content-[\w-]+|mime-version)\s*:", re.IGNORECASE)
_NAMED = re.compile(r"([!-9;-~]+)[ \t]*:")
_FORM = re.compile(r"content-type[ \t]*:[ \t]*([^;\s]+)", re.IGNORECASE)
_BREAKS = re.compile(r"[\r\n\x00-\x1f\x7f]+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Words of EWS, and of the header field (RFC 4021, section 2.1.55).
_SENSITIVITIES = {"Personal": "Personal", "Private": "Private", "Confidential": "Company-Confidential"}
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_CALENDARS = ("text/calendar", "application/ics")


class Composed(NamedTuple):
    """A mail without the content of its attachments."""

    raw: bytes
    elided: tuple[Elided, ...]
    #: The header section as it came, b"" where the mail has none.
    headers: bytes
    #: It came as a report, or with a calendar: the rest of what it says is in its bytes.
    is_partial: bool


class _Attached(NamedTuple):
    name: str
    kind: str
    size: int
    content_id: str
    is_inline: bool


def compose(element: ET.Element) -> Composed:
    """The mail that an item tells of, whatever is missing."""
    block = _block(extended(element, HEADERS))
    lines = list(_fields(block))
    form = next((match[1].lower() for line in lines if (match := _FORM.match(line))), "")
    kept = [line for line in lines if not _OF_FORM.match(line)]
    names = {match[1].lower() for line in kept if (match := _NAMED.match(line))}
    # a mail that came has its own fields; what the sender's mailbox keeps has none
    made = _made(element)
    kept += [f"{name}: {value}" for name, value in made if name.lower() not in names and (not block or name in _ADDED)]
    attached = list(_attachments(element))
    raw, elided = _written(kept, _body(element), attached)
    return Composed(
        raw,
        elided,
        block.replace("\n", "\r\n").encode("utf-8", "replace"),
        form == "multipart/report" or any(each.kind in _CALENDARS for each in attached),
    )


#: What the mailbox knows beside the header section. Its Thread-Index may be of its own making.
_ADDED = frozenset({"Sensitivity"})


def _block(text: str) -> str:
    """The header section with LF line ends; Exchange may add those of the parts, after an empty line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    return _BLANK_LINE.split(text, maxsplit=1)[0].rstrip("\n") + "\n" if text.strip() else ""


def _fields(block: str) -> Iterator[str]:
    """Each field with its folded lines."""
    field: list[str] = []
    for line in block.split("\n"):
        if line[:1] in (" ", "\t") and field:
            field.append(line)
        elif line:
            if field:
                yield "\n".join(field)
            # "Microsoft Mail Internet Headers Version 2.0" stood first in some versions
            field = [line] if _NAMED.match(line) else []
    if field:
        yield "\n".join(field)


def _made(element: ET.Element) -> Iterator[tuple[str, str]]:
    """Header fields from what Exchange tells."""
    sent = instant(text_of(element, f"{T}DateTimeSent"))
    if sent is not None:
        yield "Date", _date(sent)
    senders = list(_mailboxes(element, "From", extended(element, REPRESENTED)))
    people = {
        "From": senders,
        "Sender": list(_mailboxes(element, "Sender", extended(element, SENDER))),
        "Reply-To": list(_mailboxes(element, "ReplyTo")),
        "To": list(_mailboxes(element, "ToRecipients")),
        "Cc": list(_mailboxes(element, "CcRecipients")),
        "Bcc": list(_mailboxes(element, "BccRecipients")),
    }
    for name, boxes in people.items():
        # Exchange also tells of a sender and an address for answers where the mail names none of its own
        is_said_already = name in ("Sender", "Reply-To") and boxes == senders
        if boxes and not is_said_already:
            yield name, ", ".join(boxes)
    for name, path in (
        ("Subject", "Subject"),
        ("Message-ID", "InternetMessageId"),
        ("In-Reply-To", "InReplyTo"),
        ("References", "References"),
        ("Thread-Index", "ConversationIndex"),
    ):
        value = _line(text_of(element, f"{T}{path}"))
        if value:
            yield name, value
    sensitivity = _SENSITIVITIES.get(text_of(element, f"{T}Sensitivity").strip())
    if sensitivity:
        yield "Sensitivity", sensitivity


def _mailboxes(element: ET.Element, path: str, proper: str = "") -> Iterator[str]:
    """Each as in an address list. `proper`: the address, where Exchange tells a name of its directory instead."""
    parent = element.find(f"{T}{path}")
    for box in parent.iter(f"{T}Mailbox") if parent is not None else ():
        name, address = _line(text_of(box, f"{T}Name")), _line(text_of(box, f"{T}EmailAddress"))
        if "@" not in address or text_of(box, f"{T}RoutingType").strip().upper() == "EX":
            # "/o=Acme/ou=…/cn=Recipients/cn=alice" is nobody's address
            address = _line(proper)
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if name else ""
        if address:
            yield f"{quoted} <{address}>" if quoted and name != address else f"<{address}>"
        elif quoted:
            yield f"{quoted} <>"


def _body(element: ET.Element) -> tuple[str, str]:
    """(media type, text)"""
    body = element.find(f"{T}Body")
    if body is None:
        return "text/plain", ""
    is_html = body.get("BodyType", "").upper() == "HTML"
    return ("text/html" if is_html else "text/plain"), body.text or ""


def _attachments(element: ET.Element) -> Iterator[_Attached]:
    parent = element.find(f"{T}Attachments")
    for each in parent if parent is not None else ():
        size = text_of(each, f"{T}Size").strip()
        kind = _line(text_of(each, f"{T}ContentType")).lower().partition(";")[0].strip()
        if each.tag == f"{T}ItemAttachment":
            kind = "message/rfc822"
        yield _Attached(
            _line(text_of(each, f"{T}Name")),
            kind if _TYPE.fullmatch(kind) else "application/octet-stream",
            int(size) if size.isdecimal() and len(size) < 13 else 0,
            _line(text_of(each, f"{T}ContentId")),
            text_of(each, f"{T}IsInline").strip().lower() == "true",
        )


def _written(fields: list[str], body: tuple[str, str], attached: list[_Attached]) -> tuple[bytes, tuple[Elided, ...]]:
    kind, text = body
    head = "\r\n".join(field.replace("\n", "\r\n") for field in fields) + "\r\n" if fields else ""
    octets = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    about = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    if not attached:
        return f"{head}MIME-Version: 1.0\r\n{about}".encode("utf-8", "replace") + octets, ()
    # the same for the same mail, and in no text by chance
    boundary = f"=_{hashlib.sha256(octets).hexdigest()[:40]}"
    top = f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
    raw = (top + about).encode("utf-8", "replace") + octets
    elided: list[Elided] = []
    for each in attached:
        raw += f"\r\n--{boundary}\r\n{_described(each)}\r\n".encode()
        elided.append(Elided(len(raw), each.size))
    return raw + f"\r\n--{boundary}--\r\n".encode(), tuple(elided)


def _described(attached: _Attached) -> str:
    """The header section of a part whose content was left out."""
    name = f"; filename*=UTF-8''{quote(attached.name, safe='')}" if attached.name else ""
    disposition = "inline" if attached.is_inline else "attachment"
    cid = f"Content-ID: <{attached.content_id.strip('<>')}>\r\n" if attached.content_id else ""
    return (
        f"Content-Type: {attached.kind}\r\nContent-Disposition: {disposition}{name}\r\n"
        f"{cid}Content-Transfer-Encoding: base64\r\n"
    )


def _line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _date(time: datetime) -> str:
    """As in a Date field (RFC 5322, section 3.3), whatever the locale."""
    day, month = _DAYS[time.weekday()], _MONTHS[time.month - 1]
    return f"{day}, {time.day:02} {month} {time.year:04} {time:%H:%M:%S} +0000"
