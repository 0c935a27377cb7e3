"""Content-Transfer-Encoding (RFC 2045 6) undone, whatever state the text is in; and sizes without undoing it."""

from __future__ import annotations

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANK = b" \t\r\n"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_SOFT_BREAK = re.compile(rb"=[ \t]++(?=\r?\n)")
#: A line with more foreign characters than one in this many is no base64.
_STRAYS = 10


def encoding_of(value: bytes) -> str:
    """Name of the encoding a header value means: base64, quoted-printable, uuencode or "" for none."""
    word = value.strip(b" \t\"'").lower().partition(b";")[0].partition(b" ")[0]
    if word == b"base64":
        return "base64"
    if word in (b"quoted-printable", b"quotedprintable", b"quoted/printable"):
        return "quoted-printable"
    return "uuencode" if word in (b"x-uuencode", b"x-uue", b"uuencode", b"uue") else ""


def decoded(raw: bytes, encoding: str) -> bytes:
    """The bytes that `raw` encodes; what can't be undone stays as it is. Never raises."""
    if encoding == "base64":
        return _base64(raw)
    if encoding == "quoted-printable":
        if b"= " in raw or b"=\t" in raw:
            raw = _SOFT_BREAK.sub(b"=", raw)
        return binascii.a2b_qp(raw)
    if encoding == "uuencode":
        return _uuencoded(raw)
    return raw


def decoded_size(raw: bytes, start: int, end: int, encoding: str) -> int:
    """Length of what raw[start:end] encodes, line ends counted as one byte; close, for encodings that are broken."""
    if encoding == "base64":
        tail = raw[max(start, end - 64) : end].rstrip()
        padding = len(tail) - len(tail.rstrip(b"="))
        return max(0, (_letters(raw, start, end) - padding) * 3 // 4)
    if encoding == "":
        returns = raw.count(b"\r", start, end) if raw.find(b"\r", start, end) >= 0 else 0
        return end - start - returns
    return len(decoded(raw[start:end].replace(b"\r\n", b"\n"), encoding))


def _letters(raw: bytes, start: int, end: int) -> int:
    """How many bytes of raw[start:end] are no line ends; where the first and the last line end alike, all count so."""
    breaks = raw.count(b"\n", start, end)
    first, last = raw.find(b"\n", start, end) - 1, raw.rfind(b"\n", start, end) - 1
    if breaks and raw[first] == raw[last] == 13:
        return end - start - 2 * breaks
    returns = raw.count(b"\r", start, end) if raw.find(b"\r", start, end) >= 0 else 0
    return end - start - breaks - returns


def _base64(raw: bytes) -> bytes:
    try:
        out = binascii.a2b_base64(raw)
    except binascii.Error:
        return _broken_base64(raw)
    return out if len(out) * 4 >= _letters(raw, 0, len(raw)) * 3 - 12 else _broken_base64(raw)


def _broken_base64(raw: bytes) -> bytes:
    """Base64 with stray characters, lost padding, padding inside, or text that a mailing list put behind it."""
    lines: list[bytes] = []
    for line in raw.split(b"\n"):
        line = line.partition(b"= ")[0].strip(_BLANK)
        if line.count(b" ") > 1 or len(line.translate(None, _BASE64 + b"=")) * _STRAYS > len(line):
            if not lines:
                return raw
            break
        if line:
            lines.append(line)
    # Behind padding there may be more, encoded by itself.
    return b"".join(_base64_piece(piece) for piece in b"".join(lines).split(b"=") if len(piece) > 1)


def _base64_piece(raw: bytes) -> bytes:
    letters = raw.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencoded(raw: bytes) -> bytes:
    out = []
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        if line.startswith(b"begin ") or not line or line == b"end":
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # A line whose stated length is off by trailing blanks that a gateway cut or added.
            length = ((line[0] - 32) & 63) * 4 // 3 + 3 & ~3
            try:
                out.append(binascii.a2b_uu(line[: length + 1]))
            except binascii.Error:
                continue
    return b"".join(out)
