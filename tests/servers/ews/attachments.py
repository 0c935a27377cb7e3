"""Parts of a mail as Exchange keeps them: the bodies, and what hangs on beside them."""

from __future__ import annotations

import base64
import html as html_entities
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from xml.etree.ElementTree import Element

from tests.servers.ews.headertext import decoded
from tests.servers.ews.wire import t, value

_TAGS = re.compile(
    r"<(?:style|script|head)\b.*?</(?:style|script|head)\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li)\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """`message` holds a mail that hangs on another one."""

    name: str
    type: str
    content: bytes
    content_id: str | None = None
    is_inline: bool = False
    is_message: bool = False
    number: int = 0

    @property
    def id(self) -> str:
        """Of a mail's own attachments; the mailbox puts the item's id before it."""
        return base64.b64encode(b"attachment" + self.number.to_bytes(4, "big")).decode()

    def element(self, modified: datetime, *, has_content: bool = False) -> Element:
        """A FileAttachment, or an ItemAttachment."""
        outside = (
            t("AttachmentId", Id=self.id),
            value("Name", self.name),
            value("ContentType", self.type) if not self.is_message else None,
            value("ContentId", self.content_id) if self.content_id else None,
            value("Size", len(self.content) + 300),
            value("LastModifiedTime", modified),
            value("IsInline", self.is_inline),
        )
        if self.is_message:
            return t("ItemAttachment", *outside)
        content = t("Content", text=base64.b64encode(self.content).decode()) if has_content else None
        return t("FileAttachment", *outside, value("IsContactPhoto", False), content)


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    octets = raw if isinstance(raw, bytes) else b""
    try:
        return octets.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return octets.decode("windows-1252", "replace")


def _is_body(part: Message) -> bool:
    return (
        part.get_content_type() in {"text/plain", "text/html"}
        and not part.get_filename()
        and part.get_content_disposition() != "attachment"
    )


def bodies_of(parsed: Message) -> tuple[str | None, str]:
    """(HTML or None, text) as Exchange shows them; text is made of HTML where there is no other."""
    html: str | None = None
    texts: list[str] = []
    for part in _leaves(parsed):
        if not part.is_multipart() and _is_body(part):
            if part.get_content_type() == "text/html":
                html = (html or "") + _text(part)
            else:
                texts.append(_text(part))
    # a plain text beside HTML is an alternative, which Exchange drops and makes anew
    return html, "".join(texts) if html is None else html_text(html)


def html_text(html: str) -> str:
    """HTML as plain text, roughly as Exchange does."""
    return html_entities.unescape(_TAGS.sub("", _BREAKS.sub("\r\n", html))).strip() + "\r\n"


def _leaves(parsed: Message) -> list[Message]:
    """Parts that are no multipart, without looking into mails that hang on."""
    payload = parsed.get_payload()
    if parsed.get_content_type() == "message/rfc822" or not isinstance(payload, list):
        return [parsed]
    return [leaf for part in payload if isinstance(part, Message) for leaf in _leaves(part)]


def attachments_of(parsed: Message) -> list[Attachment]:
    """All that is no body, no meeting of the mail itself, and no status in a report."""
    is_report = parsed.get_content_type() == "multipart/report"
    found: list[Attachment] = []
    for part in _leaves(parsed):
        kind = part.get_content_type()
        if _is_body(part) or (is_report and kind in {"message/delivery-status", "message/disposition-notification"}):
            continue
        if kind == "text/calendar" and part.get_param("method"):
            continue
        found.append(_attachment(part, kind, len(found) + 1))
    return found


def _attachment(part: Message, kind: str, number: int) -> Attachment:
    inner = part.get_payload()
    if kind == "message/rfc822" and isinstance(inner, list) and isinstance(inner[0], Message):
        return Attachment(
            decoded(inner[0].get("subject", "")), kind, inner[0].as_bytes(), is_message=True, number=number
        )
    raw = part.get_payload(decode=True)
    content_id = (part.get("content-id") or "").strip("<> ") or None
    is_inline = part.get_content_disposition() == "inline" or (
        content_id is not None and part.get_content_disposition() != "attachment"
    )
    name = decoded(part.get_filename() or f"ATT{number:05}")
    return Attachment(name, kind, raw if isinstance(raw, bytes) else b"", content_id, is_inline, number=number)
