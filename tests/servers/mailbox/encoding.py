"""Text to the bytes of mail: charsets, encoded words (RFC 2047), transfer encodings (RFC 2045), folder names."""

from __future__ import annotations

import base64
import binascii
import quopri
import random

# letters that the old 8-bit sets lack, and what people wrote in their place
_PERSIAN_IN_1256 = str.maketrans({"ی": "ي", "ٔ": "", "۰": "0"})
_MONGOLIAN_IN_1251 = str.maketrans({"ө": "є", "Ө": "Є", "ү": "ї", "Ү": "Ї"})

#: Octet -> how the encoding "Q" of encoded words writes it.
_QUOTED = [b"_" if c == 32 else bytes([c]) if c < 128 and chr(c).isalnum() else b"=%02X" % c for c in range(256)]


def encode(text: str, charset: str) -> bytes:
    """Text in a charset; what it can't hold is written as people did, else as "?"."""
    if charset == "windows-1256":
        text = text.translate(_PERSIAN_IN_1256)
    elif charset == "windows-1251":
        text = text.translate(_MONGOLIAN_IN_1251)
    return text.encode(charset, "replace")


def _word(text: str, charset: str, how: str) -> bytes:
    raw = encode(text, charset)
    if how == "B":
        return base64.b64encode(raw)
    return b"".join(map(_QUOTED.__getitem__, raw))


def _length(text: str, charset: str, how: str) -> int:
    """Of the encoded word's middle part."""
    if how == "B":
        return (len(encode(text, charset)) + 2) // 3 * 4
    return len(_word(text, charset, how))


def encoded_words(text: str, charset: str = "utf-8", how: str = "B") -> bytes:
    """Encoded words, each of whole characters and at most 75 bytes (RFC 2047); ASCII stays as it is."""
    if text.isascii():
        return text.encode()
    words, current = [], ""
    limit = 75 - len(charset) - 7
    for letter in text:
        if _length(current + letter, charset, how) > limit:
            words.append(current)
            current = ""
        current += letter
    words.append(current)
    return b"\n ".join(b"=?%s?%s?%s?=" % (charset.encode(), how.encode(), _word(word, charset, how)) for word in words)


def phrase(name: str, rng: random.Random) -> bytes:
    """A display name as it stands in a header."""
    if not name.isascii():
        return encoded_words(name, "utf-8", rng.choice("BQ"))
    return b'"%s"' % name.encode() if any(c in name for c in ',."') else name.encode()


def transfer(raw: bytes, encoding: str) -> bytes:
    """A body in its transfer encoding, whole lines, so that encoded blocks may be joined."""
    if encoding == "base64":
        raw += b" " * (-(len(raw) + 1) % 57) + b"\n"
        return base64_lines(raw)
    if encoding == "quoted-printable":
        return quopri.encodestring(raw + b"\n")
    return raw + b"\n"


def base64_lines(raw: bytes) -> bytes:
    """Base64 in lines of 76 letters."""
    return b"".join(binascii.b2a_base64(raw[i : i + 57]) for i in range(0, len(raw), 57))


def wrapped(text: str, width: int = 76) -> str:
    """Text broken at blanks."""
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def without_header(data: bytes, name: bytes) -> bytes:
    """A mail without one of its headers, folded lines included."""
    start = data.index(b"\n" + name + b":") + 1
    end = data.index(b"\n", start) + 1
    while data[end : end + 1] in (b" ", b"\t"):
        end = data.index(b"\n", end) + 1
    return data[:start] + data[end:]


def folded(calendar: bytes) -> bytes:
    """iCalendar lines of at most 75 bytes (RFC 5545 section 3.1), whole characters."""
    lines = []
    for line in calendar.split(b"\n"):
        while len(line) > 75:
            cut = 75
            while line[cut] & 0xC0 == 0x80:
                cut -= 1
            lines.append(line[:cut])
            line = b" " + line[cut:]
        lines.append(line)
    return b"\n".join(lines)


def utf7(name: str) -> str:
    """Modified UTF-7 (RFC 3501 section 5.1.3), as Dovecot names Maildir folders."""
    out, pending = [], ""
    for letter in name + "\0":
        if " " <= letter <= "~" or letter == "\0":
            if pending:
                word = base64.b64encode(pending.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
                out.append(f"&{word.decode()}-")
                pending = ""
            if letter != "\0":
                out.append("&-" if letter == "&" else letter)
        else:
            pending += letter
    return "".join(out)
