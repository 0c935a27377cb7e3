"""The readable text of a mail, and its HTML, made from the parts that are its body."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from connectors.charsets import decode, is_stateful
from connectors.html import text_of_html
from connectors.records import Attachment
from connectors.structure import Part, Structure
from connectors.transfer import decoded

#: Most of a text that is kept, in bytes of UTF-8.
MAX_TEXT = 256 * 1024
#: Bytes of one part that are decoded at most: text of `MAX_TEXT` in the widest charset and encoding.
_MAX_ENCODED = 2 * 1024 * 1024

_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*+=\s*+[\"']?\s*+([\w.:-]{2,40})", re.IGNORECASE)
#: Line ends, with carriage returns that a careless gateway added.
_LINE_END = re.compile(rb"(?<!\r)\r++\n")
_LINE_END_TEXT = re.compile(r"(?<!\r)\r++\n")
_UUENCODED = re.compile(
    r"^begin [0-7]{3,4} ([^\n]{1,255})\n((?:[!-`][ -`]{1,84}\n)++)(?:[` ]?\n)?end[ \t]*(?:\n|\Z)", re.MULTILINE
)


class Bodies(NamedTuple):
    """What there is to read in a mail."""

    #: The plain parts; text made from the HTML where it stands alone, or before them.
    text: str
    #: Files that stand uuencoded in the text.
    files: tuple[Attachment, ...]
    is_truncated: bool


#: Of a mail whose text nobody wants.
NO_BODIES = Bodies("", (), False)


def html_of(raw: bytes, structure: Structure) -> str:
    """The HTML as sent, line ends LF, cut at `MAX_TEXT`. Never raises."""
    return _joined(raw, (part for part in structure.html if part.kind == "text/html"))[0]


def read_bodies(raw: bytes, structure: Structure) -> Bodies:
    """The text, cut at `MAX_TEXT`. Never raises."""
    cut = False
    files: list[Attachment] = []
    plain, cut_plain = _joined(raw, (part for part in structure.text if part.kind == "text/plain"))
    if "begin " in plain:
        plain = _without_files(plain, files)
    leading = list(takewhile(lambda part: part.kind == "text/html", structure.text))
    if leading or not plain or plain.isspace():
        source, cut = _joined(raw, leading or (part for part in structure.html if part.kind == "text/html"))
        if source:
            made, cut_tags = text_of_html(source)
            plain = f"{made}\n\n{plain}" if plain and not plain.isspace() else made
            plain, cut_made = _cut(plain)
            cut |= cut_tags or cut_made
    return Bodies(plain, tuple(files), cut or cut_plain)


def _joined(raw: bytes, parts: Iterable[Part]) -> tuple[str, bool]:
    texts: list[str] = []
    length = 0
    cut = False
    for part in parts:
        if length > MAX_TEXT:
            break
        text = _text(raw, part)
        cut |= part.end - part.start > _MAX_ENCODED
        length += len(text) + 1
        texts.append(text)
    text, is_cut = _cut("\n".join(texts))
    return text, cut or is_cut


def _text(raw: bytes, part: Part) -> str:
    """The characters of a text part, line ends LF."""
    encoded = raw[part.start : min(part.end, part.start + _MAX_ENCODED)]
    body = decoded(encoded, part.encoding)
    charset = part.parameters.get("charset")
    if (
        (part.encoding != "base64" or body is encoded)
        and b"\r" in body
        and (not body.isascii() or is_stateful(charset))
    ):
        # Before the charset is looked at, so that the line ends of transport don't touch it.
        body = _LINE_END.sub(b"\n", body) if b"\r\r" in body else body.replace(b"\r\n", b"\n")
    if charset is None and part.kind == "text/html":
        meta = _META_CHARSET.search(body, 0, 2048)
        charset = meta[1].decode("ascii", "replace") if meta else None
    text = decode(body, charset)
    if "\r" in text:
        if "\r\r" in text:
            text = _LINE_END_TEXT.sub("\n", text)
        text = io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
    return text


def _cut(text: str) -> tuple[str, bool]:
    """`text` within `MAX_TEXT` bytes of UTF-8, cut between characters."""
    if len(text) * 4 <= MAX_TEXT:
        return text, False
    encoded = text.encode("utf-8")
    if len(encoded) <= MAX_TEXT:
        return text, False
    return encoded[:MAX_TEXT].decode("utf-8", "ignore"), True


def _without_files(text: str, files: list[Attachment]) -> str:
    def note(match: re.Match[str]) -> str:
        size = sum((ord(line[0]) - 32) & 63 for line in match[2].splitlines())
        files.append(Attachment(match[1].strip(), "application/octet-stream", size))
        return ""

    return _UUENCODED.sub(note, text)
