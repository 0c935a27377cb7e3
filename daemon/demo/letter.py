"""One mail, and the bytes of it that mail programs and servers would make (RFC 5322, RFC 2045-2047, RFC 2231)."""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import encode_rfc2231, format_datetime
from typing import Literal

from daemon.demo.company import DOMAIN, Address

#: Parts a multipart; made of a mail's own id, so that the same mail has the same bytes each time.
_BOUNDARY = "=_demo_{}"
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail, whatever mailboxes it lies in."""

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    #: Aware, with the writer's offset.
    sent_at: datetime
    subject: str
    text: str
    #: Without brackets; "" where there is none.
    message_id: str
    references: tuple[str, ...] = ()
    #: Further lines of the header, ASCII.
    headers: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    form: Literal["plain", "html", "report"] = "plain"
    #: The name of an attached file, "" for none.
    attachment: str = ""
    #: A calendar object that comes with it (RFC 6047), and its METHOD.
    calendar: str = ""
    method: str = ""
    #: The reason for which keeptouch keeps it ("contact") or leaves it out.
    reason: str = "contact"

    def as_sent(self) -> bytes:
        """The copy in the sender's own mailbox."""
        return ("\n".join(f"{name}: {value}" for name, value in self._header()) + "\n").encode() + self._body()

    def as_received(self, reader: Address, received_at: datetime) -> bytes:
        """The copy that a server of ours delivered to `reader`."""
        came = f"from mx.{self.sender.domain} by mail.{DOMAIN} with ESMTPS for <{reader.email}>;"
        trace = f"Return-Path: <{self.sender.email}>\nReceived: {came}\n {format_datetime(received_at)}\n"
        return trace.encode() + self.as_sent()

    def _header(self) -> Iterable[tuple[str, str]]:
        yield "From", self._addresses([self.sender])
        yield "To", self._addresses(self.to)
        if self.cc:
            yield "Cc", self._addresses(self.cc)
        yield "Subject", self._words(self.subject, "Subject")
        yield "Date", format_datetime(self.sent_at)
        if self.message_id:
            yield "Message-ID", f"<{self.message_id}>"
        if self.references:
            yield "In-Reply-To", f"<{self.references[-1]}>"
            yield "References", "\n ".join(f"<{each}>" for each in self.references)
        yield from self.headers
        yield "MIME-Version", "1.0"

    def _words(self, text: str, name: str) -> str:
        if text.isascii():
            return text
        return Header(text, self._charset_of(text), header_name=name).encode()

    def _addresses(self, addresses: Iterable[Address]) -> str:
        return ",\n ".join(f"{self._words(a.name, 'To')} <{a.email}>" if a.name else a.email for a in addresses)

    def _charset_of(self, text: str) -> str:
        """The mail program's own, where it has all the letters."""
        try:
            text.encode(self.charset)
        except UnicodeEncodeError:
            return "utf-8"
        return self.charset

    def _body(self) -> bytes:
        if self.form == "report":
            return self.text.encode()
        if not self.attachment and not self.calendar:
            return self._text_part()
        boundary = _BOUNDARY.format(self.message_id.partition("@")[0])
        parts = (self._text_part(), self._calendar_part() if self.calendar else self._file_part())
        lines = b"".join(b"\n--%s\n" % boundary.encode() + part for part in parts)
        kind = "alternative" if self.calendar else "mixed"
        head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n'.encode()
        return head + lines + f"\n--{boundary}--\n".encode()

    def _text_part(self) -> bytes:
        is_html = self.form == "html"
        text = as_html(self.text) if is_html else self.text + "\n"
        charset = self._charset_of(text)
        raw = text.encode(charset)
        if raw.isascii():
            encoding, body = "7bit", raw
        elif charset == "iso-8859-1":
            encoding, body = "quoted-printable", quopri.encodestring(raw)
        elif charset in ("windows-1256", "koi8-r"):
            encoding, body = "8bit", raw
        else:
            encoding, body = "base64", base64.encodebytes(raw)
        kind = "html" if is_html else "plain"
        head = f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
        return head.encode() + body

    def _calendar_part(self) -> bytes:
        head = f"Content-Type: text/calendar; charset=utf-8; method={self.method}\nContent-Transfer-Encoding: 8bit\n\n"
        return (head + self.calendar).encode()

    def _file_part(self) -> bytes:
        name = self.attachment
        kind = _TYPES[name.rpartition(".")[2]]
        given = f'filename="{name}"' if name.isascii() else f"filename*={encode_rfc2231(name, 'utf-8')}"
        content = f"%PDF-1.4 A made-up file of the demo: {name}\n".encode() * 40
        head = (
            f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n {given}\n\n"
        )
        return head.encode() + base64.encodebytes(content)


def as_html(text: str) -> str:
    """The text as a mail program writes it that knows HTML alone."""
    paragraphs = "\n".join(f"<p>{html.escape(part)}</p>".replace("\n", "<br>") for part in text.split("\n\n"))
    return f"<html><head><style>p {{ margin: 0 }}</style></head><body>\n{paragraphs}\n</body></html>\n"
