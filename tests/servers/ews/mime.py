"""What Exchange makes of a raw mail when it comes in: its class and its properties. ([MS-OXCMAIL] section 2.2)"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache
from xml.etree.ElementTree import Element

from tests.servers.ews.attachments import attachments_of, bodies_of
from tests.servers.ews.fields import Shape
from tests.servers.ews.headertext import decoded
from tests.servers.ews.wire import stamp, t, value

#: Times of Windows begin here.
_FIRST_YEAR = 1601
_PREFIX = re.compile(r"^\s*(?:[^\s:\d]{1,3}: )+", re.UNICODE)
_IMPORTANCE = {"high": "High", "low": "Low", "1": "High", "2": "High", "4": "Low", "5": "Low"}
_SENSITIVITY = {"personal": "Personal", "private": "Private", "company-confidential": "Confidential"}
#: Of a calendar part's method, and of the answer that a REPLY gives.
_MEETINGS = {"REQUEST": "IPM.Schedule.Meeting.Request", "CANCEL": "IPM.Schedule.Meeting.Canceled"}
_REPLIES = {"ACCEPTED": "Pos", "DECLINED": "Neg", "TENTATIVE": "Tent"}
_REPORTS = {
    "failed": "NDR",
    "delivered": "DR",
    "delayed": "Delayed.DR",
    "relayed": "Relayed.DR",
    "expanded": "Expanded.DR",
}


def mailbox(name: str, address: str, legacy: Mapping[str, str]) -> Element:
    """A t:Mailbox; who is known in `legacy` (address -> name in the directory) comes as Exchange writes its own."""
    known = legacy.get(address.lower())
    return t(
        "Mailbox",
        value("Name", name or address) if name or address else None,
        value("EmailAddress", known or address) if address else None,
        value("RoutingType", "EX" if known else "SMTP") if address else None,
        value("MailboxType", "Mailbox" if known else "OneOff") if address else None,
    )


@dataclass(frozen=True, slots=True)
class Outline:
    """What is found out at delivery and kept beside the raw mail."""

    item_class: str = "IPM.Note"
    method: str = ""
    has_attachments: bool = False


class Mail:
    """A raw mail seen as an item's content."""

    def __init__(self, raw: bytes, received: datetime, legacy: Mapping[str, str], *, is_received: bool) -> None:
        self.raw = raw
        self._received = received
        self._legacy = legacy
        #: Headers of the way it took are kept of mails that came by SMTP alone.
        self.is_received = is_received
        parsed = self.parsed()
        self.outline = _outline(parsed)
        self._headers: list[tuple[str, str]] = [(name, str(text)) for name, text in parsed.raw_items()]

    def parsed(self) -> Message:
        """Its parts; nobody may change them."""
        return _read(self.raw)

    def header(self, name: str) -> str | None:
        """The first of this name, decoded."""
        return next((decoded(text) for key, text in self._headers if key.lower() == name.lower()), None)

    @property
    def transport_headers(self) -> str | None:
        """PidTagTransportMessageHeaders: the header section as it came."""
        if not self.is_received or not self._headers:
            return None
        head = re.split(rb"\r?\n\r?\n", self.raw, maxsplit=1)[0]
        return re.sub(r"\r?\n", "\r\n", head.decode("utf-8", "replace")) + "\r\n\r\n"

    def get(self, name: str, shape: Shape) -> Element | None:
        """The property of this name; None where the mail has none."""
        made = _PROPERTIES.get(name)
        return None if made is None else made(self, shape)

    def people(self, *headers: str) -> list[Element]:
        """Mailboxes of these headers."""
        texts = [text for key, text in self._headers if key.lower() in headers]
        found: list[Element] = []
        for text in texts:
            plain = re.sub(r"[\r\n]+", "", text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            for name, address in getaddresses([plain]):
                said = address if "@" in address else ""
                if said or name or address:
                    found.append(mailbox(decoded(name) or ("" if said else address), said, self._legacy))
        return found

    def sent_at(self) -> datetime:
        """Date, or when it came."""
        try:
            read = parsedate_to_datetime(self.header("date") or "")
            read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
            return read if read.year >= _FIRST_YEAR else self._received
        except (ValueError, TypeError, OverflowError):
            return self._received

    @property
    def thread(self) -> str:
        """The Message-ID of the mail that began the conversation."""
        named = (
            f"{self.header('references') or ''} {self.header('in-reply-to') or ''} {self.header('message-id') or ''}"
        )
        return (named.split() or [hashlib.md5(self.raw, usedforsecurity=False).hexdigest()])[0]

    @property
    def topic(self) -> str | None:
        """The subject without RE: and FW:."""
        subject = self.header("thread-topic") or self.header("subject")
        return _PREFIX.sub("", subject) if subject else None


@lru_cache(maxsize=4)
def _read(raw: bytes) -> Message:
    """Thousands of mails lie in a double: the parts are kept of those alone that are being looked at."""
    return message_from_bytes(raw, policy=policy.compat32)


def _outline(parsed: Message) -> Outline:
    kind = parsed.get_content_type()
    if kind == "multipart/report":
        report = str(parsed.get_param("report-type") or "").lower()
        text = b" ".join(_octets(part) for part in parsed.walk() if part.get_content_maintype() == "message").lower()
        if report == "delivery-status":
            action = re.search(rb"action:\s*([a-z]+)", text)
            return Outline(f"REPORT.IPM.Note.{_REPORTS.get(action[1].decode() if action else '', 'NDR')}")
        if report == "disposition-notification":
            return Outline(f"REPORT.IPM.Note.{'IPNNRN' if b'deleted' in text else 'IPNRN'}")
    has_attachments = any(not a.is_inline for a in attachments_of(parsed))
    if kind == "multipart/signed":
        return Outline("IPM.Note.SMIME.MultipartSigned", has_attachments=True)
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return Outline("IPM.Note.SMIME", has_attachments=True)
    for part in parsed.walk():
        if part.get_content_type() == "text/calendar":
            method = str(part.get_param("method") or "").upper()
            if method == "REPLY":
                answer = re.search(rb"PARTSTAT=([A-Z]+)", _octets(part).replace(b"\r\n ", b""))
                said = _REPLIES.get(answer[1].decode() if answer else "", "Tent")
                return Outline(f"IPM.Schedule.Meeting.Resp.{said}", method, has_attachments)
            if method in _MEETINGS:
                return Outline(_MEETINGS[method], method, has_attachments)
    return Outline(has_attachments=has_attachments)


def _octets(part: Message) -> bytes:
    if part.is_multipart():
        return b"\n".join(one.as_bytes() for one in part.get_payload() if isinstance(one, Message))
    said = part.get_payload(decode=True)
    return said if isinstance(said, bytes) else b""


def element_of(item_class: str) -> str:
    """The name of the element of an item of this class."""
    for start, name in (
        ("IPM.Schedule.Meeting.Request", "MeetingRequest"),
        ("IPM.Schedule.Meeting.Resp", "MeetingResponse"),
        ("IPM.Schedule.Meeting.Canceled", "MeetingCancellation"),
        ("IPM.Appointment", "CalendarItem"),
        ("IPM.Contact", "Contact"),
        ("IPM.Task", "Task"),
        ("IPM.Post", "PostItem"),
    ):
        if item_class.startswith(start):
            return name
    return "Message"


def _text(name: str, header: str) -> Callable[[Mail, Shape], Element | None]:
    def make(mail: Mail, _shape: Shape) -> Element | None:
        said = mail.header(header)
        return value(name, said) if said else None

    return make


def _one(name: str, *headers: str) -> Callable[[Mail, Shape], Element | None]:
    def make(mail: Mail, shape: Shape) -> Element | None:
        found = next((people for header in headers if (people := mail.people(header))), None)
        if not found:
            return None
        # views know the name alone
        return t(name, t("Mailbox", [one for one in found[0] if not shape.is_view or one.tag.endswith("}Name")]))

    return make


def _many(name: str, header: str) -> Callable[[Mail, Shape], Element | None]:
    def make(mail: Mail, _shape: Shape) -> Element | None:
        found = mail.people(header)
        return t(name, found) if found else None

    return make


def _display(name: str, header: str) -> Callable[[Mail, Shape], Element | None]:
    return lambda mail, _shape: value(name, "; ".join(one[0].text or "" for one in mail.people(header)))


def _importance(mail: Mail, _shape: Shape) -> Element:
    said = (mail.header("importance") or mail.header("x-priority") or "").lower()[:6].strip()
    return value("Importance", _IMPORTANCE.get(said, _IMPORTANCE.get(said[:1], "Normal")))


def _sensitivity(mail: Mail, _shape: Shape) -> Element:
    return value("Sensitivity", _SENSITIVITY.get((mail.header("sensitivity") or "").lower(), "Normal"))


def _headers(mail: Mail, _shape: Shape) -> Element | None:
    if not mail.is_received:
        return None
    said = [t("InternetMessageHeader", text=decoded(text), HeaderName=name) for name, text in mail._headers]
    return t("InternetMessageHeaders", said) if said else None


def _body(mail: Mail, shape: Shape) -> Element:
    html, text = bodies_of(mail.parsed())
    is_html = shape.body_type == "HTML" or (shape.body_type == "Best" and html is not None)
    said = (html if html is not None else _as_html(text)) if is_html else text
    return t("Body", text=said, BodyType="HTML" if is_html else "Text", IsTruncated="false")


def _text_body(mail: Mail, _shape: Shape) -> Element:
    return t("TextBody", text=bodies_of(mail.parsed())[1], BodyType="Text", IsTruncated="false")


def _as_html(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>\n")
    return (
        '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n'
        f'<body>\r\n<div class="PlainText">{safe}</div>\r\n</body>\r\n</html>\r\n'
    )


def _attachments(mail: Mail, _shape: Shape) -> Element | None:
    found = attachments_of(mail.parsed())
    return t("Attachments", [one.element(mail._received) for one in found]) if found else None


def _mime_content(mail: Mail, _shape: Shape) -> Element:
    return t("MimeContent", text=base64.b64encode(mail.raw).decode(), CharacterSet="UTF-8")


def _conversation_index(mail: Mail, _shape: Shape) -> Element:
    known = mail.header("thread-index")
    if known:
        return value("ConversationIndex", known)
    guid = hashlib.md5(mail.thread.encode(), usedforsecurity=False).digest()
    depth = len((mail.header("references") or "").split())
    raw = b"\x01\xd9\x00\x00\x00\x00" + guid + b"".join(bytes([n % 256] * 5) for n in range(1, min(depth, 20) + 1))
    return value("ConversationIndex", base64.b64encode(raw).decode())


def _conversation_id(mail: Mail, _shape: Shape) -> Element:
    guid = hashlib.sha1(mail.thread.encode(), usedforsecurity=False).digest()[:16]
    return t("ConversationId", Id=base64.b64encode(b"AAQk" + guid + guid).decode())


def _flag(name: str, header: str) -> Callable[[Mail, Shape], Element | None]:
    return lambda mail, _shape: value(name, mail.header(header) is not None)


def _topic(mail: Mail, _shape: Shape) -> Element | None:
    return value("ConversationTopic", mail.topic) if mail.topic else None


_PROPERTIES: dict[str, Callable[[Mail, Shape], Element | None]] = {
    "Subject": _text("Subject", "subject"),
    "InReplyTo": _text("InReplyTo", "in-reply-to"),
    "References": _text("References", "references"),
    "InternetMessageId": _text("InternetMessageId", "message-id"),
    "From": _one("From", "from", "sender"),
    "Sender": _one("Sender", "sender", "from"),
    "ToRecipients": _many("ToRecipients", "to"),
    "CcRecipients": _many("CcRecipients", "cc"),
    "BccRecipients": _many("BccRecipients", "bcc"),
    "ReplyTo": _many("ReplyTo", "reply-to"),
    "DisplayTo": _display("DisplayTo", "to"),
    "DisplayCc": _display("DisplayCc", "cc"),
    "Importance": _importance,
    "Sensitivity": _sensitivity,
    "InternetMessageHeaders": _headers,
    "Body": _body,
    "TextBody": _text_body,
    "Attachments": _attachments,
    "MimeContent": _mime_content,
    "ConversationIndex": _conversation_index,
    "ConversationId": _conversation_id,
    "ConversationTopic": _topic,
    "HasAttachments": lambda mail, _shape: value("HasAttachments", mail.outline.has_attachments),
    "DateTimeSent": lambda mail, _shape: t("DateTimeSent", text=stamp(mail.sent_at())),
    # a store counts what it keeps, which is never the size on the wire
    "Size": lambda mail, _shape: value("Size", len(mail.raw) + 1536 + len(mail._headers) * 24),
    "IsReadReceiptRequested": _flag("IsReadReceiptRequested", "disposition-notification-to"),
    "IsDeliveryReceiptRequested": _flag("IsDeliveryReceiptRequested", "return-receipt-to"),
    "IsResponseRequested": lambda _mail, _shape: value("IsResponseRequested", False),
}
