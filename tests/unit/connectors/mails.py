"""Shorthand of the parser's tests: a mail's bytes from its parts, and its record."""

from __future__ import annotations

from connectors.mime import parse_message
from connectors.records import Message, Role


def read(raw: bytes, **said: str) -> Message:
    """The record of a mail that has one."""
    message = parse_message(raw, ref="1:1", authserv_id=said.get("authserv_id"))
    assert isinstance(message, Message)
    return message


def part(body: bytes, *header: bytes) -> bytes:
    """A part of a multipart, or a mail."""
    return b"\n".join([*header, b"", body])


def multipart(kind: bytes, *parts: bytes, boundary: bytes = b"=_b") -> bytes:
    """A multipart; those inside each other need boundaries of their own."""
    head = b'Content-Type: multipart/%s; boundary="%s"\n\n' % (kind, boundary)
    return head + b"".join(b"--%s\n%s\n" % (boundary, each) for each in parts) + b"--%s--\n" % boundary


def plain(text: bytes = b"text") -> bytes:
    """A text/plain part."""
    return part(text, b"Content-Type: text/plain; charset=utf-8")


def html(text: bytes = b"<p>html</p>") -> bytes:
    """A text/html part."""
    return part(text, b"Content-Type: text/html; charset=utf-8")


def emails(message: Message, role: Role) -> list[str]:
    """Addresses in a role."""
    return [each.email for each in message.participants if each.role is role]
