"""The text of a part and back: encoding and charset are undone only where both can be done again exactly."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from connectors.charsets import codec_of
from connectors.transfer import decoded

#: Of a line of text in a mail, without its end (RFC 5322 2.1.1); and of encoded ones (RFC 2045 6.7, 6.8).
MAX_LINE = 998
_MAX_ENCODED_LINE = 76
_PLAIN = frozenset(range(33, 127)) - {ord("=")}
_LONG = re.compile(rb"[^\n]{%d,}" % (MAX_LINE + 2))


@dataclass(frozen=True, slots=True)
class Transported:
    """The characters of a part, and how they are written into the mail again."""

    text: str
    is_utf8: bool
    written: Callable[[str], bytes | None]


def read_text(raw: bytes, encoding: str, charset: str | None) -> Transported | None:
    """The text of a part whose bytes in the mail are `raw`; None where it can't be read and written again alike.

    `encoding` as `connectors.transfer` names it, `charset` as the part's header has it.
    """
    if encoding == "uuencode" or (encoding == "base64" and not _is_sound_base64(raw)):
        return None
    body = decoded(raw, encoding)
    codec = _codec(body, charset)
    if codec is None:
        return None
    try:
        text = body.decode(codec)
        is_exact = text.encode(codec) == body
    except (UnicodeError, LookupError):
        return None
    if not is_exact:
        return None

    def written(altered: str) -> bytes | None:
        try:
            return _encoded(altered.encode(codec), encoding, raw)
        except UnicodeError:
            return None

    return Transported(text, codec == "utf_8", written)


def _codec(body: bytes, charset: str | None) -> str | None:
    if charset is not None:
        return codec_of(charset)
    # not told: its bytes stand for themselves, unless they are of a charset that shifts
    return None if b"\x1b" in body or b"\0" in body else "latin_1"


def _encoded(body: bytes, encoding: str, before: bytes) -> bytes | None:
    """`before`: the part as it was. None: no line of the kind that the part has can hold it."""
    if encoding == "quoted-printable":
        return quoted_printable(body)
    if encoding == "base64":
        return _base64(body, before)
    return None if _LONG.search(body) and not _LONG.search(before) else body


def quoted_printable(body: bytes) -> bytes:
    """RFC 2045 6.7. CRLF stays a line end, any other CR or LF is encoded."""
    return b"\r\n".join(_quoted_line(line) for line in body.split(b"\r\n"))


def _quoted_line(line: bytes) -> bytes:
    lines: list[str] = []
    found: list[str] = []
    length = 0
    last = len(line) - 1
    for at, byte in enumerate(line):
        is_blank = byte in (9, 32) and at != last
        word = chr(byte) if byte in _PLAIN or is_blank else f"={byte:02X}"
        if length + len(word) > _MAX_ENCODED_LINE - (at != last):
            lines.append("".join(found) + "=")
            found, length = [], 0
        # some server may yet read a lone dot as the end of the mail
        if byte == 46 and not length:
            word = "=2E"
        found.append(word)
        length += len(word)
    return "\r\n".join((*lines, "".join(found))).encode("ascii")


def _is_sound_base64(raw: bytes) -> bool:
    try:
        binascii.a2b_base64(b"".join(raw.split()), strict_mode=True)
    except binascii.Error:
        return False
    return True


def _base64(body: bytes, before: bytes) -> bytes:
    """As wide as it was, and with the blank lines that stood around it."""
    inner = before.strip()
    lead = before[: before.index(inner)] if inner else b""
    width = max(4, min(len(inner.partition(b"\n")[0].rstrip()), _MAX_ENCODED_LINE) // 4 * 4)
    letters = binascii.b2a_base64(body, newline=False)
    lines = [letters[at : at + width] for at in range(0, len(letters), width)]
    return lead + b"\r\n".join(lines) + before[len(lead) + len(inner) :]
