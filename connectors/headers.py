"""The header section of a mail or a part (RFC 5322 2.2, 3.6), taken as it is met, and its unstructured values.

Met: mbox "From " lines, blank lines before the first field, fields broken without a leading blank, no blank line before
the body, raw 8-bit bytes (RFC 6532: UTF-8; else the mail's own charset, else a guess), bare CR, NUL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from connectors.charsets import decode
from connectors.words import decode_words

#: Fields that make a line certain to belong to a header section.
_CERTAIN = frozenset(
    b"from to cc bcc subject date message-id received mime-version content-type content-transfer-encoding"
    b" content-disposition reply-to sender return-path references in-reply-to delivered-to content-id".split()
)
_BLANK = re.compile(rb"\n\r*+\n")
_LINE_END = re.compile(rb"(?<!\r)\r++\n")
#: The line an mbox puts before each mail.
_ENVELOPE = re.compile(rb">?From [^\s:]")
_EMPTY_LINE = re.compile(rb"\r*+\n")
_LEADING = re.compile(rb"(?:[ \t]*\r*+\n)++")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_ID = re.compile(r"<([^<>]+)>?")
_BARE_ID = re.compile(r"[^\s<>@\"(),:;]+@[^\s<>@\"(),:;]+")

Fields = Mapping[bytes, Sequence[bytes]]


@dataclass(slots=True)
class Head:
    """A header section: its fields by lower-case name, values unfolded, in order; and where the body begins."""

    fields: Fields
    body: int
    #: The section itself with LF line ends.
    block: bytes
    is_truncated: bool = False

    def first(self, name: bytes) -> bytes:
        """The first value of the field, b"" where there is none."""
        values = self.fields.get(name)
        return values[0] if values else b""


def read_head(raw: bytes, start: int, end: int, limit: int) -> Head:
    """The header section at `start`; past `limit` bytes of it fields are dropped (`is_truncated`)."""
    first = raw[start : start + 1]
    if first in b"\r\n" and (not first or _EMPTY_LINE.match(raw, start, end)):
        return Head({}, _after_line(raw, start, end), b"")
    match = _BLANK.search(raw, start, end)
    stop, body = (match.start() + 1, match.end()) if match else (end, end)
    cut = stop - start > limit
    if cut:
        stop = raw.rfind(b"\n", start, start + limit) + 1 or start + limit
    block = raw[start:stop].replace(b"\r\n", b"\n")
    if b"\r" in block:
        block = _LINE_END.sub(b"\n", block).replace(b"\r", b" ")
    if b"\0" in block:
        block = block.replace(b"\0", b"")
    fields, sound = _small_fields(block) if len(block) < 400 else _fields(block)
    if not sound:
        block, number = _mend(block)
        fields, _ = _fields(block)
        if number is not None:
            body = _line_start(raw, start, end, number)
    return Head(fields, body, block, cut)


def _after_line(raw: bytes, start: int, end: int) -> int:
    found = raw.find(b"\n", start, end)
    return end if found < 0 else found + 1


def skip_to_head(raw: bytes) -> int:
    """Where a mail's first field begins: behind blank lines that an envelope left, if real fields follow them."""
    match = _LEADING.match(raw)
    if match is None:
        return 0
    name = raw[match.end() : match.end() + 80].partition(b":")[0]
    return match.end() if name.strip().lower() in _CERTAIN else 0


@lru_cache(maxsize=2048)
def _small_fields(block: bytes) -> tuple[Fields, bool]:
    """The same few headers of text parts come with every other mail."""
    return _fields(block)


def _fields(block: bytes) -> tuple[Fields, bool]:
    """Fields of a section with LF line ends; and whether each of its lines could be one."""
    fields: dict[bytes, list[bytes]] = {}
    sound = True
    for line in block.replace(b"\n ", b" ").replace(b"\n\t", b"\t").split(b"\n"):
        name, colon, value = line.partition(b":")
        key = name.lower()
        if key not in _CERTAIN:
            key = key.strip()
            if not colon or not key or b" " in key or not key.isascii():
                sound = sound and not line
                continue
        if key in fields:
            fields[key].append(value)
        else:
            fields[key] = [value]
    return fields, sound


def _mend(block: bytes) -> tuple[bytes, int | None]:
    """A section with lines that are no fields, made sound; and at which of its lines the body began (None: at its end).

    Such a line before a certain field was broken off the field above; behind the last certain field the body begins.
    """
    lines = block.split(b"\n")
    if _ENVELOPE.match(lines[0]):
        lines[0] = b"X-Envelope:" + lines[0]
    keys = [line.partition(b":")[0].strip().lower() for line in lines]
    certain = [number for number, key in enumerate(keys) if key in _CERTAIN]
    last = certain[-1] if certain else -1
    mended: list[bytes] = []
    for number, line in enumerate(lines):
        key = keys[number]
        folded = line[:1] in b" \t" and (line == b"" or number > 0)
        if folded or (b":" in line and key and b" " not in key and key.isascii()):
            mended.append(line)
        elif number > last:
            return b"\n".join(mended), number
        else:
            mended.append(b" " + line)
    return b"\n".join(mended), None


def _line_start(raw: bytes, start: int, end: int, number: int) -> int:
    for _ in range(number):
        start = _after_line(raw, start, end)
    return start


def text_of(value: bytes, charset: str | None = None) -> str:
    """Characters of a raw value, encoded words left as they are; `charset` is for 8-bit bytes that aren't UTF-8."""
    return value.decode("ascii") if value.isascii() else decode(value, hint=charset)


def unfolded(value: str | bytes) -> str:
    """One header value as it lies in a mail, up to the line that no longer belongs to it, unfolded (RFC 5322 2.2.3)."""
    text = value if isinstance(value, str) else text_of(value)
    if "\n" not in text and "\r" not in text:
        return text
    text = text.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", "\t")
    return text.partition("\n")[0].replace("\r", " ")


def plain(text: str) -> str:
    """One line of text: encoded words decoded, control characters made blanks, ends trimmed."""
    text = decode_words(text)
    return text.strip() if text.isprintable() else _CONTROL.sub(" ", text).strip()


def parse_ids(value: str | bytes) -> tuple[str, ...]:
    """Message-IDs of a Message-ID, In-Reply-To or References value, in order, without brackets or blanks inside.

    Where nothing stands in brackets, a lone word or words of the form left@right are taken (RFC 5322 3.6.4, 4.5.4).
    """
    text = unfolded(value)
    ids = _ID.findall(text)
    if not ids:
        words = text.split()
        ids = words if len(words) == 1 and words[0] != "<>" else _BARE_ID.findall(text)
    elif not text.isprintable() or " " in text:
        ids = ["".join(found.split()) for found in ids]
    return tuple(filter(None, ids))
